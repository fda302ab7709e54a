// XTS's messages as the gateway's updates: times, sides, and which zeros are values. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "brokers/xts/broker_clock.hpp"
#include "brokers/xts/messages.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::xts {

/// Only the regular market's messages are about the prices that people mean. docs/protocols/xts.md#market-type
[[nodiscard]] bool is_regular_market(const Header& header);

/// One side of a book as far as it is known, best first.
struct BookLevels {
  std::vector<LevelUpdate> levels;
  bool known = false;  // at least whether there is a best one
};
/// Overwrites `side`; allocates nothing once it has grown. Rows where nobody quotes are left out; a row whose price or size is not known ends the
/// side.
void read_levels(std::span<const BookRow> rows, BookLevels& side);

/// The times of one touchline; each is read once, so that guesses are counted once.
struct TouchlineTimes {
  UtcTime event;  // ExchangeTimeStamp, or LastUpdateTime where that was not sent
  UtcTime last_trade;
};
[[nodiscard]] TouchlineTimes read_times(const Header& header, const Touchline& touchline, BrokerClock& clock);

/// Only what was sent is set; what its zeros say is not there is cleared. Both sides as the message's book has them.
[[nodiscard]] TickerUpdate to_ticker(const Header& header, const Touchline& touchline, const BookLevels& bids, const BookLevels& asks,
                                     const TouchlineTimes& times, Flags flags);
[[nodiscard]] TickerUpdate to_ticker(const OpenInterestMessage& message, BrokerClock& clock, Flags flags);
/// Nothing: a price of zero is none.
[[nodiscard]] std::optional<TickerUpdate> to_ticker(const LastPriceMessage& message, BrokerClock& clock, Flags flags);

/// The last trade, with the evidence that tells whether it is a new one. Nothing: price, quantity or all evidence is missing,
/// or the quantity is zero, as indices have it.
[[nodiscard]] std::optional<TradeUpdate> to_trade(const Header& header, const Touchline& touchline, const TouchlineTimes& times, Flags flags);

/// Nothing: neither side is known.
[[nodiscard]] std::optional<QuoteUpdate> to_quote(const Header& header, const BookLevels& bids, const BookLevels& asks, const TouchlineTimes& times,
                                                  Flags flags);
/// Nothing: a side is not known. Views into the sides.
[[nodiscard]] std::optional<DepthUpdate> to_depth(const Header& header, const BookLevels& bids, const BookLevels& asks, const TouchlineTimes& times,
                                                  Flags flags);

/// One minute. Nothing: its time is impossible.
[[nodiscard]] std::optional<CandleUpdate> to_candle(const CandleMessage& message, bool with_volume, BrokerClock& clock, Flags flags);

/// Views into the message. The venue is empty where the segment is not known.
[[nodiscard]] MarketStatusUpdate to_market_status(const MarketStatusMessage& message, BrokerClock& clock);

}  // namespace tidegate::xts
