// Decimals as JSON brokers write them: short, unsigned, padded with zeros.
#pragma once

#include <cstdint>
#include <string_view>

#include "brokers/common/field_table.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::common {

/// The same as parse_decimal. Texts of up to 18 characters without a sign are read here, in one pass; all others, faulty ones too, go there.
inline Result<Decimal> read_decimal(std::string_view text) {
  constexpr std::size_t kShort = 18;  // so many digits always fit int64
  if (text.empty() || text.size() > kShort) return parse_decimal(text);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* last = end;  // behind the last digit that is not zero
  while (last != begin && last[-1] == '0') --last;

  std::int64_t mantissa = 0;
  const char* point = nullptr;
  for (const char* p = begin; p != last; ++p) {
    const auto digit = static_cast<unsigned char>(*p - '0');
    if (digit <= 9) {
      mantissa = mantissa * 10 + digit;
    } else if (*p == '.' && point == nullptr && p != begin && p + 1 != end) {
      point = p;
    } else {
      return parse_decimal(text);
    }
  }
  if (point == nullptr) {  // the zeros belong to an integer
    for (; last != end; ++last) mantissa *= 10;
    return Decimal{mantissa, 0};
  }
  return Decimal{mantissa, static_cast<std::int8_t>(mantissa == 0 ? 0 : point + 1 - last)};
}

/// A decimal sent as text, or as an integer without quotes. A number with a fraction is refused: JSON readers pass it through a double.
inline Result<Decimal> read_decimal(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::Text) return read_decimal(value.text);
  if (value.kind == JsonValue::Kind::Integer && value.integer != kNoMantissa) return Decimal{value.integer, 0};
  return Error{Reason::BadDecimal};
}

}  // namespace tidegate::common
