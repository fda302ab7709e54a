#include "tools/sim/binance/candles.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::sim::binance {
namespace {

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::size_t kWeek = 14, kMonth = 15;
constexpr std::array<std::int64_t, 15> kLengths = {kSecond,   kMinute,   3 * kMinute, 5 * kMinute, 15 * kMinute, 30 * kMinute, kHour,   2 * kHour,
                                                   4 * kHour, 6 * kHour, 8 * kHour,   12 * kHour,  kDay,         3 * kDay,     7 * kDay};

}  // namespace

std::int64_t interval_open(std::size_t interval, std::int64_t ms) {
  if (interval == kMonth) {
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{ms}});
    const std::chrono::year_month_day date{day};
    const std::chrono::sys_days first{date.year() / date.month() / 1};
    return std::chrono::milliseconds{first.time_since_epoch()}.count();
  }
  const std::int64_t length = kLengths[interval];
  const std::int64_t shift = interval == kWeek ? 4 * kDay : 0;  // 1970-01-05 was the first Monday
  return (ms - shift) / length * length + shift;
}

std::int64_t interval_end(std::size_t interval, std::int64_t open_ms) {
  return interval == kMonth ? interval_open(kMonth, open_ms + 32 * kDay) : open_ms + kLengths[interval];
}

void Candle::add(const Print& print) {
  if (count == 0) {
    open = high = low = print.price;
    first_id = print.id;
  }
  high = std::max(high, print.price);
  low = std::min(low, print.price);
  close = print.price;
  last_id = print.id;
  ++count;
  const Wide money = Wide{print.price} * print.quantity;
  volume += print.quantity;
  turnover += money;
  if (print.taker_bought) {
    taker_volume += print.quantity;
    taker_turnover += money;
  }
}

void Candle::merge(const Candle& later) {
  if (count == 0) {
    *this = later;
    return;
  }
  high = std::max(high, later.high);
  low = std::min(low, later.low);
  close = later.close;
  last_id = later.last_id;
  count += later.count;
  volume += later.volume;
  turnover += later.turnover;
  taker_volume += later.taker_volume;
  taker_turnover += later.taker_turnover;
}

void CandleSet::close(std::size_t interval) {
  if (current_[interval].count == 0) return;
  closed_[interval].push_back(current_[interval]);
  if (closed_[interval].size() > kHistoryMax) closed_[interval].pop_front();
  current_[interval] = {};
}

void CandleSet::roll(std::int64_t ms) {
  for (std::size_t i = 0; i < kIntervals.size(); ++i) {
    if (current_[i].count != 0 && ms >= interval_end(i, current_[i].open_ms)) close(i);
  }
}

void CandleSet::add(const Print& print) {
  roll(print.time_ms);
  for (std::size_t i = 0; i < kIntervals.size(); ++i) {
    if (current_[i].count == 0) current_[i].open_ms = interval_open(i, print.time_ms);
    current_[i].add(print);
  }
}

void RollingDay::add(const Print& print) {
  const std::int64_t minute = interval_open(kIntervalMinute, print.time_ms);
  if (minutes_.empty() || minutes_.back().open_ms != minute) {
    minutes_.emplace_back();
    minutes_.back().open_ms = minute;
  }
  minutes_.back().add(print);
  while (minutes_.front().open_ms <= minute - kDay) {
    price_before_ = minutes_.front().close;
    minutes_.pop_front();
  }
}

Candle RollingDay::sum(std::int64_t ms, std::int64_t minutes) const {
  Candle total;
  const std::int64_t from = interval_open(kIntervalMinute, ms) - minutes * kMinute;
  for (const Candle& minute : minutes_) {
    if (minute.open_ms > from) total.merge(minute);
  }
  return total;
}

std::int64_t RollingDay::price_before(std::int64_t ms, std::int64_t minutes) const {
  std::int64_t price = price_before_;
  const std::int64_t from = interval_open(kIntervalMinute, ms) - minutes * kMinute;
  for (const Candle& minute : minutes_) {
    if (minute.open_ms > from) break;
    price = minute.close;
  }
  return price;
}

}  // namespace tidegate::sim::binance
