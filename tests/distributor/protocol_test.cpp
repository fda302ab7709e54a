#include "distributor/protocol.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tidegate;
using namespace tidegate::distributor;

namespace {

ParsedRequest good(std::string_view text) {
  ParsedRequest parsed = parse_request(text);
  CHECK_MESSAGE(parsed.complaint.code == 0, text << ": " << parsed.complaint.message);
  return parsed;
}

void bad(std::string_view text, std::uint16_t code, std::string_view message, std::string_view id = "") {
  const ParsedRequest parsed = parse_request(text);
  CAPTURE(text);
  CHECK(parsed.complaint.code == code);
  CHECK_MESSAGE(parsed.complaint.message.find(message) != std::string::npos, parsed.complaint.message);
  CHECK(parsed.request.id == id);
}

}  // namespace

TEST_CASE("request: a subscribe carries its channels, symbols and options") {
  const Request request =
      good(R"({"op":"subscribe","id":1,"channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"],"options":{"snapshot":false,"depth":5}})").request;
  CHECK(request.op == Op::Subscribe);
  CHECK(request.id == "1");
  CHECK(request.channels == std::vector<std::string>{"trade", "quote"});
  CHECK(request.symbols == std::vector<std::string>{"BINANCE:BTCUSDT"});
  CHECK_FALSE(request.options.snapshot);
  CHECK(request.options.depth == 5);
}

TEST_CASE("request: defaults are a snapshot and the default depth") {
  const Request request = good(R"({"op":"subscribe","channels":[],"symbols":[]})").request;
  CHECK(request.options.snapshot);
  CHECK(request.options.depth == kDefaultDepth);
  CHECK(request.id.empty());
}

TEST_CASE("request: the other ops need nothing more, and unknown keys are ignored") {
  CHECK(good(R"({"op":"unsubscribe","channels":["trade"],"symbols":["A:B"],"options":7})").request.op == Op::Unsubscribe);
  CHECK(good(R"({"op":"unsubscribe_all","color":{"deep":[1,2]}})").request.op == Op::UnsubscribeAll);
  CHECK(good(R"({"op":"list"})").request.op == Op::List);
  CHECK(good(" {\n\"op\" : \"ping\" } ").request.op == Op::Ping);
}

TEST_CASE("request: an id is kept as it was spelled") {
  for (const std::string id : {"1", "-0.50", "1e3", "123456789012345678901234567890", "\"x\"", R"("a\u00e9\"b")", "true", "null", "\"\""}) {
    CHECK(good(R"({"id": )" + id + R"( ,"op":"ping"})").request.id == id);
    CHECK(good(R"({"op":"ping","id":)" + id + "}").request.id == id);
  }
  CHECK(good(R"({"op":"ping","x":{"id":5}})").request.id.empty());
  CHECK(good(R"({"op":"ping","id":1,"id":2})").request.id == "1");
}

TEST_CASE("request: what cannot be an id is refused") {
  bad(R"({"op":"ping","id":{"a":1}})", code::kMalformed, "id is neither");
  bad(R"({"op":"ping","id":[1]})", code::kMalformed, "id is neither");
  bad(R"({"op":"ping","id":")" + std::string(200, 'x') + "\"}", code::kMalformed, "id is too long");
}

TEST_CASE("request: depth is a number of levels or full") {
  const auto depth = [](const std::string& text) {
    return good(R"({"op":"subscribe","channels":[],"symbols":[],"options":{"depth":)" + text + "}}").request.options.depth;
  };
  CHECK(depth("1") == 1);
  CHECK(depth("10000") == 10'000);
  CHECK(depth("\"full\"") == kFullDepth);
  for (const std::string text : {"0", "10001", "-1", "1.5", "\"20\"", "null", "[]"}) {
    bad(R"({"op":"subscribe","id":9,"channels":[],"symbols":[],"options":{"depth":)" + text + "}}", code::kMalformed, "options.depth", "9");
  }
  CHECK(parse_depth("full") == kFullDepth);
  CHECK(parse_depth("20") == 20);
  for (const std::string_view text : {"", "0", "10001", "65535", "99999999", "-1", "2x", " 2"}) CHECK(parse_depth(text) == 0);
}

TEST_CASE("request: conflation is none, latest, or an interval of a millisecond to an hour") {
  const auto conflate = [](const std::string& text) {
    return parse_request(R"({"op":"subscribe","channels":[],"symbols":[],"options":{"conflate":)" + text + "}}");
  };
  const std::pair<const char*, std::uint32_t> known[] = {
      {"\"none\"", 0},      {"\"latest\"", kConflateLatest}, {"\"1ms\"", 1}, {"\"250ms\"", 250}, {"\"2s\"", 2'000}, {"\"5m\"", 300'000},
      {"\"1h\"", 3'600'000}};
  for (const auto& [text, ms] : known) {
    CAPTURE(text);
    const ParsedRequest parsed = conflate(text);
    CHECK(parsed.complaint.code == 0);
    CHECK(parsed.request.options.conflate_ms == ms);
    CHECK(parse_conflate(conflate_text(ms)) == ms);
  }
  for (const char* const text : {"1", "true", "null", "{}", "\"\"", "\"0ms\"", "\"-1s\"", "\"1.5s\"", "\"250\"", "\"ms\"", "\"250 ms\"", "\"2h\"",
                                 "\"3600001ms\"", "\"4294967295ms\"", "\"99999999999s\"", "\"Latest\"", "\"1d\""}) {
    CAPTURE(text);
    const ParsedRequest parsed = conflate(text);
    CHECK(parsed.complaint.code == code::kMalformed);
    CHECK(parsed.complaint.hint.find("250ms") != std::string::npos);
  }
}

TEST_CASE("request: since is a sequence or one for each symbol, as the client or the gateway spells it") {
  const auto options = [](const std::string& text) {
    return parse_request(R"({"op":"subscribe","channels":[],"symbols":[],"options":{)" + text + "}}").request.options;
  };
  CHECK_FALSE(options(R"("epoch":"e1")").since_of("A", "V:A"));
  CHECK(options(R"("since":5,"epoch":"e1")").since_of("A", "V:A") == 5);
  CHECK(options(R"("since":18446744073709551615)").since_of("A", "V:A") == 18'446'744'073'709'551'615U);
  const SubscribeOptions by_symbol = options(R"("since":{"A":1,"V:B":2,"A":3})");
  CHECK(by_symbol.since_of("A", "V:A") == 3);
  CHECK(by_symbol.since_of("B", "V:B") == 2);
  CHECK_FALSE(by_symbol.since_of("C", "V:C"));
  for (const std::string text : {"\"x\"", "-1", "1.5", "null", "[1]", "18446744073709551616", R"({"A":"1"})", R"({"A":-1})", R"({"A":{}})"}) {
    bad(R"({"op":"subscribe","channels":[],"symbols":[],"options":{"since":)" + text + "}}", code::kMalformed, "options.since");
  }
}

TEST_CASE("request: options of the wrong type are refused by name") {
  bad(R"({"op":"subscribe","channels":[],"symbols":[],"options":{"epoch":1}})", code::kMalformed, "options.epoch");
  bad(R"({"op":"subscribe","channels":[],"symbols":[],"options":{"snapshot":1}})", code::kMalformed, "options.snapshot");
  bad(R"({"op":"subscribe","channels":[],"symbols":[],"options":[]})", code::kMalformed, "options is not");
}

TEST_CASE("request: an unknown op is answered with the ops there are") {
  const ParsedRequest parsed = parse_request(R"({"op":"jump","id":3})");
  CHECK(parsed.complaint.code == code::kUnknownOp);
  CHECK(parsed.complaint.message == "unknown op: jump");
  CHECK(parsed.complaint.hint.find("unsubscribe_all") != std::string::npos);
  CHECK(parsed.request.id == "3");
}

TEST_CASE("request: malformed messages are refused, each with its reason") {
  for (const std::string_view text :
       {"", " ", "{", "nonsense", R"({"op":"ping"}x)", R"({"op":"ping"}{})", "{\"op\":\"p\xff\"}", R"({"op":'ping'})", R"({"op":"ping",})"}) {
    bad(text, code::kMalformed, "not JSON");
  }
  bad(std::string_view("{\"op\":\"ping\"}\0junk", 18), code::kMalformed, "zero byte");
  for (const std::string_view text : {"1", "\"ping\"", "[]", "null", "true"}) bad(text, code::kMalformed, "not a JSON object");
  bad("{}", code::kMalformed, "op is missing");
  bad(R"({"op":1,"id":4})", code::kMalformed, "op is missing or not text", "4");
  bad(R"({"op":"subscribe","symbols":[]})", code::kMalformed, "channels is missing");
  bad(R"({"op":"subscribe","channels":"trade","symbols":[]})", code::kMalformed, "channels is not a list");
  bad(R"({"op":"subscribe","channels":[],"symbols":[1]})", code::kMalformed, "symbols holds something");
}

TEST_CASE("request: nesting is bounded, and no depth of it can hurt") {
  const auto nested = [](std::size_t depth) { return R"({"op":"ping","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  good(nested(kNestingMax - 1));
  bad(nested(kNestingMax), code::kMalformed, "nested too deeply");
  bad(nested(200'000), code::kMalformed, "nested too deeply");
  bad(std::string(200'000, '['), code::kMalformed, "nested too deeply");
}

TEST_CASE("request: pairs of symbol and channel are bounded before anything is made of them") {
  const auto list = [](std::size_t n) {
    std::string text = "[";
    for (std::size_t i = 0; i < n; ++i) text += i == 0 ? "\"x\"" : ",\"x\"";
    return text + "]";
  };
  CHECK(good(R"({"op":"subscribe","channels":["trade"],"symbols":)" + list(10'000) + "}").request.symbols.size() == 10'000);
  bad(R"({"op":"subscribe","channels":)" + list(200) + R"(,"symbols":)" + list(200) + "}", code::kTooManySubscriptions, "40000 pairs");
}

TEST_CASE("request: the channel list names what can be subscribed") {
  CHECK(channel_list().starts_with("trade, quote, orderbook, ticker, status, candle_1s"));
  CHECK(channel_list().ends_with("candle_1M"));
}
