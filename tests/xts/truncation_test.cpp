#include <doctest/doctest.h>

#include <algorithm>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;

namespace {

/// A frame cut at every byte is refused, or says nothing that the whole did not.
void check_cuts(const RawFrame& whole_frame) {
  tidegate::xts::FrameDecoder fresh{{}};
  const Outcome whole = decode(fresh, whole_frame);
  RawFrame cut = whole_frame;
  while (!cut.bytes.empty()) {
    cut.bytes.pop_back();
    cut.bytes.shrink_to_fit();  // so that a read behind the end is seen by the sanitizer
    tidegate::xts::FrameDecoder decoder{{}};
    const Outcome part = decode(decoder, cut);
    const bool prefix = part.lines.size() <= whole.lines.size() && std::equal(part.lines.begin(), part.lines.end(), whole.lines.begin());
    const bool transport = cut.bytes.size() == 1 && part.decoded.control == 1;  // "4" of "42" would be none, "0" to "6" alone are packets
    if (!prefix || (part.decoded.bad == 0 && !transport)) FAIL_CHECK(cut.bytes);
  }
}

}  // namespace

TEST_CASE("xts decoder: Full events cut at every byte are refused") {
  for (const std::string& json : all_full()) check_cuts(full_event(1501, json));
}
TEST_CASE("xts decoder: Partial events cut at every byte are refused") {
  for (std::size_t i = 0; i < all_partial().size(); ++i) check_cuts(partial_event(kPartialCodes[i], all_partial()[i]));
}
TEST_CASE("xts decoder: events with objects and arrays cut at every byte are refused") {
  check_cuts(text_frame(event("1501-json-full", touchline_nested())));
  check_cuts(text_frame(event("1502-json-full", "[" + as_json_text(depth()) + "," + last_price() + "]")));
}
TEST_CASE("xts decoder: messages alone in their frame cut at every byte are refused") {
  for (const std::string& json : all_full()) check_cuts(text_frame(json));
}
TEST_CASE("xts decoder: answers with quotes cut at every byte are refused") {
  check_cuts(rest_frame("POST /apimarketdata/instruments/subscription", R"({"type":"success","result":{"mdp":1502,"listQuotes":[)" +
                                                                            as_json_text(depth()) + "," + as_json_text(last_price()) + "]}}"));
}

TEST_CASE("xts decoder: messages cut at every byte inside of a whole event are refused") {
  for (const std::string& json : all_full()) {
    for (std::size_t size = 0; size < json.size(); ++size) {
      tidegate::xts::FrameDecoder decoder{{}};
      const Outcome part = decode(decoder, full_event(1501, json.substr(0, size)));
      if (!part.lines.empty() || part.decoded.bad != 1) FAIL_CHECK(json.substr(0, size));
    }
  }
}
