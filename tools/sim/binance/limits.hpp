// The venue's limits, counted as it counts them. Pure: the time comes from outside.
#pragma once

#include <cstdint>
#include <deque>

#include "tools/sim/common/wire.hpp"

namespace tidegate::sim::binance {

inline constexpr std::size_t kClientFrameBytesMax = 4096;  // on the wire; a larger one is dropped without a word
inline constexpr std::size_t kStreamsMax = 1024;           // per connection

/// At most `limit` events in any `window_ns`, a strict sliding window.
class SlidingWindow {
 public:
  SlidingWindow(std::size_t limit, std::int64_t window_ns) : limit_(limit), window_ns_(window_ns) {}
  /// Counts an event; false when it is one too many.
  bool allow(std::int64_t now_ns) {
    while (!times_.empty() && now_ns - times_.front() >= window_ns_) times_.pop_front();
    if (times_.size() >= limit_) return false;
    times_.push_back(now_ns);
    return true;
  }

 private:
  std::size_t limit_;
  std::int64_t window_ns_;
  std::deque<std::int64_t> times_;
};

/// REST weight of one address.
struct WeightVerdict {
  int status = 200;  // 429: too much this minute; 418: banned
  std::int64_t used = 0;
  std::int64_t retry_after_s = 0;
  std::int64_t banned_until_ms = 0;
};

class WeightLimit {
 public:
  /// `minute_ns`: length of the counting interval, a clock minute unless tests shorten it.
  WeightLimit(std::int64_t limit, std::int64_t minute_ns) : limit_(limit), minute_ns_(minute_ns) {}
  WeightVerdict spend(std::int64_t weight, std::int64_t utc_ns);
  [[nodiscard]] std::int64_t limit() const { return limit_; }

 private:
  static constexpr int kWarnings = 5;             // requests answered 429 in one minute before the ban
  static constexpr std::int64_t kBanMinutes = 2;  // doubles with each ban

  std::int64_t limit_;
  std::int64_t minute_ns_;
  std::int64_t minute_ = -1;
  std::int64_t used_ = 0;
  int warned_ = 0;
  std::int64_t ban_minutes_ = kBanMinutes;
  std::int64_t banned_until_ns_ = 0;
};

}  // namespace tidegate::sim::binance
