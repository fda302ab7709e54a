// When the next REST request may go out: the venue's weight budget a minute, and the pauses it orders. Source: docs/protocols/binance.md section 8.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/core/time.hpp"

namespace tidegate::binance {

/// Pure: the caller brings the times. The venue counts by the clock minute, over everything that this address sends, and reports its count with
/// each answer.
class RestGate {
 public:
  /// Weight a minute that we allow ourselves.
  void set_budget(std::int64_t weight) { budget_ = weight; }

  /// Zero: a request of this weight may go now. Otherwise how long to wait.
  [[nodiscard]] Duration wait(UtcTime utc, MonoTime now, std::int64_t weight) const;
  /// As wait(), for what cannot wait for a budget: only pauses hold it up.
  [[nodiscard]] Duration pause(MonoTime now) const;
  /// A request goes out.
  void spend(UtcTime utc, std::int64_t weight);
  /// An answer to a request sent at `sent` reported the venue's count for the minute.
  void reported(UtcTime sent, UtcTime utc, std::int64_t used);
  /// The venue told us to stop entirely until then.
  void pause_until(MonoTime until);

 private:
  std::int64_t budget_ = 0;
  std::int64_t minute_ = 0;
  std::int64_t used_ = 0;  // in minute_
  MonoTime paused_until_{};
};

}  // namespace tidegate::binance
