// Demand split by broker: who holds which subscription, where several could, and what administrators have ordered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/core/catalog.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/failover.hpp"
#include "gateway/routing.hpp"

namespace tidegate {

/// One thread.
class SourceDemand {
 public:
  struct Split {
    std::vector<std::vector<Want>> by_broker;
    std::vector<SourcePlan> plans;
    friend bool operator==(const Split&, const Split&) = default;
  };
  /// Who an administrator wants to serve a symbol or a venue, until the order is taken back or the gateway restarts.
  struct Order {
    BrokerId broker{};
    std::uint32_t number = 0;
  };
  using Orders = std::map<std::string, Order, std::less<>>;  // by "NSE" or "NSE:RELIANCE"; a symbol's own counts before its venue's

  SourceDemand(const Routing& routing, std::size_t brokers) : routing_(routing), brokers_(brokers) {}

  /// The whole demand. Streams that left it are forgotten.
  [[nodiscard]] Split split(const Catalog& catalog, const std::vector<Want>& wants);
  /// So many brokers there are from now on.
  void set_brokers(std::size_t brokers) { brokers_ = brokers; }
  /// The configuration ranks the brokers of a wanted stream otherwise than before. From now on the normalizer knows who could serve it, even where
  /// no rule names several. `first`: who was ranked first; as long as it can, it serves until the new first has taken over. `at_once`: that one does
  /// so with its next record, as if an administrator had ordered it.
  void rank_anew(const Want& want, BrokerId first, bool at_once);
  /// Forgets the orders that name this broker.
  void take_back_orders_of(BrokerId broker);
  /// Some stream has a plan.
  [[nodiscard]] bool has_plans() const { return !holders_.empty() || !ranked_anew_.empty(); }

  /// Other brokers are to hold some streams; what is no longer wanted is ignored. True: something is different now.
  bool take(const std::vector<SourceWish>& wishes);

  void order(std::string_view target, BrokerId broker);
  bool take_back(std::string_view target) { return orders_.erase(std::string{target}) != 0; }
  [[nodiscard]] const Orders& orders() const { return orders_; }

 private:
  using Key = std::uint64_t;
  [[nodiscard]] static Key key_of(InstrumentId instrument, Channel channel) {
    return std::uint64_t{instrument.value()} << 8U | static_cast<std::uint64_t>(channel);
  }
  [[nodiscard]] const Order* order_for(std::string_view symbol, std::string_view venue) const;

  const Routing& routing_;
  std::size_t brokers_;
  std::unordered_map<Key, std::vector<BrokerId>> holders_;  // of streams that have, or had, a plan
  std::unordered_map<Key, std::uint32_t> ranked_anew_;      // as an order's number; 0: not at once
  Orders orders_;
  std::uint32_t last_order_ = 0;
};

}  // namespace tidegate
