// Numbers as the broker writes them.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace tidegate::sim::xts {

/// A price without the zeros behind its last digit: 2339.85, 2337.
inline void append_price(std::string& out, std::int64_t value, int decimals) {
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  if (value < 0) out += '-';
  const std::int64_t size = value < 0 ? -value : value;
  out += std::to_string(size / unit);
  std::int64_t rest = size % unit;
  if (rest == 0) return;
  out += '.';
  for (unit /= 10; rest != 0; unit /= 10) {
    out += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
}

/// As few digits as bring the same double back.
inline void append_double(std::string& out, double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  if (error == std::errc{}) out.append(text, end);
}

/// In rupees, the nearest double.
[[nodiscard]] inline double price_double(std::int64_t value, int decimals) { return static_cast<double>(value) / (decimals == 4 ? 10'000.0 : 100.0); }

/// Of the close of the day before, in percent; no close: 0.
[[nodiscard]] inline double percent_change(std::int64_t last, std::int64_t close) {
  return close == 0 ? 0 : static_cast<double>(last - close) * 100.0 / static_cast<double>(close);
}

/// India's wall clock as seconds since 1980: what market data carries.
[[nodiscard]] constexpr std::int64_t since_1980(std::int64_t unix_s) { return unix_s == 0 ? 0 : unix_s - 315'513'000; }
/// The same since 1970: what candles carry.
[[nodiscard]] constexpr std::int64_t since_1970_india(std::int64_t unix_s) { return unix_s + 19'800; }

}  // namespace tidegate::sim::xts
