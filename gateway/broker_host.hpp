// What a running gateway lends to the session with one broker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/config/config.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/frame_queue.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/secret_sources.hpp"

namespace tidegate {

/// Made on any thread, then the loop's.
class BrokerHost final : public SessionHost {
 public:
  /// All of it outlives the host.
  struct Lent {
    net::EventLoop& loop;
    net::HttpClient& http;
    const Clock& clock;
    const Calendars& calendars;
    FrameQueue& frames;
    std::function<void(BrokerId, std::vector<Instrument>&)> on_instruments;
    std::function<void(BrokerId, std::vector<SymbolAnswer>)> on_found;
    std::function<void(BrokerId, BrokerReport)> on_report;
  };

  /// `life`: how many sessions this broker has had before; their frames are told apart by it.
  BrokerHost(const Lent& lent, std::shared_ptr<const Config> config, BrokerId broker, BrokerTelemetry& telemetry, std::uint32_t life);

  /// The broker's part of another configuration counts from the next read_config() on. Whom it asks for secrets is the same.
  void use(std::shared_ptr<const Config> config) { config_ = std::move(config); }

  net::EventLoop& loop() override { return lent_.loop; }
  net::HttpClient& http() override { return lent_.http; }
  const Clock& clock() const override { return lent_.clock; }
  BrokerCounters& counters() override { return telemetry_.counters; }
  std::uint64_t random_seed() override { return seed_; }
  const Calendars& calendars() const override { return lent_.calendars; }
  void prepare_config(std::function<void()> ready) override { secret_sources_.ask(std::move(ready)); }
  FreshConfig read_config() override;
  std::unique_ptr<FrameSink> open_sink(ConnectionId connection) override;
  void on_instruments(std::vector<Instrument>& instruments) override { lent_.on_instruments(broker_, instruments); }
  void on_found(std::vector<SymbolAnswer> answers) override { lent_.on_found(broker_, std::move(answers)); }
  void on_report(BrokerReport report) override;

 private:
  const Lent& lent_;
  std::shared_ptr<const Config> config_;
  BrokerId broker_;
  BrokerTelemetry& telemetry_;
  std::uint32_t sessions_before_;
  std::uint64_t seed_;
  SecretSources secret_sources_;
};

}  // namespace tidegate
