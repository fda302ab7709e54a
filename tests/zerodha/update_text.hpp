// Updates as lines of text, with every member, so that tests compare whole frames at once. Decimals show mantissa and exponent: 39295e-2.
#pragma once

#include <string>
#include <vector>

#include "brokers/adapter.hpp"

namespace tidegate::test::zerodha {

using Lines = std::vector<std::string>;

std::string text(Decimal value);
std::string text(UtcTime time);  // "1625461887s"; "-" when not known

std::string describe(const TradeUpdate& update);
std::string describe(const QuoteUpdate& update);
std::string describe(const DepthUpdate& update);
std::string describe(const TickerUpdate& update);

class DescribingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { lines.push_back(describe(update)); }
  void on_quote(const QuoteUpdate& update) override { lines.push_back(describe(update)); }
  void on_depth(const DepthUpdate& update) override { lines.push_back(describe(update)); }
  void on_ticker(const TickerUpdate& update) override { lines.push_back(describe(update)); }
  void on_candle(const CandleUpdate&) override { lines.emplace_back("candle"); }
  void on_market_status(const MarketStatusUpdate&) override { lines.emplace_back("market status"); }
  void on_availability(const AvailabilityUpdate&) override { lines.emplace_back("availability"); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { lines.emplace_back("status"); }
  void on_account(const AccountUpdate& update) override { lines.push_back("account " + std::string{update.kind} + " " + std::string{update.body}); }

  Lines lines;
};

/// What a frame came to.
struct Outcome {
  Lines lines;
  Decoded decoded;
};
Outcome decode(const RawFrame& frame);
Outcome decode_binary(std::string bytes);
Outcome decode_text(std::string bytes);

}  // namespace tidegate::test::zerodha
