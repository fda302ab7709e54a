// Numbers as XTS writes them as text. They go to Decimal exactly, never through a double. docs/protocols/xts.md#numbers
#pragma once

#include <string_view>

#include "brokers/common/decimal_reader.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// What common::read_decimal refuses: an exponent ("1.1e-7"), a point without digits behind it ("12."). BadDecimal, Overflow.
[[nodiscard]] Result<Decimal> read_unusual_number(std::string_view text);

/// Every number of JSON, and what Partial text writes besides. Errors: BadDecimal, Overflow (more digits than int64 holds).
inline Result<Decimal> read_number(std::string_view text) {
  const Result<Decimal> usual = common::read_decimal(text);
  return usual || usual.error().reason != Reason::BadDecimal ? usual : read_unusual_number(text);
}

/// The same for what must be whole: "12", "12.0", "1.2e1". Errors: BadDecimal, Overflow, BadInteger.
[[nodiscard]] Result<std::int64_t> read_whole_number(std::string_view text);

}  // namespace tidegate::xts
