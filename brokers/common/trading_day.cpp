#include "brokers/common/trading_day.hpp"

#include <charconv>
#include <cstdio>

namespace tidegate::common {
namespace {

constexpr std::chrono::minutes kIndia{5 * 60 + 30};

std::chrono::sys_time<Duration> in_india(UtcTime time) { return std::chrono::sys_time<Duration>{Duration{time.ns} + kIndia}; }

bool read_number(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
}

bool two_digits(std::string_view text, int limit, int& value) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !digit(text[0]) || !digit(text[1])) return false;
  value = (text[0] - '0') * 10 + (text[1] - '0');
  return value < limit;
}

}  // namespace

bool parse_time_of_day(std::string_view text, Duration& since_midnight) {
  int hours = 0;
  int minutes = 0;
  if (text.size() != 5 || text[2] != ':' || !two_digits(text.substr(0, 2), 24, hours) || !two_digits(text.substr(3), 60, minutes)) return false;
  since_midnight = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return true;
}

TradingDay trading_day(UtcTime now, Duration at) { return std::chrono::floor<std::chrono::days>(in_india(now) - at); }

UtcTime next_trading_day(UtcTime now, Duration at) {
  const auto midnight = std::chrono::sys_time<Duration>{trading_day(now, at) + std::chrono::days{1}};
  return UtcTime{(midnight.time_since_epoch() + at - kIndia).count()};
}

std::string to_text(TradingDay day) {
  const std::chrono::year_month_day date{day};
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(length)};
}

std::optional<TradingDay> parse_trading_day(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (!read_number(text.substr(0, 4), year) || !read_number(text.substr(5, 2), month) || !read_number(text.substr(8, 2), day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return TradingDay{date};
}

}  // namespace tidegate::common
