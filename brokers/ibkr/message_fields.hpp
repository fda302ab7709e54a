// The broker's tables of fields: topics, and each kind of message read into its wire struct.
#pragma once

#include <optional>
#include <string_view>

#include "brokers/ibkr/fields.hpp"
#include "brokers/ibkr/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::ibkr {

/// Longest name of an exchange behind an "@", with room to spare.
inline constexpr std::size_t kExchangeBytesMax = 20;

/// Any text: what is no known topic is Other. docs/protocols/ibkr.md#topics
[[nodiscard]] Topic read_topic(std::string_view topic);

/// "265598" or "265598@ARCA". BadText: anything else. docs/protocols/ibkr.md#targets
[[nodiscard]] Result<StreamTarget> read_target(std::string_view target);
/// A combination of contracts, "28812380;;;646629987/-1,646629993/2".
[[nodiscard]] bool is_combination(std::string_view target);
/// The target of a ladder's topic: "DU1234567+265598" or "DU1234567+265598+ARCA". BadText.
[[nodiscard]] Result<StreamTarget> read_ladder_target(std::string_view target);
/// The target of a row over REST, from its `conidEx`, else its `conid`. MissingField, BadText.
[[nodiscard]] Result<StreamTarget> read_row_target(const Fields& fields);

/// Never fails as a whole: there is no second chance for what a message says, so a field that cannot be read costs itself alone (`fault`).
/// docs/protocols/ibkr.md#market-data
[[nodiscard]] MarketData read_market_data(const Fields& fields);

}  // namespace tidegate::ibkr
