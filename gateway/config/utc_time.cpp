// Times as people write them into files.
#include <chrono>
#include <cstdint>

#include "gateway/config/values.hpp"

namespace tidegate {
namespace {

/// Takes exactly `digits` digits off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

/// As take_number(), behind a separator and at most `maximum`.
std::optional<unsigned> take_part(std::string_view& text, char separator, unsigned maximum) {
  if (!take(text, separator)) return std::nullopt;
  const auto value = take_number(text, 2);
  return value && *value <= maximum ? value : std::nullopt;
}

/// ".25" in nanoseconds; 0 where there are no decimals.
std::optional<std::int64_t> take_decimals(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t value = 0, unit = 100'000'000;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    value += (text[0] - '0') * unit;
    unit /= 10;
    ++digits;
    text.remove_prefix(1);
  }
  return digits > 0 && digits <= 9 ? std::optional{value} : std::nullopt;
}

/// Behind the day; in nanoseconds.
std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
  const auto hours = take_part(text, 'T', 23);
  const auto minutes = hours ? take_part(text, ':', 59) : std::nullopt;
  if (!minutes) return std::nullopt;
  unsigned seconds = 0;
  std::int64_t nanoseconds = 0;
  if (text.starts_with(':')) {
    const auto whole = take_part(text, ':', 59);
    const auto decimals = whole ? take_decimals(text) : std::nullopt;
    if (!decimals) return std::nullopt;
    seconds = *whole;
    nanoseconds = *decimals;
  }
  if (!take(text, 'Z')) return std::nullopt;
  return (std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60 + seconds) * 1'000'000'000 + nanoseconds;
}

}  // namespace

std::optional<UtcTime> parse_utc_time(std::string_view text) {
  const auto year = take_number(text, 4);
  const auto month = year ? take_part(text, '-', 12) : std::nullopt;
  const auto day = month ? take_part(text, '-', 31) : std::nullopt;
  if (!day || *year < 1970 || *year > 2261) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month}, std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t midnight = std::chrono::nanoseconds{std::chrono::sys_days{date}.time_since_epoch()}.count();
  if (text.empty()) return UtcTime{midnight};
  const auto rest = take_time_of_day(text);
  if (!rest || !text.empty()) return std::nullopt;
  return UtcTime{midnight + *rest};
}

}  // namespace tidegate
