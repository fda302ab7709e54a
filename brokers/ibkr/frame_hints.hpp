// What the session has to know of a message the moment it arrives, found without parsing it. Hints only: odd bytes can make them wrong, and a wrong
// hint hastens or delays a question to the broker, no more. No allocation.
#pragma once

#include <optional>
#include <string_view>

namespace tidegate::ibkr {

/// The text under "topic", wherever it stands: "smd+265598@ARCA", "sts". Empty: none was found.
[[nodiscard]] std::string_view topic_of(std::string_view frame);

/// What a message says of its market; nothing where it does not speak of it. docs/protocols/ibkr.md#availability, #marks
struct MarketHint {
  std::optional<bool> moving;  // 6509: false where the values are frozen, or there are none at all
  std::optional<bool> traded;  // 31: false where it is the previous close
};
[[nodiscard]] MarketHint market_hint(std::string_view frame);

}  // namespace tidegate::ibkr
