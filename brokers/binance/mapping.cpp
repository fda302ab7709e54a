#include "brokers/binance/mapping.hpp"

namespace tidegate::binance {
namespace {

NativeRef native(std::string_view symbol) { return NativeRef{.text = symbol}; }

/// The maker's side is sent; the aggressor is the other one.
Side aggressor(bool buyer_is_maker) { return buyer_is_maker ? Side::Sell : Side::Buy; }

/// When the engine did it, if that is sent; else when the publisher wrote the message; else unknown.
UtcTime engine_time(UtcTime transaction_time, UtcTime event_time) { return transaction_time.known() ? transaction_time : event_time; }

ChainRule chain_rule(Market market) { return market == Market::Spot ? ChainRule::FirstFollowsLast : ChainRule::PreviousEqualsLast; }

DepthUpdate from_event(const DepthEvent& depth, DepthKind kind, Market market) {
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

DepthUpdate from_partial(const PartialDepth& depth, std::string_view symbol, DepthKind kind, Market market) {
  return {
      .instrument = native(symbol),
      .kind = kind,
      .chain = chain_rule(market),
      .last_id = depth.last_update_id,
      .bids = depth.bids,
      .asks = depth.asks,
      .ts_event = engine_time(depth.transaction_time, depth.event_time),
  };
}

}  // namespace

TradeUpdate to_update(const Trade& trade) {
  return {
      .instrument = native(trade.symbol),
      .price = trade.price,
      .quantity = trade.quantity,
      .side = aggressor(trade.buyer_is_maker),
      .trade_id = trade.id,
      .numbered = true,
      .ts_event = trade.trade_time,
  };
}

TradeUpdate to_update(const AggregateTrade& trade) {
  return {
      .instrument = native(trade.symbol),
      .price = trade.price,
      .quantity = trade.quantity,
      .side = aggressor(trade.buyer_is_maker),
      .trade_id = trade.id,
      .numbered = true,
      .flags = Flags::Aggregated,
      .ts_event = trade.trade_time,
  };
}

QuoteUpdate to_update(const BookTicker& ticker) {
  return {
      .instrument = native(ticker.symbol),
      .bid_price = ticker.bid_price,
      .bid_size = ticker.bid_quantity,
      .ask_price = ticker.ask_price,
      .ask_size = ticker.ask_quantity,
      .book_id = ticker.update_id,
      .ts_event = engine_time(ticker.transaction_time, ticker.event_time),
  };
}

CandleUpdate to_update(const Kline& kline) {
  return {
      .instrument = native(kline.symbol),
      .channel = kline.channel,
      .open_time = kline.open_time,
      .open = kline.open,
      .high = kline.high,
      .low = kline.low,
      .close = kline.close,
      .volume = kline.volume,
      .closed = kline.closed,
      .ts_event = kline.event_time,
  };
}

TickerUpdate to_update(const Ticker& ticker) {
  TickerUpdate update;
  update.instrument = native(ticker.symbol);
  update.ts_event = ticker.event_time;
  update.set(TickerField::Price, ticker.last_price);
  update.set(TickerField::PriceChange, ticker.price_change);
  update.set(TickerField::PriceChangePercent, ticker.price_change_percent);
  update.set(TickerField::HighPrice, ticker.high);
  update.set(TickerField::LowPrice, ticker.low);
  update.set(TickerField::Volume, ticker.volume);
  update.set(TickerField::OpenPrice, ticker.open);
  update.set(TickerField::ClosePrice, ticker.previous_close);
  update.set(TickerField::AveragePrice, ticker.weighted_average);
  update.set(TickerField::LastQuantity, ticker.last_quantity);
  update.set(TickerField::Turnover, ticker.quote_volume);
  update.set(TickerField::BidPrice, ticker.bid_price);
  update.set(TickerField::BidSize, ticker.bid_quantity);
  update.set(TickerField::AskPrice, ticker.ask_price);
  update.set(TickerField::AskSize, ticker.ask_quantity);
  return update;
}

TickerUpdate to_update(const MiniTicker& ticker) {
  TickerUpdate update;
  update.instrument = native(ticker.symbol);
  update.ts_event = ticker.event_time;
  update.set(TickerField::Price, ticker.last_price);
  update.set(TickerField::OpenPrice, ticker.open);
  update.set(TickerField::HighPrice, ticker.high);
  update.set(TickerField::LowPrice, ticker.low);
  update.set(TickerField::Volume, ticker.volume);
  update.set(TickerField::Turnover, ticker.quote_volume);
  return update;
}

DepthUpdate to_delta(const DepthEvent& depth, Market market) { return from_event(depth, DepthKind::Delta, market); }

DepthUpdate to_top_levels(const DepthEvent& depth, Market market) { return from_event(depth, DepthKind::TopLevels, market); }

DepthUpdate to_top_levels(const PartialDepth& depth, std::string_view symbol, Market market) {
  return from_partial(depth, symbol, DepthKind::TopLevels, market);
}

DepthUpdate to_snapshot(const PartialDepth& depth, std::string_view symbol, Market market) {
  return from_partial(depth, symbol, DepthKind::Snapshot, market);
}

}  // namespace tidegate::binance
