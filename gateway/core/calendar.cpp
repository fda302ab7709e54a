#include "gateway/core/calendar.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

using std::chrono::days;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kCalendarDaySeconds = 86'400;
constexpr std::int64_t kMinuteSeconds = 60;

std::int64_t seconds_of(UtcTime at) { return std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds{at.ns}).count(); }
UtcTime time_of(std::int64_t utc_seconds) { return UtcTime{utc_seconds * kSecondNs}; }

/// The day on the venue's wall.
Date day_at(const TimeZone& zone, std::int64_t utc_seconds) {
  return std::chrono::floor<days>(std::chrono::sys_seconds{std::chrono::seconds{utc_seconds + zone.offset_at(utc_seconds)}});
}

std::int64_t to_utc(const TimeZone& zone, Date day, std::int32_t minutes) {
  return zone.to_utc(day.time_since_epoch().count() * kCalendarDaySeconds + minutes * kMinuteSeconds);
}

}  // namespace

template <class Visit>
void Calendar::each_span(Date day, Visit visit) const {
  if (const auto own = special.find(day); own != special.end()) {
    for (const OpenSpan& span : own->second) visit(span);
    return;
  }
  if (holidays.contains(day)) return;
  const unsigned weekday_of = std::chrono::weekday{day}.c_encoding();
  for (const WeeklyHours& hours : open) {
    if ((hours.days >> weekday_of & 1U) != 0) visit(hours.span);
  }
}

// A session ends two days after its day began at the latest.
bool Calendar::is_open(UtcTime at) const {
  const std::int64_t now = seconds_of(at);
  const Date today = day_at(zone, now);
  bool found = false;
  for (Date day = today - days{2}; day <= today; day += days{1}) {
    each_span(day, [&](const OpenSpan& span) { found = found || (to_utc(zone, day, span.from) <= now && now < to_utc(zone, day, span.to)); });
  }
  return found;
}

UtcTime Calendar::next_change(UtcTime at) const {
  const std::int64_t now = seconds_of(at);
  const bool open_now = is_open(at);
  const Date today = day_at(zone, now);
  std::vector<std::int64_t> edges;
  for (Date day = today - days{2}; day <= today + kFarthest; day += days{1}) {
    edges.clear();
    // What begins later changes nothing before; what began earlier and ends later was looked at with its own day.
    each_span(day, [&](const OpenSpan& span) {
      for (const std::int32_t minutes : {span.from, span.to}) edges.push_back(to_utc(zone, day, minutes));
    });
    std::sort(edges.begin(), edges.end());
    for (const std::int64_t edge : edges) {
      if (edge > now && is_open(time_of(edge)) != open_now) return time_of(edge);
    }
  }
  return kNoTime;
}

bool Calendar::expects_data(UtcTime at) const { return is_open(at) && is_open(UtcTime{at.ns - opening_grace.count()}); }

UtcTime Calendar::next_expectation(UtcTime at) const {
  const UtcTime change = next_change(at);
  const UtcTime after_grace = next_change(UtcTime{at.ns - opening_grace.count()});
  if (!after_grace.known()) return change;
  const UtcTime delayed{after_grace.ns + opening_grace.count()};
  return change.known() ? std::min(change, delayed) : delayed;
}

void Calendars::add(Calendar calendar) {
  const auto shared = std::make_shared<const Calendar>(std::move(calendar));
  for (const std::string& venue : shared->venues) by_venue_.emplace(venue, shared);
}

const Calendar* Calendars::find(std::string_view venue) const {
  const auto it = by_venue_.find(venue);
  return it == by_venue_.end() ? nullptr : it->second.get();
}

bool Calendars::is_open(std::string_view venue, UtcTime at) const {
  const Calendar* const calendar = find(venue);
  return calendar == nullptr || calendar->is_open(at);
}

UtcTime Calendars::next_change(std::string_view venue, UtcTime at) const {
  const Calendar* const calendar = find(venue);
  return calendar == nullptr ? kNoTime : calendar->next_change(at);
}

const Calendars& Calendars::none() {
  static const Calendars empty;
  return empty;
}

std::string closed_words(UtcTime until) { return until.known() ? "market closed until " + to_rfc3339(until) : "market closed"; }

}  // namespace tidegate
