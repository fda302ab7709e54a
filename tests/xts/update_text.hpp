// Updates as lines of text, with every member, so that tests compare whole frames at once; and frames as sessions hand them on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"

namespace tidegate::test::xts {

using Lines = std::vector<std::string>;

std::string text(Decimal value);  // "2339.85"; "-" when absent
std::string text(UtcTime time);   // "1625461887s"; "-" when not known

std::string describe(const TradeUpdate& update);
std::string describe(const QuoteUpdate& update);
std::string describe(const DepthUpdate& update);
std::string describe(const TickerUpdate& update);
std::string describe(const CandleUpdate& update);
std::string describe(const MarketStatusUpdate& update);

class DescribingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { lines.push_back(describe(update)); }
  void on_quote(const QuoteUpdate& update) override { lines.push_back(describe(update)); }
  void on_depth(const DepthUpdate& update) override { lines.push_back(describe(update)); }
  void on_ticker(const TickerUpdate& update) override { lines.push_back(describe(update)); }
  void on_candle(const CandleUpdate& update) override { lines.push_back(describe(update)); }
  void on_account(const AccountUpdate&) override { lines.emplace_back("account"); }
  void on_market_status(const MarketStatusUpdate& update) override { lines.push_back(describe(update)); }
  void on_availability(const AvailabilityUpdate&) override { lines.emplace_back("availability"); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { lines.emplace_back("status"); }

  Lines lines;
};

/// What a frame came to.
struct Outcome {
  Lines lines;
  Decoded decoded;
};
Outcome decode(Decoder& decoder, const RawFrame& frame);

RawFrame text_frame(std::string bytes);
RawFrame binary_frame(std::string bytes);
RawFrame rest_frame(std::string request, std::string body);

/// `json` as a JSON string, with its quotes.
std::string as_json_text(std::string_view text);
/// `42["name","argument"]`
std::string event(std::string_view name, std::string_view argument);
RawFrame full_event(int code, std::string_view json);
RawFrame partial_event(int code, std::string_view text);

}  // namespace tidegate::test::xts
