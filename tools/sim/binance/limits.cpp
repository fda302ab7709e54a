#include "tools/sim/binance/limits.hpp"

#include <algorithm>

namespace tidegate::sim::binance {

WeightVerdict WeightLimit::spend(std::int64_t weight, std::int64_t utc_ns) {
  const auto seconds_until = [utc_ns](std::int64_t ns) { return std::max<std::int64_t>((ns - utc_ns + kSecondNs - 1) / kSecondNs, 1); };
  if (utc_ns / minute_ns_ != minute_) {
    minute_ = utc_ns / minute_ns_;
    used_ = 0;
    warned_ = 0;
  }
  WeightVerdict verdict;
  if (utc_ns < banned_until_ns_) {
    verdict.status = 418;
  } else if (used_ + weight > limit_) {
    used_ += weight;
    verdict.status = 429;
    verdict.retry_after_s = seconds_until((minute_ + 1) * minute_ns_);
    if (++warned_ > kWarnings) {
      verdict.status = 418;
      banned_until_ns_ = utc_ns + ban_minutes_ * minute_ns_;
      ban_minutes_ *= 2;
    }
  } else {
    used_ += weight;
  }
  verdict.used = used_;
  if (verdict.status == 418) {
    verdict.retry_after_s = seconds_until(banned_until_ns_);
    verdict.banned_until_ms = banned_until_ns_ / 1'000'000;
  }
  return verdict;
}

}  // namespace tidegate::sim::binance
