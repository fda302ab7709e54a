// The first byte chooses the kind of frame and the options. Text that follows may be a whole frame, one message or one Partial text.
#include <cstddef>
#include <cstdint>
#include <string>

#include "brokers/xts/decoder.hpp"

using namespace tidegate;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Touches every value, so that a view to nowhere is seen by the sanitizer.
class TouchingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override {
    require(update.derived && update.price.present() && update.quantity.present() && update.quantity.mantissa >= 0);
    touch(update.instrument, {update.price, update.quantity});
  }
  void on_quote(const QuoteUpdate& update) override {
    touch(update.instrument, {update.bid_price, update.bid_size, update.ask_price, update.ask_size});
  }
  void on_depth(const DepthUpdate& update) override {
    require(update.bids.size() <= 200 && update.asks.size() <= 200);
    for (const std::span<const LevelUpdate> side : {update.bids, update.asks}) {
      for (const LevelUpdate& level : side) {
        require(level.price.present() && !level.price.is_zero() && level.quantity.present() && level.quantity.mantissa > 0);
        touch(update.instrument, {level.price, level.quantity});
      }
    }
  }
  void on_ticker(const TickerUpdate& update) override {
    require((update.present & update.cleared) == 0 && (update.present | update.cleared) != 0);
    for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
      if (update.sends(static_cast<TickerField>(i))) require(update.values[i].present());
    }
    for (const Decimal value : update.values) touch(update.instrument, {value});
  }
  void on_candle(const CandleUpdate& update) override {
    require(update.open.present() && update.high.present() && update.low.present() && update.close.present() && update.open_time.known());
    touch(update.instrument, {update.open, update.high, update.low, update.close, update.volume});
  }
  void on_account(const AccountUpdate&) override { require(false); }
  void on_availability(const AvailabilityUpdate&) override { require(false); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { require(false); }
  void on_market_status(const MarketStatusUpdate& update) override {
    for (const char c : update.message) sum_ += static_cast<unsigned char>(c);
    for (const char c : update.venue) sum_ += static_cast<unsigned char>(c);
  }

  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  void touch(const NativeRef& instrument, std::initializer_list<Decimal> values) {
    require(instrument.token != 0 && instrument.text.empty());
    char text[kDecimalTextMax];
    for (const Decimal value : values) {
      if (value.present()) sum_ += static_cast<std::uint64_t>(write_decimal(value, text) - text);
    }
  }
  std::uint64_t sum_ = 0;
};

std::string as_json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// What a session would hand on.
RawFrame make_frame(unsigned kind, std::string_view bytes) {
  RawFrame frame;
  switch (kind) {
    case 0:
      frame.bytes = bytes;
      break;
    case 1:
      frame.bytes = "42[\"1502-json-full\"," + as_json_text(bytes) + "]";
      break;
    case 2:
      frame.bytes = "42[\"1502-json-partial\"," + as_json_text(bytes) + "]";
      break;
    case 3:
      frame.bytes = "42[\"1501-json-partial\"," + as_json_text(bytes) + "]";
      break;
    case 4:
      frame.bytes = "42[\"1505-json-partial\"," + as_json_text(bytes) + "]";
      break;
    case 5:
      frame.kind = FrameKind::Binary;
      frame.bytes = bytes;
      break;
    default:
      frame.kind = FrameKind::Rest;
      frame.request = "POST /apimarketdata/instruments/subscription";
      frame.bytes = kind == 6 ? std::string{bytes} : "{\"result\":{\"listQuotes\":[" + as_json_text(bytes) + "]}}";
  }
  frame.bytes.shrink_to_fit();
  return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static xts::FrameDecoder keeping{{}};
  static xts::FrameDecoder full_only{{.partial = false, .bar_volume = false}};
  static TouchingSink sink;
  static std::uint32_t inputs = 0;

  RawFrame frame = make_frame(data[0] % 8U, {reinterpret_cast<const char*>(data + 1), size - 1});
  frame.session = ++inputs / 64;  // now and then a new one, so that old texts do not pile up
  if ((data[0] & 0x10U) != 0) frame.received = UtcTime{1'765'513'000'000'000'000};
  xts::FrameDecoder& decoder = (data[0] & 0x08U) != 0 ? full_only : keeping;
  const std::uint64_t before = sink.sum();
  const Decoded decoded = decoder.decode(frame, sink);
  [[maybe_unused]] static volatile std::uint64_t seen = 0;
  seen = sink.sum();
  require(decoded.updates != 0 || sink.sum() == before);
  require(decoded.updates + decoded.ignored + decoded.control + decoded.bad != 0);
  return 0;
}
