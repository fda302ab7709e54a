// REST answers of the generated market.
#include <algorithm>

#include "tools/sim/binance/exchange_info.hpp"
#include "tools/sim/binance/generator.hpp"
#include "tools/sim/binance/generator_output.hpp"
#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

/// The range of a list sorted by id that `history` asks for.
template <class List>
std::pair<std::size_t, std::size_t> range_of(const List& list, const Feed::History& history) {
  std::size_t first = list.size() > history.limit ? list.size() - history.limit : 0;
  if (history.from_id >= 0) {
    const auto it = std::lower_bound(list.begin(), list.end(), history.from_id, [](const auto& entry, std::int64_t id) { return entry.id < id; });
    first = static_cast<std::size_t>(it - list.begin());
  }
  return {first, std::min(list.size(), first + history.limit)};
}

}  // namespace

void GeneratedFeed::exchange_symbols(Market market, std::span<const std::string> wanted, std::string& out) const {
  bool first = true;
  for (const auto& symbol : side(market).symbols) {
    const SymbolSpec& spec = symbol->market.spec();
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), spec.name) == wanted.end()) continue;
    if (!first) out += ',';
    first = false;
    append_exchange_symbol(out, market, spec);
  }
}

std::optional<std::string> GeneratedFeed::depth(Market market, std::string_view symbol, std::size_t limit, Now now) {
  const SymbolMarket& state = *this->market(market, symbol);
  std::string out;
  ObjectWriter object{out};
  object.integer("lastUpdateId", state.update_id());
  if (market == Market::Usdm) object.integer("E", now.utc_us / 1000).integer("T", state.updated_us() / 1000);
  object.key("bids");
  append_levels(out, state, BookSide::Bid, limit);
  object.key("asks");
  append_levels(out, state, BookSide::Ask, limit);
  object.close();
  return out;
}

std::string GeneratedFeed::agg_trades(Market market, std::string_view symbol, const History& history) const {
  const SymbolMarket& state = *this->market(market, symbol);
  const SymbolSpec& spec = state.spec();
  const auto [first, last] = range_of(state.agg_trades(), history);
  std::string out = "[";
  for (std::size_t i = first; i < last; ++i) {
    const MarketAggTrade& trade = state.agg_trades()[i];
    if (i != first) out += ',';
    ObjectWriter object{out};
    object.integer("a", trade.id).decimal("p", state.price_e8(trade.price), spec.price_decimals);
    object.decimal("q", state.quantity_e8(trade.quantity), spec.quantity_decimals).integer("f", trade.first_trade).integer("l", trade.last_trade);
    object.integer("T", trade.time_us / 1000).flag("m", trade.buyer_is_maker);
    if (market == Market::Spot) object.flag("M", true);
    object.close();
  }
  return out + ']';
}

std::string GeneratedFeed::trades(Market market, std::string_view symbol, const History& history) const {
  const SymbolMarket& state = *this->market(market, symbol);
  const SymbolSpec& spec = state.spec();
  const auto [first, last] = range_of(state.trades(), history);
  std::string out = "[";
  for (std::size_t i = first; i < last; ++i) {
    const MarketTrade& trade = state.trades()[i];
    if (i != first) out += ',';
    const Wide money = Wide{state.price_e8(trade.price)} * state.quantity_e8(trade.quantity) / kE8;
    ObjectWriter object{out};
    object.integer("id", trade.id).decimal("price", state.price_e8(trade.price), spec.price_decimals);
    object.decimal("qty", state.quantity_e8(trade.quantity), spec.quantity_decimals).decimal("quoteQty", money, 8);
    object.integer("time", trade.time_us / 1000).flag("isBuyerMaker", trade.buyer_is_maker);
    if (market == Market::Spot) object.flag("isBestMatch", true);
    object.close();
  }
  return out + ']';
}

std::string GeneratedFeed::klines(Market market, std::string_view symbol, const History& history) const {
  const SymbolMarket& state = *this->market(market, symbol);
  const SymbolSpec& spec = state.spec();
  const auto& closed = state.candles().closed(history.interval);
  const Candle& current = state.candles().current(history.interval);
  const std::size_t total = closed.size() + (current.count != 0 ? 1 : 0);
  std::string out = "[";
  for (std::size_t i = total > history.limit ? total - history.limit : 0; i < total; ++i) {
    const Candle& candle = i < closed.size() ? closed[i] : current;
    if (out.size() > 1) out += ',';
    const auto number = [&out](std::int64_t value) {
      append_integer(out, value);
      out += ',';
    };
    const auto decimal = [&out](Wide value, int decimals) {
      out += '"';
      append_decimal(out, value, decimals);
      out += "\",";
    };
    out += '[';
    number(candle.open_ms);
    for (const std::int64_t price : {candle.open, candle.high, candle.low, candle.close}) decimal(price, spec.price_decimals);
    decimal(candle.volume, spec.quantity_decimals);
    number(interval_end(history.interval, candle.open_ms) - 1);
    decimal(candle.turnover / kE8, 8);
    number(candle.count);
    decimal(candle.taker_volume, spec.quantity_decimals);
    decimal(candle.taker_turnover / kE8, 8);
    out += "\"0\"]";
  }
  return out + ']';
}

namespace {

void append_day(std::string& out, const SymbolMarket& state, Now now) {
  const SymbolSpec& spec = state.spec();
  const Candle day = state.day().sum(now.utc_us / 1000, 1440);
  ObjectWriter object{out};
  object.text("symbol", spec.name).decimal("priceChange", day.close - day.open, spec.price_decimals);
  object.decimal("priceChangePercent", change_percent(day.open, day.close), 3).decimal("weightedAvgPrice", average_price(day), spec.price_decimals);
  object.decimal("lastPrice", day.close, spec.price_decimals);
  object.decimal("lastQty", state.quantity_e8(state.trades().back().quantity), spec.quantity_decimals);
  object.decimal("openPrice", day.open, spec.price_decimals).decimal("highPrice", day.high, spec.price_decimals);
  object.decimal("lowPrice", day.low, spec.price_decimals).decimal("volume", day.volume, spec.quantity_decimals);
  object.decimal("quoteVolume", day.turnover / kE8, 8).integer("openTime", now.utc_us / 1000 - 86'400'000).integer("closeTime", now.utc_us / 1000);
  object.integer("firstId", day.first_id).integer("lastId", day.last_id).integer("count", day.count).close();
}

void append_summary(std::string& out, const SymbolMarket& state, Market market, Feed::Summary what, Now now) {
  const SymbolSpec& spec = state.spec();
  if (what == Feed::Summary::Day) return append_day(out, state, now);
  ObjectWriter object{out};
  const Wide last = state.price_e8(state.trades().back().price);
  if (what == Feed::Summary::Average) {
    const Candle sum = state.day().sum(now.utc_us / 1000, 5);
    object.integer("mins", 5).decimal("price", sum.count != 0 ? average_price(sum) : last, spec.price_decimals);
    object.integer("closeTime", state.trades().back().time_us / 1000).close();
    return;
  }
  object.text("symbol", spec.name);
  if (what == Feed::Summary::Price) {
    object.decimal("price", last, spec.price_decimals);
    if (market == Market::Usdm) object.integer("time", state.trades().back().time_us / 1000);
  } else if (what == Feed::Summary::Premium) {
    object.decimal("markPrice", last, 8).decimal("indexPrice", last + last / 2000, 8).decimal("estimatedSettlePrice", last, 8);
    object.text("lastFundingRate", "0.00010000").text("interestRate", "0.00010000");
    object.integer("nextFundingTime", (now.utc_us / 28'800'000'000 + 1) * 28'800'000).integer("time", now.utc_us / 1000);
  } else {
    const BookLevel& bid = state.book().at(BookSide::Bid, 0);
    const BookLevel& ask = state.book().at(BookSide::Ask, 0);
    object.decimal("bidPrice", state.price_e8(bid.price), spec.price_decimals)
        .decimal("bidQty", state.quantity_e8(bid.quantity), spec.quantity_decimals);
    object.decimal("askPrice", state.price_e8(ask.price), spec.price_decimals)
        .decimal("askQty", state.quantity_e8(ask.quantity), spec.quantity_decimals);
    if (market == Market::Usdm) object.integer("time", state.updated_us() / 1000);
  }
  object.close();
}

}  // namespace

std::string GeneratedFeed::summary(Market market, std::string_view symbol, Summary what, Now now) const {
  std::string out;
  if (!symbol.empty()) {
    append_summary(out, *this->market(market, symbol), market, what, now);
    return out;
  }
  out = "[";
  for (const auto& each : side(market).symbols) {
    if (out.size() > 1) out += ',';
    append_summary(out, each->market, market, what, now);
  }
  return out + ']';
}

}  // namespace tidegate::sim::binance
