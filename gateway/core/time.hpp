// The two kinds of time, and the only door to the present.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace tidegate {

using Duration = std::chrono::nanoseconds;

/// Nanoseconds since 1970, UTC: what subscribers see. May step; never used to measure or to wait.
struct UtcTime {
  std::int64_t ns = std::numeric_limits<std::int64_t>::min();
  friend constexpr auto operator<=>(UtcTime, UtcTime) = default;
  [[nodiscard]] constexpr bool known() const { return ns != std::numeric_limits<std::int64_t>::min(); }
  static constexpr UtcTime from_milliseconds(std::int64_t ms) { return UtcTime{ms * 1'000'000}; }
};
inline constexpr UtcTime kNoTime{};

/// Nanoseconds on the monotonic clock: measures and waits; means nothing outside this process.
struct MonoTime {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(MonoTime, MonoTime) = default;
  friend constexpr MonoTime operator+(MonoTime t, Duration d) { return MonoTime{t.ns + d.count()}; }
  friend constexpr Duration operator-(MonoTime a, MonoTime b) { return Duration{a.ns - b.ns}; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UtcTime utc() const = 0;
  [[nodiscard]] virtual MonoTime mono() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc() const override;
  [[nodiscard]] MonoTime mono() const override;
};

/// RFC 3339 in UTC with 3, 6 or 9 decimals: as many as the value needs, at least milliseconds.
/// Keeps the last second's text, so it is cheap for times that advance slowly; one writer per thread.
class Rfc3339Writer {
 public:
  static constexpr std::size_t kMaxLength = 30;
  /// Writes at most kMaxLength characters to `out`, without quotes; returns the end. `time` must be known and in years 0000 to 9999.
  char* write(UtcTime time, char* out);

 private:
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  char text_[19] = {};
};

[[nodiscard]] std::string to_rfc3339(UtcTime time);

}  // namespace tidegate
