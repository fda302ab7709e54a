#include <doctest/doctest.h>

#include "tests/session/session_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::ScriptedBroker;
using test::SessionFixture;
using test::set;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

}  // namespace

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a refused upgrade is tried again, and the broker is down meanwhile") {
  broker.refusals = 3;
  set(config, "refused_wait", "5ms");
  SUBCASE("403") { broker.refusal_status = 403; }
  SUBCASE("429") { broker.refusal_status = 429; }
  SUBCASE("503") { broker.refusal_status = 503; }
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until([&] { return host.in_state(BrokerState::Down); }));
  CHECK(host.last(FrameKind::Status)->bytes.find(std::to_string(broker.refusal_status)) != std::string::npos);
  REQUIRE(until_carried({"btcusdt@trade"}));
  REQUIRE(until_live());
  CHECK(broker.upgrades == 4);
  CHECK(host.counters().connects == 4);
  CHECK(host.counters().connects_failed == 3);
  CHECK(host.counters().rate_limited == (broker.refusal_status == 429 ? 3 : 0));
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a refusal for good is tried once, whatever subscribers do") {
  broker.refusals = 1000;
  broker.refusal_status = 451;
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until([&] { return host.in_state(BrokerState::Down); }));
  for (std::uint32_t i = 2; i < 6; ++i) {
    wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(i, Channel::Trade, "BINANCE:ETHUSDT")});
    run_on(loop, 20ms);
  }
  CHECK(broker.upgrades == 1);
  CHECK(host.last(FrameKind::Status)->bytes.find("ws_url") != std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: busy subscribers cannot turn an outage into a storm of attempts") {
  broker.refusals = 1000;
  config.reconnect_initial = config.reconnect_maximum = 1h;
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until([&] { return host.in_state(BrokerState::Down); }));
  for (std::uint32_t i = 2; i < 100; ++i) {
    wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(i, Channel::Trade, "BINANCE:ETHUSDT")});
    loop.run_for(1ms);
  }
  CHECK(broker.upgrades == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: attempts are paced over all connections") {
  broker.refusals = 1000;
  set(config, "connect_attempts", "5");
  set(config, "connect_window", "1h");
  set(config, "streams_per_connection", "1");
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Trade, "BINANCE:ETHUSDT"), want(3, Channel::Trade, "BINANCE:BNBBTC")});
  REQUIRE(until([&] { return broker.upgrades == 5; }));
  run_on(loop, 200ms);
  CHECK(broker.upgrades == 5);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: silence is cut after stale_after and the connection made anew") {
  config.stale_after = 100ms;
  open_one();
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  REQUIRE(until_carried({"btcusdt@trade"}));
  CHECK(host.last(FrameKind::Closed)->bytes.find("nothing was received") != std::string::npos);
  CHECK(host.was_in_state(BrokerState::Reconnecting));
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: pings that stop end the connection even while data flows") {
  set(config, "ping_timeout", "150ms");
  open_one();
  REQUIRE(until([&] {
    broker.publish("btcusdt@trade");
    return host.count_of(FrameKind::Closed) == 1;
  }));
  CHECK(host.last(FrameKind::Closed)->bytes.find("pings") != std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: pings without data do not hide a dead feed") {
  set(config, "data_timeout", "150ms");
  open_one();
  REQUIRE(until([&] {
    if (!broker.peers.empty()) broker.peer().connection->ping("1");
    return host.count_of(FrameKind::Closed) == 1;
  }));
  CHECK(host.last(FrameKind::Closed)->bytes.find("no data") != std::string::npos);
  REQUIRE(until_carried({"btcusdt@trade"}));
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: each ping is answered with its own payload") {
  open_one();
  broker.peer().connection->ping("1788888888123");
  REQUIRE(until([&] { return broker.peer().pongs.size() == 1; }));
  CHECK(broker.peer().pongs[0] == "1788888888123");
  broker.peer().connection->ping("");
  REQUIRE(until([&] { return broker.peer().pongs.size() == 2; }));
  CHECK(broker.peer().pongs[1].empty());
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: an announced shutdown is answered with a new connection, and the old one is closed after it") {
  config.reconnect_initial = config.reconnect_maximum = 1h;  // no backoff is waited out
  open_one();
  SUBCASE("combined") { broker.peer().connection->send_text(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})"); }
  SUBCASE("raw") { broker.peer().connection->send_text(R"({"e":"serverShutdown","E":1770123456789})"); }
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  REQUIRE(until([&] { return host.count_of(FrameKind::TakenOver) == 1; }));
  CHECK(host.last(FrameKind::TakenOver)->bytes.find("shutdown") != std::string::npos);
  REQUIRE(until([&] { return broker.peers.size() == 1; }));
  CHECK(broker.carried() == std::set<std::string>{"btcusdt@trade"});
  CHECK(broker.upgrades == 2);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(host.count_of(FrameKind::Text) == 0);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: it is renewed before its age limit") {
  config.reconnect_initial = config.reconnect_maximum = 50ms;
  set(config, "max_age", "200ms");
  set(config, "renewal_jitter", "50ms");
  open_one();
  REQUIRE(until([&] { return host.count_of(FrameKind::TakenOver) >= 2; }));
  CHECK(host.last(FrameKind::TakenOver)->bytes.find("age") != std::string::npos);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  REQUIRE(until_carried({"btcusdt@trade"}));
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a close with 1008 slows the next attempt down") {
  set(config, "slow_down_wait", "300ms");
  open_one();
  const auto closed_at = std::chrono::steady_clock::now();
  broker.peer().connection->close(1008, "Too many requests");
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  CHECK(std::chrono::steady_clock::now() - closed_at >= 300ms);
  CHECK(host.last(FrameKind::Closed)->bytes.find("Too many requests") != std::string::npos);
  CHECK(host.counters().rate_limited == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a lost answer is asked for again on the same socket") {
  set(config, "ack_timeout", "50ms");
  broker.acks_lost = 1;
  open_one();
  CHECK(broker.upgrades == 1);
  CHECK(broker.peer().requests.size() == 2);
  CHECK(broker.peer().requests[0].id != broker.peer().requests[1].id);
  CHECK(host.counters().requests_timed_out == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a second lost answer means a new socket") {
  set(config, "ack_timeout", "50ms");
  broker.acks_lost = 2;
  open_one();
  CHECK(broker.upgrades == 2);
  CHECK(host.last(FrameKind::Closed)->bytes.find("not answered") != std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: late answers of older requests change nothing") {
  set(config, "ack_timeout", "50ms");
  open_one();
  std::vector<std::uint64_t> unanswered;
  bool hold = true;
  broker.on_request = [&](ScriptedBroker::Peer& peer, const ScriptedBroker::Request& request) {
    if (!hold || request.method != "UNSUBSCRIBE") return false;
    peer.streams.erase(request.params.at(0));
    unanswered.push_back(request.id);
    return true;
  };
  wish({want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until([&] { return unanswered.size() == 1; }));
  hold = false;
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until_carried({"btcusdt@trade", "ethusdt@bookTicker"}));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Trade) == 2; }));
  ScriptedBroker::answer(broker.peer(), unanswered[0]);
  run_on(loop);
  CHECK(broker.carried() == std::set<std::string>{"btcusdt@trade", "ethusdt@bookTicker"});
  CHECK(host.accepted(kFirst, Channel::Trade) == 2);
  CHECK(broker.upgrades == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: data before the answer is taken, and dropping a wish before the answer drops the stream") {
  std::uint64_t held = 0;
  broker.on_request = [&](ScriptedBroker::Peer& peer, const ScriptedBroker::Request& request) {
    if (held != 0) return false;
    held = request.id;
    peer.streams.insert(request.params.begin(), request.params.end());
    return true;
  };
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until([&] { return held != 0; }));
  broker.publish("btcusdt@trade");
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) == 1; }));
  CHECK(host.count_of(FrameKind::Accepted) == 0);
  wish({});
  run_on(loop, 20ms);
  CHECK(broker.carried().size() == 1);
  ScriptedBroker::answer(broker.peer(), held);
  REQUIRE(until([&] { return broker.carried().empty(); }));
  CHECK(host.count_of(FrameKind::Accepted) == 0);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: one stream that the venue refuses does not fail the others") {
  std::string form;
  SUBCASE("nested, with its id") { form = R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":ID})"; }
  SUBCASE("nested, without an id") { form = R"({"error":{"code":2,"msg":"Invalid request: invalid stream"}})"; }
  SUBCASE("flat") { form = R"({"code":2,"msg":"Invalid request: invalid stream","id":ID})"; }
  broker.on_request = [&](ScriptedBroker::Peer& peer, const ScriptedBroker::Request& request) {
    if (std::find(request.params.begin(), request.params.end(), "ethusdt@bookTicker") == request.params.end()) return false;
    std::string answer = form;
    if (const auto at = answer.find("ID"); at != std::string::npos) answer.replace(at, 2, std::to_string(request.id));
    peer.connection->send_text(answer);
    return true;
  };
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Quote, "BINANCE:ETHUSDT"), want(3, Channel::Ticker, "BINANCE:BNBBTC")});
  REQUIRE(until([&] { return host.count_of(FrameKind::Refused) == 1; }));
  CHECK(host.last(FrameKind::Refused)->instrument == kSecond);
  CHECK(host.last(FrameKind::Refused)->bytes.find("invalid stream") != std::string::npos);
  REQUIRE(until_carried({"btcusdt@trade", "bnbbtc@ticker"}));
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 2; }));
  CHECK(broker.upgrades == 1);
  CHECK(host.counters().requests_refused >= 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: an audit finds a stream the venue forgot, and one it should not send") {
  set(config, "audit_interval", "50ms");
  open_one();
  broker.peer().streams = {"dogeusdt@trade"};
  REQUIRE(until_carried({"btcusdt@trade"}));
  CHECK(broker.upgrades == 1);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: rubbish and unknown messages are passed on or counted, and end nothing") {
  open_one();
  auto& connection = *broker.peer().connection;
  connection.send_text("");
  connection.send_text("{");
  connection.send_text(R"({"result":)");
  connection.send_text(R"({"result":null,"id":987654})");
  connection.send_text(R"({"error":{},"id":"x"})");
  connection.send_text(R"({"error":7})");
  connection.send_text(std::string(20'000, '['));
  connection.send_binary(std::string("\0\x01", 2));
  broker.publish("btcusdt@trade");
  REQUIRE(until([&] { return host.last(FrameKind::Text) != nullptr && host.last(FrameKind::Text)->bytes.starts_with(R"({"stream")"); }));
  CHECK(host.count_of(FrameKind::Binary) == 1);
  CHECK(broker.upgrades == 1);
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(SessionFixture, "binance connection: a person has it made anew; subscribers see the loss, and their streams come back") {
  start();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
  REQUIRE(until_live());
  session->reconnect();
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  CHECK(host.last(FrameKind::Closed)->bytes == "connection lost: an administrator asked for a new connection");
  REQUIRE(until_carried({"btcusdt@trade"}));
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  CHECK(broker.upgrades == 2);
}
