#include "gateway/core/time_zone.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

std::int64_t day_number(std::chrono::sys_days day) { return day.time_since_epoch().count(); }

/// When clocks change by `rule` in that year, in seconds since 1970 on the clock that the rule is written in.
std::int64_t moment_of(const ZoneRule& rule, std::chrono::year in) {
  using namespace std::chrono;
  std::int64_t day = 0;
  switch (rule.kind) {
    case ZoneRule::Kind::MonthWeek: {
      const auto month_of = month{static_cast<unsigned>(rule.month)};
      const auto weekday_of = weekday{static_cast<unsigned>(rule.day)};
      const sys_days date =
          rule.week == 5 ? sys_days{in / month_of / weekday_of[last]} : sys_days{in / month_of / weekday_of[static_cast<unsigned>(rule.week)]};
      day = day_number(date);
      break;
    }
    case ZoneRule::Kind::Julian:
      day = day_number(sys_days{in / January / 1}) + rule.day - 1 + (in.is_leap() && rule.day > 59 ? 1 : 0);
      break;
    case ZoneRule::Kind::DayOfYear:
      day = day_number(sys_days{in / January / 1}) + rule.day;
      break;
  }
  return day * kDaySeconds + rule.seconds;
}

std::int32_t offset_by(const ZoneEnd& zone, std::int64_t utc) {
  using namespace std::chrono;
  if (!zone.changes) return zone.standard;
  const year in = year_month_day{floor<days>(sys_seconds{seconds{utc + zone.standard}})}.year();
  const std::int64_t begin = moment_of(zone.begin, in) - zone.standard;
  const std::int64_t end = moment_of(zone.end, in) - zone.summer;
  const bool summer = begin < end ? utc >= begin && utc < end : utc < end || utc >= begin;
  return summer ? zone.summer : zone.standard;
}

// ---- the POSIX text ----

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_number(std::string_view& text, int maximum) {
  int value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + (text[digits++] - '0');
    if (value > maximum) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

/// "-5:30" in seconds; hours up to a week and a sign are allowed, as RFC 8536 does.
std::optional<std::int32_t> take_time(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const auto hours = take_number(text, 167);
  if (!hours) return std::nullopt;
  std::int32_t value = *hours * 3600;
  for (const std::int32_t unit : {60, 1}) {
    if (!take(text, ':')) break;
    const auto part = take_number(text, 59);
    if (!part) return std::nullopt;
    value += *part * unit;
  }
  return negative ? -value : value;
}

/// "EST" or "<+0530>".
bool take_name(std::string_view& text) {
  constexpr std::size_t kShortest = 3;
  if (take(text, '<')) {
    const std::size_t end = text.find('>');
    if (end == std::string_view::npos || end < kShortest) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  std::size_t letters = 0;
  while (letters < text.size() && ((text[letters] >= 'A' && text[letters] <= 'Z') || (text[letters] >= 'a' && text[letters] <= 'z'))) ++letters;
  text.remove_prefix(letters);
  return letters >= kShortest;
}

bool take_rule_day(std::string_view& text, ZoneRule& rule) {
  if (take(text, 'M')) {
    rule.kind = ZoneRule::Kind::MonthWeek;
    const auto month_of = take_number(text, 12);
    const auto week = month_of && take(text, '.') ? take_number(text, 5) : std::nullopt;
    const auto day_of = week && take(text, '.') ? take_number(text, 6) : std::nullopt;
    if (!day_of || *month_of == 0 || *week == 0) return false;
    rule.month = *month_of;
    rule.week = *week;
    rule.day = *day_of;
    return true;
  }
  rule.kind = take(text, 'J') ? ZoneRule::Kind::Julian : ZoneRule::Kind::DayOfYear;
  const auto day_of = take_number(text, 365);
  if (!day_of || (rule.kind == ZoneRule::Kind::Julian && *day_of == 0)) return false;
  rule.day = *day_of;
  return true;
}

bool take_rule(std::string_view& text, ZoneRule& rule) {
  constexpr std::int32_t kTwoHours = 7200;
  if (!take(text, ',') || !take_rule_day(text, rule)) return false;
  rule.seconds = kTwoHours;
  if (!take(text, '/')) return true;
  const auto time = take_time(text);
  if (time) rule.seconds = *time;
  return time.has_value();
}

// ---- the binary file ----

/// Big-endian numbers off the front; nothing is read beyond the end.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view left() const { return left_; }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : take(size)) value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
  }

 private:
  std::string_view left_;
  bool good_ = true;
};

struct TzifHeader {
  std::uint64_t utc_marks = 0, standard_marks = 0, leaps = 0, times = 0, types = 0, letters = 0;

  [[nodiscard]] std::uint64_t bytes(std::uint64_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) + standard_marks + utc_marks;
  }
};

std::optional<TzifHeader> take_header(Bytes& bytes) {
  constexpr std::string_view kMagic = "TZif";
  constexpr std::size_t kReserved = 15;
  constexpr std::uint64_t kCountMax = 100'000;
  if (bytes.take(kMagic.size()) != kMagic || bytes.number(1) < '2') return std::nullopt;
  bytes.take(kReserved);
  TzifHeader header;
  for (std::uint64_t* count : {&header.utc_marks, &header.standard_marks, &header.leaps, &header.times, &header.types, &header.letters}) {
    *count = bytes.number(4);
    if (*count > kCountMax) return std::nullopt;
  }
  return bytes.good() ? std::optional{header} : std::nullopt;
}

}  // namespace

TimeZone TimeZone::fixed(std::int32_t seconds) {
  TimeZone zone;
  zone.before_ = zone.after_.standard = seconds;
  return zone;
}

std::optional<TimeZone> TimeZone::from_tzif(std::string_view text) {
  constexpr std::int64_t kOffsetMax = 26 * 3600;
  constexpr std::uint64_t kTimeBytes = 8;
  Bytes bytes{text};
  const auto old = take_header(bytes);
  if (!old) return std::nullopt;
  bytes.take(old->bytes(4));  // the part for readers of version 1
  const auto header = take_header(bytes);
  if (!header || header->types == 0) return std::nullopt;

  TimeZone zone;
  for (std::uint64_t i = 0; i < header->times; ++i) zone.changes_.push_back({static_cast<std::int64_t>(bytes.number(kTimeBytes)), 0});
  const std::string_view types = bytes.take(header->times);
  std::vector<std::int32_t> offsets;
  for (std::uint64_t i = 0; i < header->types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(static_cast<std::uint32_t>(bytes.number(4))));
    bytes.take(2);  // whether it is summer time, and its name
    if (offsets.back() > kOffsetMax || offsets.back() < -kOffsetMax) return std::nullopt;
  }
  bytes.take(header->letters + header->leaps * (kTimeBytes + 4) + header->standard_marks + header->utc_marks);
  if (!bytes.good()) return std::nullopt;
  for (std::size_t i = 0; i < zone.changes_.size(); ++i) {
    const auto type = static_cast<unsigned char>(types[i]);
    if (type >= offsets.size() || (i > 0 && zone.changes_[i].at <= zone.changes_[i - 1].at)) return std::nullopt;
    zone.changes_[i].offset = offsets[type];
  }
  zone.before_ = offsets.front();

  const std::string_view end = bytes.left();
  const std::size_t line_end = end.find('\n', 1);
  if (!end.starts_with('\n') || line_end == std::string_view::npos) return std::nullopt;
  const std::string_view rule = end.substr(1, line_end - 1);
  zone.after_.standard = zone.changes_.empty() ? zone.before_ : zone.changes_.back().offset;
  if (rule.empty()) return zone;
  const auto after = parse_zone_end(rule);
  if (!after) return std::nullopt;
  zone.after_ = *after;
  return zone;
}

std::int32_t TimeZone::offset_at(std::int64_t utc) const {
  if (changes_.empty() || utc >= changes_.back().at) return offset_by(after_, utc);
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), utc, [](std::int64_t at, const Change& change) { return at < change.at; });
  return next == changes_.begin() ? before_ : std::prev(next)->offset;
}

std::int64_t TimeZone::to_utc(std::int64_t local) const {
  // No zone is further than a day from UTC, nor changes twice within two days: one of both offsets around is the right one.
  const std::int32_t earlier = offset_at(local - kDaySeconds);
  const std::int32_t later = offset_at(local + kDaySeconds);
  const std::int64_t first = local - std::max(earlier, later);
  if (offset_at(first) == std::max(earlier, later)) return first;
  const std::int64_t second = local - std::min(earlier, later);
  if (offset_at(second) == std::min(earlier, later)) return second;
  return local - earlier;  // skipped
}

std::optional<ZoneEnd> parse_zone_end(std::string_view text) {
  constexpr std::int32_t kHour = 3600;
  ZoneEnd zone;
  if (!take_name(text)) return std::nullopt;
  const auto west = take_time(text);
  if (!west) return std::nullopt;
  zone.standard = -*west;
  if (text.empty()) return zone;
  zone.changes = true;
  zone.summer = zone.standard + kHour;
  if (!take_name(text)) return std::nullopt;
  if (!text.empty() && text.front() != ',') {
    const auto summer_west = take_time(text);
    if (!summer_west) return std::nullopt;
    zone.summer = -*summer_west;
  }
  if (!take_rule(text, zone.begin) || !take_rule(text, zone.end) || !text.empty()) return std::nullopt;
  return zone;
}

}  // namespace tidegate
