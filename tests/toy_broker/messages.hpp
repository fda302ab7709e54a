// The wire, line for line. protocol.md#lines
#pragma once

#include <string_view>

#include "gateway/core/decimal.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::toy {

/// `T ACME 12.50 100 1700000000123`. The name views into the line.
struct TradeLine {
  std::string_view name;
  Decimal price;
  Decimal quantity;
  UtcTime time;
};

/// `I ACME 0.05`
struct InstrumentLine {
  std::string_view name;
  Decimal tick_size;  // absent: none
};

/// `E NOPE no such name`
struct RefusalLine {
  std::string_view name;
  std::string_view words;
};

}  // namespace tidegate::toy
