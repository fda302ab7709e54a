// Binance's messages as the gateway's updates: sides, times, which fields are known. Pure.
#pragma once

#include "brokers/binance/messages.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::binance {

namespace detail {

inline NativeRef native(std::string_view symbol) { return NativeRef{.text = symbol}; }

/// The maker's side is sent; the aggressor is the other one.
inline Side aggressor(bool buyer_is_maker) { return buyer_is_maker ? Side::Sell : Side::Buy; }

/// When the engine did it, if that is sent; else when the publisher wrote the message; else unknown.
inline UtcTime engine_time(UtcTime transaction_time, UtcTime event_time) { return transaction_time.known() ? transaction_time : event_time; }

inline ChainRule chain_rule(Market market) { return market == Market::Spot ? ChainRule::FirstFollowsLast : ChainRule::PreviousEqualsLast; }

inline DepthUpdate from_event(const DepthEvent& depth, DepthKind kind, Market market) {
  return {
      .instrument = native(depth.symbol),
      .kind = kind,
      .chain = chain_rule(market),
      .first_id = depth.first_update_id,
      .last_id = depth.last_update_id,
      .previous_id = depth.previous_update_id,
      .bids = depth.bids,
      .asks = depth.asks,
      .ts_event = engine_time(depth.transaction_time, depth.event_time),
  };
}

/// Of either kind of trade.
template <class AnyTrade>
[[nodiscard]] TradeUpdate trade_update(const AnyTrade& trade, Flags flags) {
  return {
      .instrument = native(trade.symbol),
      .price = trade.price,
      .quantity = trade.quantity,
      .side = aggressor(trade.buyer_is_maker),
      .trade_id = trade.id,
      .numbered = true,
      .flags = flags,
      .ts_event = trade.trade_time,
  };
}

}  // namespace detail

// Here for the compiler: what comes by the thousand goes from the field to the update without a stop in between.

[[nodiscard]] inline TradeUpdate to_update(const Trade& trade) { return detail::trade_update(trade, Flags::None); }
[[nodiscard]] inline TradeUpdate to_update(const AggregateTrade& trade) { return detail::trade_update(trade, Flags::Aggregated); }

[[nodiscard]] inline QuoteUpdate to_update(const BookTicker& ticker) {
  return {
      .instrument = detail::native(ticker.symbol),
      .bid_price = ticker.bid_price,
      .bid_size = ticker.bid_quantity,
      .ask_price = ticker.ask_price,
      .ask_size = ticker.ask_quantity,
      .book_id = ticker.update_id,
      .ts_event = detail::engine_time(ticker.transaction_time, ticker.event_time),
  };
}

/// A change of the book; ids chain as the market's rule says.
[[nodiscard]] inline DepthUpdate to_delta(const DepthEvent& depth, Market market) { return detail::from_event(depth, DepthKind::Delta, market); }

/// The same message sent under a `@depth5|10|20` name: a complete replacement of the top levels.
[[nodiscard]] inline DepthUpdate to_top_levels(const DepthEvent& depth, Market market) {
  return detail::from_event(depth, DepthKind::TopLevels, market);
}

// The rest comes a few times a second.

[[nodiscard]] CandleUpdate to_update(const Kline& kline);
[[nodiscard]] TickerUpdate to_update(const Ticker& ticker);
[[nodiscard]] TickerUpdate to_update(const MiniTicker& ticker);

[[nodiscard]] DepthUpdate to_top_levels(const PartialDepth& depth, std::string_view symbol, Market market);
/// The answer of REST depth: the whole book, to which deltas join.
[[nodiscard]] DepthUpdate to_snapshot(const PartialDepth& depth, std::string_view symbol, Market market);

}  // namespace tidegate::binance
