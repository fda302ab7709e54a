// Binary floating-point numbers as brokers pack them, turned into exact decimals by way of text.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::common {

/// The shortest decimal that reads back as `value`: what the sender most likely rounded to a double. As parse_decimal of that number's plain text.
/// Not a number and infinite: absent. Errors: Overflow (an integer beyond int64, or more than 127 decimals).
inline Result<Decimal> float_decimal(double value) {
  if (!std::isfinite(value)) return kAbsent;
  char text[32];  // "-d.dddddddddddddddde-ddd" is the longest
  const char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const char* p = text;
  const bool negative = *p == '-';
  if (negative) ++p;

  std::int64_t mantissa = 0;  // at most 17 digits
  int exponent = 0;
  bool fraction = false;
  for (; *p != 'e'; ++p) {
    if (*p == '.') {
      fraction = true;
      continue;
    }
    mantissa = mantissa * 10 + (*p - '0');
    if (fraction) --exponent;
  }
  if (mantissa == 0) return Decimal{0, 0};
  ++p;
  const bool small = *p++ == '-';
  int power = 0;
  for (; p != end; ++p) power = power * 10 + (*p - '0');
  exponent += small ? -power : power;

  if (exponent < -std::numeric_limits<std::int8_t>::max() || exponent >= static_cast<int>(kPowersOfTen.size())) return Error{Reason::Overflow};
  if (exponent > 0) {
    if (__builtin_mul_overflow(mantissa, kPowersOfTen[static_cast<std::size_t>(exponent)], &mantissa)) return Error{Reason::Overflow};
    exponent = 0;
  }
  return Decimal{negative ? -mantissa : mantissa, static_cast<std::int8_t>(exponent)};
}

}  // namespace tidegate::common
