#include "gateway/source_demand.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

bool contains(const std::vector<BrokerId>& brokers, BrokerId broker) { return std::find(brokers.begin(), brokers.end(), broker) != brokers.end(); }

}  // namespace

SourceDemand::Split SourceDemand::split(const Catalog& catalog, const std::vector<Want>& wants) {
  Split split;
  split.by_broker.resize(brokers_);
  std::unordered_map<Key, std::vector<BrokerId>> holders;
  std::unordered_map<Key, std::uint32_t> ranked_anew;
  for (const Want& want : wants) {
    const CatalogEntry* const entry = catalog.find(want.instrument);
    if (entry == nullptr) continue;
    const Key key = key_of(want.instrument, want.channel);
    const auto anew = ranked_anew_.find(key);
    if (anew != ranked_anew_.end()) ranked_anew.insert(*anew);
    const Routing::Rule* const rule = routing_.rule(entry->instrument.venue);
    const bool planned = routing_.failover(entry->instrument.venue) != nullptr || anew != ranked_anew_.end() || holders_.contains(key);
    if (!planned) {
      if (const auto broker = routing_.choose(*entry, want.channel)) split.by_broker[broker->value()].push_back(want);
      continue;
    }
    std::vector<BrokerId> ranked = routing_.ranked(*entry, want.channel);
    const std::vector<BrokerId> before = std::move(holders_[key]);
    std::vector<BrokerId>& now = holders[key];
    if (ranked.empty()) continue;
    const bool hot = rule != nullptr && rule->failover.standby == Standby::Hot;
    SourcePlan plan{want.instrument, want.channel, {}, {}, anew != ranked_anew_.end() ? anew->second : 0, false};
    if (rule != nullptr) {
      plan.rule = rule->failover;
      plan.numbered_alike = rule->numbered_alike && anew == ranked_anew_.end();  // who served before may stand in no rule
    }
    const Order* const order = order_for(entry->symbol, entry->instrument.venue);
    if (const auto first = order == nullptr ? ranked.end() : std::find(ranked.begin(), ranked.end(), order->broker); first != ranked.end()) {
      std::rotate(ranked.begin(), first, first + 1);
      plan.order = order->number;
    }
    if (anew != ranked_anew_.end()) {
      for (const BrokerId broker : before) {
        if (!contains(ranked, broker) && routing_.can_serve(broker, *entry, want.channel)) ranked.push_back(broker);
      }
    }
    for (const BrokerId broker : ranked) {
      const bool asked = broker == ranked.front() || hot || contains(before, broker);
      plan.ranked.push_back({broker, asked});
      if (!asked) continue;
      now.push_back(broker);
      split.by_broker[broker.value()].push_back(want);
    }
    split.plans.push_back(std::move(plan));
  }
  holders_ = std::move(holders);
  ranked_anew_ = std::move(ranked_anew);
  return split;
}

bool SourceDemand::take(const std::vector<SourceWish>& wishes) {
  bool different = false;
  for (const SourceWish& wish : wishes) {
    const auto holders = holders_.find(key_of(wish.instrument, wish.channel));
    if (holders == holders_.end() || holders->second == wish.brokers) continue;
    holders->second = wish.brokers;
    different = true;
  }
  return different;
}

void SourceDemand::order(std::string_view target, BrokerId broker) { orders_.insert_or_assign(std::string{target}, Order{broker, ++last_order_}); }

void SourceDemand::rank_anew(const Want& want, BrokerId first, bool at_once) {
  const Key key = key_of(want.instrument, want.channel);
  holders_.try_emplace(key, std::vector{first});
  std::uint32_t& number = ranked_anew_[key];
  if (at_once) number = ++last_order_;
}

void SourceDemand::take_back_orders_of(BrokerId broker) {
  std::erase_if(orders_, [broker](const auto& order) { return order.second.broker == broker; });
}

const SourceDemand::Order* SourceDemand::order_for(std::string_view symbol, std::string_view venue) const {
  auto found = orders_.find(symbol);
  if (found == orders_.end()) found = orders_.find(venue);
  return found == orders_.end() ? nullptr : &found->second;
}

}  // namespace tidegate
