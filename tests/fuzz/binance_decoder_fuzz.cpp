// The first byte chooses the market, the time unit and whether the rest is a frame, a REST book or an instrument list.
#include <cstddef>
#include <cstdint>
#include <string>

#include "brokers/binance/decoder.hpp"
#include "brokers/binance/instruments.hpp"

using namespace tidegate;

namespace {

/// Touches every value, so that a view to nowhere is seen by the sanitizer.
class TouchingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { touch(update.instrument, {update.price, update.quantity}); }
  void on_quote(const QuoteUpdate& update) override {
    touch(update.instrument, {update.bid_price, update.bid_size, update.ask_price, update.ask_size});
  }
  void on_depth(const DepthUpdate& update) override {
    touch(update.instrument, {});
    for (const LevelUpdate& level : update.bids) touch({}, {level.price, level.quantity});
    for (const LevelUpdate& level : update.asks) touch({}, {level.price, level.quantity});
    if (update.bids.size() > binance::kLevelsMax || update.asks.size() > binance::kLevelsMax) __builtin_trap();
  }
  void on_ticker(const TickerUpdate& update) override { touch(update.instrument, {update.values[0], update.values[5]}); }
  void on_availability(const AvailabilityUpdate&) override {}
  void on_instrument_status(const InstrumentStatusUpdate&) override {}
  void on_account(const AccountUpdate&) override {}
  void on_market_status(const MarketStatusUpdate&) override {}
  void on_candle(const CandleUpdate& update) override { touch(update.instrument, {update.open, update.volume}); }

  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  void touch(const NativeRef& instrument, std::initializer_list<Decimal> values) {
    for (const char c : instrument.text) sum_ += static_cast<unsigned char>(c);
    char text[kDecimalTextMax];
    for (const Decimal value : values) {
      if (value.present()) sum_ += static_cast<std::uint64_t>(write_decimal(value, text) - text);
    }
  }
  std::uint64_t sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static binance::FrameDecoder spot(binance::Market::Spot, common::TimeUnit::Millisecond);
  static binance::FrameDecoder spot_microseconds(binance::Market::Spot, common::TimeUnit::Microsecond);
  static binance::FrameDecoder usdm(binance::Market::Usdm, common::TimeUnit::Millisecond);
  TouchingSink sink, spaced_sink;

  RawFrame frame;
  frame.bytes.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 8) {
    case 5:
      frame.kind = FrameKind::Rest;
      frame.request = "GET /api/v3/depth?symbol=BTCUSDT&limit=1000";
      break;
    case 6:
      frame.kind = FrameKind::Rest;
      frame.request.swap(frame.bytes);
      frame.request.insert(0, "GET /fapi/v1/depth?");
      frame.bytes = R"({"lastUpdateId":1,"bids":[],"asks":[]})";
      break;
    case 7: {
      const auto info = binance::parse_exchange_info(frame.bytes, "BINANCE");
      if (info.ok() && info->instruments.size() > frame.bytes.size()) __builtin_trap();
      return 0;
    }
    default:
      frame.kind = FrameKind::Text;
  }
  binance::FrameDecoder& decoder = data[0] % 3 == 0 ? spot : data[0] % 3 == 1 ? usdm : spot_microseconds;
  const Decoded decoded = decoder.decode(frame, sink);
  // A space in front keeps a message from being read as a plain one: both ways have to come to the same.
  frame.bytes.insert(0, " ");
  const Decoded spaced = decoder.decode(frame, spaced_sink);
  if (decoded.updates != spaced.updates || decoded.ignored != spaced.ignored || decoded.control != spaced.control || decoded.bad != spaced.bad ||
      decoded.error.reason != spaced.error.reason || sink.sum() != spaced_sink.sum()) {
    __builtin_trap();
  }
  [[maybe_unused]] static volatile std::uint64_t seen = 0;
  seen = sink.sum();
  if (size == 1 && decoded.bad + decoded.ignored == 0) __builtin_trap();
  return 0;
}
