// The decoder against a plain DOM decoder, over every fixture and over mutations of them.
#include <doctest/doctest.h>

#include <random>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"
#include "tests/binance/reference_decoder.hpp"
#include "tests/support/json_mutation.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;
using common::TimeUnit;

namespace {

/// The decoder and its reference, with the same settings.
struct Pair {
  Market market;
  TimeUnit unit;
  FrameDecoder decoder{market, unit};

  /// True when both agree. Where there is no reference, the frame must have been refused.
  bool agree(const RawFrame& frame) {
    const Outcome real = decode_all(decoder, frame);
    const auto reference = reference_decode(frame, market, unit == TimeUnit::Microsecond);
    return reference ? real == *reference : real.bad > 0;
  }
};

/// Text frames of ours, and of the shared vectors where they are at hand.
std::vector<std::string> corpus() {
  std::vector<std::string> frames;
  for (const NamedFrame& named : all_own_frames()) {
    if (named.frame.kind == FrameKind::Text && !named.frame.bytes.empty()) frames.push_back(named.frame.bytes);
  }
  if (const auto path = shared_fixture("binance/vectors/real_frames.jsonl"); std::filesystem::exists(path)) {
    for (const std::string& line : read_lines(path)) frames.push_back(raw_frame(line));
  }
  return frames;
}

constexpr std::string_view kPieces[] = {"\"1\"",
                                        "\\u0041",
                                        "\"e\"",
                                        "\"stream\"",
                                        "\"data\"",
                                        "\"st\":2",
                                        "\"X\":1,",
                                        "\"b\":[],",
                                        "\"u\":1,",
                                        "9223372036854775807",
                                        "\"trade\"",
                                        "\"kline\"",
                                        "\"lastUpdateId\":7,",
                                        "@depth5"};

}  // namespace

TEST_CASE("binance decoder: agrees with the reference decoder on every fixture") {
  Pair pairs[] = {{Market::Spot, TimeUnit::Millisecond}, {Market::Spot, TimeUnit::Microsecond}, {Market::Usdm, TimeUnit::Millisecond}};
  for (const std::string& text : corpus()) {
    for (Pair& pair : pairs) {
      if (!pair.agree(text_frame(text))) FAIL_CHECK(text);
    }
  }
}

TEST_CASE("binance decoder: agrees with the reference decoder on mutated frames") {
  constexpr int kMutations = 60'000;
  Pair pairs[] = {{Market::Spot, TimeUnit::Millisecond}, {Market::Usdm, TimeUnit::Millisecond}};
  const auto frames = corpus();
  std::mt19937 random(20'260'101);
  int decoded = 0;
  for (int i = 0; i < kMutations; ++i) {
    const RawFrame frame = text_frame(mutate_json(frames[random() % frames.size()], kPieces, frames, random));
    Pair& pair = pairs[random() % std::size(pairs)];
    if (!pair.agree(frame)) {
      const auto reference = reference_decode(frame, pair.market, false);
      const Outcome real = decode_all(pair.decoder, frame);
      FAIL_CHECK(frame.bytes, "\n real: ", real.lines.size(), "/", real.ignored, "/", real.control, "/", real.bad, "\n reference: ",
                 reference ? std::to_string(reference->lines.size()) + "/" + std::to_string(reference->ignored) + "/" +
                                 std::to_string(reference->control) + "/" + std::to_string(reference->bad)
                           : "none");
    }
    if (const auto reference = reference_decode(frame, pair.market, false); reference && !reference->lines.empty()) ++decoded;
  }
  CHECK(decoded > kMutations / 20);  // the mutations are not all plain rubbish
}
