// The MarketData record family: what the normalizer emits and subscribers get. Trivially copyable, free of pointers, so that a record can
// cross a queue, a socket or a file as its own bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "gateway/core/channel.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

enum class RecordKind : std::uint8_t { Trade, Quote, Depth, Ticker, Candle, InstrumentStatus, Gap, State, BrokerStatus, MarketStatus };

/// What a subscriber must know about a record besides its values; names as in the client protocol.
enum class Flags : std::uint16_t {
  None = 0,
  Snapshot = 1 << 0,    // replaces all that was known
  Stale = 1 << 1,       // was right once, may not be now
  Delayed = 1 << 2,     // the broker delays it deliberately
  Conflated = 1 << 3,   // stands for several; seq may jump
  Derived = 1 << 4,     // the gateway concluded it from other data
  Replayed = 1 << 5,    // fetched or sent again later
  Aggregated = 1 << 6,  // one record for several executions
  Float = 1 << 7,       // the broker sent a binary float; shortest decimal that round-trips
  GapBefore = 1 << 8,   // something before this record was lost
};
constexpr Flags operator|(Flags a, Flags b) { return static_cast<Flags>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b)); }
constexpr Flags& operator|=(Flags& a, Flags b) { return a = a | b; }
constexpr bool has(Flags set, Flags flag) { return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(flag)) != 0; }

/// Starts every record. Mantissas in the body are int64 at the header's exponents; kNoMantissa is "not sent".
struct RecordHeader {
  std::uint16_t size_words = 0;  // whole record in units of 8 bytes
  RecordKind kind{};
  std::uint8_t version = 1;
  InstrumentId instrument = kNoInstrument;
  BrokerId source{};
  Channel channel{};
  std::uint8_t reserved = 0;
  Flags flags = Flags::None;
  std::int8_t price_exponent = 0;
  std::int8_t quantity_exponent = 0;
  std::uint64_t seq = 0;  // per (instrument, channel), from 1, +1 each
  UtcTime ts_event;       // exchange clock; kNoTime when the broker sends none
  UtcTime ts_received;    // our clock, when the frame left the socket

  [[nodiscard]] std::size_t size_bytes() const { return std::size_t{size_words} * 8; }
  [[nodiscard]] Decimal price(std::int64_t mantissa) const { return {mantissa, price_exponent}; }
  [[nodiscard]] Decimal quantity(std::int64_t mantissa) const { return {mantissa, quantity_exponent}; }
};
static_assert(sizeof(RecordHeader) == 40);

enum class Side : std::uint8_t { Unknown, Buy, Sell };  // the aggressor's

/// One execution (or several of one taker, flag Aggregated).
struct Trade {
  RecordHeader header;
  std::int64_t price = kNoMantissa;
  std::int64_t quantity = kNoMantissa;
  std::uint64_t trade_id : 56 = 0;  // the broker's; 0: none sent
  std::uint64_t side : 8 = 0;       // Side
};
static_assert(sizeof(Trade) == 64);

struct Level {
  std::int64_t price = kNoMantissa;
  std::int64_t quantity = kNoMantissa;  // zero: nothing there
};

/// Top of book (BBO). A side with price kNoMantissa is empty or was not sent.
struct Quote {
  RecordHeader header;
  Level bid;
  Level ask;
  std::uint64_t book_id = 0;  // the broker's order of book states; 0: none
};
static_assert(sizeof(Quote) == 80);

struct DepthLevel {
  std::int64_t price;
  std::int64_t quantity;
  std::uint32_t orders;  // kNoOrders: not sent
  std::uint32_t reserved;
};
inline constexpr std::uint32_t kNoOrders = 0xFFFF'FFFFU;

/// Book levels, best first: this head, then `bid_count` bids, then `ask_count` asks. Always a complete top-n state.
struct Depth {
  RecordHeader header;
  std::uint64_t book_id = 0;  // the broker's id of this state; 0: none
  std::uint16_t bid_count = 0;
  std::uint16_t ask_count = 0;
  std::uint32_t reserved = 0;

  [[nodiscard]] std::span<const DepthLevel> bids() const { return {levels(), bid_count}; }
  [[nodiscard]] std::span<const DepthLevel> asks() const { return {levels() + bid_count, ask_count}; }

 private:
  [[nodiscard]] const DepthLevel* levels() const { return reinterpret_cast<const DepthLevel*>(this + 1); }
};
static_assert(sizeof(Depth) == 56 && sizeof(DepthLevel) == 24);
/// Levels a side that fit a record's 16-bit size.
inline constexpr std::size_t kDepthLevelsMax = 10'000;

/// The decimals of a ticker. Each carries its own exponent: volumes, percentages and prices share no scale.
enum class TickerField : std::uint8_t {
  Price,
  PriceChange,
  PriceChangePercent,
  HighPrice,
  LowPrice,
  Volume,  // the first six are null, not absent, in messages
  OpenPrice,
  ClosePrice,
  AveragePrice,
  LastQuantity,
  Turnover,
  OpenInterest,
  BidPrice,
  BidSize,
  AskPrice,
  AskSize,
  TotalBuyQuantity,
  TotalSellQuantity,
  UpperLimit,
  LowerLimit,
};
inline constexpr std::size_t kTickerFieldCount = 20;

/// A market summary, merged from what the broker sent so far.
struct Ticker {
  RecordHeader header;
  std::uint32_t present = 0;  // bit per TickerField: known
  std::uint32_t changed = 0;  // bit per TickerField: touched by this update
  UtcTime last_trade_time;
  std::int64_t mantissa[kTickerFieldCount] = {};
  std::int8_t exponent[kTickerFieldCount] = {};
  std::int8_t reserved[4] = {};

  [[nodiscard]] bool knows(TickerField field) const { return (present >> static_cast<unsigned>(field) & 1U) != 0; }
  [[nodiscard]] Decimal value(TickerField field) const {
    const auto i = static_cast<std::size_t>(field);
    return knows(field) ? Decimal{mantissa[i], exponent[i]} : kAbsent;
  }
  void set(TickerField field, Decimal value) {
    const auto i = static_cast<std::size_t>(field);
    mantissa[i] = value.mantissa;
    exponent[i] = value.exponent;
    present |= 1U << i;
    changed |= 1U << i;
  }
  void forget(TickerField field) {
    const std::uint32_t bit = 1U << static_cast<unsigned>(field);
    changed |= present & bit;
    present &= ~bit;
  }
};

enum class CandleOrigin : std::uint8_t { Broker, Trades, Ticks };

/// One bar; its interval is the header's channel. Volume is at quantity_exponent.
struct Candle {
  RecordHeader header;
  UtcTime open_time;
  std::int64_t open = kNoMantissa;
  std::int64_t high = kNoMantissa;
  std::int64_t low = kNoMantissa;
  std::int64_t close = kNoMantissa;
  std::int64_t volume = kNoMantissa;
  std::uint8_t closed = 0;
  CandleOrigin origin = CandleOrigin::Broker;
  std::uint8_t reserved[6] = {};
};
static_assert(sizeof(Candle) == 96);

enum class TradingState : std::uint8_t { Trading, Halted };

constexpr std::string_view to_text(TradingState state) { return state == TradingState::Halted ? "halted" : "trading"; }

/// Whether one instrument is traded: the data of channel `status`.
struct InstrumentStatus {
  RecordHeader header;
  TradingState state{};
  char reason[63] = {};  // zero-terminated UTF-8; empty: none given
};
static_assert(sizeof(InstrumentStatus) == 104);

enum class GapCause : std::uint8_t {
  Upstream,
  SlowClient,
  Failover,
  ResumeWindow,
  NotEntitled,  // delayed records, kept from a subscriber who did not ask for such
};

/// Proof of loss on header.channel: sequence numbers header.seq to `to_seq` will not come.
struct Gap {
  RecordHeader header;
  std::uint64_t to_seq = 0;
  GapCause cause{};
  std::uint8_t reserved[7] = {};
};

enum class StreamState : std::uint8_t { Pending, Live, Silent, Stale, Failed, Closed };

constexpr std::string_view to_text(StreamState state) {
  constexpr std::string_view kNames[] = {"pending", "live", "silent", "stale", "failed", "closed"};
  return kNames[static_cast<std::size_t>(state)];
}

/// A (instrument, channel) changed its state; carries no seq of its own. Live with the flag Delayed: the data that comes is delayed.
struct State {
  RecordHeader header;  // ts_received: since when
  StreamState state{};
  std::uint8_t reserved = 0;
  std::uint16_t code = 0;  // error code of the client protocol when Failed, else 0
  std::uint32_t reserved2 = 0;
  char reason[104] = {};  // zero-terminated UTF-8
};

enum class BrokerState : std::uint8_t { Connecting, Live, Stale, Reconnecting, AuthRequired, Down };

constexpr std::string_view to_text(BrokerState state) {
  constexpr std::string_view kNames[] = {"connecting", "live", "stale", "reconnecting", "auth_required", "down"};
  return kNames[static_cast<std::size_t>(state)];
}

/// A broker connection changed its state.
struct BrokerStatus {
  RecordHeader header;
  BrokerState state{};
  std::uint8_t reserved[7] = {};
  char reason[120] = {};  // zero-terminated UTF-8
};

/// A broker's words about a venue as a whole: opening, closing, halts. Goes to every subscriber.
struct MarketStatus {
  RecordHeader header;
  char venue[16] = {};     // as in symbols; zero-terminated UTF-8
  char message[232] = {};  // the same
};

template <class Record>
concept MarketDataRecord = std::is_trivially_copyable_v<Record> && sizeof(Record) % 8 == 0 && requires(Record record) {
  { record.header } -> std::same_as<RecordHeader&>;
};

template <MarketDataRecord Record>
constexpr RecordKind kKindOf = RecordKind{};
template <>
inline constexpr RecordKind kKindOf<Trade> = RecordKind::Trade;
template <>
inline constexpr RecordKind kKindOf<Quote> = RecordKind::Quote;
template <>
inline constexpr RecordKind kKindOf<Depth> = RecordKind::Depth;
template <>
inline constexpr RecordKind kKindOf<Ticker> = RecordKind::Ticker;
template <>
inline constexpr RecordKind kKindOf<Candle> = RecordKind::Candle;
template <>
inline constexpr RecordKind kKindOf<InstrumentStatus> = RecordKind::InstrumentStatus;
template <>
inline constexpr RecordKind kKindOf<Gap> = RecordKind::Gap;
template <>
inline constexpr RecordKind kKindOf<State> = RecordKind::State;
template <>
inline constexpr RecordKind kKindOf<BrokerStatus> = RecordKind::BrokerStatus;
template <>
inline constexpr RecordKind kKindOf<MarketStatus> = RecordKind::MarketStatus;

/// A record of fixed size with its header's kind and size filled in.
template <MarketDataRecord Record>
Record make_record(InstrumentId instrument, Channel channel) {
  Record record{};
  record.header.kind = kKindOf<Record>;
  record.header.size_words = sizeof(Record) / 8;
  record.header.instrument = instrument;
  record.header.channel = channel;
  return record;
}

/// The record behind a header whose kind was checked.
template <MarketDataRecord Record>
const Record& as(const RecordHeader& header) {
  return reinterpret_cast<const Record&>(header);
}

/// Copies text into a record's fixed field, cut at the end of a UTF-8 character, zero-terminated.
template <std::size_t N>
void set_text(char (&field)[N], std::string_view text) {
  std::size_t length = text.size() < N ? text.size() : N - 1;
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
  if (length > 0) std::memcpy(field, text.data(), length);  // an empty view may be null
  field[length] = '\0';
}

/// Receives records in order. One thread calls it.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// `record` starts a whole record of `record.size_bytes()`; it is valid during the call only.
  virtual void on_record(const RecordHeader& record) = 0;
};

}  // namespace tidegate
