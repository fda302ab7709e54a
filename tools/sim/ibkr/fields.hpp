// The fields of market data as the broker writes them: by number, texts with commas, suffixes and prefixes, a few JSON numbers.
// Source: docs/protocols/ibkr.md, field ids.
#pragma once

#include <string>
#include <string_view>

#include "tools/sim/common/exchange.hpp"
#include "tools/sim/ibkr/contracts.hpp"

namespace tidegate::sim::ibkr {

/// What one stream shows of an instrument at one moment.
struct Quote {
  const Contract* contract = nullptr;
  Figures figures;
  std::string exchange;      // of a routed stream; empty: the smart-routed one
  std::string availability;  // field 6509
  bool halted = false;
  bool numbers = false;       // bid and ask as JSON numbers
  bool wrong_suffix = false;  // a volume that the broker's servers once got wrong: 65595.7B for 65.6 million
};

/// Figures of the one exchange: its own best prices and sizes, a part of the day's volume.
[[nodiscard]] Figures routed(const Figures& figures, std::string_view exchange, std::int64_t tick);

/// The value as JSON; empty: the instrument has none now, or nobody knows the field.
[[nodiscard]] std::string field_value(const Quote& quote, std::string_view field);

/// A price in units of the last decimal: 27170 with two decimals is 271.70.
[[nodiscard]] std::string price_text(std::int64_t price, int decimals);
/// 1,234,567.
[[nodiscard]] std::string with_commas(std::int64_t number);
/// 1,234 or 950.5K or 12.2M.
[[nodiscard]] std::string with_suffix(std::int64_t number);
/// Whether prices can be shown: the code begins with anything but N and O.
[[nodiscard]] bool has_data(std::string_view availability);

}  // namespace tidegate::sim::ibkr
