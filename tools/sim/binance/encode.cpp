#include "tools/sim/binance/encode.hpp"

#include <algorithm>

#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr int kTurnoverDecimals = 8;
constexpr std::int64_t kFundingMs = 8LL * 3600 * 1000;

struct Decimals {
  int price, quantity;
};
Decimals decimals(const SymbolMarket& market) { return {market.spec().price_decimals, market.spec().quantity_decimals}; }

void append_level(std::string& out, const SymbolMarket& market, std::int64_t price, std::int64_t quantity) {
  const auto [price_decimals, quantity_decimals] = decimals(market);
  out += "[\"";
  append_decimal(out, market.price_e8(price), price_decimals);
  out += "\",\"";
  append_decimal(out, market.quantity_e8(quantity), quantity_decimals);
  out += "\"]";
}

/// Changed levels with what the book holds there now.
void append_changes(std::string& out, const SymbolMarket& market, BookSide side, std::span<const std::int64_t> prices, bool descending) {
  out += '[';
  for (std::size_t i = 0; i < prices.size(); ++i) {
    const std::int64_t price = prices[descending ? prices.size() - 1 - i : i];
    if (i != 0) out += ',';
    append_level(out, market, price, market.book().quantity(side, price));
  }
  out += ']';
}

void append_top(std::string& out, const SymbolMarket& market, BookSide side, std::size_t limit, bool worst_first) {
  const std::size_t count = std::min(limit, market.book().levels(side).size());
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    const BookLevel& level = market.book().at(side, worst_first ? count - 1 - i : i);
    append_level(out, market, level.price, level.quantity);
  }
  out += ']';
}

void write_top(ObjectWriter& object, const SymbolMarket& market) {
  const auto [price, quantity] = decimals(market);
  const BookLevel& bid = market.book().at(BookSide::Bid, 0);
  const BookLevel& ask = market.book().at(BookSide::Ask, 0);
  object.decimal("b", market.price_e8(bid.price), price).decimal("B", market.quantity_e8(bid.quantity), quantity);
  object.decimal("a", market.price_e8(ask.price), price).decimal("A", market.quantity_e8(ask.quantity), quantity);
}

/// What the CM-UM integration of 2026 added behind most USD-M payloads.
void write_pair_and_type(ObjectWriter& object, const SymbolMarket& market) { object.text("ps", market.spec().name).integer("st", 1); }

}  // namespace

void append_levels(std::string& out, const SymbolMarket& market, BookSide side, std::size_t limit) { append_top(out, market, side, limit, false); }

Wide average_price(const Candle& candle) { return candle.volume == 0 ? Wide{0} : candle.turnover / candle.volume; }

Wide change_percent(std::int64_t first, std::int64_t last) { return first == 0 ? Wide{0} : Wide{last - first} * 100 * kE8 / first; }

void encode_trade(std::string& out, const Encoding& encoding, const SymbolMarket& market, const MarketTrade& trade) {
  const auto [price, quantity] = decimals(market);
  ObjectWriter object{out};
  object.text("e", "trade").integer("E", encoding.time(encoding.now_us));
  if (encoding.usdm()) object.integer("T", encoding.time(trade.time_us));
  object.text("s", market.spec().name).integer("t", trade.id);
  object.decimal("p", market.price_e8(trade.price), price).decimal("q", market.quantity_e8(trade.quantity), quantity);
  if (encoding.usdm()) {
    object.text("X", "MARKET").flag("m", trade.buyer_is_maker).integer("st", 1);
  } else {
    object.integer("T", encoding.time(trade.time_us)).flag("m", trade.buyer_is_maker).flag("M", true);
  }
  object.close();
}

void encode_agg_trade(std::string& out, const Encoding& encoding, const SymbolMarket& market, const MarketAggTrade& trade) {
  const auto [price, quantity] = decimals(market);
  ObjectWriter object{out};
  object.text("e", "aggTrade").integer("E", encoding.time(encoding.now_us));
  if (encoding.usdm()) {
    object.integer("a", trade.id).text("s", market.spec().name);
  } else {
    object.text("s", market.spec().name).integer("a", trade.id);
  }
  object.decimal("p", market.price_e8(trade.price), price).decimal("q", market.quantity_e8(trade.quantity), quantity);
  if (encoding.usdm()) object.decimal("nq", market.quantity_e8(trade.quantity), quantity);
  object.integer("f", trade.first_trade).integer("l", trade.last_trade).integer("T", encoding.time(trade.time_us)).flag("m", trade.buyer_is_maker);
  if (encoding.usdm()) {
    object.integer("st", 1);
  } else {
    object.flag("M", true);
  }
  object.close();
}

void encode_book_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market) {
  ObjectWriter object{out};
  if (encoding.usdm()) {
    object.text("e", "bookTicker").integer("u", market.update_id()).text("s", market.spec().name).text("ps", market.spec().name);
    write_top(object, market);
    object.integer("T", market.updated_us() / 1000).integer("E", encoding.time(encoding.now_us)).integer("st", 1);
  } else {
    object.integer("u", market.update_id()).text("s", market.spec().name);
    write_top(object, market);
  }
  object.close();
}

void encode_depth(std::string& out, const Encoding& encoding, const SymbolMarket& market, const DepthEvent& event) {
  ObjectWriter object{out};
  object.text("e", "depthUpdate").integer("E", encoding.time(encoding.now_us));
  if (encoding.usdm()) object.integer("T", market.updated_us() / 1000);
  object.text("s", market.spec().name);
  if (encoding.usdm()) object.text("ps", market.spec().name);
  object.integer("U", event.first_id).integer("u", event.last_id);
  if (encoding.usdm()) object.integer("pu", event.previous_id);
  object.key("b");
  append_changes(out, market, BookSide::Bid, event.bids, !encoding.usdm());  // USD-M lists bids worst first
  object.key("a");
  append_changes(out, market, BookSide::Ask, event.asks, false);
  if (encoding.usdm()) object.integer("st", 1);
  object.close();
}

void encode_partial_depth(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::size_t levels, std::int64_t first_id,
                          std::int64_t previous_id) {
  ObjectWriter object{out};
  if (encoding.usdm()) {
    object.text("e", "depthUpdate").integer("E", encoding.time(encoding.now_us)).integer("T", market.updated_us() / 1000);
    object.text("s", market.spec().name).integer("U", first_id).integer("u", market.update_id()).integer("pu", previous_id);
  } else {
    object.integer("lastUpdateId", market.update_id());
  }
  object.key(encoding.usdm() ? "b" : "bids");
  append_top(out, market, BookSide::Bid, levels, false);
  object.key(encoding.usdm() ? "a" : "asks");
  append_top(out, market, BookSide::Ask, levels, false);
  if (encoding.usdm()) write_pair_and_type(object, market);
  object.close();
}

void encode_kline(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::size_t interval, const Candle& candle, bool closed) {
  const auto [price, quantity] = decimals(market);
  ObjectWriter object{out};
  object.text("e", "kline").integer("E", encoding.time(encoding.now_us)).text("s", market.spec().name).key("k");
  ObjectWriter bar{out, encoding.usdm() ? ", " : ","};
  const std::int64_t end_us = interval_end(interval, candle.open_ms) * 1000;
  bar.integer("t", encoding.time(candle.open_ms * 1000)).integer("T", encoding.time(end_us) - 1);
  bar.text("s", market.spec().name).text("i", kIntervals[interval]).integer("f", candle.first_id).integer("L", candle.last_id);
  bar.decimal("o", candle.open, price).decimal("c", candle.close, price).decimal("h", candle.high, price).decimal("l", candle.low, price);
  bar.decimal("v", candle.volume, quantity).integer("n", candle.count).flag("x", closed).decimal("q", candle.turnover / kE8, kTurnoverDecimals);
  bar.decimal("V", candle.taker_volume, quantity).decimal("Q", candle.taker_turnover / kE8, kTurnoverDecimals).text("B", "0");
  bar.close();
  object.close();
}

void encode_mini_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market) {
  const auto [price, quantity] = decimals(market);
  const Candle day = market.day().sum(encoding.now_us / 1000, 1440);
  ObjectWriter object{out};
  object.text("e", "24hrMiniTicker").integer("E", encoding.time(encoding.now_us)).text("s", market.spec().name);
  object.decimal("c", day.close, price).decimal("o", day.open, price).decimal("h", day.high, price).decimal("l", day.low, price);
  object.decimal("v", day.volume, quantity).decimal("q", day.turnover / kE8, kTurnoverDecimals);
  if (encoding.usdm()) write_pair_and_type(object, market);
  object.close();
}

void encode_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market) {
  const auto [price, quantity] = decimals(market);
  const std::int64_t now_ms = encoding.now_us / 1000;
  const Candle day = market.day().sum(now_ms, 1440);
  const std::int64_t before = market.day().price_before(now_ms, 1440);
  ObjectWriter object{out};
  object.text("e", "24hrTicker").integer("E", encoding.time(encoding.now_us)).text("s", market.spec().name);
  object.decimal("p", day.close - day.open, price).decimal("P", change_percent(day.open, day.close), 3).decimal("w", average_price(day), price);
  if (!encoding.usdm()) object.decimal("x", before != 0 ? before : day.open, price);
  object.decimal("c", day.close, price).decimal("Q", market.quantity_e8(market.trades().back().quantity), quantity);
  if (!encoding.usdm()) write_top(object, market);
  object.decimal("o", day.open, price).decimal("h", day.high, price).decimal("l", day.low, price);
  object.decimal("v", day.volume, quantity).decimal("q", day.turnover / kE8, kTurnoverDecimals);
  object.integer("O", encoding.time((now_ms - 86'400'000) * 1000)).integer("C", encoding.time(now_ms * 1000));
  object.integer("F", day.first_id).integer("L", day.last_id).integer("n", day.count);
  if (encoding.usdm()) write_pair_and_type(object, market);
  object.close();
}

void encode_window_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::string_view window, std::int64_t minutes) {
  const auto [price, quantity] = decimals(market);
  const std::int64_t now_ms = encoding.now_us / 1000;
  const Candle sum = market.day().sum(now_ms, minutes);
  ObjectWriter object{out};
  object.text("e", std::string{window} + "Ticker").integer("E", encoding.time(encoding.now_us)).text("s", market.spec().name);
  object.decimal("p", sum.close - sum.open, price).decimal("P", change_percent(sum.open, sum.close), 3);
  object.decimal("o", sum.open, price).decimal("h", sum.high, price).decimal("l", sum.low, price).decimal("c", sum.close, price);
  object.decimal("w", average_price(sum), price).decimal("v", sum.volume, quantity).decimal("q", sum.turnover / kE8, kTurnoverDecimals);
  const std::int64_t from_ms = interval_open(kIntervalMinute, now_ms) - (minutes - 1) * 60'000;
  object.integer("O", encoding.time(from_ms * 1000)).integer("C", encoding.time(now_ms * 1000));
  object.integer("F", sum.first_id).integer("L", sum.last_id).integer("n", sum.count).close();
}

void encode_avg_price(std::string& out, const Encoding& encoding, const SymbolMarket& market) {
  const Candle sum = market.day().sum(encoding.now_us / 1000, 5);
  const MarketTrade& last = market.trades().back();
  const Wide average = sum.count != 0 ? average_price(sum) : Wide{market.price_e8(last.price)};
  ObjectWriter object{out};
  object.text("e", "avgPrice").integer("E", encoding.time(encoding.now_us)).text("s", market.spec().name).text("i", "5m");
  object.decimal("w", average, market.spec().price_decimals).integer("T", encoding.time(last.time_us)).close();
}

void encode_mark_price(std::string& out, const Encoding& encoding, const SymbolMarket& market) {
  const std::int64_t middle = (market.price_e8(market.book().best(BookSide::Bid)) + market.price_e8(market.book().best(BookSide::Ask))) / 2;
  const std::int64_t now_ms = encoding.now_us / 1000;
  ObjectWriter object{out};
  object.text("e", "markPriceUpdate").integer("E", now_ms).text("s", market.spec().name);
  object.decimal("p", middle, 8).decimal("ap", middle, 8).decimal("P", middle + middle / 10'000, 8).decimal("i", middle + middle / 2'000, 8);
  object.text("r", "0.00010000").integer("T", (now_ms / kFundingMs + 1) * kFundingMs).integer("st", 1).close();
}

}  // namespace tidegate::sim::binance
