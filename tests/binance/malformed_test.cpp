// What cannot be read is refused with a reason and a field, and costs its own message only.
#include <doctest/doctest.h>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;
using Lines = std::vector<std::string>;

namespace {

Outcome decode_text(std::string text, Market market = Market::Spot) {
  FrameDecoder decoder(market, common::TimeUnit::Millisecond);
  return decode_all(decoder, text_frame(std::move(text)));
}

std::vector<Outcome> decode_each(std::string_view fixture) {
  FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
  std::vector<Outcome> outcomes;
  for (const RawFrame& frame : own_frames(fixture)) outcomes.push_back(decode_all(decoder, frame));
  return outcomes;
}

void check_refused(const Outcome& outcome, Reason reason, std::string_view field) {
  CHECK(outcome.lines.empty());
  CHECK(outcome.bad == 1);
  CHECK(to_text(outcome.error.reason) == to_text(reason));
  CHECK(outcome.error.field == field);
}

/// A raw trade in which one field's JSON is replaced.
std::string trade_with(std::string_view name, std::string_view json) {
  const std::pair<std::string_view, std::string_view> fields[] = {{"e", "\"trade\""}, {"s", "\"ABCUSDT\""},   {"t", "41"},  {"p", "\"1\""},
                                                                  {"q", "\"2\""},     {"T", "1767225600120"}, {"m", "true"}};
  std::string text = "{";
  for (const auto& [key, value] : fields) {
    text += text.size() == 1 ? "\"" : ",\"";
    text.append(key).append("\":").append(key == name ? json : value);
  }
  return text + "}";
}

}  // namespace

TEST_CASE("binance decoder: a missing or null field is refused and named") {
  check_refused(decode_each("missing_field.jsonl")[0], Reason::MissingField, "p");
  check_refused(decode_each("null_field.jsonl")[0], Reason::MissingField, "p");
}

TEST_CASE("binance decoder: each mandatory field of each kind is missed by name") {
  const struct {
    std::string_view fixture;
    Market market;
    std::string_view names;
  } kKinds[] = {{"trade.jsonl", Market::Spot, "stpqTm"},           {"agg_trade.jsonl", Market::Spot, "sapqTm"},
                {"book_ticker.jsonl", Market::Spot, "subBaA"},     {"diff_depth.jsonl", Market::Spot, "sUubaE"},
                {"kline.jsonl", Market::Spot, "Etohlcvxi"},        {"ticker.jsonl", Market::Spot, "scpPwQohlvqE"},
                {"mini_ticker.jsonl", Market::Spot, "scohlvqE"},   {"usdm_diff_depth.jsonl", Market::Usdm, "sUubaET"},
                {"usdm_book_ticker.jsonl", Market::Usdm, "subBaA"}};
  for (const auto& kind : kKinds) {
    const std::string whole = own_frames(kind.fixture)[0].bytes;
    for (const char name : kind.names) {
      std::string text = whole;
      const std::string key = std::string{"\""} + name + "\":";
      const auto at = text.rfind(key);
      REQUIRE_MESSAGE(at != std::string::npos, kind.fixture, " ", name);
      text[at + 1] = '_';
      CAPTURE(text);
      check_refused(decode_text(text, kind.market), Reason::MissingField, std::string_view{&name, 1});
    }
  }
}

TEST_CASE("binance decoder: a price that is not a decimal is refused and names the field") {
  for (const std::string_view price : {"\"3290.2x\"", "\"\"", "\"1e3\"", "\"+1\"", "\".5\"", "\"5.\"", "\" 1\"", "\"NaN\"", "\"-1\"", "true", "{}"}) {
    CAPTURE(price);
    check_refused(decode_text(trade_with("p", price)), Reason::BadDecimal, "p");
  }
}

TEST_CASE("binance decoder: a number where text is expected is taken exactly or refused") {
  const auto outcomes = decode_each("price_as_number.jsonl");
  check_refused(outcomes[0], Reason::BadDecimal, "p");
  CHECK(outcomes[1].lines == Lines{"trade ABCUSDT at 1767225600120000us #41 61837 x 0.5 sell"});
}

TEST_CASE("binance decoder: padded volumes pass, and what fits no mantissa is refused as such") {
  CHECK(decode_each("extreme_decimals.jsonl")[0].lines == Lines{"trade TINYUSDT at 1767225600120000us #1 0.00000001 x 1234567890123 buy"});
  check_refused(decode_each("volume_overflow.jsonl")[0], Reason::Overflow, "v");
}

TEST_CASE("binance decoder: integers out of range are refused") {
  for (const std::string_view value : {"-1", "1.5", "\"41\"", "99999999999999999999", "72057594037927936"}) {
    CAPTURE(value);
    check_refused(decode_text(trade_with("t", value)), Reason::BadInteger, "t");
  }
  check_refused(decode_text(trade_with("T", "9223372036855")), Reason::BadInteger, "T");
  CHECK(decode_text(trade_with("T", "9223372036854")).lines.size() == 1);
}

TEST_CASE("binance decoder: texts and flags of the wrong kind are refused") {
  check_refused(decode_text(trade_with("s", "\"\"")), Reason::BadText, "s");
  check_refused(decode_text(trade_with("s", "7")), Reason::BadText, "s");
  check_refused(decode_text(trade_with("s", "\"" + std::string(65, 'A') + "\"")), Reason::BadText, "s");
  check_refused(decode_text(trade_with("m", "1")), Reason::BadShape, "m");
  check_refused(decode_text(trade_with("e", "1")), Reason::BadText, "e");
}

TEST_CASE("binance decoder: a level with more than price and quantity is read, with less it is not") {
  CHECK(decode_each("levels_with_third_element.jsonl")[0].lines ==
        Lines{"delta ABCUSDT at 1767225600200000us by first 701..703 after 0 bids 12.33x1 asks 12.34x2"});
  const auto outcomes = decode_each("bad_levels.jsonl");
  check_refused(outcomes[0], Reason::MissingField, "b");
  check_refused(outcomes[1], Reason::BadShape, "a");
  check_refused(outcomes[2], Reason::BadDecimal, "b");
  check_refused(outcomes[3], Reason::BadShape, "b");
  check_refused(outcomes[4], Reason::BadShape, "b");
  check_refused(outcomes[5], Reason::BadInteger, "u");
}

TEST_CASE("binance decoder: a side of more levels than the bound is refused") {
  const auto depth = [](std::size_t levels) {
    std::string list;
    for (std::size_t i = 0; i < levels; ++i) list += i == 0 ? R"(["1","1"])" : R"(,["1","1"])";
    return R"({"e":"depthUpdate","E":1,"s":"ABCUSDT","U":1,"u":1,"b":[],"a":[)" + list + "]}";
  };
  CHECK(decode_text(depth(binance::kLevelsMax)).lines.size() == 1);
  check_refused(decode_text(depth(binance::kLevelsMax + 1)), Reason::TooManyLevels, "a");
}

TEST_CASE("binance decoder: nesting is bounded") {
  const auto nested = [](std::size_t depth) { return R"({"e":"new","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  CHECK(decode_text(nested(binance::kNestingMax - 1)).ignored == 1);
  check_refused(decode_text(nested(binance::kNestingMax)), Reason::BadShape, "");
  CHECK(decode_text(std::string(1'000'000, '[')).bad > 0);
  check_refused(decode_text(nested(100'000)), Reason::BadShape, "");
}

TEST_CASE("binance decoder: what is no JSON is refused, and so is a frame cut short") {
  const auto outcomes = decode_each("not_json.jsonl");
  REQUIRE(outcomes.size() == 6);
  check_refused(outcomes[0], Reason::BadJson, "");
  check_refused(outcomes[1], Reason::BadJson, "");
  check_refused(outcomes[2], Reason::BadJson, "");
  check_refused(outcomes[3], Reason::BadShape, "");
  check_refused(outcomes[4], Reason::BadJson, "");
  check_refused(outcomes[5], Reason::BadShape, "data");
}

TEST_CASE("binance decoder: a zero byte does not end a frame early") {
  check_refused(decode_text(std::string("[]\0", 3)), Reason::BadJson, "");
  check_refused(decode_text(std::string("[]\0{}", 5)), Reason::BadJson, "");
}

TEST_CASE("binance decoder: a bad element of an array costs itself alone") {
  const Outcome outcome = decode_each("array_with_bad_element.jsonl")[0];
  REQUIRE(outcome.lines.size() == 2);
  CHECK(outcome.lines[0].starts_with("ticker ABCUSDT"));
  CHECK(outcome.lines[1].starts_with("ticker XYZUSDT"));
  CHECK(outcome.bad == 3);
  CHECK(outcome.error.reason == Reason::BadDecimal);
  CHECK(outcome.error.field == "c");
}

TEST_CASE("binance decoder: a payload that is neither an event nor an answer is refused") {
  check_refused(decode_text("{}"), Reason::MissingField, "e");
  check_refused(decode_text(R"({"stream":"abcusdt@trade","data":{}})"), Reason::MissingField, "e");
  check_refused(decode_text(R"({"data":{"u":1}})"), Reason::MissingField, "e");
  check_refused(decode_text(R"({"stream":"a@b","data":{"e":"new"},"data":{"e":"new"}})"), Reason::BadShape, "data");
}

TEST_CASE("binance decoder: a name that is sent twice keeps its last value, lists too") {
  CHECK(decode_text(trade_with("p", R"("9","p":"1")")).lines == decode_text(trade_with("p", R"("1")")).lines);
  CHECK(decode_text(R"({"e":"depthUpdate","E":1,"s":"A","U":1,"u":1,"b":[["x","1"]],"b":[["2","1"]],"bids":[["3","1"]],"a":[]})").lines ==
        Lines{"delta A at 1000us by first 1..1 after 0 bids 2x1 asks"});
}

TEST_CASE("binance decoder: a REST depth answer without a book or a symbol is refused") {
  FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
  const std::string request = "GET /api/v3/depth?symbol=ABCUSDT";
  check_refused(decode_all(decoder, rest_frame(request, R"({"code":-1121,"msg":"Invalid symbol."})")), Reason::MissingField, "lastUpdateId");
  check_refused(decode_all(decoder, rest_frame(request, "[]")), Reason::BadShape, "");
  check_refused(decode_all(decoder, rest_frame(request, "<html>")), Reason::BadJson, "");
  check_refused(decode_all(decoder, rest_frame("GET /api/v3/depth", R"({"lastUpdateId":1,"bids":[],"asks":[]})")), Reason::MissingField, "symbol");
}

TEST_CASE("binance decoder: an envelope is read alike letter for letter and with a space in it, whatever stands in it and behind") {
  const std::string trade = trade_with("e", "\"trade\"");
  for (const std::string& data : {trade, "[" + trade + "," + trade + "]", "[" + trade + ",7]", std::string{"{}"}, std::string{"[]"}, std::string{"5"},
                                  std::string{"null"}, std::string{"\"x\""}, trade.substr(0, 20), std::string{"{\"e\""}, std::string{}}) {
    for (const std::string_view tail :
         {"}", "", "} ", "}}", "]", ",}", R"(,"more":{"p":1}})", R"(,"data":{}})", R"(,"stream":"other@trade"})", "}\n\n", "}x}"}) {
      for (const std::string_view name : {"abcusdt@trade", "", R"(abc\u0055sdt@trade)", "abc\x01"}) {
        const std::string rest = R"("stream":")" + std::string{name} + R"(","data":)" + data + std::string{tail};
        CAPTURE(rest);
        const Outcome usual = decode_text("{" + rest);
        const Outcome spaced = decode_text("{ " + rest);
        CHECK(usual == spaced);
        CHECK(usual.error.reason == spaced.error.reason);
        CHECK(usual.error.field == spaced.error.field);
      }
    }
  }
}
