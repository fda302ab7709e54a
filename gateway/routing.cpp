#include "gateway/routing.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {

Routing::Routing(const Config& config, std::vector<const Adapter*> adapters) : config_(config), adapters_(std::move(adapters)) {
  for (const RoutingRule& rule : config.routing) {
    std::vector<BrokerId> ranked;
    for (const std::string& name : rule.brokers) {
      const auto it = std::find_if(config.brokers.begin(), config.brokers.end(), [&](const BrokerConfig& broker) { return broker.name == name; });
      if (it != config.brokers.end()) ranked.push_back(it->id);
    }
    for (const std::string& venue : rule.venues) by_venue_.emplace(venue, ranked);
  }
}

bool Routing::serves(BrokerId broker, const Instrument& instrument, Channel channel) const {
  return adapters_[broker.value()]->serves(config_.brokers[broker.value()], instrument, channel);
}

std::optional<BrokerId> Routing::choose(const CatalogEntry& entry, Channel channel) const {
  if (const auto rule = by_venue_.find(entry.instrument.venue); rule != by_venue_.end()) {
    for (const BrokerId broker : rule->second) {
      const bool lists = std::find(entry.brokers.begin(), entry.brokers.end(), broker) != entry.brokers.end();
      if (lists && serves(broker, entry.instrument, channel)) return broker;
    }
    return std::nullopt;
  }
  const auto it =
      std::find_if(entry.brokers.begin(), entry.brokers.end(), [&](BrokerId broker) { return serves(broker, entry.instrument, channel); });
  return it == entry.brokers.end() ? std::nullopt : std::optional{*it};
}

bool Routing::could_choose(BrokerId broker, const CatalogEntry& entry, Channel channel) const {
  if (std::find(entry.brokers.begin(), entry.brokers.end(), broker) != entry.brokers.end()) return false;
  const auto rule = by_venue_.find(entry.instrument.venue);
  if (rule != by_venue_.end() && std::find(rule->second.begin(), rule->second.end(), broker) == rule->second.end()) return false;
  return serves(broker, entry.instrument, channel);
}

std::vector<Channel> Routing::channels(const CatalogEntry& entry) const {
  std::vector<Channel> served;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (choose(entry, static_cast<Channel>(i))) served.push_back(static_cast<Channel>(i));
  }
  return served;
}

}  // namespace tidegate
