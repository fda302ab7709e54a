// What lies above the distributor: which streams can be had, where demand goes, how the brokers are.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "brokers/adapter.hpp"
#include "distributor/options.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/routing.hpp"

namespace tidegate {

/// Lives on the distributor's thread; only set_report may be called from another.
class Upstream final : public distributor::UpstreamHost {
 public:
  /// Where demand goes: all wants for the normalizer, and each broker's own.
  using DemandSink = std::function<void(std::vector<Want> wants, std::vector<WantedSet> by_broker)>;

  Upstream(const Config& config, const std::vector<const Adapter*>& adapters, DemandSink demand);

  /// `listed` is the broker whose list made this catalog new.
  void set_catalog(std::shared_ptr<const Catalog> catalog, BrokerId listed);
  void set_report(BrokerId broker, BrokerReport report);

  [[nodiscard]] distributor::Availability check(InstrumentId instrument, Channel channel) override;
  [[nodiscard]] bool may_yet_be_listed(std::string_view symbol) override;
  void on_demand(std::vector<Want> wants) override;
  [[nodiscard]] std::string brokers_json() override;

 private:
  const Config& config_;
  Routing routing_;
  DemandSink demand_;
  std::shared_ptr<const Catalog> catalog_;
  std::vector<std::vector<std::string>> unlisted_venues_;  // by BrokerId: its venues while its list has not come, then empty
  std::uint64_t generation_ = 0;
  std::mutex reports_mutex_;
  std::vector<BrokerReport> reports_;  // by BrokerId
};

}  // namespace tidegate
