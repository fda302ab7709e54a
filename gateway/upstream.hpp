// What lies above the distributor: which streams can be had, where demand goes, how the brokers are.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brokers/adapter.hpp"
#include "distributor/options.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/counters.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/time.hpp"
#include "gateway/look_ups.hpp"
#include "gateway/routing.hpp"
#include "gateway/source_demand.hpp"

namespace tidegate {

/// Lives on the distributor's thread; only set_report may be called from another.
class Upstream final : public distributor::UpstreamHost {
 public:
  /// Where demand goes: all wants for the normalizer, each broker's own, and who could serve those that several could.
  using DemandSink = std::function<void(std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans)>;

  Upstream(const Config& config, std::vector<const Adapter*> adapters, const Clock& clock, GatewayCounters& counters, DemandSink demand);

  /// What only the owner of sessions and configuration can do; set before anybody is served.
  std::function<void(BrokerId broker)> reconnect_broker;
  std::function<distributor::Reloaded()> reload_configuration;
  std::function<distributor::Renewal(BrokerId broker)> renew_broker;

  /// What a reload changes here.
  struct Change {
    std::vector<bool> retired;      // by BrokerId: taken out of the configuration
    std::vector<BrokerId> ended;    // their sessions end, for good or to begin anew
    std::vector<BrokerId> unheard;  // no list of theirs has come yet
  };
  /// Another configuration counts from now on; it outlives this or the next one, and knows every broker by its old BrokerId. Demand is split anew.
  /// Returns the wants that somebody could serve before and nobody can now.
  std::vector<Want> reconfigure(const Config& config, std::vector<const Adapter*> adapters, const Change& change);

  /// `listed` is the broker whose list made this catalog new; nobody's: a list was taken out.
  void set_catalog(std::shared_ptr<const Catalog> catalog, std::optional<BrokerId> listed);
  /// `broker` answered; `catalog` has what it found.
  void set_found(std::shared_ptr<const Catalog> catalog, BrokerId broker, std::span<const SymbolAnswer> answers);
  void set_report(BrokerId broker, BrokerReport report);
  /// Other brokers than before are to hold the subscriptions of these streams.
  void take_source_wishes(const std::vector<SourceWish>& wishes);
  void set_source_reports(std::vector<SourceReport> reports) { source_reports_ = std::move(reports); }

  [[nodiscard]] distributor::Availability check(InstrumentId instrument, Channel channel) override;
  [[nodiscard]] bool may_yet_be_listed(std::string_view symbol) override;
  [[nodiscard]] distributor::LookUp look_up(std::string_view symbol) override;
  [[nodiscard]] distributor::LookUp look_up(InstrumentId instrument, Channel channel) override;
  void on_demand(std::vector<Want> wants) override;
  [[nodiscard]] std::string brokers_json() override;
  void reconnect(BrokerId broker) override { reconnect_broker(broker); }
  [[nodiscard]] distributor::Reloaded reload() override { return reload_configuration(); }
  [[nodiscard]] distributor::Renewal renew(BrokerId broker) override { return renew_broker(broker); }
  [[nodiscard]] distributor::SourceOrder order_source(std::string_view target, BrokerId broker) override;
  [[nodiscard]] bool take_back_order(std::string_view target) override;
  [[nodiscard]] std::string routing_json() override;

  /// Names for Session::look_up, by BrokerId; nothing when there are no new ones. What one turn asked for goes out together.
  [[nodiscard]] std::vector<std::vector<std::string>> take_look_ups();

 private:
  [[nodiscard]] bool may_know(const BrokerConfig& broker, std::string_view symbol) const;
  [[nodiscard]] distributor::LookUp ask(std::string_view symbol, std::span<const BrokerId> brokers);
  [[nodiscard]] bool plans_sources() const;
  void split_again();
  void send(SourceDemand::Split split);

  [[nodiscard]] bool retired(BrokerId broker) const { return retired_[broker.value()]; }
  [[nodiscard]] std::vector<Want> rank_anew(const Routing& before, const Change& change);

  const Config* config_;
  std::vector<const Adapter*> adapters_;  // by BrokerId
  std::vector<bool> retired_;             // by BrokerId
  const Clock& clock_;
  GatewayCounters& counters_;
  Routing routing_;
  SourceDemand sources_;
  DemandSink demand_;
  std::vector<Want> wants_;    // the last demand, and how it was split
  SourceDemand::Split split_;  // both only where rules name several brokers
  std::shared_ptr<const Catalog> catalog_;
  std::vector<bool> listed_;                      // by BrokerId: its list has come
  std::vector<std::vector<std::string>> venues_;  // by BrokerId; not of those who may know more than they list
  LookUps look_ups_;
  std::set<std::string, std::less<>> standing_;  // of the configuration, those that nothing was told of
  std::uint64_t generation_ = 0;
  std::mutex reports_mutex_;
  std::vector<BrokerReport> reports_;         // by BrokerId
  std::vector<SourceReport> source_reports_;  // by BrokerId; empty: no stream has several sources
};

}  // namespace tidegate
