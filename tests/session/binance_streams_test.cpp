#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "brokers/binance/adapter.hpp"
#include "brokers/binance/control.hpp"
#include "brokers/binance/refusal.hpp"
#include "brokers/binance/snapshots.hpp"
#include "brokers/binance/streams.hpp"
#include "tests/session/test_host.hpp"
#include "tests/support/paths.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using namespace tidegate::binance;
using test::binance_config;
using test::set;

TEST_CASE("binance streams: names follow channel, depth and options") {
  BrokerConfig config = binance_config();
  const Settings spot{config};
  CHECK(stream_name(spot, "BTCUSDT", Channel::Trade, 0) == "btcusdt@trade");
  CHECK(stream_name(spot, "BTCUSDT", Channel::Quote, 0) == "btcusdt@bookTicker");
  CHECK(stream_name(spot, "BTCUSDT", Channel::Ticker, 0) == "btcusdt@ticker");
  CHECK(stream_name(spot, "BTCUSDT", Channel::OrderBook, 5) == "btcusdt@depth@100ms");
  CHECK(stream_name(spot, "BTCUSDT", Channel::Candle1M, 0) == "btcusdt@kline_1M");
  CHECK(stream_name(spot, "BTCUSDT", Channel::Candle1s, 0) == "btcusdt@kline_1s");
  CHECK_FALSE(stream_name(spot, "BTCUSDT", Channel::Status, 0).has_value());
  set(config, "book", "auto");
  set(config, "book_interval", "1000ms");
  set(config, "trades", "aggregate");
  const Settings automatic{config};
  CHECK(stream_name(automatic, "BTCUSDT", Channel::OrderBook, 5) == "btcusdt@depth5");
  CHECK(stream_name(automatic, "BTCUSDT", Channel::OrderBook, 6) == "btcusdt@depth10");
  CHECK(stream_name(automatic, "BTCUSDT", Channel::OrderBook, 20) == "btcusdt@depth20");
  CHECK(stream_name(automatic, "BTCUSDT", Channel::OrderBook, 21) == "btcusdt@depth");
  CHECK(stream_name(automatic, "BTCUSDT", Channel::Trade, 0) == "btcusdt@aggTrade");
}

TEST_CASE("binance streams: only ASCII letters change case, and names that would break a request are refused") {
  const Settings spot{binance_config()};
  CHECK(stream_name(spot, "\xE5\xB8\x81USDT", Channel::Trade, 0) == "\xE5\xB8\x81usdt@trade");
  for (const std::string& bad : {std::string{}, std::string{"A\"B"}, std::string{"A\\"}, std::string{"A@B"}, std::string{"A/B"}, std::string{"A B"},
                                 std::string(65, 'A'), std::string("A\0B", 3)}) {
    CHECK_FALSE(stream_name(spot, bad, Channel::Trade, 0).has_value());
  }
}

TEST_CASE("binance streams: usdm has its own hosts, venue, routes and aggregates") {
  BrokerConfig config = binance_config();
  set(config, "market", "usdm");
  config.ws_url = std::string{kSpotWsUrl};
  config.rest_url = std::string{kSpotRestUrl};
  const Settings usdm{config};
  CHECK(usdm.rest_url == kUsdmRestUrl);
  CHECK(usdm.venue == "BINANCE-USDM");
  CHECK(stream_url(usdm, route_of(usdm, Channel::Quote)) == "wss://fstream.binance.com/public/stream");
  CHECK(stream_url(usdm, route_of(usdm, Channel::OrderBook)) == "wss://fstream.binance.com/public/stream");
  CHECK(stream_url(usdm, route_of(usdm, Channel::Trade)) == "wss://fstream.binance.com/market/stream");
  CHECK(stream_url(usdm, route_of(usdm, Channel::Candle1m)) == "wss://fstream.binance.com/market/stream");
  CHECK(stream_name(usdm, "BTCUSDT_261225", Channel::Trade, 0) == "btcusdt_261225@aggTrade");
  CHECK_FALSE(has_channel(usdm.market, Channel::Candle1s));
  set(config, "trades", "trade");
  CHECK(route_of(Settings{config}, Channel::Trade) == Route::Public);
  config.ws_url = "wss://demo-fstream.binance.com/";
  CHECK(stream_url(Settings{config}, Route::Public) == "wss://demo-fstream.binance.com/public/stream");
}

TEST_CASE("binance streams: the microsecond unit is asked for in the URL") {
  BrokerConfig config = binance_config();
  set(config, "time_unit", "microsecond");
  CHECK(stream_url(Settings{config}, Route::All) == "wss://stream.binance.com:9443/stream?timeUnit=MICROSECOND");
}

TEST_CASE("binance options: what a market does not have is named with the remedy") {
  BrokerConfig config = binance_config();
  CHECK(complaint(config).empty());
  set(config, "book_interval", "250ms");
  CHECK(complaint(config).find("book_interval") == 0);
  set(config, "market", "usdm");
  CHECK(complaint(config).empty());
  set(config, "snapshot_limit", "5000");
  CHECK(complaint(config).find("snapshot_limit") == 0);
}

TEST_CASE("binance options: every key has a help line and a default of its type") {
  for (const OptionSpec& option : kBinance.options) {
    CHECK_FALSE(option.help.empty());
    if (option.type != OptionType::Choice) continue;
    CHECK(std::find(option.choices.begin(), option.choices.end(), option.default_text) != option.choices.end());
  }
  CHECK(kBinance.options.size() == kOptionCount);
}

TEST_CASE("binance options: a snapshot's weight is the documented one") {
  BrokerConfig config = binance_config();
  const auto weight = [&](std::string_view market, std::string_view limit) {
    set(config, "market", market);
    set(config, "snapshot_limit", limit);
    return Settings{config}.snapshot_weight();
  };
  CHECK(weight("spot", "100") == 5);
  CHECK(weight("spot", "500") == 25);
  CHECK(weight("spot", "1000") == 50);
  CHECK(weight("spot", "5000") == 250);
  CHECK(weight("usdm", "50") == 2);
  CHECK(weight("usdm", "100") == 5);
  CHECK(weight("usdm", "500") == 10);
  CHECK(weight("usdm", "1000") == 20);
}

TEST_CASE("binance control: requests are legal JSON and the overhead constant covers the longest id") {
  CHECK(subscribe_request(7, true, {"a@trade", "b@trade"}) == R"({"method":"SUBSCRIBE","params":["a@trade","b@trade"],"id":7})");
  CHECK(list_request(8) == R"({"method":"LIST_SUBSCRIPTIONS","id":8})");
  CHECK(subscribe_request(UINT64_MAX, false, {}).size() + 8 <= kRequestOverhead);
}

TEST_CASE("binance control: answers are read in every form the venue uses") {
  using Kind = ControlMessage::Kind;
  CHECK(parse_control(R"({"result":null,"id":3})")->kind == Kind::Accepted);
  CHECK(parse_control(R"({"id":3,"result":null})")->id == 3U);
  const auto listed = parse_control(R"({"result":["a@trade","b@trade"],"id":4})");
  CHECK(listed->kind == Kind::Listed);
  CHECK(listed->streams.size() == 2);
  const auto nested = parse_control(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":5})");
  CHECK(nested->kind == Kind::Refused);
  CHECK(nested->words == "2: Invalid request: invalid stream");
  CHECK(nested->id == 5U);
  const auto flat = parse_control(R"({"code":2,"msg":"x"})");
  CHECK(flat->kind == Kind::Refused);
  CHECK_FALSE(flat->id.has_value());
  CHECK(parse_control(R"({"e":"serverShutdown","E":1})")->kind == Kind::Shutdown);
  CHECK(parse_control(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}})")->kind == Kind::Shutdown);
}

TEST_CASE("binance control: data and rubbish are not control messages") {
  CHECK(is_data(R"({"stream":"btcusdt@trade","data":{"e":"trade"}})"));
  CHECK_FALSE(is_data(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}})"));
  for (const char* text :
       {"", "{", "[]", "null", "{}", R"({"id":1})", R"({"e":"trade","result":1})", R"({"stream":"serverShutdown@trade","data":{}})"}) {
    CHECK_FALSE(parse_control(text).has_value());
  }
  CHECK_FALSE(parse_control(std::string(100'000, '[')).has_value());
  CHECK_FALSE(parse_control(R"({"result":)" + std::string(50'000, '[')).has_value());
  CHECK(parse_control(R"({"result":[1,null,{"a":2}],"id":-1})")->streams.empty());
}

TEST_CASE("binance control: the recorded dialogues are understood") {
  const auto path = test::shared_fixture("binance/vectors/control.jsonl");
  if (test::skipped_without(path)) return;
  std::ifstream file{path};
  int answers = 0;
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(R"("recv":{)");
    if (at == std::string::npos) continue;
    const std::string answer = line.substr(at + 7, line.size() - at - 8);
    const auto control = parse_control(answer);
    // GET_PROPERTY answers with a value, which is an acceptance too.
    REQUIRE_MESSAGE(control.has_value(), answer);
    CHECK((control->kind == ControlMessage::Kind::Refused) == (answer.find("\"msg\"") != std::string::npos));
    ++answers;
  }
  CHECK(answers >= 15);
}

TEST_CASE("binance refusals: each way to be refused has its own wait and words") {
  const Settings settings{binance_config()};
  const auto judged = [&](net::WsClosed closed) { return judge_closed(closed, settings); };
  net::WsClosed closed;
  closed.http_status = 451;
  CHECK(judged(closed).park);
  closed.http_status = 403;
  CHECK(judged(closed).wait_min == settings.refused_wait);
  closed.http_status = 429;
  closed.retry_after_seconds = 17;
  CHECK(judged(closed).wait_min == 17s);
  closed.retry_after_seconds = 0;
  CHECK(judged(closed).wait_min == settings.refused_wait);
  closed.http_status = 503;
  CHECK(judged(closed).state == BrokerState::Down);
  CHECK(judged(closed).wait_min == 0s);
  net::WsClosed policy;
  policy.opened = true;
  policy.code = 1008;
  policy.reason = "Too many requests";
  CHECK(judged(policy).wait_min == settings.slow_down_wait);
  CHECK(judged(policy).reason.find("Too many requests") != std::string::npos);
  CHECK(retry_after("17", 60s) == 17s);
  CHECK(retry_after("", 60s) == 60s);
  CHECK(retry_after("soon", 60s) == 60s);
  CHECK(retry_after("-4", 60s) == 60s);
  CHECK(retry_after("99999999999999999999", 60s) == 60s);
  CHECK(retry_after("9999999999", 60s) == 168h);
}

TEST_CASE("binance adapter: a recording gives its market away") {
  const auto inferred = [](RawFrame frame) {
    BrokerConfig config;
    kBinance.infer_options(config, frame);
    return kBinance.venues(config).front();
  };
  RawFrame frame;
  frame.bytes = R"({"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT"}})";
  CHECK(inferred(frame) == "BINANCE");
  frame.bytes = R"({"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":1}})";
  CHECK(inferred(frame) == "BINANCE-USDM");
  frame.bytes = R"({"stream":"x","data":{"U":1,"u":2,"pu":0}})";
  CHECK(inferred(frame) == "BINANCE-USDM");
  RawFrame rest;
  rest.kind = FrameKind::Rest;
  rest.request = "GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000";
  CHECK(inferred(rest) == "BINANCE-USDM");
  RawFrame opened;
  opened.kind = FrameKind::Opened;
  opened.bytes = "wss://fstream.binance.com/public/stream";
  CHECK(inferred(opened) == "BINANCE-USDM");
  NativeRef native;
  native.text = "ABC";
  CHECK(kBinance.unlisted_symbol(BrokerConfig{}, native) == "BINANCE:ABC");
}

TEST_CASE("binance snapshots: a symbol is percent-encoded where it must be") {
  const Settings spot{binance_config()};
  CHECK(depth_target(spot, "BTCUSDT") == "/api/v3/depth?symbol=BTCUSDT&limit=1000");
  CHECK(depth_target(spot, "\xE5\xB8\x81&A") == "/api/v3/depth?symbol=%E5%B8%81%26A&limit=1000");
}
