#include "gateway/config/calendars_section.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "gateway/config/values.hpp"

namespace tidegate {
namespace {

constexpr std::int32_t kDayMinutes = 24 * 60;
constexpr std::array<std::string_view, 7> kDayNames = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr Duration kGrace = std::chrono::minutes{1};
constexpr Duration kGraceMax = std::chrono::hours{1};
constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo";
constexpr std::string_view kZoneRemedy = "write an offset such as +05:30, or a name such as America/New_York";

// ---- the small texts ----

/// Two digits each side of the colon.
std::optional<std::int32_t> parse_clock(std::string_view text, std::int32_t hours_max) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const std::int32_t hour = (text[0] - '0') * 10 + (text[1] - '0');
  const std::int32_t minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > hours_max * 60) return std::nullopt;
  return hour * 60 + minute;
}

std::string clock_text(std::int32_t minute_of_day) {
  const auto two = [](std::int32_t value) { return std::string(value < 10 ? "0" : "") + std::to_string(value); };
  return two(minute_of_day / 60) + ":" + two(minute_of_day % 60);
}

Date day_of(UtcTime time) { return std::chrono::floor<std::chrono::days>(std::chrono::sys_time<Duration>{Duration{time.ns}}); }

std::optional<Date> parse_date(std::string_view text) {
  constexpr std::size_t kDateSize = 10;
  const auto time = text.size() == kDateSize ? parse_utc_time(text) : std::nullopt;
  if (!time) return std::nullopt;
  return day_of(*time);
}

std::string date_text(Date date) { return to_rfc3339(UtcTime{Duration{date.time_since_epoch()}.count()}).substr(0, 10); }

int year_of(Date date) { return static_cast<int>(std::chrono::year_month_day{date}.year()); }

std::optional<unsigned> parse_day(std::string_view text) {
  const auto it = std::find(kDayNames.begin(), kDayNames.end(), text);
  return it == kDayNames.end() ? std::nullopt : std::optional{static_cast<unsigned>(it - kDayNames.begin())};
}

/// "mon-fri", "sat,sun", "sun-thu": a range may lead over the end of the week. Zero: no such days.
std::uint8_t parse_days(std::string_view text) {
  unsigned days_found = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse_day(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_day(part.substr(dash + 1));
    if (!first || !last) return 0;
    for (unsigned day_of = *first;; day_of = (day_of + 1) % 7) {
      days_found |= 1U << day_of;
      if (day_of == *last) break;
    }
    if (comma == std::string_view::npos) return static_cast<std::uint8_t>(days_found);
    text.remove_prefix(comma + 1);
  }
}

/// Counted from Monday, as people do.
std::string days_text(std::uint8_t days_of) {
  const auto has = [days_of](unsigned i) { return i < 7 && (days_of >> ((i + 1) % 7) & 1U) != 0; };
  const auto name = [](unsigned i) { return std::string(kDayNames[(i + 1) % 7]); };
  std::string text;
  for (unsigned i = 0; i < 7; ++i) {
    if (!has(i)) continue;
    const unsigned first = i;
    while (has(i + 1)) ++i;
    if (!text.empty()) text += ',';
    text += name(first);
    if (i > first) text += '-' + name(i);
  }
  return text;
}

// ---- reading ----

std::optional<TimeZone> parse_offset(std::string_view text) {
  constexpr std::int32_t kHoursMax = 14;
  if (text == "UTC") return TimeZone{};
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto minutes_of = parse_clock(text.substr(1), kHoursMax);
  if (!minutes_of) return std::nullopt;
  return TimeZone::fixed((text[0] == '-' ? -1 : 1) * *minutes_of * 60);
}

TimeZone read_zone(const Scalar& zone) {
  constexpr std::string_view kNameLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  if (const auto fixed = parse_offset(zone.text)) return *fixed;
  const bool is_name =
      !zone.text.empty() && zone.text[0] >= 'A' && zone.text[0] <= 'Z' && zone.text.find_first_not_of(kNameLetters) == std::string::npos;
  if (!is_name) zone.refuse("the time zone " + zone.shown + " is neither an offset nor a name", kZoneRemedy);
  std::string bytes;
  if (const std::string wrong = read_whole_file(std::filesystem::path(kZoneFolder) / zone.text, bytes); !wrong.empty()) {
    zone.refuse("the time zone " + zone.shown + " is not in " + std::string(kZoneFolder) + " (" + wrong + ")",
                "correct the name, or install the package tzdata, or write an offset such as +05:30");
  }
  const auto read = TimeZone::from_tzif(bytes);
  if (!read) zone.refuse("the file of the time zone " + zone.shown + " cannot be understood", kZoneRemedy);
  return *read;
}

Scalar need(Section& section, std::string_view key, std::string_view remedy) {
  const auto found = section.scalar(key);
  if (!found) section.missing(key, remedy);
  return *found;
}

/// A session that does not end after it begins ends on the next day.
OpenSpan read_span(Section& section) {
  constexpr std::int32_t kHoursMax = 24;
  const auto read = [&](std::string_view key, std::string_view remedy) {
    const Scalar text = need(section, key, remedy);
    const auto minutes_of = parse_clock(text.text, kHoursMax);
    if (!minutes_of) text.refuse(text.shown + " is not a time of day", "write HH:MM in quotes, \"00:00\" to \"24:00\"");
    return std::pair{*minutes_of, text};
  };
  const auto [from, from_text] = read("from", "write when it opens, such as \"09:15\"");
  const auto [to, to_text] = read("to", "write when it closes, such as \"15:30\"");
  if (from == kDayMinutes) from_text.refuse("no session begins at " + from_text.shown, "write \"00:00\" of the next day");
  return {from, to > from ? to : to + kDayMinutes};
}

Date read_date(const Scalar& text) {
  const auto date = parse_date(text.text);
  if (!date) text.refuse(text.shown + " is not a date", "write YEAR-MONTH-DAY, such as 2026-12-25");
  return *date;
}

template <class Read>
void each_item(Section& section, std::string_view key, WrittenTexts& written, Read read) {
  const YamlValue* const list = section.value(key);
  if (list == nullptr) return;
  require_list(*list, section.path_of(key));
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    Section item(list->items[i], section.path_of(key) + "[" + std::to_string(i) + "]", written);
    read(item);
    item.finish();
  }
}

class Reader {
 public:
  Reader(const std::vector<std::string>& served, UtcTime now, WrittenTexts& written) : served_(served), now_(now), written_(written) {}

  void read(const YamlEntry& entry) {
    constexpr std::string_view kNameLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (entry.key.empty() || entry.key.find_first_not_of(kNameLetters) != std::string::npos) {
      throw ConfigError(entry.place, "calendars", in_quotes(entry.key) + " cannot be a calendar's name", "use letters, digits, - and _");
    }
    Section section(entry.value, join_path("calendars", entry.key), written_);
    Calendar calendar;
    calendar.name = entry.key;
    read_venues(section, calendar);
    const Scalar zone = need(section, "time_zone", kZoneRemedy);
    calendar.zone_text = zone.text;
    calendar.zone = read_zone(zone);
    read_hours(section, calendar);
    read_holidays(section, calendar);
    calendar.opening_grace = section.duration("opening_grace", kGrace, Duration{0}, kGraceMax);
    section.finish();
    result.calendars.push_back(std::move(calendar));
  }

  CalendarsRead result;

 private:
  void read_venues(Section& section, Calendar& calendar) {
    const std::vector<Scalar> venues = section.texts("venues");
    if (venues.empty()) section.missing("venues", "name at least one venue");
    for (const Scalar& venue : venues) {
      if (!is_venue(venue.text)) venue.refuse(venue.shown + " cannot be a venue", "write it in capitals, such as NSE");
      if (!seen_.insert(venue.text).second) venue.refuse("the venue " + venue.shown + " has a calendar already", "keep one calendar for a venue");
      if (!served_.empty() && std::find(served_.begin(), served_.end(), venue.text) == served_.end()) {
        warn(venue, "no configured broker serves the venue " + venue.shown, suggest(venue.text, served_, "the venues"));
      }
      calendar.venues.push_back(venue.text);
    }
  }

  void read_hours(Section& section, Calendar& calendar) {
    each_item(section, "open", written_, [&](Section& item) {
      const Scalar days_of = need(item, "days", "write the days of the week, such as mon-fri");
      const std::uint8_t read = parse_days(days_of.text);
      if (read == 0) days_of.refuse(days_of.shown + " are no days of the week", "write such as mon-fri, or sat,sun");
      calendar.open.push_back({read, read_span(item)});
    });
    each_item(section, "special", written_, [&](Section& item) {
      const Date date = read_date(need(item, "date", "write the day, such as 2026-11-08"));
      calendar.special[date].push_back(read_span(item));
    });
    if (calendar.open.empty() && calendar.special.empty())
      section.missing("open", "write the hours: [{days: mon-fri, from: \"09:15\", to: \"15:30\"}]");
  }

  void read_holidays(Section& section, Calendar& calendar) {
    std::optional<Scalar> newest;
    for (const Scalar& text : section.texts("holidays")) {
      const Date date = read_date(text);
      if (!newest || date > *calendar.holidays.rbegin()) newest = text;
      if (!calendar.holidays.insert(date).second) text.refuse("the holiday " + text.shown + " is listed twice", "list it once");
    }
    const int year_now = year_of(day_of(now_));
    const bool current = std::any_of(calendar.holidays.begin(), calendar.holidays.end(), [&](Date date) { return year_of(date) == year_now; });
    if (!newest || current) return;
    warn(*newest, "no holiday of " + std::to_string(year_now) + " is listed, so the list may have run out",
         "add this year's holidays: on one that is missing, data is expected that does not come");
  }

  void warn(const Scalar& about, std::string_view problem, std::string_view remedy) {
    result.warnings.emplace_back(ConfigError(about.place, about.path, problem, remedy).what());
  }

  const std::vector<std::string>& served_;
  UtcTime now_;
  WrittenTexts& written_;
  std::set<std::string> seen_;
};

std::string span_text(const OpenSpan& span) {
  const std::int32_t to = span.to > kDayMinutes ? span.to - kDayMinutes : span.to;
  return "from: \"" + clock_text(span.from) + "\", to: \"" + clock_text(to) + "\"";
}

template <class List, class Text>
std::string in_brackets(const List& list, Text text) {
  std::string all;
  for (const auto& item : list) all += (all.empty() ? "" : ", ") + text(item);
  return "[" + all + "]";
}

}  // namespace

CalendarsRead read_calendars(Section& root, const std::vector<std::string>& served, UtcTime now, WrittenTexts& written) {
  Reader reader(served, now, written);
  const YamlValue* const all = root.value("calendars");
  if (all == nullptr) return {};
  const Section section(*all, "calendars", written);  // refuses what is not a mapping
  for (const YamlEntry& entry : all->entries) reader.read(entry);
  return std::move(reader.result);
}

std::string print_calendars(const std::vector<Calendar>& calendars) {
  if (calendars.empty()) return "calendars: {}\n";
  std::string out = "calendars:\n";
  for (const Calendar& calendar : calendars) {
    out += "  " + calendar.name + ":\n";
    out += "    venues: " + in_brackets(calendar.venues, [](const std::string& venue) { return venue; }) + "\n";
    out += "    time_zone: \"" + calendar.zone_text + "\"\n    open:";
    out += calendar.open.empty() ? " []\n" : "\n";
    for (const WeeklyHours& hours_of : calendar.open) {
      out += "      - {days: \"" + days_text(hours_of.days) + "\", " + span_text(hours_of.span) + "}\n";
    }
    out += "    holidays: " + in_brackets(calendar.holidays, date_text) + "\n    special:";
    out += calendar.special.empty() ? " []\n" : "\n";
    for (const auto& [date, spans] : calendar.special) {
      for (const OpenSpan& span : spans) out += "      - {date: " + date_text(date) + ", " + span_text(span) + "}\n";
    }
    out += "    opening_grace: " + duration_text(calendar.opening_grace) + "\n";
  }
  return out;
}

}  // namespace tidegate
