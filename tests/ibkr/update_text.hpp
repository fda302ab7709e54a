// Updates as lines of text, so that tests compare whole frames at once; and a decoder that is fed with texts.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/decoder.hpp"

namespace tidegate::test::ibkr {

using Lines = std::vector<std::string>;

class DescribingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate&) override { lines.emplace_back("trade"); }
  void on_quote(const QuoteUpdate& update) override;
  void on_depth(const DepthUpdate& update) override;
  void on_ticker(const TickerUpdate& update) override;
  void on_candle(const CandleUpdate&) override { lines.emplace_back("candle"); }
  void on_market_status(const MarketStatusUpdate&) override { lines.emplace_back("market status"); }
  void on_availability(const AvailabilityUpdate& update) override;
  void on_instrument_status(const InstrumentStatusUpdate& update) override;
  void on_account(const AccountUpdate& update) override { lines.push_back("account " + std::string{update.kind} + " " + std::string{update.body}); }

  Lines lines;
};

/// One decoder over many frames. A frame is given in a block of its own size, so that the address sanitizer sees a read behind its end.
class Feed {
 public:
  Lines operator()(std::string_view bytes, FrameKind kind = FrameKind::Binary) {
    RawFrame frame;
    frame.kind = kind;
    frame.bytes = bytes;
    frame.bytes.shrink_to_fit();
    frame.session = session;
    frame.received = received;
    if (kind == FrameKind::Rest) frame.request = request;
    DescribingSink sink;
    decoded = decoder.decode(frame, sink);
    return std::move(sink.lines);
  }

  tidegate::ibkr::FrameDecoder decoder;
  Decoded decoded;  // of the last frame
  std::uint32_t session = 1;
  UtcTime received;
  std::string request = "GET /v1/api/iserver/marketdata/snapshot?conids=265598&fields=31,84,86";
};

/// A market data message of contract 265598 with these fields: `"31":"271.67"`.
inline std::string smd(std::string_view fields, std::int64_t updated = 1'777'552'110'061, std::string_view target = "265598") {
  return "{" + std::string{fields} + (fields.empty() ? "" : ",") + R"("conid":265598,"_updated":)" + std::to_string(updated) + R"(,"topic":"smd+)" +
         std::string{target} + "\"}";
}

}  // namespace tidegate::test::ibkr
