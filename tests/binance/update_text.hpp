// Updates as lines of text, so that tests compare whole updates at once and a difference can be read.
#pragma once

#include <string>
#include <vector>

#include "brokers/adapter.hpp"

namespace tidegate::test {

[[nodiscard]] std::string describe(const TradeUpdate& update);
[[nodiscard]] std::string describe(const QuoteUpdate& update);
[[nodiscard]] std::string describe(const DepthUpdate& update);
[[nodiscard]] std::string describe(const TickerUpdate& update);
[[nodiscard]] std::string describe(const CandleUpdate& update);

/// What one frame gave.
struct Outcome {
  std::vector<std::string> lines;
  std::uint32_t ignored = 0;
  std::uint32_t control = 0;
  std::uint32_t bad = 0;
  Error error{};

  /// The error says little more than its reason where JSON itself is broken, so it takes no part.
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.lines == b.lines && a.ignored == b.ignored && a.control == b.control && a.bad == b.bad;
  }
};

/// Keeps what it is given, as lines.
class DescribingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { lines.push_back(describe(update)); }
  void on_quote(const QuoteUpdate& update) override { lines.push_back(describe(update)); }
  void on_depth(const DepthUpdate& update) override { lines.push_back(describe(update)); }
  void on_ticker(const TickerUpdate& update) override { lines.push_back(describe(update)); }
  void on_availability(const AvailabilityUpdate&) override { lines.emplace_back("availability"); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { lines.emplace_back("status"); }
  void on_account(const AccountUpdate& update) override { lines.push_back("account " + std::string{update.kind}); }
  void on_candle(const CandleUpdate& update) override { lines.push_back(describe(update)); }
  void on_market_status(const MarketStatusUpdate& update) override { lines.push_back("market status " + std::string{update.venue}); }
  std::vector<std::string> lines;
};

inline Outcome decode_all(Decoder& decoder, const RawFrame& frame) {
  DescribingSink sink;
  const Decoded decoded = decoder.decode(frame, sink);
  return {std::move(sink.lines), decoded.ignored, decoded.control, decoded.bad, decoded.error};
}

inline RawFrame text_frame(std::string bytes) {
  RawFrame frame;
  frame.kind = FrameKind::Text;
  frame.bytes = std::move(bytes);
  return frame;
}

inline RawFrame rest_frame(std::string request, std::string body) {
  RawFrame frame;
  frame.kind = FrameKind::Rest;
  frame.request = std::move(request);
  frame.bytes = std::move(body);
  return frame;
}

}  // namespace tidegate::test
