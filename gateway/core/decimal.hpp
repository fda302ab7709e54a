// Exact decimal numbers: what brokers send as text or as scaled integers, never through binary floating point.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace tidegate {

/// "No value": a field the broker did not send. Zero is a value.
inline constexpr std::int64_t kNoMantissa = std::numeric_limits<std::int64_t>::min();

/// mantissa x 10^exponent, exactly. The default is absent.
struct Decimal {
  std::int64_t mantissa = kNoMantissa;
  std::int8_t exponent = 0;

  [[nodiscard]] constexpr bool present() const { return mantissa != kNoMantissa; }
  [[nodiscard]] constexpr bool is_zero() const { return mantissa == 0; }
};
inline constexpr Decimal kAbsent{};

/// Longest text that `write_decimal` produces: sign, leading "0.", 127 zeros, 19 digits.
inline constexpr std::size_t kDecimalTextMax = 160;

/// Reads `-?digits[.digits]` whole: no sign "+", no exponent, no spaces, at least one digit on either side of a point. Zeros at the
/// end of the fraction are dropped, so that the result is canonical ("10.00" and "10" give the same mantissa and exponent).
/// Errors: BadDecimal, Overflow (more than 18 significant digits that fit no int64, or more than 127 decimals).
[[nodiscard]] Result<Decimal> parse_decimal(std::string_view text);

/// The value at `exponent`, or absent when it does not fit there exactly.
[[nodiscard]] Decimal rescale(Decimal value, std::int8_t exponent);

/// Brings both to the finer of the two exponents; false when that does not fit int64. Absent values pass through.
[[nodiscard]] bool align(Decimal& a, Decimal& b);

/// a - b, or absent when it does not fit. Both must be present.
[[nodiscard]] Decimal difference(Decimal a, Decimal b);
/// `part` as percent of `whole`, rounded to four decimals, half away from zero; absent when it does not fit or `whole` is zero. Both must be present.
[[nodiscard]] Decimal percent_of(Decimal part, Decimal whole);

/// By value: 10.00 equals 10. Both must be present.
[[nodiscard]] int compare(Decimal a, Decimal b);
[[nodiscard]] bool operator==(Decimal a, Decimal b);  // two absent values are equal

/// Canonical text: no exponent, no trailing zeros, no trailing point, "0" for zero. Returns the end; all kDecimalTextMax characters may be written
/// to. The value must be present.
char* write_decimal(Decimal value, char* out);
[[nodiscard]] std::string to_text(Decimal value);

/// 10^n for n in 0..18.
inline constexpr std::array<std::int64_t, 19> kPowersOfTen = [] {
  std::array<std::int64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

}  // namespace tidegate
