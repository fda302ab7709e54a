// What is summed up from one symbol's trades: candles of every interval and rolling windows.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>

#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {

inline constexpr std::array<std::string_view, 16> kIntervals = {"1s", "1m", "3m", "5m",  "15m", "30m", "1h", "2h",
                                                                "4h", "6h", "8h", "12h", "1d",  "3d",  "1w", "1M"};
inline constexpr std::size_t kIntervalMinute = 1;

/// Opening time of the interval that holds `ms`, and of the one after it. Milliseconds since 1970; weeks begin on Monday.
[[nodiscard]] std::int64_t interval_open(std::size_t interval, std::int64_t ms);
[[nodiscard]] std::int64_t interval_end(std::size_t interval, std::int64_t open_ms);

/// One execution as sums need it; amounts at 1e-8, `turnover` at 1e-16.
struct Print {
  std::int64_t id = 0;
  std::int64_t time_ms = 0;
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  bool taker_bought = false;
};

struct Candle {
  std::int64_t open_ms = 0;
  std::int64_t open = 0, high = 0, low = 0, close = 0;  // 1e-8
  Wide volume = 0, taker_volume = 0;                    // 1e-8
  Wide turnover = 0, taker_turnover = 0;                // 1e-16
  std::int64_t first_id = -1, last_id = -1;
  std::int64_t count = 0;  // 0: no trade yet, nothing else is meaningful

  void add(const Print& print);
  void merge(const Candle& later);
};

class CandleSet {
 public:
  static constexpr std::size_t kHistoryMax = 1000;  // closed candles kept of each interval

  void add(const Print& print);
  /// Closes what has ended by `ms`.
  void roll(std::int64_t ms);
  [[nodiscard]] const Candle& current(std::size_t interval) const { return current_[interval]; }
  [[nodiscard]] const std::deque<Candle>& closed(std::size_t interval) const { return closed_[interval]; }

 private:
  void close(std::size_t interval);

  std::array<Candle, kIntervals.size()> current_{};
  std::array<std::deque<Candle>, kIntervals.size()> closed_;
};

/// Sums over the last 24 hours, by the minute.
class RollingDay {
 public:
  void add(const Print& print);
  /// The window of so many minutes that ends at `ms`; count 0 when it holds no trade.
  [[nodiscard]] Candle sum(std::int64_t ms, std::int64_t minutes) const;
  /// Price of the last trade before that window; 0 when there is none.
  [[nodiscard]] std::int64_t price_before(std::int64_t ms, std::int64_t minutes) const;

 private:
  std::deque<Candle> minutes_;     // only those with trades
  std::int64_t price_before_ = 0;  // of the newest minute that fell out
};

}  // namespace tidegate::sim::binance
