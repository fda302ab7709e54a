#include "brokers/ibkr/mapping.hpp"

namespace tidegate::ibkr {
namespace {

/// One side of the top of book; a size without a price means nothing. A price of -1 beside no size is IBKR's "none" (uncertain, but negative prices
/// are real only where something is offered at them).
struct Side {
  Decimal price, size;
};
Side side_of(const MarketState& state, Value price, Value size) {
  const Side side{state.value(price), state.value(size)};
  const bool none = side.price == Decimal{-1, 0} && (!side.size.present() || side.size.is_zero());
  return none || !side.price.present() ? Side{} : side;
}

/// The exact one, where it was ever sent; otherwise the rounded one, unless it cannot be.
Decimal volume_of(const MarketState& state) {
  if (const Decimal exact = state.value(Value::Volume); exact.present()) return exact;
  const Decimal rounded = state.value(Value::RoundedVolume);
  return rounded.present() && compare(rounded, kVolumeMax) > 0 ? kAbsent : rounded;
}

/// A marked price is the previous close, and nothing was traded at it today.
Decimal last_of(const MarketState& state) { return state.mark() == PriceMark::PreviousClose ? kAbsent : state.value(Value::Last); }

Decimal open_interest_of(const MarketState& state) {
  const Decimal future = state.value(Value::FutureOpenInterest);
  return future.present() ? future : state.value(Value::OptionOpenInterest);
}

}  // namespace

TickerUpdate to_ticker(const NativeRef& instrument, const MarketState& state, ValueSet told, ValueSet void_before) {
  TickerUpdate update;
  update.instrument = instrument;
  update.flags = state.flags();
  update.ts_event = state.updated();
  // `decisive`: fields that may end this one besides its own source
  const auto put = [&](TickerField field, ValueSet sources, Decimal value, ValueSet decisive = 0) {
    if ((told & sources) != 0 && value.present()) return update.set(field, value);
    if (((told | void_before) & (sources | decisive)) != 0 && !value.present()) return update.clear(field);
    if (!value.present()) return;
    update.values[static_cast<std::size_t>(field)] = value;
    update.standing |= 1U << static_cast<unsigned>(field);
  };
  // What is known of one half of a side may mean nothing because of the other.
  const auto hiding = [&](Value hidden, Value other) { return state.value(hidden).present() ? bit(other) : 0; };
  const Side bid = side_of(state, Value::Bid, Value::BidSize);
  const Side ask = side_of(state, Value::Ask, Value::AskSize);
  put(TickerField::Price, bit(Value::Last), last_of(state));
  put(TickerField::PriceChange, bit(Value::Change), state.value(Value::Change));
  put(TickerField::PriceChangePercent, bit(Value::ChangePercent), state.value(Value::ChangePercent));
  put(TickerField::HighPrice, bit(Value::High), state.value(Value::High));
  put(TickerField::LowPrice, bit(Value::Low), state.value(Value::Low));
  put(TickerField::Volume, bit(Value::Volume) | bit(Value::RoundedVolume), volume_of(state));
  put(TickerField::OpenPrice, bit(Value::Open), state.value(Value::Open));
  put(TickerField::ClosePrice, bit(Value::PreviousClose), state.value(Value::PreviousClose));
  put(TickerField::LastQuantity, bit(Value::LastSize), state.value(Value::LastSize));
  put(TickerField::OpenInterest, bit(Value::FutureOpenInterest) | bit(Value::OptionOpenInterest), open_interest_of(state));
  put(TickerField::BidPrice, bit(Value::Bid), bid.price, hiding(Value::Bid, Value::BidSize));
  put(TickerField::BidSize, bit(Value::BidSize), bid.size, hiding(Value::BidSize, Value::Bid));
  put(TickerField::AskPrice, bit(Value::Ask), ask.price, hiding(Value::Ask, Value::AskSize));
  put(TickerField::AskSize, bit(Value::AskSize), ask.size, hiding(Value::AskSize, Value::Ask));
  return update;
}

bool says_something(const TickerUpdate& update) { return (update.present | update.cleared) != 0; }

QuoteUpdate to_quote(const NativeRef& instrument, const MarketState& state) {
  const Side bid = side_of(state, Value::Bid, Value::BidSize);
  const Side ask = side_of(state, Value::Ask, Value::AskSize);
  QuoteUpdate update;
  update.instrument = instrument;
  update.bid_price = bid.price;
  update.bid_size = bid.size;
  update.ask_price = ask.price;
  update.ask_size = ask.size;
  update.flags = state.flags();
  update.ts_event = state.updated();
  return update;
}

AvailabilityUpdate to_availability(const NativeRef& instrument, std::string_view code, DataAccess access) {
  AvailabilityUpdate update{.instrument = instrument, .access = access, .words = {}};
  switch (access) {
    case DataAccess::NotEntitled:
      update.words = code.starts_with('O') ? "IBKR gives no data before its market data API agreement is acknowledged: do so in Client Portal"
                                           : "the IBKR account has no subscription for this instrument's market data";
      break;
    case DataAccess::NoInstrument:
      update.words = "IBKR knows no such contract, or it has expired";
      break;
    case DataAccess::Delayed:
    case DataAccess::DelayedFrozen:
      update.words = "IBKR delays this data: the account has no real-time subscription for it";
      break;
    case DataAccess::Frozen:
      update.words = "the last values before the market closed";
      break;
    case DataAccess::Unstated:
    case DataAccess::RealTime:
      break;
  }
  return update;
}

InstrumentStatusUpdate to_status(const NativeRef& instrument, const MarketState& state, TradingState trading) {
  return {.instrument = instrument, .state = trading, .reason = {}, .flags = state.flags(), .ts_event = state.updated()};
}

}  // namespace tidegate::ibkr
