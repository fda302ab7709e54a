// How long to wait before the next attempt.
#pragma once

#include <cstdint>
#include <limits>

#include "gateway/core/time.hpp"

namespace tidegate::common {

/// A small generator (splitmix64): jitter needs spread, not quality.
class JitterSource {
 public:
  using result_type = std::uint64_t;
  explicit JitterSource(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

 private:
  std::uint64_t state_;
};

/// Exponential backoff with full jitter: each wait is drawn evenly from zero to a ceiling, and the ceiling doubles with each failure up to the
/// maximum. Full jitter spreads the connections that one outage dropped together. Pure; the seed makes it repeatable.
class Backoff {
 public:
  Backoff(Duration initial, Duration maximum, std::uint64_t seed);

  /// The wait before the next attempt, and one failure more.
  Duration next();
  /// The next wait starts from the initial ceiling again: the connection has proved healthy.
  void reset() { failures_ = 0; }
  [[nodiscard]] std::uint32_t failures() const { return failures_; }
  /// The longest that next() may return now.
  [[nodiscard]] Duration ceiling() const;
  /// Evenly from zero to `range`: jitter for planned events, from the same generator.
  Duration jitter(Duration range);

 private:
  Duration initial_;
  Duration maximum_;
  std::uint32_t failures_ = 0;
  JitterSource random_;
};

}  // namespace tidegate::common
