// One session of Interactive Brokers against one scripted server on one loop.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/adapter.hpp"
#include "brokers/ibkr/options.hpp"
#include "tests/session/scripted_ibkr.hpp"
#include "tests/session/test_host.hpp"

namespace tidegate::test {

inline void set_ibkr(BrokerConfig& config, std::string_view key, std::string_view text) { set_option(config, ::tidegate::ibkr::kOptions, key, text); }

/// A broker with the documented defaults, no cache on disk, and waits short enough for tests.
inline BrokerConfig ibkr_config() {
  BrokerConfig config;
  config.name = "ibkr";
  config.adapter = "ibkr";
  config.id = BrokerId{3};
  config.reconnect_initial = std::chrono::milliseconds{5};
  config.reconnect_maximum = std::chrono::milliseconds{40};
  for (const OptionSpec& option : ::tidegate::ibkr::kOptions) config.options.emplace(option.key, option_value(option.type, option.default_text));
  set_ibkr(config, "instruments_cache", "none");
  for (const char* key : {"tickle_spacing", "rate_limit_wait", "init_poll"}) set_ibkr(config, key, "1ms");
  for (const char* key : {"login_check", "competing_check", "refused_wait"}) set_ibkr(config, key, "20ms");
  set_ibkr(config, "init_timeout", "40ms");
  set_ibkr(config, "rest_rate", "10000");
  set_ibkr(config, "command_rate", "10000");
  set_ibkr(config, "connect_attempts", "1000");
  set_ibkr(config, "credential_check", "5ms");
  return config;
}

struct IbkrFixture {
  using Texts = std::vector<std::string>;

  IbkrFixture() { config.rest_url = ibkr.rest_url(); }
  // The session goes first: it lives on the loop and the host.
  ~IbkrFixture() { session.reset(); }

  void start() {
    if (host.fresh.config.options.empty() && host.fresh.problem.empty()) host.fresh.config = config;
    session = ::tidegate::ibkr::kIbkr.make_session(config, host);
    session->start();
  }
  static Want want(std::uint32_t instrument, Channel channel, std::string_view name) {
    return Want{.instrument = InstrumentId{instrument}, .channel = channel, .depth = 0, .symbol = std::string{name}};
  }
  void wish(std::vector<Want> wants) { session->update(WantedSet{.generation = ++generation, .wants = std::move(wants)}); }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }
  [[nodiscard]] bool until_state(BrokerState state) {
    return until([&] { return host.in_state(state); });
  }
  /// Looks these up and waits until they are answered.
  void find(const Texts& texts) {
    const std::size_t before = host.found.size();
    session->look_up(texts);
    REQUIRE(until([&] { return host.found.size() >= before + texts.size(); }));
  }
  /// A live session with one share's ticker.
  void open_one() {
    start();
    find({"NASDAQ:AAPL"});
    wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
    REQUIRE(until([&] { return host.asked(InstrumentId{1}, Channel::Ticker) == 1 && data_frames() >= 2; }));
    REQUIRE(until_state(BrokerState::Live));
  }
  /// Frames of market data.
  [[nodiscard]] std::size_t data_frames() const {
    return static_cast<std::size_t>(std::count_if(host.frames.begin(), host.frames.end(), [](const RawFrame& frame) {
      return frame.kind == FrameKind::Binary && frame.bytes.find("\"smd+") != std::string::npos;
    }));
  }
  [[nodiscard]] std::string reason() const { return host.last(FrameKind::Status)->bytes; }
  [[nodiscard]] std::size_t statuses(BrokerState state) const {
    return static_cast<std::size_t>(std::count_if(host.frames.begin(), host.frames.end(), [state](const RawFrame& frame) {
      return frame.kind == FrameKind::Status && frame.broker_state == state;
    }));
  }

  net::EventLoop loop;
  ScriptedIbkr ibkr{loop};
  TestHost host{loop};
  BrokerConfig config = ibkr_config();
  std::unique_ptr<Session> session;
  std::uint64_t generation = 0;
};

}  // namespace tidegate::test
