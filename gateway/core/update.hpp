// What a decoder yields: broker-neutral shapes that still carry the broker's own instrument id. Everything views into the frame and lives
// only during the callback.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/core/channel.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// A NativeId as it stands in a frame.
struct NativeRef {
  std::uint32_t segment = 0;
  std::uint64_t token = 0;
  std::string_view text{};
};

/// For brokers that send no trades: how far the day's trading had come in each of their snapshots. A number that moved proves a trade.
struct TradeEvidence {
  std::int64_t day_volume = -1;  // -1: not sent
  UtcTime last_trade_time;       // kNoTime: not sent, or no trade yet today
};

struct TradeUpdate {
  NativeRef instrument;
  Decimal price;
  Decimal quantity;
  Side side = Side::Unknown;
  std::uint64_t trade_id = 0;  // consecutive per instrument where `numbered`
  bool numbered = false;       // a jump of trade_id is a loss
  Flags flags = Flags::None;
  UtcTime ts_event;
  bool derived = false;  // the last trade as a snapshot tells it: one only if `evidence` moved, which the normalizer checks
  TradeEvidence evidence{};
};

struct QuoteUpdate {
  NativeRef instrument;
  Decimal bid_price, bid_size, ask_price, ask_size;  // absent, or size zero: that side is empty
  std::uint64_t book_id = 0;                         // grows within an instrument; 0: the broker numbers nothing
  Flags flags = Flags::None;
  UtcTime ts_event;
};

struct LevelUpdate {
  Decimal price;
  Decimal quantity;  // in deltas: absolute; zero removes the level
  std::uint32_t orders = kNoOrders;
};

/// How a depth update relates to what was known.
enum class DepthKind : std::uint8_t {
  Delta,      // changes a kept book; ids chain
  Snapshot,   // the whole book as the broker's REST gives it; joins the deltas
  TopLevels,  // complete replacement of the top n; nothing chains
};

/// How `first_id`, `last_id` and `previous_id` of deltas chain.
enum class ChainRule : std::uint8_t {
  FirstFollowsLast,    // first_id is the previous last_id + 1 (Binance spot)
  PreviousEqualsLast,  // previous_id is the previous last_id (Binance USD-M)
};

struct DepthUpdate {
  NativeRef instrument;
  DepthKind kind{};
  ChainRule chain{};
  std::int64_t first_id = 0;
  std::int64_t last_id = 0;  // -1 in a snapshot: the symbol has not opened yet; 0 in top levels: the broker numbers nothing
  std::int64_t previous_id = 0;
  std::span<const LevelUpdate> bids, asks;  // in any order
  bool may_cross = false;                   // TopLevels only: exchanges' call auctions cross their books, which is no fault
  Flags flags = Flags::None;
  UtcTime ts_event;
};

struct TickerUpdate {
  NativeRef instrument;
  std::uint32_t present = 0;  // bit per TickerField: sent in this message
  std::uint32_t cleared = 0;  // bit per TickerField: this message says that there is none now, so what was known of it is over
  bool derive_change =
      false;  // PriceChange follows from Price and ClosePrice, and so does its percentage if none was sent: the normalizer computes them
  Decimal values[kTickerFieldCount];
  std::uint32_t standing = 0;  // bit per TickerField: not in this message, but said earlier and still true, and in `values`: for who missed it then
  UtcTime last_trade_time;
  Flags flags = Flags::None;
  UtcTime ts_event;

  void set(TickerField field, Decimal value) {
    if (!value.present()) return;
    values[static_cast<std::size_t>(field)] = value;
    present |= 1U << static_cast<unsigned>(field);
  }
  [[nodiscard]] bool sends(TickerField field) const { return (present >> static_cast<unsigned>(field) & 1U) != 0; }
  /// The message says that there is none now, which ends what earlier messages said.
  void clear(TickerField field) { cleared |= 1U << static_cast<unsigned>(field); }
};

struct CandleUpdate {
  NativeRef instrument;
  Channel channel{};
  UtcTime open_time;
  Decimal open, high, low, close, volume;
  bool closed = false;
  Flags flags = Flags::None;
  UtcTime ts_event;
};

/// What a broker gives of an instrument's data.
enum class DataAccess : std::uint8_t {
  Unstated,  // data may come; the broker does not say of what quality
  RealTime,
  Delayed,        // deliberately: its records carry the flag Delayed
  Frozen,         // the last values before the market closed: flag Stale
  DelayedFrozen,  // both
  NotEntitled,    // nothing: the account has no right to see it
  NoInstrument,   // nothing: the broker knows no such instrument
};
constexpr bool is_delayed(DataAccess access) { return access == DataAccess::Delayed || access == DataAccess::DelayedFrozen; }
constexpr bool gives_nothing(DataAccess access) { return access == DataAccess::NotEntitled || access == DataAccess::NoInstrument; }

/// What a broker gives of an instrument has changed. Comes before the data that it is about.
struct AvailabilityUpdate {
  NativeRef instrument;
  DataAccess access{};
  std::string_view words;  // for a subscriber: why, and what to do about it
};

/// One instrument's trading was halted, or goes on.
struct InstrumentStatusUpdate {
  NativeRef instrument;
  TradingState state{};
  std::string_view reason;  // may be empty
  Flags flags = Flags::None;
  UtcTime ts_event;
};

/// Something about the logged-in account rather than the market, in the broker's own words: `kind` such as "order", `body` as received.
struct AccountUpdate {
  std::string_view kind;
  std::string_view body;
};

/// What a broker says about a venue as a whole, such as "THE NORMAL MARKET HAS OPENED", in its own words.
struct MarketStatusUpdate {
  std::string_view venue;  // as in symbols: "NSE"
  std::string_view message;
  UtcTime ts_event;
};

/// Receives the updates of one frame, in the frame's order.
class UpdateSink {
 public:
  virtual ~UpdateSink() = default;
  virtual void on_trade(const TradeUpdate&) = 0;
  virtual void on_quote(const QuoteUpdate&) = 0;
  virtual void on_depth(const DepthUpdate&) = 0;
  virtual void on_ticker(const TickerUpdate&) = 0;
  virtual void on_candle(const CandleUpdate&) = 0;
  virtual void on_availability(const AvailabilityUpdate&) = 0;
  virtual void on_instrument_status(const InstrumentStatusUpdate&) = 0;
  virtual void on_account(const AccountUpdate&) = 0;
  virtual void on_market_status(const MarketStatusUpdate&) = 0;
};

}  // namespace tidegate
