#include "tools/watch/text.hpp"

#include <algorithm>
#include <charconv>

namespace tidegate::watch {
namespace {

constexpr char32_t kBroken = 0xFFFFFFFF;

/// Takes one character off the front; kBroken for bytes that are no UTF-8.
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) {
    text.remove_prefix(1);
    return kBroken;
  }
  char32_t value = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) {
      text.remove_prefix(1);
      return kBroken;
    }
    value = value << 6U | (next & 0x3FU);
  }
  text.remove_prefix(length);
  return value;
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// Directions and joiners could reorder or hide what stands around them.
bool is_obeyed(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xFEFF;
}

std::string with_unit(double value, int digits, std::string_view unit) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
  return std::string(buffer, error == std::errc{} ? end : buffer).append(unit);
}

std::string two_digits(std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

bool take_digits(std::string_view& text, std::size_t count, std::int64_t& value) {
  if (text.size() < count) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || end != text.data() + count || text[0] == '-') return false;
  text.remove_prefix(count);
  return true;
}
bool take(std::string_view& text, char expected) {
  if (text.empty() || text[0] != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// Days since 1970 of a civil date (Howard Hinnant's algorithm).
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take_character(text);
    out += c == kBroken || is_obeyed(c) ? std::string_view("?") : before.substr(0, before.size() - text.size());
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) count += is_wide(take_character(text)) ? 2 : 1;
  return count;
}

std::string fitted(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::string out;
  std::size_t used = 1;  // the mark
  while (!text.empty()) {
    const std::string_view before = text;
    used += is_wide(take_character(text)) ? 2 : 1;
    if (used > width) break;
    out += before.substr(0, before.size() - text.size());
  }
  return width == 0 ? "" : out + "~";
}

std::string padded_left(std::string_view text, std::size_t width) {
  std::string out = fitted(text, width);
  return out.insert(0, width - columns(out), ' ');
}

std::string padded_right(std::string_view text, std::size_t width) {
  std::string out = fitted(text, width);
  return out.append(width - columns(out), ' ');
}

std::string age_text(Duration age) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(age.count(), 0)) / 1e9;
  if (seconds < 9.95) return with_unit(seconds, 1, "s");
  if (seconds < 120) return std::to_string(static_cast<int>(seconds)) + "s";
  if (seconds < 7200) return std::to_string(static_cast<int>(seconds / 60)) + "m";
  return std::to_string(static_cast<std::int64_t>(seconds / 3600)) + "h";
}

std::string latency_text(Duration latency) {
  const double us = static_cast<double>(latency.count()) / 1e3;
  if (us < 1000) return with_unit(us, 0, "us");
  if (us < 1e6) return with_unit(us / 1e3, 1, "ms");
  return with_unit(us / 1e6, 1, "s");
}

std::string clock_text(Duration elapsed) {
  const std::int64_t seconds = elapsed.count() / 1'000'000'000;
  return std::to_string(seconds / 3600) + ":" + two_digits(seconds / 60 % 60) + ":" + two_digits(seconds % 60);
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::optional<UtcTime> parse_time(std::string_view text) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) || !take(text, '-') || !take_digits(text, 2, day) ||
      !take(text, 'T') || !take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) || !take(text, ':') ||
      !take_digits(text, 2, second)) {
    return std::nullopt;
  }
  std::int64_t ns = 0;
  if (take(text, '.')) {
    std::int64_t unit = 100'000'000;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) ns += (text[0] - '0') * unit;
  }
  const bool in_range = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 60;
  // Nanoseconds since 1970 fit 64 bits from 1678 to 2261.
  if (text != "Z" || !in_range || year < 1700 || year > 2200) return std::nullopt;
  return UtcTime{(((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000'000 + ns};
}

std::string completed_url(std::string_view typed) {
  std::string url(typed);
  if (url.starts_with("http")) url.replace(0, 4, "ws");  // https becomes wss
  if (url.find("://") == std::string::npos) url.insert(0, "ws://");
  const std::size_t authority = url.find("://") + 3;
  const std::size_t path = url.find_first_of("/?", authority);
  if (path == std::string::npos) return url + "/ws";
  if (url[path] == '?') return url.insert(path, "/ws");
  return path + 1 == url.size() ? url + "ws" : url;
}

}  // namespace tidegate::watch
