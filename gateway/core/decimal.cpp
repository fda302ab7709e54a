#include "gateway/core/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tidegate {
namespace {

__extension__ using Wide = __int128;

/// Divides trailing zeros out of a fraction; leaves integers (exponent >= 0) alone.
Decimal canonical(Decimal value) {
  if (value.mantissa == 0) return {0, 0};
  while (value.exponent < 0 && value.mantissa % 10 == 0) {
    value.mantissa /= 10;
    ++value.exponent;
  }
  return value;
}

}  // namespace

Result<Decimal> parse_decimal(std::string_view text) {
  const char* p = text.data();
  const char* end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  if (p == end) return Error{Reason::BadDecimal};

  const char* const digits = p;
  const char* point = nullptr;
  for (const char* q = p; q != end; ++q) {
    if (*q == '.') {
      if (point != nullptr || q == digits || q + 1 == end) return Error{Reason::BadDecimal};
      point = q;
    } else if (*q < '0' || *q > '9') {
      return Error{Reason::BadDecimal};
    }
  }
  if (point != nullptr) {
    while (end[-1] == '0') --end;
    if (end - 1 == point) {
      end = point;
      point = nullptr;
    }
  }
  const auto decimals = point == nullptr ? 0 : end - point - 1;
  if (decimals > 127) return Error{Reason::Overflow};

  std::uint64_t mantissa = 0;
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (; p != end; ++p) {
    if (*p == '.') continue;
    const auto digit = static_cast<std::uint64_t>(*p - '0');
    if (mantissa > (kMax - digit) / 10) return Error{Reason::Overflow};
    mantissa = mantissa * 10 + digit;
  }
  const auto value = static_cast<std::int64_t>(mantissa);
  return Decimal{negative ? -value : value, static_cast<std::int8_t>(value == 0 ? 0 : -decimals)};
}

Decimal rescale(Decimal value, std::int8_t exponent) {
  if (!value.present() || value.exponent == exponent) return value;
  if (value.mantissa == 0) return {0, exponent};
  int steps = value.exponent - exponent;
  if (steps > 0) {
    if (steps > 18) return kAbsent;
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(value.mantissa, kPowersOfTen[static_cast<std::size_t>(steps)], &scaled) || scaled == kNoMantissa) return kAbsent;
    return {scaled, exponent};
  }
  for (; steps < 0; ++steps) {
    if (value.mantissa % 10 != 0) return kAbsent;
    value.mantissa /= 10;
  }
  return {value.mantissa, exponent};
}

Decimal difference(Decimal a, Decimal b) {
  Decimal result{0, 0};
  if (!align(a, b) || __builtin_sub_overflow(a.mantissa, b.mantissa, &result.mantissa)) return kAbsent;
  result.exponent = a.exponent;
  return result;
}

Decimal percent_of(Decimal part, Decimal whole) {
  if (whole.is_zero() || !align(part, whole)) return kAbsent;
  constexpr std::int8_t kExponent = -4;
  constexpr std::int64_t kScale = 1'000'000;  // percent, at that exponent
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(part.mantissa, kScale, &scaled) || whole.mantissa == INT64_MIN) return kAbsent;
  std::int64_t quotient = scaled / whole.mantissa;
  const std::int64_t rest = scaled % whole.mantissa;
  const std::uint64_t size = static_cast<std::uint64_t>(whole.mantissa < 0 ? -whole.mantissa : whole.mantissa);
  const std::uint64_t left = static_cast<std::uint64_t>(rest < 0 ? -rest : rest);
  if (left >= size - left) quotient += (scaled < 0) == (whole.mantissa < 0) ? 1 : -1;
  return {quotient, kExponent};
}

bool align(Decimal& a, Decimal& b) {
  if (!a.present() || !b.present() || a.exponent == b.exponent) return true;
  const std::int8_t finer = std::min(a.exponent, b.exponent);
  const Decimal x = rescale(a, finer);
  const Decimal y = rescale(b, finer);
  if (!x.present() || !y.present()) return false;
  a = x;
  b = y;
  return true;
}

int compare(Decimal a, Decimal b) {
  if (a.exponent != b.exponent) {
    // 128 bits hold any int64 times 10^18; beyond that distance only the coarser value's sign and being zero matter.
    const int distance = a.exponent - b.exponent;
    Decimal& coarse = distance > 0 ? a : b;
    const int steps = distance > 0 ? distance : -distance;
    if (coarse.mantissa != 0) {
      if (steps > 18) {
        const int sign = coarse.mantissa > 0 ? 1 : -1;
        return distance > 0 ? sign : -sign;
      }
      const auto wide = static_cast<Wide>(coarse.mantissa) * kPowersOfTen[static_cast<std::size_t>(steps)];
      const Wide left = distance > 0 ? wide : a.mantissa;
      const Wide right = distance > 0 ? b.mantissa : wide;
      return left < right ? -1 : left > right ? 1 : 0;
    }
  }
  return a.mantissa < b.mantissa ? -1 : a.mantissa > b.mantissa ? 1 : 0;
}

bool operator==(Decimal a, Decimal b) {
  if (!a.present() || !b.present()) return a.present() == b.present();
  return compare(a, b) == 0;
}

char* write_decimal(Decimal value, char* out) {
  value = canonical(value);
  if (value.mantissa < 0) *out++ = '-';
  const auto magnitude = value.mantissa < 0 ? ~static_cast<std::uint64_t>(value.mantissa) + 1 : static_cast<std::uint64_t>(value.mantissa);
  // Copies are of one length, whatever the number's, so that each is a few instructions and no call; what is too much is written over or behind the
  // end.
  constexpr std::size_t kDigitsMax = 20;
  char digits[2 * kDigitsMax] = {};
  const auto count = std::to_chars(digits, digits + kDigitsMax, magnitude).ptr - digits;
  if (value.exponent >= 0) {
    std::memcpy(out, digits, kDigitsMax);
    out += count;
    return value.mantissa == 0 ? out : std::fill_n(out, value.exponent, '0');
  }
  const int decimals = -value.exponent;
  if (const auto whole = count - decimals; whole > 0) {
    std::memcpy(out, digits, kDigitsMax);
    out[whole] = '.';
    std::memcpy(out + whole + 1, digits + whole, kDigitsMax);
    return out + count + 1;
  }
  *out++ = '0';
  *out++ = '.';
  if (decimals != count) out = std::fill_n(out, decimals - count, '0');
  std::memcpy(out, digits, kDigitsMax);
  return out + count;
}

std::string to_text(Decimal value) {
  char text[kDecimalTextMax];
  return std::string(text, write_decimal(value, text));
}

}  // namespace tidegate
