// One Zerodha session against one scripted Kite on one loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/zerodha/adapter.hpp"
#include "brokers/zerodha/options.hpp"
#include "tests/session/scripted_kite.hpp"
#include "tests/session/test_host.hpp"

namespace tidegate::test {

inline constexpr std::string_view kKiteKey = "kitekey";
inline constexpr std::string_view kKiteToken = "firsttoken";

inline void set_kite(BrokerConfig& config, std::string_view key, std::string_view text) { set_option(config, zerodha::kOptions, key, text); }

/// A Zerodha broker with the documented defaults, no cache on disk, and waits short enough for tests.
inline BrokerConfig kite_config() {
  BrokerConfig config;
  config.name = "zerodha";
  config.adapter = "zerodha";
  config.id = BrokerId{3};
  config.reconnect_initial = std::chrono::milliseconds{5};
  config.reconnect_maximum = std::chrono::milliseconds{40};
  for (const OptionSpec& option : zerodha::kOptions) config.options.emplace(option.key, option_value(option.type, option.default_text));
  set_kite(config, "api_key", kKiteKey);
  set_kite(config, "access_token", kKiteToken);
  set_kite(config, "instruments_cache", "none");
  set_kite(config, "commands_per_second", "100");
  set_kite(config, "connect_attempts", "1000");
  set_kite(config, "credential_check", "5ms");
  config.secret_sources = {{"access_token", "the file kite.token"}, {"api_key", "the environment variable KITE_API_KEY, and restart"}};
  return config;
}

struct KiteFixture {
  using Modes = ScriptedKite::Modes;

  KiteFixture() {
    config.ws_url = kite.ws_url();
    config.rest_url = kite.http_url();
  }
  // The session goes first: it lives on the loop and the host.
  ~KiteFixture() { session.reset(); }

  void start() {
    if (host.fresh.config.options.empty() && host.fresh.problem.empty()) host.fresh.config = config;
    session = zerodha::kZerodha.make_session(config, host);
    session->start();
  }
  static Want want(std::uint32_t instrument, Channel channel, std::string_view name) {
    return Want{.instrument = InstrumentId{instrument}, .channel = channel, .depth = 0, .symbol = std::string{name}};
  }
  void wish(std::vector<Want> wants) { session->update(WantedSet{.generation = ++generation, .wants = std::move(wants)}); }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }
  [[nodiscard]] bool until_carried(const Modes& modes) {
    return until([&] { return kite.carried() == modes; });
  }
  [[nodiscard]] bool until_state(BrokerState state) {
    return until([&] { return host.in_state(state); });
  }
  /// A live session that carries one instrument's ticker.
  void open_one() {
    start();
    wish({want(1, Channel::Ticker, "NSE:INFY")});
    REQUIRE(until_carried({{408065, "quote"}}));
    REQUIRE(until([&] { return host.asked(InstrumentId{1}, Channel::Ticker) == 1; }));
    REQUIRE(until_state(BrokerState::Live));
    REQUIRE(until([&] { return kite.peer().commands.size() >= 2; }));
    REQUIRE(until([&] { return !kite.answers || host.count_of(FrameKind::Binary) == 1; }));
  }
  void renew_token(std::string_view token) { set_kite(host.fresh.config, "access_token", token); }
  [[nodiscard]] std::string reason() const { return host.last(FrameKind::Status)->bytes; }

  net::EventLoop loop;
  ScriptedKite kite{loop};
  TestHost host{loop};
  BrokerConfig config = kite_config();
  std::unique_ptr<Session> session;
  std::uint64_t generation = 0;
};

}  // namespace tidegate::test
