// Planned ends of a Binance connection: the successor carries everything before the old socket goes.
#include <doctest/doctest.h>

#include <rapidjson/document.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/session/session_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::ScriptedBroker;
using test::SessionFixture;
using test::set;

namespace {

constexpr InstrumentId kFirst{1};

struct RenewalFixture : SessionFixture {
  RenewalFixture() {
    set(config, "renewal_settle", "1h");  // unless a test says otherwise, only proof ends a renewal
    set(config, "renewal_timeout", "1h");
  }
  /// The old socket's venue says that it will go.
  void announce() { broker.peer().connection->send_text(R"({"e":"serverShutdown","E":1770123456789})"); }
  /// Two sockets, both of which carry the trades of one instrument.
  void open_both() {
    open_one();
    announce();
    REQUIRE(until([&] { return broker.peers.size() == 2 && broker.peer(1).streams.contains("btcusdt@trade"); }));
    REQUIRE(until([&] { return host.count_of(FrameKind::Succeeding) == 1; }));
    run_on(loop, 40ms);  // the answer and a look at it
  }
  /// One trade on one of the sockets.
  void trade(std::size_t peer, int id) {
    broker.peer(peer).connection->send_text(R"({"stream":"btcusdt@trade","data":{"t":)" + std::to_string(id) + "}}");
  }
  /// The ids of the trades that went to the normalizer, in order.
  [[nodiscard]] std::vector<int> trades() const {
    std::vector<int> ids;
    for (const RawFrame& frame : host.frames) {
      rapidjson::Document document;
      if (frame.kind != FrameKind::Text || document.Parse(frame.bytes.data(), frame.bytes.size()).HasParseError()) continue;
      ids.push_back(document["data"]["t"].GetInt());
    }
    return ids;
  }
  [[nodiscard]] bool until_trades(std::size_t count) {
    return until([&] { return trades().size() == count; });
  }
  [[nodiscard]] bool until_taken_over() {
    return until([&] { return host.count_of(FrameKind::TakenOver) == 1; });
  }
  [[nodiscard]] std::uint16_t joint() const { return host.last(FrameKind::TakenOver)->code; }
};

using Ids = std::vector<int>;

}  // namespace

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: the old socket delivers until the successor has said the same, and nothing is lost or repeated") {
  open_both();
  trade(0, 1);
  trade(0, 2);
  REQUIRE(until_trades(2));
  CHECK(host.count_of(FrameKind::TakenOver) == 0);
  trade(1, 2);
  REQUIRE(until_taken_over());
  CHECK(joint() == kJointProven);
  trade(1, 3);
  REQUIRE(until_trades(3));
  CHECK(trades() == Ids{1, 2, 3});
  REQUIRE(until([&] { return broker.peers.size() == 1; }));
  CHECK(broker.carried() == std::set<std::string>{"btcusdt@trade"});
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(host.last(FrameKind::Text)->session == 2);
  CHECK(host.counters().renewals == 1);
  CHECK_FALSE(host.was_in_state(BrokerState::Reconnecting));
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: an old socket that is behind is waited for") {
  open_both();
  trade(1, 5);
  trade(1, 6);
  trade(0, 3);
  trade(0, 4);
  REQUIRE(until_trades(2));
  run_on(loop);
  CHECK(host.count_of(FrameKind::TakenOver) == 0);
  trade(0, 5);
  REQUIRE(until_taken_over());
  REQUIRE(until_trades(4));
  CHECK(trades() == Ids{3, 4, 5, 6});
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: answers about streams that came on the successor are told in its turn") {
  open_both();
  CHECK(host.accepted(kFirst, Channel::Trade) == 1);
  trade(0, 1);
  trade(1, 1);
  REQUIRE(until_taken_over());
  CHECK(host.accepted(kFirst, Channel::Trade) == 2);
  CHECK(host.last(FrameKind::Accepted)->session == 2);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: where nothing is said, both sockets carry everything for the settling time") {
  set(config, "renewal_settle", "50ms");
  open_one();
  announce();
  REQUIRE(until_taken_over());
  CHECK(joint() == kJointProven);
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: a successor that is refused leaves the old socket alone, and is tried again") {
  config.reconnect_initial = config.reconnect_maximum = 20ms;
  set(config, "refused_wait", "1ms");
  set(config, "renewal_settle", "10ms");
  open_one();
  broker.refusals = 3;
  announce();
  REQUIRE(until([&] { return host.counters().renewals_put_off >= 3; }));
  CHECK(host.count_of(FrameKind::Closed) == 0);
  REQUIRE(until_taken_over());
  CHECK_FALSE(host.was_in_state(BrokerState::Down));
  CHECK_FALSE(host.was_in_state(BrokerState::Reconnecting));
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: a successor that does not deliver what the old socket does is given up in time") {
  config.reconnect_initial = config.reconnect_maximum = 1h;
  set(config, "renewal_settle", "100ms");
  set(config, "renewal_timeout", "300ms");
  open_one();
  announce();
  int id = 0;
  REQUIRE(until([&] {
    trade(0, ++id);  // the successor never says so
    return host.counters().renewals_put_off == 1;
  }));
  CHECK(host.count_of(FrameKind::PutOff) == 1);
  REQUIRE(until([&] { return broker.peers.size() == 1; }));
  trade(0, ++id);
  REQUIRE(until_trades(static_cast<std::size_t>(id)));
  CHECK(host.count_of(FrameKind::TakenOver) == 0);
  CHECK(host.last(FrameKind::Text)->session == 1);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: a successor that is lost meanwhile costs nothing") {
  config.reconnect_initial = config.reconnect_maximum = 1h;
  open_both();
  trade(1, 1);
  broker.peer(1).connection->close(1001, "");
  REQUIRE(until([&] { return host.count_of(FrameKind::PutOff) == 1; }));
  trade(0, 1);
  REQUIRE(until_trades(1));
  CHECK(trades() == Ids{1});
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: an old socket that the venue closes hands over at once") {
  open_both();
  trade(0, 1);
  trade(1, 2);
  REQUIRE(until_trades(1));
  run_on(loop, 20ms);
  broker.peer(0).connection->close(1001, "going away");
  REQUIRE(until_taken_over());
  CHECK(joint() == kJointProven);  // it was closed in order, and until then carried what the successor carries
  REQUIRE(until_trades(2));
  CHECK(trades() == Ids{1, 2});
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(broker.upgrades == 2);
  CHECK_FALSE(host.was_in_state(BrokerState::Reconnecting));
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: an old socket that is cut hands over, and each stream has to prove the joint") {
  open_both();
  trade(1, 2);
  run_on(loop, 20ms);
  broker.peer(0).connection->cut();
  REQUIRE(until_taken_over());
  CHECK(joint() == 0);
  REQUIRE(until_trades(1));
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(broker.upgrades == 2);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: an old socket that goes before the successor carries everything is a loss, and is told") {
  open_one();
  std::uint64_t held = 0;
  broker.on_request = [&](ScriptedBroker::Peer&, const ScriptedBroker::Request& request) {
    held = request.id;
    return true;
  };
  announce();
  REQUIRE(until([&] { return held != 0; }));
  broker.peer(0).connection->close(1001, "going away");
  REQUIRE(until_taken_over());
  CHECK(host.count_of(FrameKind::Closed) == 1);
  CHECK(joint() == 0);
  broker.on_request = nullptr;
  broker.peer(0).streams.insert("btcusdt@trade");
  ScriptedBroker::answer(broker.peer(0), held);
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Trade) == 2; }));
  CHECK(broker.upgrades == 2);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: wishes of meanwhile go to both sockets, and the successor waits for their answers") {
  open_both();
  wish({want(1, Channel::Trade, "BINANCE:BTCUSDT"), want(2, Channel::Quote, "BINANCE:ETHUSDT")});
  REQUIRE(until([&] {
    return std::all_of(broker.peers.begin(), broker.peers.end(), [](const auto& peer) { return peer->streams.contains("ethusdt@bookTicker"); });
  }));
  run_on(loop, 40ms);
  trade(0, 1);
  trade(1, 1);
  REQUIRE(until_taken_over());
  REQUIRE(until([&] { return broker.peers.size() == 1; }));
  CHECK(broker.carried() == std::set<std::string>{"btcusdt@trade", "ethusdt@bookTicker"});
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: more than may wait ends it early where the successor carries everything") {
  set(config, "renewal_buffer", "65536B");
  open_both();
  trade(0, 1);  // flows, and says something else than the successor: no proof
  for (int i = 0; i < 1'000; ++i) trade(1, 1'000 + i);
  REQUIRE(until_taken_over());
  CHECK(joint() == 0);
  REQUIRE(until_trades(1'001));
  const std::vector<int> ids = trades();
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: it is told while it goes on, and the broker stays live") {
  open_both();
  REQUIRE(until([&] { return !host.report.connections.empty() && host.report.connections.front().reason.find("shutdown") != std::string::npos; }));
  CHECK(host.report.connections.front().state == BrokerState::Live);
  CHECK(host.report.state == BrokerState::Live);
  trade(0, 1);
  trade(1, 1);
  REQUIRE(until_taken_over());
  REQUIRE(until([&] { return host.report.connections.front().reason.empty(); }));
  CHECK(host.report.connections.front().sessions == 2);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: a person's wish for another connection ends it") {
  open_both();
  session->reconnect();
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  REQUIRE(until([&] { return broker.peers.size() == 1 && broker.carried().size() == 1; }));
  CHECK(host.count_of(FrameKind::TakenOver) == 0);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: a stop in the middle leaves nothing behind") {
  open_both();
  trade(1, 1);
  session->stop();
  const std::size_t frames = host.frames.size();
  REQUIRE(until([&] { return broker.peers.empty(); }));
  CHECK(host.frames.size() == frames);
}

TEST_CASE_FIXTURE(RenewalFixture, "binance renewal: many in a row leave one socket and one subscription each time") {
  set(config, "renewal_settle", "1ms");
  set(config, "max_age", "30ms");
  set(config, "renewal_jitter", "0s");
  open_one();
  REQUIRE(until([&] { return host.counters().renewals >= 10; }));
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(host.counters().renewals_put_off == 0);
}
