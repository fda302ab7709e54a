// IBKR's messages and states as the gateway's updates. Pure. Nothing carries the flag Float: prices and sizes are texts, and of the numbers in JSON
// only the percentage is in regular use, whose digits are those that were sent, since numbers are read as text.
#pragma once

#include <string_view>

#include "brokers/ibkr/market_state.hpp"
#include "brokers/ibkr/messages.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::ibkr {

/// A day's volume beyond it is the server's fault of a wrong suffix, seen once. docs/protocols/ibkr.md#volume
inline constexpr Decimal kVolumeMax{1, 12};

/// The fields in `told` that the state knows are present, those it does not are cleared; all others it knows are standing.
/// `void_before`: what earlier updates may have told and no longer holds.
[[nodiscard]] TickerUpdate to_ticker(const NativeRef& instrument, const MarketState& state, ValueSet told, ValueSet void_before);
/// Nothing is present, cleared or standing where `told` concerns no field of a ticker.
[[nodiscard]] bool says_something(const TickerUpdate& update);

/// Fields that a quote is made of.
inline constexpr ValueSet kQuoteValues = bit(Value::Bid) | bit(Value::BidSize) | bit(Value::Ask) | bit(Value::AskSize);
/// From the merged state: the side that did not change keeps what it had.
[[nodiscard]] QuoteUpdate to_quote(const NativeRef& instrument, const MarketState& state);

[[nodiscard]] AvailabilityUpdate to_availability(const NativeRef& instrument, std::string_view code, DataAccess access);
[[nodiscard]] InstrumentStatusUpdate to_status(const NativeRef& instrument, const MarketState& state, TradingState trading);

}  // namespace tidegate::ibkr
