#include "gateway/routing.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidegate {
namespace {

bool lists(const CatalogEntry& entry, BrokerId broker) {
  return std::find(entry.brokers.begin(), entry.brokers.end(), broker) != entry.brokers.end();
}

}  // namespace

Routing::Routing(const Config& config, std::vector<const Adapter*> adapters, std::vector<bool> retired)
    : config_(&config), adapters_(std::move(adapters)), retired_(std::move(retired)) {
  for (const RoutingRule& rule : config.routing) {
    Rule read{{}, rule.failover, true};
    for (const std::string& name : rule.brokers) {
      const auto it = std::find_if(config.brokers.begin(), config.brokers.end(), [&](const BrokerConfig& broker) { return broker.name == name; });
      if (it == config.brokers.end()) continue;
      read.brokers.push_back(it->id);
      if (adapters_[it->id.value()] != adapters_[read.brokers.front().value()]) read.numbered_alike = false;
    }
    any_failover_ = any_failover_ || read.brokers.size() > 1;
    for (const std::string& venue : rule.venues) by_venue_.emplace(venue, read);
  }
}

bool Routing::serves(BrokerId broker, const Instrument& instrument, Channel channel) const {
  if (broker.value() < retired_.size() && retired_[broker.value()]) return false;
  return adapters_[broker.value()]->serves(config_->brokers[broker.value()], instrument, channel);
}

std::optional<BrokerId> Routing::choose(const CatalogEntry& entry, Channel channel) const {
  if (const auto rule = by_venue_.find(entry.instrument.venue); rule != by_venue_.end()) {
    for (const BrokerId broker : rule->second.brokers) {
      if (lists(entry, broker) && serves(broker, entry.instrument, channel)) return broker;
    }
    return std::nullopt;
  }
  const auto it =
      std::find_if(entry.brokers.begin(), entry.brokers.end(), [&](BrokerId broker) { return serves(broker, entry.instrument, channel); });
  return it == entry.brokers.end() ? std::nullopt : std::optional{*it};
}

std::vector<BrokerId> Routing::ranked(const CatalogEntry& entry, Channel channel) const {
  std::vector<BrokerId> ranked;
  const Rule* const rule = failover(entry.instrument.venue);
  if (rule == nullptr) {
    if (const auto only = choose(entry, channel)) ranked.push_back(*only);
    return ranked;
  }
  std::copy_if(rule->brokers.begin(), rule->brokers.end(), std::back_inserter(ranked),
               [&](BrokerId broker) { return lists(entry, broker) && serves(broker, entry.instrument, channel); });
  return ranked;
}

const Routing::Rule* Routing::rule(std::string_view venue) const {
  const auto found = by_venue_.find(venue);
  return found == by_venue_.end() ? nullptr : &found->second;
}

const Routing::Rule* Routing::failover(std::string_view venue) const {
  const Rule* const found = rule(venue);
  return found == nullptr || found->brokers.size() < 2 ? nullptr : found;
}

bool Routing::can_serve(BrokerId broker, const CatalogEntry& entry, Channel channel) const {
  return lists(entry, broker) && serves(broker, entry.instrument, channel);
}

bool Routing::could_choose(BrokerId broker, const CatalogEntry& entry, Channel channel) const {
  if (lists(entry, broker)) return false;
  const auto rule = by_venue_.find(entry.instrument.venue);
  if (rule != by_venue_.end()) {
    const std::vector<BrokerId>& ranked = rule->second.brokers;
    if (std::find(ranked.begin(), ranked.end(), broker) == ranked.end()) return false;
  }
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
