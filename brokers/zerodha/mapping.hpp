// Kite Connect's packets as the gateway's updates: scales, times, and which zeros are values. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "brokers/zerodha/messages.hpp"
#include "brokers/zerodha/segments.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::zerodha {

/// The levels of a full packet that hold something, in the broker's order, best first.
struct BookLevels {
  std::array<LevelUpdate, kDepthEntries> buy, sell;
  std::size_t buy_count = 0, sell_count = 0;

  [[nodiscard]] std::span<const LevelUpdate> bids() const { return {buy.data(), buy_count}; }
  [[nodiscard]] std::span<const LevelUpdate> asks() const { return {sell.data(), sell_count}; }
};

namespace detail {

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

/// The fields that a packet of its kind speaks of, whatever the update held before: what is absent now ends what earlier packets said.
class SpokenFields {
 public:
  explicit SpokenFields(TickerUpdate& update) : update_(update) {}

  void set(TickerField field, Decimal value, bool there = true) {
    if (!there) [[unlikely]]
      value = kAbsent;
    Decimal& target = update_.values[static_cast<std::size_t>(field)];
    target.mantissa = value.mantissa;
    target.exponent = value.exponent;
    spoken_ |= 1U << static_cast<unsigned>(field);
    present_ |= (there ? 1U : 0U) << static_cast<unsigned>(field);
  }
  /// The last step. Until then the bits are no part of the update, so that none waits for the one before.
  void finish() {
    update_.present = present_;
    update_.cleared = spoken_ & ~present_;
  }

 private:
  TickerUpdate& update_;
  std::uint32_t spoken_ = 0, present_ = 0;
};

/// PriceChange is computed from the price and the previous close, never read: only index packets carry it, and its meaning there changed over the
/// years. A wire value that differs is no fault. docs/protocols/zerodha.md#price-change
inline void name_instrument(TickerUpdate& update, std::uint32_t token) {
  update.instrument = native_ref(token);
  update.derive_change = true;
}

inline void set_quote_fields(SpokenFields& fields, const QuotePacket& packet, Scale scale) {
  fields.set(TickerField::Price, scale.price(packet.last_price));
  fields.set(TickerField::LastQuantity, quantity(packet.last_traded_quantity));
  fields.set(TickerField::Volume, quantity(packet.volume_traded));
  fields.set(TickerField::TotalBuyQuantity, quantity(packet.total_buy_quantity));
  fields.set(TickerField::TotalSellQuantity, quantity(packet.total_sell_quantity));
  // Zero means "not traded today" while nothing was traded, and is a price otherwise: commodities have traded at and below zero.
  const bool traded = packet.volume_traded != 0;
  fields.set(TickerField::AveragePrice, scale.price(packet.average_traded_price), traded || packet.average_traded_price != 0);
  fields.set(TickerField::OpenPrice, scale.price(packet.open), traded || packet.open != 0);
  fields.set(TickerField::HighPrice, scale.price(packet.high), traded || packet.high != 0);
  fields.set(TickerField::LowPrice, scale.price(packet.low), traded || packet.low != 0);
  fields.set(TickerField::ClosePrice, scale.price(packet.close), packet.close != 0);  // zero: a new listing
}

/// Copied in its parts, as it was stored a moment ago: whole, it would wait until the processor has put the parts together.
inline Decimal in_parts(const Decimal& stored) { return {stored.mantissa, stored.exponent}; }

/// Quantity zero: nothing there, whatever the price says.
template <std::size_t... kIndex>
std::size_t read_side(DepthSide side, Scale scale, std::array<LevelUpdate, kDepthEntries>& levels, std::index_sequence<kIndex...>) {
  std::size_t count = 0;
  const auto read = [&](const DepthEntry& entry) {
    levels[count] = {.price = scale.price(entry.price), .quantity = quantity(entry.quantity), .orders = entry.orders};
    count += entry.quantity != 0 ? 1 : 0;  // the next one takes the place of an empty one
  };
  (read(side.entry<kIndex>()), ...);
  return count;
}

}  // namespace detail

// Of what comes for thousands of instruments at once, here for the compiler.

/// Overwrites `levels`.
inline void read_levels(const FullPacket& packet, BookLevels& levels) {
  const detail::Scale scale{packet.quote.instrument_token};
  levels.buy_count = detail::read_side(packet.buy, scale, levels.buy, std::make_index_sequence<kDepthEntries>{});
  levels.sell_count = detail::read_side(packet.sell, scale, levels.sell, std::make_index_sequence<kDepthEntries>{});
}

/// `update` is a new one, or had another full packet before: only what these carry is set; what their zeros say is not there is cleared.
inline void set_ticker(const FullPacket& packet, const BookLevels& levels, TickerUpdate& update) {
  detail::name_instrument(update, packet.quote.instrument_token);
  update.ts_event = detail::time(packet.exchange_timestamp);
  update.last_trade_time = detail::time(packet.last_trade_time);
  detail::SpokenFields fields{update};
  detail::set_quote_fields(fields, packet.quote, detail::Scale{packet.quote.instrument_token});
  fields.set(TickerField::OpenInterest, detail::quantity(packet.oi), packet.oi != 0 || has_open_interest(segment_of(packet.quote.instrument_token)));
  fields.set(TickerField::BidPrice, detail::in_parts(levels.buy.front().price), levels.buy_count != 0);
  fields.set(TickerField::BidSize, detail::in_parts(levels.buy.front().quantity), levels.buy_count != 0);
  fields.set(TickerField::AskPrice, detail::in_parts(levels.sell.front().price), levels.sell_count != 0);
  fields.set(TickerField::AskSize, detail::in_parts(levels.sell.front().quantity), levels.sell_count != 0);
  fields.finish();
}

/// The last trade, with the evidence that tells whether it is a new one. A quote packet has no time of it.
[[nodiscard]] inline TradeUpdate to_trade(const QuotePacket& packet) {
  TradeUpdate trade;
  trade.instrument = native_ref(packet.instrument_token);
  trade.price = detail::Scale{packet.instrument_token}.price(packet.last_price);
  trade.quantity = detail::quantity(packet.last_traded_quantity);
  trade.derived = true;
  trade.evidence.day_volume = packet.volume_traded;
  return trade;
}
[[nodiscard]] inline TradeUpdate to_trade(const FullPacket& packet) {
  TradeUpdate trade = to_trade(packet.quote);
  trade.ts_event = trade.evidence.last_trade_time = detail::time(packet.last_trade_time);
  return trade;
}

[[nodiscard]] inline QuoteUpdate to_quote(const FullPacket& packet, const BookLevels& levels) {
  QuoteUpdate update;
  update.instrument = native_ref(packet.quote.instrument_token);
  update.ts_event = detail::time(packet.exchange_timestamp);
  if (const auto bids = levels.bids(); !bids.empty()) {
    update.bid_price = detail::in_parts(bids.front().price);
    update.bid_size = detail::in_parts(bids.front().quantity);
  }
  if (const auto asks = levels.asks(); !asks.empty()) {
    update.ask_price = detail::in_parts(asks.front().price);
    update.ask_size = detail::in_parts(asks.front().quantity);
  }
  return update;
}

/// Views into `levels`.
[[nodiscard]] inline DepthUpdate to_depth(const FullPacket& packet, const BookLevels& levels) {
  return {
      .instrument = native_ref(packet.quote.instrument_token),
      .kind = DepthKind::TopLevels,
      .bids = levels.bids(),
      .asks = levels.asks(),
      .may_cross = true,  // pre-open and closing auctions
      .ts_event = detail::time(packet.exchange_timestamp),
  };
}

// The others: only what that packet carries is set; what its zeros say is not there is cleared.

[[nodiscard]] TickerUpdate to_ticker(const LtpPacket& packet);
[[nodiscard]] TickerUpdate to_ticker(const IndexPacket& packet);
[[nodiscard]] TickerUpdate to_ticker(const QuotePacket& packet);

}  // namespace tidegate::zerodha
