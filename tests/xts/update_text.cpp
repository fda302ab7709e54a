#include "tests/xts/update_text.hpp"

#include <array>

namespace tidegate::test::xts {
namespace {

std::string head(std::string_view kind, const NativeRef& instrument, UtcTime ts_event, Flags flags) {
  std::string out{kind};
  out += " " + std::to_string(instrument.segment) + "_" + std::to_string(instrument.token) + std::string{instrument.text} + " at " + text(ts_event);
  if (has(flags, Flags::Float)) out += " float";
  if ((static_cast<unsigned>(flags) & ~static_cast<unsigned>(Flags::Float)) != 0) out += " and other flags";
  return out;
}

std::string side(std::span<const LevelUpdate> levels) {
  std::string out;
  for (const LevelUpdate& level : levels) {
    out += " " + text(level.quantity) + "@" + text(level.price);
    if (level.orders != kNoOrders) out += "/" + std::to_string(level.orders);
  }
  return out;
}

}  // namespace

std::string text(Decimal value) { return value.present() ? to_text(value) : "-"; }

std::string text(UtcTime time) {
  if (!time.known()) return "-";
  constexpr std::int64_t kSecond = 1'000'000'000;
  return std::to_string(time.ns / kSecond) + (time.ns % kSecond == 0 ? "s" : "s and a part");
}

std::string describe(const TradeUpdate& update) {
  std::string out = head("trade", update.instrument, update.ts_event, update.flags) + " " + text(update.quantity) + "@" + text(update.price);
  if (update.side != Side::Unknown || update.trade_id != 0 || update.numbered || !update.derived) out += " numbered, sided or not derived";
  return out + " if volume " + std::to_string(update.evidence.day_volume) + " or time " + text(update.evidence.last_trade_time) + " moved";
}

std::string describe(const QuoteUpdate& update) {
  return head("quote", update.instrument, update.ts_event, update.flags) + " #" + std::to_string(update.book_id) + " bid " + text(update.bid_size) +
         "@" + text(update.bid_price) + " ask " + text(update.ask_size) + "@" + text(update.ask_price);
}

std::string describe(const DepthUpdate& update) {
  constexpr std::array<std::string_view, 3> kKinds = {"delta", "snapshot", "top"};
  return head(kKinds[static_cast<std::size_t>(update.kind)], update.instrument, update.ts_event, update.flags) + " #" +
         std::to_string(update.last_id) + (update.may_cross ? " may cross" : "") + " bids" + side(update.bids) + " asks" + side(update.asks);
}

std::string describe(const TickerUpdate& update) {
  constexpr std::array<std::string_view, kTickerFieldCount> kNames = {
      "price",    "change",   "percent", "high",     "low", "volume",   "open", "close", "average", "last_quantity",
      "turnover", "interest", "bid",     "bid_size", "ask", "ask_size", "buys", "sells", "upper",   "lower"};
  std::string out = head("ticker", update.instrument, update.ts_event, update.flags);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    if ((update.present >> i & 1U) != 0) out += " " + std::string{kNames[i]} + "=" + text(update.values[i]);
    if ((update.cleared >> i & 1U) != 0) out += " " + std::string{kNames[i]} + "=none";
  }
  if (update.last_trade_time.known()) out += " last_trade=" + text(update.last_trade_time);
  if (!update.derive_change) out += " change as sent";
  return out;
}

std::string describe(const CandleUpdate& update) {
  return head("candle", update.instrument, update.ts_event, update.flags) + " " + std::string{to_text(update.channel)} + " from " +
         text(update.open_time) + " o=" + text(update.open) + " h=" + text(update.high) + " l=" + text(update.low) + " c=" + text(update.close) +
         " v=" + text(update.volume) + (update.closed ? " closed" : " open");
}

std::string describe(const MarketStatusUpdate& update) {
  return "market status of " + std::string{update.venue} + " at " + text(update.ts_event) + ": " + std::string{update.message};
}

Outcome decode(Decoder& decoder, const RawFrame& frame) {
  DescribingSink sink;
  Outcome outcome;
  outcome.decoded = decoder.decode(frame, sink);
  outcome.lines = std::move(sink.lines);
  return outcome;
}

RawFrame text_frame(std::string bytes) {
  RawFrame frame;
  frame.kind = FrameKind::Text;
  frame.bytes = std::move(bytes);
  return frame;
}

RawFrame binary_frame(std::string bytes) {
  RawFrame frame = text_frame(std::move(bytes));
  frame.kind = FrameKind::Binary;
  return frame;
}

RawFrame rest_frame(std::string request, std::string body) {
  RawFrame frame = text_frame(std::move(body));
  frame.kind = FrameKind::Rest;
  frame.request = std::move(request);
  return frame;
}

std::string as_json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string event(std::string_view name, std::string_view argument) { return "42[\"" + std::string{name} + "\"," + std::string{argument} + "]"; }

RawFrame full_event(int code, std::string_view json) { return text_frame(event(std::to_string(code) + "-json-full", as_json_text(json))); }
RawFrame partial_event(int code, std::string_view text) { return text_frame(event(std::to_string(code) + "-json-partial", as_json_text(text))); }

}  // namespace tidegate::test::xts
