// The first byte chooses whether the rest is a binary message, a text message or an instrument list.
#include <cstddef>
#include <cstdint>
#include <string>

#include "brokers/zerodha/decoder.hpp"
#include "brokers/zerodha/instruments.hpp"
#include "brokers/zerodha/text_message.hpp"

using namespace tidegate;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Touches every value, so that a view to nowhere is seen by the sanitizer.
class TouchingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { touch(update.instrument, {update.price, update.quantity}); }
  void on_quote(const QuoteUpdate& update) override {
    touch(update.instrument, {update.bid_price, update.bid_size, update.ask_price, update.ask_size});
  }
  void on_depth(const DepthUpdate& update) override {
    touch(update.instrument, {});
    require(update.bids.size() <= zerodha::kDepthEntries && update.asks.size() <= zerodha::kDepthEntries);
    for (const LevelUpdate& level : update.bids) touch(update.instrument, {level.price, level.quantity});
    for (const LevelUpdate& level : update.asks) touch(update.instrument, {level.price, level.quantity});
  }
  void on_ticker(const TickerUpdate& update) override {
    require((update.present & update.cleared) == 0);
    for (const Decimal value : update.values) touch(update.instrument, {value});
  }
  void on_candle(const CandleUpdate&) override { require(false); }
  void on_market_status(const MarketStatusUpdate&) override { require(false); }
  void on_availability(const AvailabilityUpdate&) override { require(false); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { require(false); }
  void on_account(const AccountUpdate& update) override {
    require(!update.body.empty());
    for (const char c : update.body) sum_ += static_cast<unsigned char>(c);
  }

  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  void touch(const NativeRef& instrument, std::initializer_list<Decimal> values) {
    require(instrument.segment == (instrument.token & 0xFFU) && instrument.text.empty());
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
  static zerodha::FrameDecoder decoder;
  static TouchingSink sink;

  RawFrame frame;
  frame.bytes.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  frame.bytes.shrink_to_fit();
  switch (data[0] % 3) {
    case 0:
      frame.kind = FrameKind::Binary;
      break;
    case 1:
      frame.kind = FrameKind::Text;
      break;
    default: {
      const auto list = zerodha::parse_instruments(frame.bytes);
      if (!list.ok()) return 0;
      require(list->instruments.size() + list->bad_rows <= frame.bytes.size());
      for (const Instrument& instrument : list->instruments) require(instrument.native.token != 0 && !instrument.name.empty());
      return 0;
    }
  }
  const Decoded decoded = decoder.decode(frame, sink);
  [[maybe_unused]] static volatile std::uint64_t seen = 0;
  seen = sink.sum();
  require(decoded.bad <= 1);
  if (frame.kind == FrameKind::Text) require(decoded.updates + decoded.ignored + decoded.control + decoded.bad == 1);
  return 0;
}
