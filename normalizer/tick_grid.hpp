// The prices that an instrument can have.
#pragma once

#include "gateway/core/decimal.hpp"

namespace tidegate {

/// Multiples of one tick size; every price where no tick size is known.
class TickGrid {
 public:
  TickGrid() = default;
  explicit TickGrid(Decimal tick) : tick_(tick) {}

  [[nodiscard]] bool known() const { return tick_.present() && tick_.mantissa > 0; }
  /// An absent price is no fault.
  [[nodiscard]] bool holds(Decimal price) const {
    if (!known() || !price.present()) return true;
    if (price.exponent > tick_.exponent) price = rescale(price, tick_.exponent);
    if (price.exponent == tick_.exponent) return price.present() && price.mantissa % tick_.mantissa == 0;
    const Decimal tick = rescale(tick_, price.exponent);  // a price with zeros at its end, or one between the ticks
    return tick.present() && price.mantissa % tick.mantissa == 0;
  }

 private:
  Decimal tick_;
};

}  // namespace tidegate
