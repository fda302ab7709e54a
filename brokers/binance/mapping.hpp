// Binance's messages as the gateway's updates: sides, times, which fields are known. Pure.
#pragma once

#include "brokers/binance/messages.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::binance {

[[nodiscard]] TradeUpdate to_update(const Trade& trade);
[[nodiscard]] TradeUpdate to_update(const AggregateTrade& trade);
[[nodiscard]] QuoteUpdate to_update(const BookTicker& ticker);
[[nodiscard]] CandleUpdate to_update(const Kline& kline);
[[nodiscard]] TickerUpdate to_update(const Ticker& ticker);
[[nodiscard]] TickerUpdate to_update(const MiniTicker& ticker);

/// A change of the book; ids chain as the market's rule says.
[[nodiscard]] DepthUpdate to_delta(const DepthEvent& depth, Market market);
/// The same message sent under a `@depth5|10|20` name: a complete replacement of the top levels.
[[nodiscard]] DepthUpdate to_top_levels(const DepthEvent& depth, Market market);
[[nodiscard]] DepthUpdate to_top_levels(const PartialDepth& depth, std::string_view symbol, Market market);
/// The answer of REST depth: the whole book, to which deltas join.
[[nodiscard]] DepthUpdate to_snapshot(const PartialDepth& depth, std::string_view symbol, Market market);

}  // namespace tidegate::binance
