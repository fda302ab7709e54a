// Binary floating-point numbers as brokers pack them, turned into exact decimals: by integers where they are prices, by way of text where not.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::common {

namespace float_decimal_detail {

__extension__ using Wide = unsigned __int128;

/// The double's value is fraction x 2^exponent.
struct Parts {
  explicit Parts(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    negative = bits >> 63U != 0;
    exponent = static_cast<int>(bits >> 52U & 0x7FFU) - 1'075;
    fraction = (bits & (kLeadingBit - 1)) | kLeadingBit;
  }
  static constexpr std::uint64_t kLeadingBit = std::uint64_t{1} << 52U;
  std::uint64_t fraction;
  int exponent;
  bool negative;
};

/// Prices: the decimal of at most 4 places and 15 digits that reads back as `value`, or absent when there is none. Decimals of so few digits have
/// each a double of its own, hence it is also the shortest.
inline Decimal price_of(double value) {
  constexpr int kPlaces = 4;
  constexpr std::uint64_t kScale = 10'000;
  constexpr std::uint64_t kMax = 1'000'000'000'000'000;
  const Parts parts{value};
  const int shift = -parts.exponent;
  if (shift < 1 || shift > 66 || parts.fraction == Parts::kLeadingBit)
    return kAbsent;  // the double below a power of two is nearer than the one above
  const Wide scaled = Wide{parts.fraction} * kScale;
  const auto mantissa = static_cast<std::uint64_t>((scaled + (Wide{1} << (shift - 1))) >> shift);
  if (mantissa == 0 || mantissa >= kMax) return kAbsent;
  const Wide rounded = Wide{mantissa} << shift;
  const Wide error = rounded > scaled ? rounded - scaled : scaled - rounded;
  if (error * 2 >= kScale) return kAbsent;  // half the distance to the next double, or more: it reads back as another
  Decimal price{static_cast<std::int64_t>(mantissa), -kPlaces};
  while (price.exponent < 0 && price.mantissa % 10 == 0) {
    price.mantissa /= 10;
    ++price.exponent;
  }
  if (parts.negative) price.mantissa = -price.mantissa;
  return price;
}

/// Any finite number, by its shortest text.
inline Result<Decimal> shortest_of(double value) {
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

}  // namespace float_decimal_detail

/// The shortest decimal that reads back as `value`: what the sender most likely rounded to a double. As parse_decimal of that number's plain text.
/// Not a number and infinite: absent. Errors: Overflow (an integer beyond int64, or more than 127 decimals).
inline Result<Decimal> float_decimal(double value) {
  if (value == 0) return Decimal{0, 0};
  if (!std::isfinite(value)) return kAbsent;
  const Decimal price = float_decimal_detail::price_of(value);
  return price.present() ? Result<Decimal>{price} : float_decimal_detail::shortest_of(value);
}

}  // namespace tidegate::common
