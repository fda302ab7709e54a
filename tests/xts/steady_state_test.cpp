// The data path allocates nothing once its buffers have grown.
#include <doctest/doctest.h>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"
#include "tools/bench/allocations.hpp"
#include "tools/bench/counting_sink.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;

namespace {

std::uint64_t heap_calls_of_second_pass(const std::vector<RawFrame>& frames) {
  tidegate::xts::FrameDecoder decoder{{}};
  bench::CountingSink sink;
  std::uint64_t before = 0;
  std::uint32_t bad = 0;
  for (int pass = 0; pass < 2; ++pass) {
    before = bench::heap_calls();
    for (const RawFrame& frame : frames) bad += decoder.decode(frame, sink).bad;
  }
  const std::uint64_t calls = bench::heap_calls() - before;
  CHECK(bad == 0);
  CHECK(sink.count != 0);
  return calls;
}

std::vector<RawFrame> frames_of(const std::vector<std::string>& messages) {
  std::vector<RawFrame> frames;
  frames.reserve(messages.size());
  for (const std::string& json : messages) frames.push_back(full_event(1501, json));
  return frames;
}

}  // namespace

TEST_CASE("xts decoder: Full events allocate nothing in steady state") { CHECK(heap_calls_of_second_pass(frames_of(all_full())) == 0); }
TEST_CASE("xts decoder: Partial events allocate nothing in steady state") {
  std::vector<RawFrame> frames;
  for (std::size_t i = 0; i < all_partial().size(); ++i) frames.push_back(partial_event(kPartialCodes[i], all_partial()[i]));
  CHECK(heap_calls_of_second_pass(frames) == 0);
}
TEST_CASE("xts decoder: other wrappings allocate nothing in steady state") {
  std::vector<RawFrame> frames;
  frames.push_back(text_frame(event("1502-json-full", "[" + as_json_text(depth()) + "," + last_price() + "]")));
  frames.push_back(text_frame(R"(42["1501-json-partial","t:1_7001,l\u0074p:5"])"));
  frames.push_back(text_frame(touchline_flat()));
  frames.push_back(
      full_event(1507, R"({"MessageCode":1507,"ExchangeSegment":2,"message":"A \"halt\" that is long enough for the heap, if it went there"})"));
  frames.push_back(rest_frame("POST /instruments/quotes", R"({"result":{"listQuotes":[)" + as_json_text(depth()) + "]}}"));
  CHECK(heap_calls_of_second_pass(frames) == 0);
}
