#include <doctest/doctest.h>

#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::kite_config;
using test::KiteFixture;
using test::run_on;
using test::ScriptedKite;
using test::set_kite;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

}  // namespace

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: wishes become tokens and modes once the list has come") {
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:RELIANCE"), want(3, Channel::Ticker, "NSE:NIFTY 50"),
        want(4, Channel::Trade, "NSE:TCS"), want(5, Channel::Quote, "NSE:TATAMOTORS")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}, {256265, "quote"}, {2953217, "full"}, {884737, "full"}}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.peers.size() == 1);
  CHECK(host.instruments.size() == 7);
  CHECK(kite.peer().commands.front().starts_with(R"({"a":"subscribe","v":[)"));
  CHECK(kite.peer().commands.size() == 3);
  REQUIRE(until([&] { return host.asked(InstrumentId{5}, Channel::Quote) == 1; }));
  for (std::uint32_t i = 1; i <= 5; ++i) {
    std::size_t asked = 0;
    for (const Channel channel : {Channel::Ticker, Channel::OrderBook, Channel::Trade, Channel::Quote}) asked += host.asked(InstrumentId{i}, channel);
    CHECK(asked == 1);
  }
  CHECK(host.count_of(FrameKind::Accepted) == 0);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: the address has a path and both parameters, the request the version header, and no compression") {
  set_kite(config, "access_token", "a+b/c=");
  host.fresh.config = config;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "quote"}}));
  const net::HttpRequest& upgrade = kite.upgrades.front();
  CHECK(upgrade.target == "/?api_key=kitekey&access_token=a%2Bb%2Fc%3D");
  CHECK(upgrade.query("access_token") == "a+b/c=");
  CHECK(upgrade.header("X-Kite-Version") == "3");
  CHECK(upgrade.header("Sec-WebSocket-Extensions").empty());
  REQUIRE(kite.http_requests.size() == 1);
  CHECK(kite.http_requests.front().target == "/instruments");
  CHECK(kite.http_requests.front().header("X-Kite-Version") == "3");
  CHECK(kite.http_requests.front().header("Authorization").empty());
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: the mode goes up when a book is wanted, and down when it is not") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(1, Channel::OrderBook, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "full"}}));
  REQUIRE(until([&] { return host.asked(kFirst, Channel::OrderBook) == 1; }));
  CHECK(host.asked(kFirst, Channel::Ticker) == 1);
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(1, Channel::OrderBook, "NSE:INFY"), want(1, Channel::Quote, "NSE:INFY")});
  REQUIRE(until([&] { return host.asked(kFirst, Channel::Quote) == 1; }));
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "quote"}}));
  CHECK(kite.commands_of("subscribe") == 1);
  CHECK(kite.commands_of("mode") == 3);
  wish({});
  REQUIRE(until_carried({}));
  CHECK(kite.peer().commands.back() == R"({"a":"unsubscribe","v":[408065]})");
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: ticker_mode and trade_mode choose the modes") {
  set_kite(config, "ticker_mode", "ltp");
  set_kite(config, "trade_mode", "quote");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Trade, "NSE:TCS"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until_carried({{408065, "ltp"}, {2953217, "quote"}}));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: after a drop everything is asked for again, modes included") {
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  REQUIRE(until([&] { return host.asked(kSecond, Channel::OrderBook) == 1; }));
  SUBCASE("cut") { kite.cut_all(); }
  SUBCASE("closed with 1000") { kite.peer().connection->close(1000, ""); }
  SUBCASE("closed with 1011") { kite.peer().connection->close(1011, "maintenance"); }
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  REQUIRE(until([&] { return host.asked(kSecond, Channel::OrderBook) == 2; }));
  CHECK(host.asked(kFirst, Channel::Ticker) == 2);
  CHECK(kite.upgrades.size() == 2);
  REQUIRE(until_state(BrokerState::Live));
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  CHECK(host.count_of(FrameKind::Opened) == 2);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: commands are batched") {
  set_kite(config, "subscribe_batch", "2");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE"), want(3, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] {
    return host.asked(InstrumentId{1}, Channel::Ticker) + host.asked(kSecond, Channel::Ticker) + host.asked(InstrumentId{3}, Channel::Ticker) == 3;
  }));
  REQUIRE(until([&] { return kite.peer().commands.size() == 4; }));
  CHECK(kite.commands_of("subscribe") == 2);
  CHECK(kite.commands_of("mode") == 2);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: commands are paced, and all of them arrive") {
  set_kite(config, "subscribe_batch", "1");
  set_kite(config, "commands_per_second", "3");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return !kite.peers.empty() && kite.peer().commands.size() == 3; }));
  CHECK(host.asked(kFirst, Channel::Ticker) + host.asked(kSecond, Channel::Ticker) == 1);
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Ticker) == 1; }));
}

TEST_CASE_FIXTURE(KiteFixture,
                  "zerodha session: connections fill in order, the wish beyond all of them is refused, and takes the room that comes free") {
  set_kite(config, "instruments_per_connection", "1");
  set_kite(config, "connections_max", "3");
  start();
  std::vector<Want> wants = {want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE"), want(3, Channel::Ticker, "NSE:TCS"),
                             want(4, Channel::Ticker, "NSE:TATAMOTORS")};
  wish(wants);
  REQUIRE(until_carried({{408065, "quote"}, {738561, "quote"}, {2953217, "quote"}}));
  CHECK(kite.peers.size() == 3);
  REQUIRE(host.refused(InstrumentId{4}, Channel::Ticker) == 1);
  const RawFrame* refused = host.last(FrameKind::Refused);
  CHECK(refused->code == 4015);
  CHECK(refused->bytes.find("connections_max") != std::string::npos);
  CHECK(refused->bytes.size() <= 103);
  REQUIRE(until([&] { return host.report.connections.size() == 3; }));
  CHECK(host.report.connections[2].name == "ticker-2");
  wants.erase(wants.begin() + 1);
  wish(wants);
  REQUIRE(until_carried({{408065, "quote"}, {2953217, "quote"}, {884737, "quote"}}));
  REQUIRE(until([&] { return host.asked(InstrumentId{4}, Channel::Ticker) == 1; }));
  CHECK(host.refused(InstrumentId{4}, Channel::Ticker) == 1);
  CHECK(kite.upgrades.size() == 3);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: three connections of 3,000 instruments, and the 9,001st is refused") {
  std::vector<std::string> rows;
  std::vector<Want> wants;
  for (std::uint32_t i = 1; i <= 9001; ++i) {
    const std::string name = "S" + std::to_string(i);
    rows.push_back(ScriptedKite::row(i * 256 + 1, name));
    wants.push_back(want(i, Channel::OrderBook, "NSE:" + name));
  }
  kite.list = ScriptedKite::csv(rows);
  start();
  wish(wants);
  REQUIRE(until([&] { return host.count_of(FrameKind::Asked) == 9000; }));
  REQUIRE(until([&] { return kite.carried().size() == 9000; }));
  CHECK(kite.peers.size() == 3);
  for (const auto& peer : kite.peers) CHECK(peer->modes.size() == 3000);
  CHECK(host.count_of(FrameKind::Refused) == 1);
  CHECK(host.refused(InstrumentId{9001}, Channel::OrderBook) == 1);
  CHECK(host.last(FrameKind::Refused)->code == 4015);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: a connection that carries nothing any more drains and closes, the others stay") {
  set_kite(config, "instruments_per_connection", "1");
  set_kite(config, "idle_close", "10ms");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "quote"}}));
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return kite.peers.size() == 1; }));
  CHECK(kite.carried() == Modes{{408065, "quote"}});
  REQUIRE(until_state(BrokerState::Live));
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "quote"}}));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: what the list lacks, and what an index has not, is refused in words") {
  start();
  wish({want(1, Channel::Ticker, "NSE:NOSUCH"), want(2, Channel::Trade, "NSE:NIFTY 50"), want(3, Channel::Candle1m, "NSE:INFY"),
        want(4, Channel::Ticker, "NSE:NIFTY 50")});
  REQUIRE(until_carried({{256265, "quote"}}));
  std::map<std::uint32_t, std::uint16_t> codes;
  for (const RawFrame& frame : host.frames) {
    if (frame.kind == FrameKind::Refused) codes[frame.instrument.value()] = frame.code;
  }
  CHECK(codes == std::map<std::uint32_t, std::uint16_t>{{1, 4011}, {2, 4012}, {3, 4012}});
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: pings are answered with their payload") {
  open_one();
  kite.peer().connection->ping("are you there");
  REQUIRE(until([&] { return !kite.peer().pongs.empty(); }));
  CHECK(kite.peer().pongs.front() == "are you there");
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: market data and text messages become frames, heartbeats do not") {
  open_one();
  const std::size_t binary = host.count_of(FrameKind::Binary);
  const std::uint64_t control = host.counters().control_messages;
  kite.send_all_binary(std::string_view{"\0", 1});
  kite.send_all_text(R"({"type":"order","data":{"order_id":"1"}})");
  kite.send_all_binary(test::ltp_message(408065, 12345));
  REQUIRE(until([&] { return host.count_of(FrameKind::Binary) == binary + 1; }));
  CHECK(host.last(FrameKind::Binary)->bytes == test::ltp_message(408065, 12345));
  CHECK(host.last(FrameKind::Text)->bytes == R"({"type":"order","data":{"order_id":"1"}})");
  CHECK(host.counters().control_messages == control + 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: the access token is in no frame and no report") {
  open_one();
  kite.send_all_text(R"({"type":"error","data":"firsttoken is odd, 408065"})");
  REQUIRE(until([&] { return host.refused(kFirst, Channel::Ticker) == 1; }));
  kite.peer().connection->close(1011, "token firsttoken of kitekey");
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  kite.tokens_refused = {std::string{test::kKiteToken}};
  kite.cut_all();
  REQUIRE(until_state(BrokerState::AuthRequired));
  REQUIRE(until([&] { return host.report.state == BrokerState::AuthRequired; }));
  for (const RawFrame& frame : host.frames) {
    if (frame.kind == FrameKind::Text) continue;  // what the broker itself wrote
    for (const std::string_view secret : {test::kKiteToken, test::kKiteKey}) {
      CHECK(frame.bytes.find(secret) == std::string::npos);
      CHECK(frame.request.find(secret) == std::string::npos);
    }
  }
  CHECK(host.last(FrameKind::Opened)->request == config.ws_url + "/?api_key=***&access_token=***");
  CHECK(host.report.reason.find(test::kKiteToken) == std::string::npos);
  for (const ConnectionReport& connection : host.report.connections) CHECK(connection.reason.find(test::kKiteToken) == std::string::npos);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: a token that a new list moves is followed") {
  set_kite(config, "instruments_recheck", "1ms");
  open_one();
  kite.send_all_text(R"({"type":"instruments_meta","data":{"count":7,"etag":"W/\"1\""}})");
  kite.list = ScriptedKite::csv({ScriptedKite::row(999937, "INFY")});
  kite.send_all_text(R"({"type":"instruments_meta","data":{"count":7,"etag":"W/\"2\""}})");
  REQUIRE(until_carried({{999937, "quote"}}));
  REQUIRE(until([&] { return host.asked(kFirst, Channel::Ticker) == 2; }));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha session: stop is silent at every phase") {
  SUBCASE("before anything came") { start(); }
  SUBCASE("while connecting") {
    start();
    wish({want(1, Channel::Ticker, "NSE:INFY")});
    REQUIRE(until([&] { return !host.instruments.empty(); }));
  }
  SUBCASE("open") { open_one(); }
  SUBCASE("waiting for the next attempt") {
    kite.refusals = 1000;
    start();
    wish({want(1, Channel::Ticker, "NSE:INFY")});
    REQUIRE(until_state(BrokerState::Reconnecting));
  }
  SUBCASE("parked") {
    kite.tokens_refused = {std::string{test::kKiteToken}};
    start();
    wish({want(1, Channel::Ticker, "NSE:INFY")});
    REQUIRE(until_state(BrokerState::AuthRequired));
  }
  session->stop();
  const std::size_t frames = host.frames.size();
  const int reports = host.report_count;
  session->stop();
  wish({want(2, Channel::Ticker, "NSE:TCS")});
  kite.tokens_refused.clear();
  renew_token("another");
  run_on(loop, 80ms);
  CHECK(host.frames.size() == frames);
  CHECK(host.report_count == reports);
  CHECK(kite.peers.empty());
}
