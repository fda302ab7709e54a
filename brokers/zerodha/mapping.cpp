#include "brokers/zerodha/mapping.hpp"

#include "brokers/zerodha/segments.hpp"

namespace tidegate::zerodha {
namespace {

/// Integers of one instrument's packet to decimals.
class Scale {
 public:
  explicit Scale(std::uint32_t token) : exponent_(price_exponent(segment_of(token))) {}
  [[nodiscard]] Decimal price(std::int32_t raw) const { return {raw, exponent_}; }

 private:
  std::int8_t exponent_;
};

constexpr Decimal quantity(std::uint32_t raw) { return {raw, 0}; }

/// Whole seconds, UTC. Zero is no time, not the year 1970.
constexpr UtcTime time(std::uint32_t seconds) { return seconds == 0 ? kNoTime : UtcTime{std::int64_t{seconds} * 1'000'000'000}; }

/// For a field that each packet of its kind speaks of: an absent value ends what earlier packets said.
void set_or_clear(TickerUpdate& update, TickerField field, Decimal value) {
  if (!value.present()) return update.clear(field);
  update.set(field, value);
}

/// PriceChange is computed from the price and the previous close, never read: only index packets carry it, and its meaning there changed over the
/// years. A wire value that differs is no fault. docs/protocols/zerodha.md#price-change
void set_price(TickerUpdate& update, std::uint32_t token, Decimal last_price) {
  update.instrument = native_ref(token);
  update.derive_change = true;
  update.set(TickerField::Price, last_price);
}

void set_quote_fields(TickerUpdate& update, const QuotePacket& packet) {
  const Scale scale{packet.instrument_token};
  set_price(update, packet.instrument_token, scale.price(packet.last_price));
  update.set(TickerField::LastQuantity, quantity(packet.last_traded_quantity));
  update.set(TickerField::Volume, quantity(packet.volume_traded));
  update.set(TickerField::TotalBuyQuantity, quantity(packet.total_buy_quantity));
  update.set(TickerField::TotalSellQuantity, quantity(packet.total_sell_quantity));
  // Zero means "not traded today" while nothing was traded, and is a price otherwise: commodities have traded at and below zero.
  const bool traded = packet.volume_traded != 0;
  const auto price_of_today = [&](TickerField field, std::int32_t raw) {
    set_or_clear(update, field, traded || raw != 0 ? scale.price(raw) : kAbsent);
  };
  price_of_today(TickerField::AveragePrice, packet.average_traded_price);
  price_of_today(TickerField::OpenPrice, packet.open);
  price_of_today(TickerField::HighPrice, packet.high);
  price_of_today(TickerField::LowPrice, packet.low);
  set_or_clear(update, TickerField::ClosePrice, packet.close != 0 ? scale.price(packet.close) : kAbsent);  // zero: a new listing
}

/// Quantity zero: nothing there, whatever the price says.
std::size_t read_side(const std::array<DepthEntry, kDepthEntries>& entries, Scale scale, std::array<LevelUpdate, kDepthEntries>& levels) {
  std::size_t count = 0;
  for (const DepthEntry& entry : entries) {
    levels[count] = {.price = scale.price(entry.price), .quantity = quantity(entry.quantity), .orders = entry.orders};
    count += entry.quantity != 0 ? 1 : 0;  // the next one takes the place of an empty one
  }
  return count;
}

}  // namespace

void read_levels(const FullPacket& packet, BookLevels& levels) {
  const Scale scale{packet.quote.instrument_token};
  levels.buy_count = read_side(packet.buy, scale, levels.buy);
  levels.sell_count = read_side(packet.sell, scale, levels.sell);
}

TickerUpdate to_ticker(const LtpPacket& packet) {
  TickerUpdate update;
  set_price(update, packet.instrument_token, Scale{packet.instrument_token}.price(packet.last_price));
  return update;
}

TickerUpdate to_ticker(const IndexPacket& packet) {
  const Scale scale{packet.instrument_token};
  TickerUpdate update;
  set_price(update, packet.instrument_token, scale.price(packet.last_price));
  update.ts_event = time(packet.exchange_timestamp);
  const auto price_if_any = [&](TickerField field, std::int32_t raw) { set_or_clear(update, field, raw != 0 ? scale.price(raw) : kAbsent); };
  price_if_any(TickerField::HighPrice, packet.high);
  price_if_any(TickerField::LowPrice, packet.low);
  price_if_any(TickerField::OpenPrice, packet.open);
  price_if_any(TickerField::ClosePrice, packet.close);
  return update;
}

TickerUpdate to_ticker(const QuotePacket& packet) {
  TickerUpdate update;
  set_quote_fields(update, packet);
  return update;
}

TickerUpdate to_ticker(const FullPacket& packet, const BookLevels& levels) {
  TickerUpdate update;
  set_quote_fields(update, packet.quote);
  update.ts_event = time(packet.exchange_timestamp);
  update.last_trade_time = time(packet.last_trade_time);
  const bool open_interest = packet.oi != 0 || has_open_interest(segment_of(packet.quote.instrument_token));
  set_or_clear(update, TickerField::OpenInterest, open_interest ? quantity(packet.oi) : kAbsent);
  const auto best = [&](TickerField price, TickerField size, std::span<const LevelUpdate> side) {
    set_or_clear(update, price, side.empty() ? kAbsent : side.front().price);
    set_or_clear(update, size, side.empty() ? kAbsent : side.front().quantity);
  };
  best(TickerField::BidPrice, TickerField::BidSize, levels.bids());
  best(TickerField::AskPrice, TickerField::AskSize, levels.asks());
  return update;
}

TradeUpdate to_trade(const QuotePacket& packet) {
  TradeUpdate trade;
  trade.instrument = native_ref(packet.instrument_token);
  trade.price = Scale{packet.instrument_token}.price(packet.last_price);
  trade.quantity = quantity(packet.last_traded_quantity);
  trade.derived = true;
  trade.evidence.day_volume = packet.volume_traded;
  return trade;
}

TradeUpdate to_trade(const FullPacket& packet) {
  TradeUpdate trade = to_trade(packet.quote);
  trade.ts_event = trade.evidence.last_trade_time = time(packet.last_trade_time);
  return trade;
}

QuoteUpdate to_quote(const FullPacket& packet, const BookLevels& levels) {
  QuoteUpdate update;
  update.instrument = native_ref(packet.quote.instrument_token);
  update.ts_event = time(packet.exchange_timestamp);
  if (const auto bids = levels.bids(); !bids.empty()) {
    update.bid_price = bids.front().price;
    update.bid_size = bids.front().quantity;
  }
  if (const auto asks = levels.asks(); !asks.empty()) {
    update.ask_price = asks.front().price;
    update.ask_size = asks.front().quantity;
  }
  return update;
}

DepthUpdate to_depth(const FullPacket& packet, const BookLevels& levels) {
  return {
      .instrument = native_ref(packet.quote.instrument_token),
      .kind = DepthKind::TopLevels,
      .bids = levels.bids(),
      .asks = levels.asks(),
      .may_cross = true,  // pre-open and closing auctions
      .ts_event = time(packet.exchange_timestamp),
  };
}

}  // namespace tidegate::zerodha
