#include "brokers/binance/mapping.hpp"

namespace tidegate::binance {
namespace {

DepthUpdate from_partial(const PartialDepth& depth, std::string_view symbol, DepthKind kind, Market market) {
  return {
      .instrument = detail::native(symbol),
      .kind = kind,
      .chain = detail::chain_rule(market),
      .last_id = depth.last_update_id,
      .bids = depth.bids,
      .asks = depth.asks,
      .ts_event = detail::engine_time(depth.transaction_time, depth.event_time),
  };
}

}  // namespace

CandleUpdate to_update(const Kline& kline) {
  return {
      .instrument = detail::native(kline.symbol),
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
  update.instrument = detail::native(ticker.symbol);
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
  update.instrument = detail::native(ticker.symbol);
  update.ts_event = ticker.event_time;
  update.set(TickerField::Price, ticker.last_price);
  update.set(TickerField::OpenPrice, ticker.open);
  update.set(TickerField::HighPrice, ticker.high);
  update.set(TickerField::LowPrice, ticker.low);
  update.set(TickerField::Volume, ticker.volume);
  update.set(TickerField::Turnover, ticker.quote_volume);
  return update;
}

DepthUpdate to_top_levels(const PartialDepth& depth, std::string_view symbol, Market market) {
  return from_partial(depth, symbol, DepthKind::TopLevels, market);
}

DepthUpdate to_snapshot(const PartialDepth& depth, std::string_view symbol, Market market) {
  return from_partial(depth, symbol, DepthKind::Snapshot, market);
}

}  // namespace tidegate::binance
