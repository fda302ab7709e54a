#include <doctest/doctest.h>

#include "tests/session/session_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::SessionFixture;
using test::set;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

}  // namespace

TEST_CASE_FIXTURE(SessionFixture, "binance session: nothing wanted means no socket, and live once the instrument list came") {
  start();
  REQUIRE(until_live());
  run_on(loop);
  CHECK(broker.upgrades == 0);
  CHECK(host.instruments.size() == broker.symbols.size());
  REQUIRE(until([&] { return host.report.state == BrokerState::Live; }));
  CHECK(host.report.instruments == broker.symbols.size());
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: a wish becomes a subscription, an acceptance and data") {
  open_one();
  CHECK(broker.peer().target == "/stream");
  broker.publish("btcusdt@trade", R"({"e":"trade","p":"1"})");
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) == 1; }));
  const RawFrame& data = *host.last(FrameKind::Text);
  CHECK(data.bytes == R"({"stream":"btcusdt@trade","data":{"e":"trade","p":"1"}})");
  CHECK(data.session == 1);
  CHECK(data.broker == BrokerId{3});
  CHECK(data.received.known());
  CHECK(data.received_mono.ns > 0);
  CHECK(host.count_of(FrameKind::Opened) == 1);
  CHECK(host.in_state(BrokerState::Live));
  REQUIRE(until([&] { return !host.report.connections.empty() && host.report.connections[0].streams == 1; }));
  CHECK(host.report.connections[0].name == "stream-0");
  CHECK(host.counters().frames_received == 1);
  CHECK(host.counters().control_messages == 1);
  CHECK(host.counters().connects == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: wishes that come and go change only what they name") {
  open_one();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until_carried({"btcusdt@trade", "ethusdt@bookTicker"}));
  wish({want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until_carried({"ethusdt@bookTicker"}));
  CHECK(broker.upgrades == 1);
  for (const auto& request : broker.peer().requests) CHECK(request.params.size() == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: an older generation of wishes is ignored") {
  open_one();
  session->update(WantedSet{.generation = 0, .wants = {}});
  run_on(loop);
  CHECK(broker.carried() == std::set<std::string>{"btcusdt@trade"});
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: after a drop the same set is carried again, in a new session") {
  open_one();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Quote, "BINANCE:ETHUSDT"), want(2, Channel::Candle1m, "BINANCE:ETHUSDT")});
  const std::set<std::string> all = {"btcusdt@trade", "ethusdt@bookTicker", "ethusdt@kline_1m"};
  for (std::uint32_t round = 1; round <= 5; ++round) {
    REQUIRE(until_carried(all));
    broker.peer().connection->cut();
    REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == round; }));
    CHECK(host.last(FrameKind::Closed)->session == round);
  }
  REQUIRE(until_carried(all));
  REQUIRE(until_live());
  CHECK(host.last(FrameKind::Opened)->session == 6);
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  CHECK(broker.peers.size() == 1);
  CHECK(host.counters().disconnects == 5);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: wishes that change while the connection is lost are what the next one carries") {
  config.reconnect_initial = config.reconnect_maximum = 100ms;
  open_one();
  broker.peer().connection->cut();
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  wish({want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until_carried({"ethusdt@bookTicker"}));
  REQUIRE(until([&] { return host.accepted(kSecond, Channel::Quote) == 1; }));
  CHECK(host.accepted(kFirst, Channel::Trade) == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: an unlisted instrument is refused once, and subscribed when a new list has it") {
  set(config, "instruments_refresh", "100ms");
  start();
  wish({want(1, Channel::Trade, "BINANCE:NEWUSDT"), want(2, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until_carried({"btcusdt@trade"}));
  REQUIRE(until([&] { return broker.http_targets.size() >= 3; }));
  CHECK(host.count_of(FrameKind::Refused) == 1);
  CHECK(host.last(FrameKind::Refused)->instrument == kFirst);
  CHECK_FALSE(host.last(FrameKind::Refused)->bytes.empty());
  broker.symbols.push_back("NEWUSDT");
  REQUIRE(until_carried({"btcusdt@trade", "newusdt@trade"}));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Trade) == 1; }));
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: the instrument list is asked for until it comes") {
  net::HttpResponse failure;
  failure.status = 503;
  net::HttpResponse rubbish;
  rubbish.body = "<html>";
  broker.http_first = {failure, rubbish, failure};
  broker.http_first_path = "/exchangeInfo";
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until_carried({"btcusdt@trade"}));
  CHECK(broker.http_targets.size() == 4);
  CHECK(host.was_in_state(BrokerState::Connecting));
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  REQUIRE(until_live());
  CHECK(host.counters().rest_failures >= 2);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: a list refused with 429 waits for its Retry-After and shows the broker as down") {
  net::HttpResponse slow;
  slow.status = 429;
  slow.headers.emplace_back("Retry-After", "1");
  broker.http_first = {slow};
  broker.http_first_path = "/exchangeInfo";
  start();
  REQUIRE(until([&] { return host.in_state(BrokerState::Down); }));
  REQUIRE(until_live());
  CHECK(broker.http_times_ns[1] - broker.http_times_ns[0] >= std::chrono::nanoseconds{1s}.count());
  CHECK(host.counters().rate_limited == 1);
}

TEST_CASE_FIXTURE(SessionFixture,
                  "binance session: a small connection limit spreads the streams, and an empty connection closes but keeps its slot") {
  set(config, "streams_per_connection", "2");
  set(config, "idle_close", "20ms");
  start();
  std::vector<Want> wants;
  for (std::uint32_t i = 0; i < 5; ++i) wants.push_back(want(i, Channel::Trade, "BINANCE:" + broker.symbols[i]));
  wish(wants);
  REQUIRE(until([&] { return broker.carried().size() == 5; }));
  CHECK(broker.peers.size() == 3);
  for (const auto& peer : broker.peers) CHECK(peer->streams.size() <= 2);
  CHECK(host.sinks == std::vector<ConnectionId>{ConnectionId{0}, ConnectionId{1}, ConnectionId{2}});
  // Holes are filled first.
  wish({wants[1], wants[2], wants[3], wants[4]});
  REQUIRE(until([&] { return broker.carried().size() == 4; }));
  wish({wants[1], wants[2], wants[3], wants[4], want(9, Channel::Quote, "BINANCE:BTCUSDT")});
  REQUIRE(until([&] { return broker.carried().contains("btcusdt@bookTicker"); }));
  CHECK(broker.peers.size() == 3);
  // The last two connections drain and close.
  wish({wants[1]});
  REQUIRE(until([&] { return broker.peers.size() == 1; }));
  CHECK(host.in_state(BrokerState::Live));
  wish(wants);
  REQUIRE(until([&] { return broker.carried().size() == 5; }));
  CHECK(host.sinks.size() == 3);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: wishes beyond the connections' limit are refused with the limit's name") {
  set(config, "streams_per_connection", "1");
  set(config, "connections_max", "2");
  start();
  wish({want(0, Channel::Trade, "BINANCE:BTCUSDT"), want(1, Channel::Trade, "BINANCE:ETHUSDT"), want(2, Channel::Trade, "BINANCE:BNBBTC")});
  REQUIRE(until([&] { return broker.carried().size() == 2; }));
  REQUIRE(host.count_of(FrameKind::Refused) == 1);
  CHECK(host.last(FrameKind::Refused)->bytes.find("connections_max") != std::string::npos);
  wish({want(1, Channel::Trade, "BINANCE:ETHUSDT")});
  REQUIRE(until_carried({"ethusdt@trade"}));
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: usdm uses one connection for books and one for the rest") {
  set(config, "market", "usdm");
  start();
  wish({want(1, Channel::Quote, "BINANCE-USDM:BTCUSDT"), want(1, Channel::OrderBook, "BINANCE-USDM:BTCUSDT", kFullDepth),
        want(1, Channel::Trade, "BINANCE-USDM:BTCUSDT"), want(1, Channel::Candle1s, "BINANCE-USDM:BTCUSDT")});
  REQUIRE(until_carried({"btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@aggTrade"}));
  REQUIRE(broker.peers.size() == 2);
  for (const auto& peer : broker.peers) {
    const bool books = peer->streams.contains("btcusdt@bookTicker");
    CHECK(peer->target == (books ? "/public/stream" : "/market/stream"));
    CHECK(peer->streams.contains("btcusdt@depth@100ms") == books);
  }
  CHECK(broker.http_targets.front() == "/fapi/v1/exchangeInfo");
  CHECK(host.last(FrameKind::Refused)->channel == Channel::Candle1s);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: requests stay below the byte limit and within the pace") {
  set(config, "request_bytes_max", "400");
  set(config, "frames_per_second", "4");
  broker.symbols.clear();
  std::vector<Want> wants;
  for (std::uint32_t i = 0; i < 40; ++i) {
    broker.symbols.push_back("ALONGSYMBOLNAME" + std::to_string(i) + "USDT");
    wants.push_back(want(i, Channel::OrderBook, "BINANCE:" + broker.symbols.back(), 20));
  }
  std::vector<std::int64_t> times;
  broker.on_request = [&](test::ScriptedBroker::Peer&, const test::ScriptedBroker::Request& request) {
    CHECK(request.text.size() + 8 <= 400);
    times.push_back(std::chrono::steady_clock::now().time_since_epoch().count());
    return false;
  };
  start();
  wish(wants);
  REQUIRE(until([&] { return broker.carried().size() == 40; }));
  CHECK(times.size() >= 5);
  CHECK(times.size() <= 9);
}

TEST_CASE_FIXTURE(SessionFixture, "binance session: stop() is final at every stage") {
  SUBCASE("before the start") { session = binance::kBinance.make_session(config, host); }
  SUBCASE("while the list is awaited") { start(); }
  SUBCASE("while the connection is being made") {
    start();
    REQUIRE(until_live());
    wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  }
  SUBCASE("while requests wait for their answers") {
    broker.acks_lost = 1;
    start();
    wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
    REQUIRE(until([&] { return !broker.peers.empty() && !broker.peer().requests.empty(); }));
  }
  SUBCASE("open, with data on the way") {
    open_one();
    for (int i = 0; i < 100; ++i) broker.publish("btcusdt@trade");
  }
  SUBCASE("while waiting to reconnect") {
    config.reconnect_initial = config.reconnect_maximum = 1h;
    open_one();
    broker.peer().connection->cut();
    REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  }
  SUBCASE("with a snapshot under way") {
    broker.hold_http = true;
    start();
    wish({want(1, Channel::OrderBook, "BINANCE:BTCUSDT", kFullDepth)});
    REQUIRE(until_carried({"btcusdt@depth@100ms"}));
    session->request_snapshot("BINANCE:BTCUSDT");
    REQUIRE(until([&] { return !broker.held.empty(); }));
    broker.held.front().second(test::ScriptedBroker::depth(""));
  }
  session->stop();
  const std::size_t frames = host.frames.size();
  const int reports = host.report_count;
  session->stop();
  wish({want(2, Channel::Trade, "BINANCE:ETHUSDT")});
  session->request_snapshot("BINANCE:BTCUSDT");
  session->start();
  run_on(loop);
  CHECK(until([&] { return broker.peers.empty(); }));
  CHECK(host.frames.size() == frames);
  CHECK(host.report_count == reports);
}
