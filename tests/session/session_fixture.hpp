// One session against one scripted broker on one loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/binance/adapter.hpp"
#include "tests/session/scripted_broker.hpp"
#include "tests/session/test_host.hpp"

namespace tidegate::test {

struct SessionFixture {
  SessionFixture() {
    config.ws_url = broker.ws_url();
    config.rest_url = broker.http_url();
    // Fast enough that pacing does not slow the tests down; the tests of pacing set their own.
    set(config, "frames_per_second", "1000");
    set(config, "renewal_settle", "50ms");
  }
  // The session goes first: it lives on the loop and the host.
  ~SessionFixture() { session.reset(); }

  void start() {
    session = binance::kBinance.make_session(config, host);
    session->start();
  }
  static Want want(std::uint32_t instrument, Channel channel, std::string_view name, std::uint16_t depth = 0) {
    return Want{.instrument = InstrumentId{instrument}, .channel = channel, .depth = depth, .symbol = std::string{name}};
  }
  void wish(std::vector<Want> wants) { session->update(WantedSet{.generation = ++generation, .wants = std::move(wants)}); }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }
  [[nodiscard]] bool until_carried(const std::set<std::string>& streams) {
    return until([&] { return broker.carried() == streams; });
  }
  [[nodiscard]] bool until_live() {
    return until([&] { return host.in_state(BrokerState::Live); });
  }
  /// A live session that carries the trades of one instrument and had its answer.
  void open_one() {
    start();
    wish({want(1, Channel::Trade, "BINANCE:BTCUSDT")});
    REQUIRE(until_carried({"btcusdt@trade"}));
    REQUIRE(until([&] { return host.accepted(InstrumentId{1}, Channel::Trade) == 1; }));
  }

  net::EventLoop loop;
  ScriptedBroker broker{loop};
  TestHost host{loop};
  BrokerConfig config = binance_config();
  std::unique_ptr<Session> session;
  std::uint64_t generation = 0;
};

}  // namespace tidegate::test
