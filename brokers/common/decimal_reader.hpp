// Decimals as JSON brokers write them: short, unsigned, padded with zeros.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "brokers/common/field_table.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::common {

/// Up to eight characters in one word, the first in its lowest byte; bytes behind the text are zero. Reads nothing outside of the text.
inline std::uint64_t load_characters(const char* text, std::size_t size) {
  std::uint64_t word = 0;
  if (size >= 8) {
    std::memcpy(&word, text, 8);
  } else if (size >= 4) {  // two halves, which may overlap
    std::uint32_t front = 0, back = 0;
    std::memcpy(&front, text, 4);
    std::memcpy(&back, text + size - 4, 4);
    word = front | std::uint64_t{back} << (8 * (size - 4));
  } else {
    for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  return word;
}

/// The number that eight digits make, one in each byte (0 to 9), the first in the lowest. Adds neighbours in three steps.
constexpr std::uint64_t join_digits(std::uint64_t digits) {
  constexpr std::uint64_t kPairs = 0x0000'00FF'0000'00FF;
  digits = digits * 10 + (digits >> 8U);
  return ((digits & kPairs) * (100 + (1'000'000ULL << 32U)) + ((digits >> 16U) & kPairs) * (1 + (10'000ULL << 32U))) >> 32U;
}

/// The decimal of a whole number and `size` digits behind the point, 1 to 8, which stand in the highest bytes of `fraction`, the last one in the
/// highest of all; other bytes are zero.
inline Decimal join_decimal(std::uint64_t whole, std::uint64_t fraction, std::size_t size) {
  if (fraction == 0) return {static_cast<std::int64_t>(whole), 0};
  const std::size_t zeros = static_cast<std::size_t>(std::countl_zero(fraction)) / 8;  // at the end of the text
  const std::size_t decimals = size - zeros;
  const std::uint64_t mantissa = whole * static_cast<std::uint64_t>(kPowersOfTen[decimals]) + join_digits(fraction << (8 * zeros));
  return {static_cast<std::int64_t>(mantissa), static_cast<std::int8_t>(-static_cast<int>(decimals))};
}

/// Reads a text without a sign, with up to eight digits before the point and up to eight behind it, eight at a time. False for all others, faulty
/// ones too: those are for parse_decimal, whose results these are.
inline bool read_short_decimal(std::string_view text, Decimal& value) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kPoint = kEach * ('.' ^ '0');
  if (std::endian::native != std::endian::little || text.empty()) return false;
  const std::size_t size = text.size();
  const std::uint64_t head = load_characters(text.data(), std::min<std::size_t>(size, 8)) ^ kEach * '0';
  const std::uint64_t other = head ^ kPoint;  // a zero byte where the point stands
  const std::uint64_t points = (other - kEach) & ~other & kEach * 0x80;

  const std::size_t whole_size = points != 0 ? static_cast<std::size_t>(std::countr_zero(points)) / 8 : size;
  if (whole_size - 1 > 7) return false;  // none, or too many
  const std::uint64_t whole = head << (64 - 8 * whole_size);
  std::uint64_t fraction = 0;
  std::size_t fraction_size = 0;
  if (points != 0) {
    fraction_size = size - whole_size - 1;
    if (fraction_size - 1 > 7) return false;
    const std::uint64_t tail = size >= 8 ? load_characters(text.data() + size - 8, 8) ^ kEach * '0' : head << (64 - 8 * size);
    const std::size_t before = 64 - 8 * fraction_size;
    fraction = tail >> before << before;
  }
  const auto not_digits = [](std::uint64_t bytes) { return ((bytes + kEach * 0x76) | bytes) & kEach * 0x80; };
  if ((not_digits(whole) | not_digits(fraction)) != 0) return false;

  value = join_decimal(join_digits(whole), fraction, fraction_size);
  return true;
}

/// The same as parse_decimal, sooner.
inline Result<Decimal> read_decimal(std::string_view text) {
  Decimal value;
  return read_short_decimal(text, value) ? Result<Decimal>{value} : parse_decimal(text);
}

/// A decimal sent as text, or as an integer without quotes. A number with a fraction is refused: JSON readers pass it through a double.
inline Result<Decimal> read_decimal(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::Text) return read_decimal(value.text);
  if (value.kind == JsonValue::Kind::Integer && value.integer != kNoMantissa) return Decimal{value.integer, 0};
  return Error{Reason::BadDecimal};
}

}  // namespace tidegate::common
