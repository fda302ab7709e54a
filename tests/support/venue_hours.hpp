#pragma once

#include <string>
#include <vector>

#include "gateway/core/calendar.hpp"

namespace tidegate::test {

/// Monday to Friday, in a zone that keeps its offset.
inline Calendar weekday_hours(std::vector<std::string> venues, std::int32_t offset_seconds, std::int32_t from, std::int32_t to) {
  Calendar calendar;
  calendar.name = "hours";
  calendar.venues = std::move(venues);
  calendar.zone = TimeZone::fixed(offset_seconds);
  calendar.open = {{0b0111110, {from, to}}};
  calendar.opening_grace = std::chrono::minutes{1};
  return calendar;
}

/// NSE and BSE, 09:15 to 15:30 in India: 03:45 to 10:00 UTC. NASDAQ and NYSE in winter: 14:30 to 21:00 UTC.
inline Calendars venue_hours() {
  Calendars calendars;
  calendars.add(weekday_hours({"NSE", "BSE"}, 19'800, 9 * 60 + 15, 15 * 60 + 30));
  calendars.add(weekday_hours({"NASDAQ", "NYSE"}, -18'000, 9 * 60 + 30, 16 * 60));
  return calendars;
}

}  // namespace tidegate::test
