#include "gateway/core/calendar.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "tests/support/utc.hpp"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::utc;

constexpr std::uint8_t kMondayToFriday = 0b0111110;

Date date(int year, unsigned month, unsigned day) {
  return Date{std::chrono::floor<std::chrono::days>(std::chrono::sys_time<Duration>{Duration{utc(year, month, day).ns}})};
}
OpenSpan span(int from_hour, int from_minute, int to_hour, int to_minute) { return {from_hour * 60 + from_minute, to_hour * 60 + to_minute}; }

/// 09:15 to 15:30 in India is 03:45 to 10:00 UTC. Thursday 2026-11-26 is the day before a long weekend here.
Calendar nse() {
  Calendar calendar;
  calendar.name = "nse";
  calendar.venues = {"NSE", "BSE"};
  calendar.zone = TimeZone::fixed(19'800);
  calendar.open = {{kMondayToFriday, span(9, 15, 15, 30)}};
  calendar.holidays = {date(2026, 11, 27)};
  calendar.special = {{date(2026, 11, 8), {span(18, 0, 19, 0)}}, {date(2026, 12, 24), {span(9, 15, 13, 0)}}, {date(2026, 12, 25), {}}};
  return calendar;
}

}  // namespace

TEST_CASE("calendar: a venue is open from the first moment to the last, and not after") {
  const Calendar calendar = nse();
  CHECK_FALSE(calendar.is_open(UtcTime{utc(2026, 11, 26, 3, 45).ns - 1}));
  CHECK(calendar.is_open(utc(2026, 11, 26, 3, 45)));
  CHECK(calendar.is_open(UtcTime{utc(2026, 11, 26, 10, 0).ns - 1}));
  CHECK_FALSE(calendar.is_open(utc(2026, 11, 26, 10, 0)));
}

TEST_CASE("calendar: the next change leads over nights, weekends and holidays") {
  const Calendar calendar = nse();
  CHECK(calendar.next_change(utc(2026, 11, 25, 0, 0)) == utc(2026, 11, 25, 3, 45));
  CHECK(calendar.next_change(utc(2026, 11, 25, 3, 45)) == utc(2026, 11, 25, 10, 0));
  CHECK(calendar.next_change(utc(2026, 11, 25, 10, 0)) == utc(2026, 11, 26, 3, 45));
  CHECK(calendar.next_change(utc(2026, 11, 26, 10, 0)) == utc(2026, 11, 30, 3, 45));  // Friday is a holiday
}

TEST_CASE("calendar: a special day has its own hours, on a weekend and on a half day alike, or none") {
  const Calendar calendar = nse();
  CHECK(calendar.is_open(utc(2026, 11, 8, 12, 45)));  // a Sunday evening in India
  CHECK(calendar.next_change(utc(2026, 11, 7, 0, 0)) == utc(2026, 11, 8, 12, 30));
  CHECK(calendar.is_open(utc(2026, 12, 24, 7, 0)));
  CHECK_FALSE(calendar.is_open(utc(2026, 12, 24, 8, 0)));
  CHECK_FALSE(calendar.is_open(utc(2026, 12, 25, 5, 0)));
}

TEST_CASE("calendar: a session goes on over midnight and belongs to the day it began on") {
  Calendar evening = nse();
  evening.open = {{kMondayToFriday, span(18, 0, 26, 0)}};  // 18:00 to 02:00
  CHECK(evening.is_open(utc(2026, 11, 26, 20, 0)));        // 01:30 on the holiday, begun on Thursday
  CHECK_FALSE(evening.is_open(utc(2026, 11, 27, 13, 0)));  // the holiday's own evening
  CHECK_FALSE(evening.is_open(utc(2026, 11, 28, 13, 0)));
  CHECK(evening.next_change(utc(2026, 11, 26, 15, 0)) == utc(2026, 11, 26, 20, 30));
}

TEST_CASE("calendar: sessions that touch are one, so that midnight is no change") {
  Calendar week = nse();
  week.zone = TimeZone{};
  week.holidays.clear();
  week.special.clear();
  week.open = {{0b0011111, span(17, 0, 41, 0)}};  // Sunday to Thursday 17:00, a day each
  CHECK(week.next_change(utc(2026, 11, 23, 12, 0)) == utc(2026, 11, 27, 17, 0));
  CHECK(week.next_change(utc(2026, 11, 27, 17, 0)) == utc(2026, 11, 29, 17, 0));
  week.open = {{0b1111111, span(0, 0, 24, 0)}};
  CHECK(week.is_open(utc(2026, 11, 28, 0, 0)));
  CHECK_FALSE(week.next_change(utc(2026, 11, 28, 0, 0)).known());
}

TEST_CASE("calendar: data is expected a grace after the opening, and no longer than the session") {
  Calendar calendar = nse();
  calendar.opening_grace = 60s;
  CHECK_FALSE(calendar.expects_data(utc(2026, 11, 26, 3, 45)));
  CHECK(calendar.next_expectation(utc(2026, 11, 26, 3, 45)) == utc(2026, 11, 26, 3, 46));
  CHECK(calendar.expects_data(utc(2026, 11, 26, 3, 46)));
  CHECK(calendar.next_expectation(utc(2026, 11, 26, 3, 46)) == utc(2026, 11, 26, 10, 0));
  CHECK_FALSE(calendar.expects_data(utc(2026, 11, 26, 10, 0)));
}

TEST_CASE("calendar: a venue without one is open around the clock, and without hours it never opens") {
  Calendars calendars;
  calendars.add(nse());
  Calendar other = nse();
  other.venues = {"NSE", "NEVER"};
  other.open.clear();
  other.special.clear();
  calendars.add(std::move(other));
  CHECK(calendars.is_open("BINANCE", utc(2026, 11, 28)));
  CHECK_FALSE(calendars.next_change("BINANCE", utc(2026, 11, 28)).known());
  CHECK(calendars.is_open("NSE", utc(2026, 11, 26, 5, 0)));  // the first one counts
  CHECK_FALSE(calendars.is_open("BSE", utc(2026, 11, 28)));
  CHECK_FALSE(calendars.is_open("NEVER", utc(2026, 11, 26, 5, 0)));
  CHECK_FALSE(calendars.next_change("NEVER", utc(2026, 11, 26, 5, 0)).known());
  CHECK(closed_words(calendars.next_change("BSE", utc(2026, 11, 28))) == "market closed until 2026-11-30T03:45:00.000Z");
  CHECK(closed_words(kNoTime) == "market closed");
}

}  // namespace tidegate
