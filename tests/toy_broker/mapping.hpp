// Messages to updates. Pure. protocol.md#channels
#pragma once

#include "gateway/core/instrument.hpp"
#include "gateway/core/update.hpp"
#include "tests/toy_broker/messages.hpp"

namespace tidegate::toy {

inline constexpr std::string_view kVenue = "TOY";

inline TradeUpdate to_trade(const TradeLine& line) {
  TradeUpdate trade;
  trade.instrument.text = line.name;
  trade.price = line.price;
  trade.quantity = line.quantity;
  trade.ts_event = line.time;
  return trade;
}

inline Instrument to_instrument(const InstrumentLine& line) {
  Instrument instrument;
  instrument.venue = kVenue;
  instrument.name = line.name;
  instrument.native.text = line.name;
  instrument.kind = InstrumentKind::Cash;
  if (!line.tick_size.is_zero()) instrument.tick_size = line.tick_size;
  return instrument;
}

}  // namespace tidegate::toy
