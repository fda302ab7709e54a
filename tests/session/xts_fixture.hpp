// One XTS session against one scripted deployment on one loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/xts/adapter.hpp"
#include "brokers/xts/options.hpp"
#include "tests/session/scripted_xts.hpp"
#include "tests/session/test_host.hpp"

namespace tidegate::test {

inline constexpr std::string_view kXtsKey = "appkeyappkey";
inline constexpr std::string_view kXtsSecret = "secretsecret";

inline void set_xts(BrokerConfig& config, std::string_view key, std::string_view text) { set_option(config, ::tidegate::xts::kOptions, key, text); }

/// An XTS broker with the documented defaults, no cache on disk, and waits short enough for tests.
inline BrokerConfig xts_config() {
  BrokerConfig config;
  config.name = "xts";
  config.adapter = "xts";
  config.id = BrokerId{3};
  config.reconnect_initial = std::chrono::milliseconds{5};
  config.reconnect_maximum = std::chrono::milliseconds{40};
  for (const OptionSpec& option : ::tidegate::xts::kOptions) config.options.emplace(option.key, option_value(option.type, option.default_text));
  set_xts(config, "app_key", kXtsKey);
  set_xts(config, "secret_key", kXtsSecret);
  set_xts(config, "instruments_cache", "none");
  for (const char* key : {"subscribe_interval", "quotes_interval", "rate_limit_wait"}) set_xts(config, key, "1ms");
  set_xts(config, "refused_wait", "20ms");
  set_xts(config, "connect_attempts", "1000");
  set_xts(config, "credential_check", "5ms");
  set_xts(config, "login_at", "");
  set_xts(config, "logout_on_stop", "false");  // nobody answers once a test is over, and the HTTP client would wait for it
  config.secret_sources = {{"app_key", "the environment variable XTS_APP_KEY, and restart"},
                           {"secret_key", "the environment variable XTS_SECRET_KEY, and restart"}};
  return config;
}

struct XtsFixture {
  using Carried = ScriptedXts::Carried;

  XtsFixture() {
    config.rest_url = xts.http_url() + "/apimarketdata";
    xts.now_seconds = [this] { return host.shifted_clock.utc().ns / 1'000'000'000; };
  }
  // The session goes first: it lives on the loop and the host.
  ~XtsFixture() { session.reset(); }

  void start() {
    if (host.fresh.config.options.empty() && host.fresh.problem.empty()) host.fresh.config = config;
    session = ::tidegate::xts::kXts.make_session(config, host);
    session->start();
  }
  static Want want(std::uint32_t instrument, Channel channel, std::string_view name) {
    return Want{.instrument = InstrumentId{instrument}, .channel = channel, .depth = 0, .symbol = std::string{name}};
  }
  void wish(std::vector<Want> wants) { session->update(WantedSet{.generation = ++generation, .wants = std::move(wants)}); }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }
  [[nodiscard]] bool until_carried(const Carried& carried) {
    return until([&] { return xts.carried == carried; });
  }
  [[nodiscard]] bool until_state(BrokerState state) {
    return until([&] { return host.in_state(state); });
  }
  /// A live session that carries one instrument's ticker.
  void open_one() {
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until_carried({"1501 1_2885"}));
    REQUIRE(until([&] { return host.accepted(InstrumentId{1}, Channel::Ticker) == 1; }));
    REQUIRE(until_state(BrokerState::Live));
    REQUIRE(until([&] { return !xts.gives_quotes || host.count_of(FrameKind::Rest) == 1; }));
  }
  void renew_secret(std::string_view secret) { set_xts(host.fresh.config, "secret_key", secret); }
  [[nodiscard]] std::string reason() const { return host.last(FrameKind::Status)->bytes; }
  [[nodiscard]] std::size_t statuses(BrokerState state) const {
    return static_cast<std::size_t>(std::count_if(host.frames.begin(), host.frames.end(), [state](const RawFrame& frame) {
      return frame.kind == FrameKind::Status && frame.broker_state == state;
    }));
  }

  net::EventLoop loop;
  ScriptedXts xts{loop};
  TestHost host{loop};
  BrokerConfig config = xts_config();
  std::unique_ptr<Session> session;
  std::uint64_t generation = 0;
};

}  // namespace tidegate::test
