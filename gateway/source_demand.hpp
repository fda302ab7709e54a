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
  std::unordered_map<Key, std::vector<BrokerId>> holders_;  // of streams that several could serve
  Orders orders_;
  std::uint32_t last_order_ = 0;
};

}  // namespace tidegate
