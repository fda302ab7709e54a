// Lines to messages. Pure; every view is into the line. protocol.md#lines
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/core/result.hpp"
#include "tests/toy_broker/messages.hpp"

namespace tidegate::toy {

enum class LineKind : std::uint8_t { Trade, Instrument, EndOfList, Refusal, Heartbeat, Other };
/// By the first word.
[[nodiscard]] LineKind kind_of(std::string_view line);

/// Errors of all three: MissingField, BadText (a name that is none, something behind the last value); BadDecimal, Overflow, BadInteger; with the
/// field.
[[nodiscard]] Result<TradeLine> read_trade(std::string_view line);
[[nodiscard]] Result<InstrumentLine> read_instrument(std::string_view line);
[[nodiscard]] Result<RefusalLine> read_refusal(std::string_view line);

}  // namespace tidegate::toy
