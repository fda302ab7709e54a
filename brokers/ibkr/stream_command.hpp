// Commands for market data as the text that goes over the socket, and which fields they ask for. Pure. docs/protocols/ibkr.md#commands
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "brokers/ibkr/fields.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/instrument.hpp"

namespace tidegate::ibkr {

/// What mapping.hpp makes a channel of, for an instrument of this kind. Empty: the channel is not made of market data.
[[nodiscard]] ValueSet fields_of(Channel channel, InstrumentKind kind);

/// `smd+265598+{"fields":["31","84","6509","55"]}`: the fields given, and always 31, 6509 and 55. docs/protocols/ibkr.md#asked-fields
[[nodiscard]] std::string market_data_command(std::string_view target, ValueSet fields);
/// `umd+265598+{}`
[[nodiscard]] std::string end_market_data_command(std::string_view target);
/// `sbd+DU1234567+265598` or `sbd+DU1234567+265598+ARCA`, for a target "265598" or "265598+ARCA".
[[nodiscard]] std::string depth_command(std::string_view account, std::string_view target);
/// `ubd+DU1234567`: ends every ladder of the account.
[[nodiscard]] std::string end_depth_command(std::string_view account);

/// The target of a stream's topic: "265598", or "265598@ARCA".
[[nodiscard]] std::string market_data_target(std::uint64_t conid, std::string_view exchange);
/// The target of a ladder behind its account: "265598", or "265598+ARCA".
[[nodiscard]] std::string depth_target(std::uint64_t conid, std::string_view exchange);

}  // namespace tidegate::ibkr
