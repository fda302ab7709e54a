// The broker's tables of fields: each function reads one kind of message into its wire struct.
// Errors name the field: MissingField, BadInteger, BadDecimal, Overflow, BadText, BadShape. Times are in the unit of the connection.
// Messages that come by the thousand are returned bare, their faults stay in the reader: a Result of a whole message would be copied.
#pragma once

#include "brokers/binance/fields.hpp"
#include "brokers/binance/frame_reader.hpp"
#include "brokers/binance/messages.hpp"

namespace tidegate::binance {

/// docs/protocols/binance.md#trade
inline Trade read_trade(FieldReader& field) {
  return {
      .symbol = field.symbol("s"),
      .id = field.trade_id("t"),
      .price = field.price("p"),
      .quantity = field.quantity("q"),
      .trade_time = field.time("T"),
      .buyer_is_maker = field.boolean("m"),
  };
}

/// `f` and `l` are not read: their difference was seen negative. docs/protocols/binance.md#agg-trade
inline AggregateTrade read_aggregate_trade(FieldReader& field, std::string_view symbol) {
  return {
      .symbol = symbol,
      .id = field.trade_id("a"),
      .price = field.price("p"),
      .quantity = field.quantity("q"),
      .trade_time = field.time("T"),
      .buyer_is_maker = field.boolean("m"),
  };
}

inline AggregateTrade read_aggregate_trade(FieldReader& field) { return read_aggregate_trade(field, field.symbol("s")); }

/// One trade of REST, which names no symbol. docs/protocols/binance.md#old-trades
inline Result<Trade> read_old_trade(const Message& message, std::string_view symbol, common::TimeUnit unit) {
  FieldReader field{message.fields, unit};
  return field.result(Trade{
      .symbol = symbol,
      .id = field.trade_id("id"),
      .price = field.price("price"),
      .quantity = field.quantity("qty"),
      .trade_time = field.time("time"),
      .buyer_is_maker = field.boolean("isBuyerMaker"),
  });
}

/// The same of an aggregate trade. docs/protocols/binance.md#old-trades
inline Result<AggregateTrade> read_old_aggregate_trade(const Message& message, std::string_view symbol, common::TimeUnit unit) {
  FieldReader field{message.fields, unit};
  return field.result(read_aggregate_trade(field, symbol));
}

/// Spot sends no time here. docs/protocols/binance.md#book-ticker
inline BookTicker read_book_ticker(FieldReader& field) {
  return {
      .symbol = field.symbol("s"),
      .update_id = static_cast<std::uint64_t>(field.integer("u")),
      .bid_price = field.price("b"),
      .bid_quantity = field.quantity("B"),
      .ask_price = field.price("a"),
      .ask_quantity = field.quantity("A"),
      .transaction_time = field.optional_time("T"),
      .event_time = field.optional_time("E"),
  };
}

/// A side of a book, which the frame reader has read already: BadShape, MissingField, BadDecimal, Overflow, TooManyLevels.
inline std::span<const LevelUpdate> read_levels(FieldReader& field, Fields::Name name, const LevelList& list) {
  field.array(name);
  if (list.fault) field.fail(*list.fault, name);
  return list.levels;
}

/// docs/protocols/binance.md#diff-depth
inline DepthEvent read_depth_event(FieldReader& field, const Message& message, Market market) {
  const bool futures = market == Market::Usdm;
  DepthEvent depth{
      .symbol = field.symbol("s"),
      .first_update_id = field.integer("U"),
      .last_update_id = field.integer("u"),
      .previous_update_id = futures ? field.integer("pu") : 0,
      .bids = read_levels(field, "b", message.b),
      .asks = read_levels(field, "a", message.a),
      .transaction_time = futures ? field.time("T") : kNoTime,
      .event_time = field.time("E"),
  };
  if (depth.last_update_id < depth.first_update_id) field.fail(Reason::BadInteger, "u");
  return depth;
}

/// docs/protocols/binance.md#partial-depth
inline Result<PartialDepth> read_partial_depth(const Message& message, common::TimeUnit unit) {
  FieldReader field{message.fields, unit};
  return field.result(PartialDepth{
      .last_update_id = field.integer("lastUpdateId", -1),
      .bids = read_levels(field, "bids", message.bids),
      .asks = read_levels(field, "asks", message.asks),
      .transaction_time = field.optional_time("T"),
      .event_time = field.optional_time("E"),
  });
}

/// `channel` is what the interval `i` names. docs/protocols/binance.md#kline
inline Result<Kline> read_kline(const Message& message, common::TimeUnit unit, Channel channel) {
  FieldReader outer{message.fields, unit};
  FieldReader field{message.kline, unit};
  const Kline kline{
      .symbol = outer.symbol("s"),
      .channel = channel,
      .open_time = field.time("t"),
      .open = field.price("o"),
      .high = field.price("h"),
      .low = field.price("l"),
      .close = field.price("c"),
      .volume = field.quantity("v"),
      .closed = field.boolean("x"),
      .event_time = outer.time("E"),
  };
  const Result<Kline> outside = outer.result(kline);
  return outside ? field.result(kline) : outside;
}

/// The previous close and the best bid and ask are sent on spot alone. docs/protocols/binance.md#ticker
inline Result<Ticker> read_ticker(const Message& message, common::TimeUnit unit) {
  FieldReader field{message.fields, unit};
  return field.result(Ticker{
      .symbol = field.symbol("s"),
      .last_price = field.price("c"),
      .price_change = field.decimal("p"),
      .price_change_percent = field.decimal("P"),
      .weighted_average = field.price("w"),
      .last_quantity = field.quantity("Q"),
      .open = field.price("o"),
      .high = field.price("h"),
      .low = field.price("l"),
      .volume = field.quantity("v"),
      .quote_volume = field.quantity("q"),
      .previous_close = field.optional_price("x"),
      .bid_price = field.optional_price("b"),
      .bid_quantity = field.optional_quantity("B"),
      .ask_price = field.optional_price("a"),
      .ask_quantity = field.optional_quantity("A"),
      .event_time = field.time("E"),
  });
}

/// docs/protocols/binance.md#mini-ticker
inline Result<MiniTicker> read_mini_ticker(const Message& message, common::TimeUnit unit) {
  FieldReader field{message.fields, unit};
  return field.result(MiniTicker{
      .symbol = field.symbol("s"),
      .last_price = field.price("c"),
      .open = field.price("o"),
      .high = field.price("h"),
      .low = field.price("l"),
      .volume = field.quantity("v"),
      .quote_volume = field.quantity("q"),
      .event_time = field.time("E"),
  });
}

}  // namespace tidegate::binance
