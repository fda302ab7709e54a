// Plain messages are read by hand, all others by RapidJSON. A space in front of a frame sends it to RapidJSON, so both can be asked for the same
// frame.
#include "brokers/binance/plain_message.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"
#include "tests/support/json_mutation.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;

namespace {

bool is_plain(const std::string& frame) {
  static binance::Message message;
  return binance::read_plain_message(frame, message);
}

/// Decodes frames both ways, with decoders that live through all of them, as a session's do.
class BothWays {
 public:
  explicit BothWays(Market market) : straight_(market, common::TimeUnit::Millisecond), spaced_(market, common::TimeUnit::Millisecond) {}

  void check(RawFrame frame) {
    frame.bytes.shrink_to_fit();  // so that a read behind the end is seen by the sanitizer
    const Outcome straight = decode_all(straight_, frame);
    const std::string bytes = frame.bytes;
    frame.bytes.insert(0, " ");
    const Outcome spaced = decode_all(spaced_, frame);
    const bool same = straight == spaced && straight.error.reason == spaced.error.reason && straight.error.field == spaced.error.field;
    if (!same) FAIL_CHECK(bytes);
  }

 private:
  FrameDecoder straight_, spaced_;
};

constexpr std::string_view kTrade =
    R"({"e":"trade","E":1767225600123,"s":"ABCUSDT","t":41,"p":"1.50000000","q":"2.00","T":1767225600120,"m":true,"M":true})";
constexpr std::string_view kDepth =
    R"({"e":"depthUpdate","E":1767225600123,"s":"ABCUSDT","U":7,"u":9,"b":[["1.50000000","2.00000000"],["1.4","0"]],"a":[]})";
constexpr std::string_view kBookTicker = R"({"u":400900217,"s":"ABCUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"})";

std::string in_envelope(std::string_view data, std::string_view stream = "abcusdt@any") {
  return R"({"stream":")" + std::string{stream} + R"(","data":)" + std::string{data} + "}";
}

/// The members of an object that holds none but scalars.
std::vector<std::string> members(std::string_view object) {
  std::vector<std::string> parts;
  for (std::size_t begin = 1; begin < object.size();) {
    const std::size_t end = std::min(object.find(",\"", begin), object.size() - 1);
    parts.emplace_back(object.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}
std::string object_of(const std::vector<std::string>& parts) {
  std::string object = "{";
  for (const std::string& part : parts) object += (object.size() == 1 ? "" : ",") + part;
  return object + "}";
}

constexpr std::string_view kPieces[] = {"\"1\"",
                                        "\\u0041",
                                        "\"e\"",
                                        "\"stream\"",
                                        "\"data\"",
                                        "\"k\":{",
                                        "\"b\":[],",
                                        "\"u\":1,",
                                        "[\"1\",\"2\"]",
                                        "123456789012345678",
                                        "9223372036854775807",
                                        "\"lastUpdateId\":7,",
                                        "\"\":",
                                        "0"};

}  // namespace

TEST_CASE("plain message: what the venue sends by the thousand is plain, with its envelope and without") {
  for (const std::string_view data : {kTrade, kDepth, kBookTicker}) {
    CHECK(is_plain(std::string{data}));
    CHECK(is_plain(in_envelope(data)));
  }
  for (const char* const fixture :
       {"trade.jsonl", "agg_trade.jsonl", "book_ticker.jsonl", "diff_depth.jsonl", "kline.jsonl", "ticker.jsonl", "mini_ticker.jsonl"}) {
    CAPTURE(fixture);
    CHECK(is_plain(own_frames(fixture)[0].bytes));
  }
}

TEST_CASE("plain message: keys in any order, unknown ones among them and names sent twice are read alike") {
  std::mt19937 random(3);
  BothWays spot{Market::Spot};
  for (const std::string_view data : {kTrade, kBookTicker}) {
    FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
    const Outcome expected = decode_all(decoder, text_frame(in_envelope(data)));
    REQUIRE(expected.lines.size() == 1);
    for (int i = 0; i < 200; ++i) {
      std::vector<std::string> parts = members(data);
      parts.emplace_back(R"("_":5)");
      parts.emplace_back(R"("somewhat longer":"text")");
      std::ranges::shuffle(parts, random);
      const std::string frame = in_envelope(object_of(parts));
      CHECK(is_plain(frame));
      CHECK(decode_all(decoder, text_frame(frame)) == expected);
      spot.check(text_frame(frame));
      parts[random() % parts.size()] = parts[random() % parts.size()];
      spot.check(text_frame(in_envelope(object_of(parts))));
    }
  }
}

TEST_CASE("plain message: what is not plain is left, and read alike by RapidJSON") {
  FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
  const Outcome expected = decode_all(decoder, text_frame(in_envelope(kTrade)));
  const std::pair<std::string_view, std::string_view> kEdits[] = {{",", " ,"},
                                                                  {":", ": "},
                                                                  {"trade", R"(tr\u0061de)"},
                                                                  {"\"p\"", R"("\u0070")"},
                                                                  {R"("M":true)", R"("M":null)"},
                                                                  {R"("M":true)", R"("M":{"deep":[1,{}]})"},
                                                                  {R"("M":true)", R"("M":[])"},
                                                                  {R"("M":true)", R"("M":-1.5e3)"},
                                                                  {R"("M":true)", R"("M":12345678901234567890)"}};
  for (const auto& [from, to] : kEdits) {
    std::string data{kTrade};
    data.replace(data.find(from), from.size(), to);
    CAPTURE(data);
    CHECK_FALSE(is_plain(in_envelope(data)));
    CHECK(decode_all(decoder, text_frame(in_envelope(data))) == expected);
  }
}

TEST_CASE("plain message: every fixture, cut at every byte and with any byte behind it, is read alike") {
  BothWays both[] = {BothWays{Market::Spot}, BothWays{Market::Usdm}};
  for (const NamedFrame& named : all_own_frames()) {
    for (BothWays& ways : both) {
      ways.check(named.frame);
      for (const char behind : {'}', ']', ',', '\0', ' ', '1'}) {
        RawFrame longer = named.frame;
        longer.bytes += behind;
        ways.check(std::move(longer));
      }
      if (named.frame.bytes.size() > 2'000) continue;
      for (RawFrame cut = named.frame; !cut.bytes.empty();) {
        cut.bytes.pop_back();
        ways.check(cut);
      }
    }
  }
}

TEST_CASE("plain message: mutated frames are read alike") {
  constexpr int kMutations = 60'000;
  BothWays both[] = {BothWays{Market::Spot}, BothWays{Market::Usdm}};
  std::vector<std::string> frames;
  for (const NamedFrame& named : all_own_frames()) {
    if (!named.frame.bytes.empty() && is_plain(named.frame.bytes)) frames.push_back(named.frame.bytes);
  }
  for (const std::string_view data : {kTrade, kDepth, kBookTicker}) frames.push_back(in_envelope(data));
  std::mt19937 random(20'261'126);
  int plain = 0;
  for (int i = 0; i < kMutations; ++i) {
    std::string text = mutate_json(frames[random() % frames.size()], kPieces, frames, random);
    if (is_plain(text)) ++plain;
    both[random() % std::size(both)].check(text_frame(std::move(text)));
  }
  CHECK(plain > kMutations / 20);  // enough of them still go the short way
}
