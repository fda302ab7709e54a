#include "tests/zerodha/update_text.hpp"

#include <array>

#include "brokers/zerodha/decoder.hpp"

namespace tidegate::test::zerodha {
namespace {

std::string head(std::string_view kind, const NativeRef& instrument, UtcTime ts_event, Flags flags) {
  std::string out{kind};
  out += " " + std::to_string(instrument.segment) + "/" + std::to_string(instrument.token) + std::string{instrument.text} + " at " + text(ts_event);
  if (flags != Flags::None) out += " flags " + std::to_string(static_cast<unsigned>(flags));
  return out;
}

std::string side(std::span<const LevelUpdate> levels) {
  std::string out;
  for (const LevelUpdate& level : levels) out += " " + text(level.quantity) + "@" + text(level.price) + "/" + std::to_string(level.orders);
  return out;
}

}  // namespace

std::string text(Decimal value) {
  if (!value.present()) return "-";
  return value.exponent == 0 ? std::to_string(value.mantissa) : std::to_string(value.mantissa) + "e" + std::to_string(value.exponent);
}

std::string text(UtcTime time) {
  if (!time.known()) return "-";
  constexpr std::int64_t kSecond = 1'000'000'000;
  return std::to_string(time.ns / kSecond) + (time.ns % kSecond == 0 ? "s" : "s and a part");
}

std::string describe(const TradeUpdate& update) {
  std::string out = head("trade", update.instrument, update.ts_event, update.flags) + " " + text(update.quantity) + "@" + text(update.price);
  if (update.side != Side::Unknown || update.trade_id != 0 || update.numbered) out += " numbered or sided";
  if (update.derived)
    out += " if volume " + std::to_string(update.evidence.day_volume) + " or time " + text(update.evidence.last_trade_time) + " moved";
  return out;
}

std::string describe(const QuoteUpdate& update) {
  return head("quote", update.instrument, update.ts_event, update.flags) + " #" + std::to_string(update.book_id) + " bid " + text(update.bid_size) +
         "@" + text(update.bid_price) + " ask " + text(update.ask_size) + "@" + text(update.ask_price);
}

std::string describe(const DepthUpdate& update) {
  constexpr std::array<std::string_view, 3> kKinds = {"delta", "snapshot", "top"};
  return head(kKinds[static_cast<std::size_t>(update.kind)], update.instrument, update.ts_event, Flags::None) + " #" +
         std::to_string(update.last_id) + (update.may_cross ? " may cross" : "") + " bids" + side(update.bids) + " asks" + side(update.asks);
}

std::string describe(const TickerUpdate& update) {
  constexpr std::array<std::string_view, kTickerFieldCount> kNames = {
      "price",    "change",   "percent", "high",     "low", "volume",   "open", "close", "average", "last_quantity",
      "turnover", "interest", "bid",     "bid_size", "ask", "ask_size", "buys", "sells", "upper",   "lower"};
  std::string out = head("ticker", update.instrument, update.ts_event, update.flags);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    if ((update.present >> i & 1U) != 0) out += " " + std::string{kNames[i]} + "=" + text(update.values[i]);
    if ((update.cleared >> i & 1U) != 0) out += " " + std::string{kNames[i]} + (update.values[i].present() ? "=left" : "=none");
  }
  if (update.last_trade_time.known()) out += " last_trade=" + text(update.last_trade_time);
  if (!update.derive_change) out += " change as sent";
  return out;
}

Outcome decode(const RawFrame& frame) {
  DescribingSink sink;
  tidegate::zerodha::FrameDecoder decoder;
  Outcome outcome;
  outcome.decoded = decoder.decode(frame, sink);
  outcome.lines = std::move(sink.lines);
  return outcome;
}

Outcome decode_binary(std::string bytes) {
  RawFrame frame;
  frame.kind = FrameKind::Binary;
  frame.bytes = std::move(bytes);
  frame.bytes.shrink_to_fit();  // so that the address sanitizer sees a read behind the end
  return decode(frame);
}

Outcome decode_text(std::string bytes) {
  RawFrame frame;
  frame.kind = FrameKind::Text;
  frame.bytes = std::move(bytes);
  return decode(frame);
}

}  // namespace tidegate::test::zerodha
