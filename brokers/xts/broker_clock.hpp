// XTS's clocks to UTC: seconds of India's wall clock, since 1980 in most fields and since 1970 in candles. docs/protocols/xts.md#time
#pragma once

#include <cstdint>

#include "gateway/core/time.hpp"

namespace tidegate::xts {

/// Reads the times of one frame. Deployments are not of one mind about which field has which base, so the reading nearer to the receive time
/// wins (they lie ten years apart), and each time that was not the documented one is counted.
class BrokerClock {
 public:
  /// `received` kNoTime: the documented base is believed.
  explicit BrokerClock(UtcTime received) : received_(received) {}

  /// ExchangeTimeStamp, LastTradedTime, LastUpdateTime. kNoTime: not sent (zero or less), or impossible (more than a day ahead of the receive time).
  [[nodiscard]] UtcTime since_1980(std::int64_t raw);
  /// BarTime; the same.
  [[nodiscard]] UtcTime since_1970(std::int64_t raw);

  [[nodiscard]] std::uint32_t guesses() const { return guesses_; }

 private:
  [[nodiscard]] UtcTime read(std::int64_t raw, std::int64_t documented, std::int64_t other);

  UtcTime received_;
  std::uint32_t guesses_ = 0;
};

}  // namespace tidegate::xts
