// IBKR's texts and numbers to exact decimals. docs/protocols/ibkr.md#values
// "N/A", "-", nothing and null are no value: absent, never zero. A number in JSON may have an exponent. Errors: BadDecimal, Overflow.
#pragma once

#include <string_view>

#include "brokers/common/field_table.hpp"
#include "brokers/ibkr/messages.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::ibkr {

/// "7,699.50", "+1.42", "-37.63"; spaces around it are dropped.
[[nodiscard]] Result<Decimal> read_price(const common::JsonValue& value);

struct MarkedPrice {
  Decimal price;
  PriceMark mark = PriceMark::None;
};
/// The same, with the letter C or H before it.
[[nodiscard]] Result<MarkedPrice> read_last_price(const common::JsonValue& value);

/// "1,300", "12.2M", "950.5K", "1.1B": the letters stand for exact powers of ten. Below zero: BadDecimal.
[[nodiscard]] Result<Decimal> read_quantity(const common::JsonValue& value);

/// "-0.36%", or -0.36.
[[nodiscard]] Result<Decimal> read_percent(const common::JsonValue& value);

/// The price of a ladder's row: "186.34", or "1 @ 186.34", which is the last trade's size and price.
[[nodiscard]] Result<Decimal> read_ladder_price(const common::JsonValue& value);

}  // namespace tidegate::ibkr
