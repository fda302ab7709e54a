// What the session has to know of a message of market data the moment it arrives, found without parsing it. Hints only: hostile bytes can make them
// wrong, and a wrong hint delays or hastens a question to the broker, no more. No allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidegate::ibkr {

/// The text under "topic", wherever it stands: "smd+265598@ARCA", "sts". Empty: none was found.
[[nodiscard]] std::string_view topic_of(std::string_view frame);

/// What a message says of its market. docs/protocols/ibkr.md#availability, #marks
struct MarketHint {
  std::optional<bool> gives_live_data;  // 6509: false where it is frozen, or there is no data at all; none: not sent
  std::optional<bool> traded_today;     // 31: false where it is the previous close; none: not sent
};
[[nodiscard]] MarketHint market_hint(std::string_view frame);

}  // namespace tidegate::ibkr
