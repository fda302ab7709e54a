// When venues are open. Pure: times are given, time zones are read already.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/time.hpp"
#include "gateway/core/time_zone.hpp"

namespace tidegate {

/// A day as the venue's own calendar on the wall has it.
using Date = std::chrono::sys_days;

/// In minutes since the midnight that its day began with. `to` is larger than `from` and may lie in the next day: 18:00 to 02:00 is 1080 to 1560.
struct OpenSpan {
  std::int32_t from = 0;
  std::int32_t to = 0;
};

/// What is repeated every week.
struct WeeklyHours {
  std::uint8_t days = 0;  // bit 0 is Sunday
  OpenSpan span;
};

/// The hours of some venues. A session belongs to the day it begins on, with its hours after midnight too.
struct Calendar {
  std::string name;                 // its key
  std::vector<std::string> venues;  // "NSE"
  TimeZone zone;
  std::string zone_text;                          // as written
  std::vector<WeeklyHours> open;                  // may overlap, and may touch over midnight
  std::set<Date> holidays;                        // nothing begins on these
  std::map<Date, std::vector<OpenSpan>> special;  // these instead of the week's, on holidays too
  Duration opening_grace{};                       // data is expected so long after an opening at the earliest

  [[nodiscard]] bool is_open(UtcTime at) const;
  /// The next moment after `at` at which it opens or closes; kNoTime: none within kFarthest.
  [[nodiscard]] UtcTime next_change(UtcTime at) const;
  /// Whether data is expected: open, and for longer than the grace.
  [[nodiscard]] bool expects_data(UtcTime at) const;
  /// The next moment after `at` at which that may change; kNoTime as above.
  [[nodiscard]] UtcTime next_expectation(UtcTime at) const;

  static constexpr std::chrono::days kFarthest{400};

 private:
  template <class Visit>
  void each_span(Date day, Visit visit) const;
};

/// Which calendar each venue has. Immutable once it is shared; any thread.
class Calendars {
 public:
  /// A venue that has one already keeps it.
  void add(Calendar calendar);

  /// Null: the venue has none, and is open around the clock.
  [[nodiscard]] const Calendar* find(std::string_view venue) const;
  [[nodiscard]] bool is_open(std::string_view venue, UtcTime at) const;
  /// kNoTime: never, or not within the time that calendars look ahead.
  [[nodiscard]] UtcTime next_change(std::string_view venue, UtcTime at) const;
  [[nodiscard]] bool empty() const { return by_venue_.empty(); }

  /// One without any venue.
  static const Calendars& none();

 private:
  std::map<std::string, std::shared_ptr<const Calendar>, std::less<>> by_venue_;
};

/// "market closed until 2026-11-27T03:45:00Z"; without a time where none is known.
[[nodiscard]] std::string closed_words(UtcTime until);

}  // namespace tidegate
