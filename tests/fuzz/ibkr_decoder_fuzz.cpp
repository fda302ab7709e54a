// One decoder over several frames with a line end between them, since what one means depends on those before. The first byte of each chooses how it
// comes: as a message, as a REST answer, or as the first message of another connection.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "brokers/ibkr/decoder.hpp"
#include "brokers/ibkr/frame_reader.hpp"

using namespace tidegate;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Touches every value, so that a view to nowhere is seen by the sanitizer, and holds what must always hold.
class TouchingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate&) override { require(false); }
  void on_candle(const CandleUpdate&) override { require(false); }
  void on_market_status(const MarketStatusUpdate&) override { require(false); }
  void on_quote(const QuoteUpdate& update) override {
    touch(update.instrument, {update.bid_price, update.bid_size, update.ask_price, update.ask_size});
    require(update.bid_price.present() || !update.bid_size.present());
    require(update.ask_price.present() || !update.ask_size.present());
  }
  void on_depth(const DepthUpdate& update) override {
    require(update.kind == DepthKind::TopLevels);
    const LevelUpdate* before = nullptr;
    for (const LevelUpdate& level : update.bids) {
      touch(update.instrument, {level.price, level.quantity});
      require(level.quantity.present() && level.quantity.mantissa > 0 && (before == nullptr || compare(before->price, level.price) >= 0));
      before = &level;
    }
    before = nullptr;
    for (const LevelUpdate& level : update.asks) {
      touch(update.instrument, {level.price, level.quantity});
      require(level.quantity.present() && level.quantity.mantissa > 0 && (before == nullptr || compare(before->price, level.price) <= 0));
      before = &level;
    }
  }
  void on_ticker(const TickerUpdate& update) override {
    require((update.present & update.cleared) == 0 && (update.present & update.standing) == 0 && (update.cleared & update.standing) == 0);
    require((update.present | update.cleared) != 0);
    for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
      const bool valued = ((update.present | update.standing) >> i & 1U) != 0;
      require(update.values[i].present() == valued);
      touch(update.instrument, {update.values[i]});
    }
  }
  void on_availability(const AvailabilityUpdate& update) override { touch(update.instrument, {}, update.words); }
  void on_instrument_status(const InstrumentStatusUpdate& update) override { touch(update.instrument, {}, update.reason); }
  void on_account(const AccountUpdate& update) override { sum_ += update.body.size(); }

  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  void touch(const NativeRef& instrument, std::initializer_list<Decimal> values, std::string_view words = {}) {
    require(instrument.segment == 0 && instrument.token != 0);
    for (const char c : instrument.text) sum_ += static_cast<unsigned char>(c);
    for (const char c : words) sum_ += static_cast<unsigned char>(c);
    char text[kDecimalTextMax];
    for (const Decimal value : values) {
      if (value.present()) sum_ += static_cast<std::uint64_t>(write_decimal(value, text) - text);
    }
  }
  std::uint64_t sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left{reinterpret_cast<const char*>(data), size};
  ibkr::FrameDecoder decoder;
  TouchingSink sink;
  std::uint32_t session = 1;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (line.empty()) continue;
    RawFrame frame;
    frame.kind = line[0] == 'r' ? FrameKind::Rest : line[0] == 't' ? FrameKind::Text : FrameKind::Binary;
    if (line[0] == 's') ++session;
    if (line[0] == 'r' || line[0] == 't' || line[0] == 's') line.remove_prefix(1);
    frame.bytes = line;
    frame.bytes.shrink_to_fit();
    frame.request = "GET /iserver/marketdata/snapshot";
    frame.session = session;
    const Decoded decoded = decoder.decode(frame, sink);
    require(decoded.updates + decoded.ignored + decoded.control + decoded.bad > 0 || frame.kind == FrameKind::Rest);
  }
  [[maybe_unused]] static volatile std::uint64_t seen = 0;
  seen = sink.sum();
  return 0;
}
