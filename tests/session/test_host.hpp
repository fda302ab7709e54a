// The gateway as a session sees it: collects what is pushed, on one loop with the scripted broker.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/binance/options.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::test {

/// Runs the loop until the condition holds; false after a deadline that no working program reaches.
inline bool run_until(net::EventLoop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_for(std::chrono::milliseconds{5});
  }
  return true;
}

/// Runs on for a while, for what must not happen.
inline void run_on(net::EventLoop& loop, std::chrono::milliseconds duration = std::chrono::milliseconds{60}) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) loop.run_for(std::chrono::milliseconds{5});
}

/// The machine's clocks, with the time of day moved as a test asks.
class ShiftedClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc() const override { return UtcTime{system_.utc().ns + shift.count()}; }
  [[nodiscard]] MonoTime mono() const override { return system_.mono(); }
  /// It is `time` now, and goes on from there.
  void set(UtcTime time) { shift = Duration{time.ns - system_.utc().ns}; }

  Duration shift{};

 private:
  SystemClock system_;
};

class TestHost final : public SessionHost {
 public:
  explicit TestHost(net::EventLoop& loop) : loop_(loop) {}

  net::EventLoop& loop() override { return loop_; }
  net::HttpClient& http() override { return http_; }
  const Clock& clock() const override { return shifted_clock; }
  BrokerCounters& counters() override { return counters_; }
  std::uint64_t random_seed() override { return ++seed_; }
  const Calendars& calendars() const override { return market_hours; }
  void prepare_config(std::function<void()> ready) override {
    ++config_preparations;
    if (!hold_preparations) return ready();
    held_preparations.push_back(std::move(ready));
  }
  /// The programs that give secrets have ended.
  void end_preparations() {
    for (const auto& ready : std::exchange(held_preparations, {})) ready();
  }
  FreshConfig read_config() override {
    ++config_reads;
    return fresh;
  }
  std::unique_ptr<FrameSink> open_sink(ConnectionId connection) override {
    sinks.push_back(connection);
    return std::make_unique<Sink>(*this);
  }
  void on_instruments(std::vector<Instrument>& list) override {
    if (configure) configure(list);
    instruments = list;
    ++list_count;
  }
  void on_found(std::vector<SymbolAnswer> answers) override {
    for (SymbolAnswer& answer : answers) found.push_back(std::move(answer));
  }
  void on_report(BrokerReport given) override {
    report = std::move(given);
    ++report_count;
  }

  [[nodiscard]] std::size_t count_of(FrameKind kind) const {
    return static_cast<std::size_t>(std::count_if(frames.begin(), frames.end(), [kind](const RawFrame& frame) { return frame.kind == kind; }));
  }
  [[nodiscard]] const RawFrame* last(FrameKind kind) const {
    const auto it = std::find_if(frames.rbegin(), frames.rend(), [kind](const RawFrame& frame) { return frame.kind == kind; });
    return it == frames.rend() ? nullptr : &*it;
  }
  [[nodiscard]] bool in_state(BrokerState state) const {
    const RawFrame* status = last(FrameKind::Status);
    return status != nullptr && status->broker_state == state;
  }
  [[nodiscard]] bool was_in_state(BrokerState state) const {
    return std::any_of(frames.begin(), frames.end(), [state](const RawFrame& f) { return f.kind == FrameKind::Status && f.broker_state == state; });
  }
  [[nodiscard]] std::size_t accepted(InstrumentId instrument, Channel channel) const { return count_of(FrameKind::Accepted, instrument, channel); }
  [[nodiscard]] std::size_t asked(InstrumentId instrument, Channel channel) const { return count_of(FrameKind::Asked, instrument, channel); }
  [[nodiscard]] std::size_t refused(InstrumentId instrument, Channel channel) const { return count_of(FrameKind::Refused, instrument, channel); }
  [[nodiscard]] std::size_t count_of(FrameKind kind, InstrumentId instrument, Channel channel) const {
    return static_cast<std::size_t>(std::count_if(
        frames.begin(), frames.end(), [&](const RawFrame& f) { return f.kind == kind && f.instrument == instrument && f.channel == channel; }));
  }

  ShiftedClock shifted_clock;
  Calendars market_hours;  // none: everything is open
  FreshConfig fresh;       // what read_config() finds
  int config_reads = 0;
  int config_preparations = 0;
  bool hold_preparations = false;  // programs take their time
  std::vector<std::function<void()>> held_preparations;
  std::vector<RawFrame> frames;
  bool queue_full = false;  // frames are refused
  int frames_refused = 0;
  std::vector<ConnectionId> sinks;
  std::vector<Instrument> instruments;
  int list_count = 0;                                       // how often they came
  std::function<void(std::vector<Instrument>&)> configure;  // puts in what the configuration names
  std::vector<SymbolAnswer> found;
  BrokerReport report;
  int report_count = 0;

 private:
  struct Sink final : FrameSink {
    explicit Sink(TestHost& all) : host(all) {}
    bool push(RawFrame&& frame) override {
      if (host.queue_full) ++host.frames_refused;
      if (!host.queue_full) host.frames.push_back(std::move(frame));
      return !host.queue_full;
    }
    TestHost& host;
  };

  net::EventLoop& loop_;
  net::HttpClient http_;
  BrokerCounters counters_;
  std::uint64_t seed_ = 0;
};

/// A value as YAML would give it: "5s", "23h", "3500", "spot".
inline OptionValue option_value(OptionType type, std::string_view text) {
  if (type == OptionType::Boolean) return text == "true";
  if (type != OptionType::Duration && type != OptionType::Integer && type != OptionType::Size) return std::string{text};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  REQUIRE(error == std::errc{});
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  if (type == OptionType::Integer) return number;
  if (type == OptionType::Size) {
    const std::map<std::string_view, std::int64_t> factors = {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}};
    return number * factors.at(unit);
  }
  const std::map<std::string_view, Duration> units = {
      {"ms", std::chrono::milliseconds{1}}, {"s", std::chrono::seconds{1}}, {"m", std::chrono::minutes{1}}, {"h", std::chrono::hours{1}}};
  return number * units.at(unit);
}

/// A Binance broker with the documented defaults, and waits short enough for tests.
inline BrokerConfig binance_config() {
  BrokerConfig config;
  config.name = "binance";
  config.adapter = "binance";
  config.id = BrokerId{3};
  config.reconnect_initial = std::chrono::milliseconds{5};
  config.reconnect_maximum = std::chrono::milliseconds{40};
  for (const OptionSpec& option : binance::kOptions) config.options.emplace(option.key, option_value(option.type, option.default_text));
  return config;
}

inline void set_option(BrokerConfig& config, std::span<const OptionSpec> specs, std::string_view key, std::string_view text) {
  for (const OptionSpec& option : specs) {
    if (option.key == key) {
      config.options.insert_or_assign(std::string{key}, option_value(option.type, text));
      return;
    }
  }
  FAIL("no such option: " << key);
}

inline void set(BrokerConfig& config, std::string_view key, std::string_view text) { set_option(config, binance::kOptions, key, text); }

}  // namespace tidegate::test
