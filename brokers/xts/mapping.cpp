#include "brokers/xts/mapping.hpp"

#include "brokers/xts/segments.hpp"

namespace tidegate::xts {
namespace {

bool is_nonzero(Decimal value) { return value.present() && !value.is_zero(); }

/// For a field whose zero says that there is none.
void set_or_clear(TickerUpdate& update, TickerField field, Decimal value) {
  if (value.present() && value.is_zero()) return update.clear(field);
  update.set(field, value);
}

/// Of one side: its price and size, none where nobody quotes, untouched where it is not known.
void set_best(TickerUpdate& update, TickerField price, TickerField size, const BookLevels& side) {
  if (!side.known) return;
  if (side.levels.empty()) {
    update.clear(price);
    update.clear(size);
    return;
  }
  update.set(price, side.levels.front().price);
  update.set(size, side.levels.front().quantity);
}

constexpr std::int64_t kMinuteNs = 60'000'000'000;

}  // namespace

bool is_regular_market(const Header& header) { return header.market_type >= -1 && header.market_type <= 1; }

void read_levels(std::span<const BookRow> rows, BookLevels& side) {
  side.levels.clear();
  side.known = rows.empty() || (rows.front().price.present() && rows.front().size.present());
  for (const BookRow& row : rows) {
    if (!row.price.present() || !row.size.present()) return;
    if (row.price.is_zero() || row.size.is_zero()) continue;
    side.levels.push_back({.price = row.price, .quantity = row.size, .orders = row.orders});
  }
}

TouchlineTimes read_times(const Header& header, const Touchline& touchline, BrokerClock& clock) {
  return {
      .event = clock.since_1980(header.exchange_time != 0 ? header.exchange_time : touchline.last_update_time),
      .last_trade = clock.since_1980(touchline.last_trade_time),
  };
}

TickerUpdate to_ticker(const Header& header, const Touchline& touchline, const BookLevels& bids, const BookLevels& asks, const TouchlineTimes& times,
                       Flags flags) {
  TickerUpdate update;
  update.instrument = native_ref(header.segment, header.instrument);
  update.flags = flags;
  update.ts_event = times.event;
  update.derive_change = true;
  set_or_clear(update, TickerField::ClosePrice, touchline.close);  // zero: a new listing
  if (is_nonzero(touchline.close)) update.set(TickerField::PriceChangePercent, touchline.percent_change);
  update.last_trade_time = times.last_trade;
  update.set(TickerField::LastQuantity, touchline.last_quantity);
  update.set(TickerField::Volume, touchline.volume);
  update.set(TickerField::TotalBuyQuantity, touchline.total_buy);
  update.set(TickerField::TotalSellQuantity, touchline.total_sell);
  // Zero means "not traded today" while nothing was traded, and is a price otherwise: commodities have traded at and below zero.
  const bool traded = is_nonzero(touchline.volume);
  const auto price_of_today = [&](TickerField field, Decimal price) {
    if (traded) {
      update.set(field, price);
    } else {
      set_or_clear(update, field, price);
    }
  };
  price_of_today(TickerField::Price, touchline.last_price);
  price_of_today(TickerField::AveragePrice, touchline.average);
  price_of_today(TickerField::OpenPrice, touchline.open);
  price_of_today(TickerField::HighPrice, touchline.high);
  price_of_today(TickerField::LowPrice, touchline.low);
  // Null or zero beside a volume in all that was seen live. docs/protocols/xts.md#turnover
  if (touchline.turnover.present() && touchline.turnover.mantissa > 0) update.set(TickerField::Turnover, touchline.turnover);
  set_best(update, TickerField::BidPrice, TickerField::BidSize, bids);
  set_best(update, TickerField::AskPrice, TickerField::AskSize, asks);
  return update;
}

TickerUpdate to_ticker(const OpenInterestMessage& message, BrokerClock& clock, Flags flags) {
  TickerUpdate update;
  update.instrument = native_ref(message.header.segment, message.header.instrument);
  update.flags = flags;
  update.ts_event = clock.since_1980(message.header.exchange_time);
  update.set(TickerField::OpenInterest, message.open_interest);
  return update;
}

std::optional<TickerUpdate> to_ticker(const LastPriceMessage& message, BrokerClock& clock, Flags flags) {
  if (!is_nonzero(message.last_price)) return std::nullopt;
  TickerUpdate update;
  update.instrument = native_ref(message.header.segment, message.header.instrument);
  update.flags = flags;
  update.ts_event = clock.since_1980(message.last_update_time);
  update.derive_change = true;
  update.set(TickerField::Price, message.last_price);
  update.set(TickerField::LastQuantity, message.last_quantity);
  return update;
}

std::optional<TradeUpdate> to_trade(const Header& header, const Touchline& touchline, const TouchlineTimes& times, Flags flags) {
  const Decimal volume = rescale(touchline.volume, 0);
  if (!touchline.last_price.present() || !is_nonzero(touchline.last_quantity) || (!volume.present() && !times.last_trade.known()))
    return std::nullopt;
  TradeUpdate trade;
  trade.instrument = native_ref(header.segment, header.instrument);
  trade.price = touchline.last_price;
  trade.quantity = touchline.last_quantity;
  trade.flags = flags;
  trade.ts_event = times.last_trade;
  trade.derived = true;
  trade.evidence = {.day_volume = volume.present() ? volume.mantissa : -1, .last_trade_time = times.last_trade};
  return trade;
}

std::optional<QuoteUpdate> to_quote(const Header& header, const BookLevels& bids, const BookLevels& asks, const TouchlineTimes& times, Flags flags) {
  if (!bids.known && !asks.known) return std::nullopt;
  QuoteUpdate update;
  update.instrument = native_ref(header.segment, header.instrument);
  update.flags = flags;
  update.ts_event = times.event;
  if (!bids.levels.empty()) {
    update.bid_price = bids.levels.front().price;
    update.bid_size = bids.levels.front().quantity;
  }
  if (!asks.levels.empty()) {
    update.ask_price = asks.levels.front().price;
    update.ask_size = asks.levels.front().quantity;
  }
  return update;
}

std::optional<DepthUpdate> to_depth(const Header& header, const BookLevels& bids, const BookLevels& asks, const TouchlineTimes& times, Flags flags) {
  if (!bids.known || !asks.known) return std::nullopt;
  return DepthUpdate{
      .instrument = native_ref(header.segment, header.instrument),
      .kind = DepthKind::TopLevels,
      .bids = bids.levels,
      .asks = asks.levels,
      .may_cross = true,  // pre-open and closing auctions
      .flags = flags,
      .ts_event = times.event,
  };
}

std::optional<CandleUpdate> to_candle(const CandleMessage& message, bool with_volume, BrokerClock& clock, Flags flags) {
  const UtcTime bar = clock.since_1970(message.bar_time);
  if (!bar.known()) return std::nullopt;
  return CandleUpdate{
      .instrument = native_ref(message.header.segment, message.header.instrument),
      .channel = Channel::Candle1m,
      .open_time = UtcTime{bar.ns - bar.ns % kMinuteNs},
      .open = message.open,
      .high = message.high,
      .low = message.low,
      .close = message.close,
      // Of the day in the one live capture, of the bar in the documents: the sources disagree. docs/protocols/xts.md#candles
      .volume = with_volume ? message.volume : kAbsent,
      .closed = true,
      .flags = flags,
      .ts_event = bar,
  };
}

MarketStatusUpdate to_market_status(const MarketStatusMessage& message, BrokerClock& clock) {
  const Segment* const segment = find_segment(message.header.segment);
  return {
      .venue = segment != nullptr ? segment->venue : std::string_view{},
      .message = message.text,
      .ts_event = clock.since_1980(message.header.exchange_time),
  };
}

}  // namespace tidegate::xts
