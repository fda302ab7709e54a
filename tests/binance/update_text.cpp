#include "tests/binance/update_text.hpp"

#include <array>

namespace tidegate::test {
namespace {

std::string text(Decimal value) { return value.present() ? to_text(value) : "-"; }
std::string text(UtcTime time) { return time.known() ? std::to_string(time.ns / 1000) + "us" : "-"; }

std::string text(Side side) {
  constexpr std::array<std::string_view, 3> kNames = {"unknown", "buy", "sell"};
  return std::string{kNames[static_cast<std::size_t>(side)]};
}

std::string text(std::span<const LevelUpdate> levels) {
  std::string out;
  for (const LevelUpdate& level : levels) {
    out += " " + text(level.price) + "x" + text(level.quantity);
    if (level.orders != kNoOrders) out += "/" + std::to_string(level.orders);
  }
  return out;
}

std::string head(std::string_view kind, const NativeRef& instrument, UtcTime ts_event, Flags flags = Flags::None) {
  std::string out{kind};
  out += " " + std::string{instrument.text} + " at " + text(ts_event);
  if (instrument.segment != 0 || instrument.token != 0)
    out += " token " + std::to_string(instrument.segment) + "/" + std::to_string(instrument.token);
  if (flags == Flags::Aggregated) {
    out += " aggregated";
  } else if (flags != Flags::None) {
    out += " flags " + std::to_string(static_cast<unsigned>(flags));
  }
  return out;
}

}  // namespace

std::string describe(const TradeUpdate& update) {
  return head("trade", update.instrument, update.ts_event, update.flags) + (update.numbered ? " #" : " ~") + std::to_string(update.trade_id) + " " +
         text(update.price) + " x " + text(update.quantity) + " " + text(update.side);
}

std::string describe(const QuoteUpdate& update) {
  return head("quote", update.instrument, update.ts_event, update.flags) + " #" + std::to_string(update.book_id) + " bid " + text(update.bid_price) +
         " x " + text(update.bid_size) + " ask " + text(update.ask_price) + " x " + text(update.ask_size);
}

std::string describe(const DepthUpdate& update) {
  constexpr std::array<std::string_view, 3> kKinds = {"delta", "snapshot", "top"};
  const std::string kind{kKinds[static_cast<std::size_t>(update.kind)]};
  const std::string rule = update.chain == ChainRule::FirstFollowsLast ? "first" : "previous";
  return head(kind, update.instrument, update.ts_event) + " by " + rule + " " + std::to_string(update.first_id) + ".." +
         std::to_string(update.last_id) + " after " + std::to_string(update.previous_id) + " bids" + text(update.bids) + " asks" + text(update.asks);
}

std::string describe(const TickerUpdate& update) {
  constexpr std::array<std::string_view, kTickerFieldCount> kNames = {
      "price",    "change",   "percent", "high",     "low", "volume",   "open", "close", "average", "last_quantity",
      "turnover", "interest", "bid",     "bid_size", "ask", "ask_size", "buys", "sells", "upper",   "lower"};
  std::string out = head("ticker", update.instrument, update.ts_event, update.flags);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    if ((update.present >> i & 1U) != 0) out += " " + std::string{kNames[i]} + "=" + text(update.values[i]);
  }
  if (update.last_trade_time.known()) out += " last_trade=" + text(update.last_trade_time);
  return out;
}

std::string describe(const CandleUpdate& update) {
  return head(to_text(update.channel), update.instrument, update.ts_event, update.flags) + " from " + text(update.open_time) + " " +
         text(update.open) + " " + text(update.high) + " " + text(update.low) + " " + text(update.close) + " volume " + text(update.volume) +
         (update.closed ? " closed" : " open");
}

}  // namespace tidegate::test
