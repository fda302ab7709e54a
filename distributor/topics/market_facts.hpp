// What the topic `market:status` says: how each broker's connection is, and what brokers said last of each venue. One thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/control_messages.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

class MarketFacts {
 public:
  /// Of more than kVenuesMax pairs of broker and venue those are forgotten of which nothing was said for longest.
  static constexpr std::size_t kVenuesMax = 256;

  void note(std::string_view broker, const MarketStatus& status);
  /// `{"brokers":[{"name","state","reason","since"}],"venues":[{"broker","venue","message","timestamp","received"}]}`, the newest venue last.
  [[nodiscard]] std::string json(std::span<const BrokerHealth> brokers) const;

 private:
  struct Venue {
    std::string broker, venue, message;
    UtcTime timestamp, received;
  };
  std::vector<Venue> venues_;
};

}  // namespace tidegate::distributor
