#pragma once

#include <cstdint>

#include "gateway/core/update.hpp"

namespace tidegate::bench {

/// Takes updates and remembers only how many.
class CountingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate&) override { ++count; }
  void on_quote(const QuoteUpdate&) override { ++count; }
  void on_depth(const DepthUpdate&) override { ++count; }
  void on_ticker(const TickerUpdate&) override { ++count; }
  void on_availability(const AvailabilityUpdate&) override { ++count; }
  void on_instrument_status(const InstrumentStatusUpdate&) override { ++count; }
  void on_account(const AccountUpdate&) override {}
  void on_market_status(const MarketStatusUpdate&) override {}
  void on_candle(const CandleUpdate&) override { ++count; }
  std::uint64_t count = 0;
};

}  // namespace tidegate::bench
