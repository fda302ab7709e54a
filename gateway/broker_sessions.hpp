// The sessions with all brokers, and the catalog of what they list. The I/O loop's thread, except where it says otherwise.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/broker_host.hpp"
#include "gateway/config/config.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate {

class BrokerSessions {
 public:
  /// Where changes of the catalog go, and what brokers report. `listed`: whose list is new; nothing: lists were taken out.
  struct Ties {
    std::function<void(std::shared_ptr<const Catalog>, std::optional<BrokerId> listed)> on_catalog;
    std::function<void(std::shared_ptr<const Catalog>, BrokerId, std::vector<SymbolAnswer>)> on_found;
    std::function<void(BrokerId, BrokerReport)> on_report;
  };
  /// A session that has not started.
  struct Made {
    BrokerId broker{};
    std::unique_ptr<BrokerHost> host;
    std::unique_ptr<Session> session;
  };

  /// All of it outlives this.
  BrokerSessions(net::EventLoop& loop, net::HttpClient& http, const Clock& clock, const Calendars& calendars, FrameQueue& frames, Ties ties);

  /// Any thread. `telemetry` is the broker's.
  [[nodiscard]] Made make(const std::shared_ptr<const Config>& config, BrokerId broker, BrokerTelemetry& telemetry, std::uint32_t life) const;

  /// Whether the broker, which is configured, uses this adapter.
  [[nodiscard]] bool runs(BrokerId broker, const Adapter& adapter) const { return &adapter_of(*config_, broker) == &adapter; }
  /// The configuration counts from now on, also for what sessions read before they connect.
  void use(const std::shared_ptr<const Config>& config);
  /// Takes the session's place among the others, without starting it.
  void place(Made made);
  void start();
  /// Places it, starts it, and tells it what is wanted.
  void begin(Made made);
  /// Stops it; what it has still to send to its broker leaves meanwhile.
  void end(BrokerId broker);
  /// Takes these brokers' lists out of the catalog.
  void forget_lists(std::span<const BrokerId> brokers);
  void stop();

  void update(std::vector<WantedSet> by_broker);
  void look_up(const std::vector<std::vector<std::string>>& names);
  void relist(BrokerId broker);
  void reconnect(BrokerId broker);
  /// Of one that is common::Renewable; nothing happens to others.
  void renew(BrokerId broker, std::string_view why);
  void request_snapshot(BrokerId broker, const std::string& symbol);
  void request_trades(BrokerId broker, const std::string& symbol, std::uint64_t first, std::uint64_t last);

 private:
  [[nodiscard]] Session* session_of(BrokerId broker) const;
  void on_instruments(BrokerId broker, std::vector<Instrument>& instruments);
  void on_found(BrokerId broker, std::vector<SymbolAnswer> answers);
  void bury();

  const Clock& clock_;
  Ties ties_;
  BrokerHost::Lent lent_;
  std::shared_ptr<const Config> config_;
  std::shared_ptr<const Catalog> catalog_;
  std::vector<WantedSet> wanted_;                  // by BrokerId, as it was told last
  std::vector<Made> sessions_;                     // by BrokerId; null: ended
  std::deque<std::pair<MonoTime, Made>> leaving_;  // until when they are kept
  net::Timer burial_;
  bool stopped_ = false;
};

}  // namespace tidegate
