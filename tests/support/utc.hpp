#pragma once

#include <chrono>

#include "gateway/core/time.hpp"

namespace tidegate::test {

/// That moment in UTC.
inline UtcTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  using namespace std::chrono;
  const sys_days date{year_month_day{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}}};
  return UtcTime{duration_cast<nanoseconds>(date.time_since_epoch() + hours{hour} + minutes{minute} + seconds{second}).count()};
}

}  // namespace tidegate::test
