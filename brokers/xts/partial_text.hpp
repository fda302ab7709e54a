// Partial text, `t:<segment>_<id>,key:value,...`: only what changed. docs/protocols/xts.md#partial
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brokers/xts/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// The keys that are read; what some of them mean depends on the message code.
enum class PartialKey : std::uint8_t {
  LastPrice,       // ltp
  LastQuantity,    // ltq
  TotalBuy,        // tb
  TotalSell,       // ts
  Volume,          // v, of the day
  Average,         // ap
  LastTradeTime,   // ltt
  LastUpdateTime,  // lut
  PercentChange,   // pc
  Open,            // o; in 1510 the open interest
  High,            // h
  Low,             // l
  Close,           // c
  Turnover,        // vp
  Bt,              // bt: in 1505 the bar's time, in 1512 the book type
  BarVolume,       // bv
  MarketType,      // mt
};
inline constexpr std::size_t kPartialKeyCount = 17;
/// Rows of one side of a 1502 book.
inline constexpr std::size_t kPartialRows = 5;

/// One message's values, or all that is known of an instrument after several. What was not said, or is not known, is absent.
struct PartialValues {
  std::array<Decimal, kPartialKeyCount> values;
  std::uint32_t named = 0;  // bit per PartialKey; a named value that is absent is one that cannot be known (a percentage with too many digits)
  std::array<BookRow, kPartialRows> bids, asks;

  [[nodiscard]] Decimal value(PartialKey key) const { return values[static_cast<std::size_t>(key)]; }
  void set(PartialKey key, Decimal value) {
    values[static_cast<std::size_t>(key)] = value;
    named |= 1U << static_cast<unsigned>(key);
  }
  /// Zero where it is not known.
  [[nodiscard]] std::int64_t time(PartialKey key) const;

  /// A later message's values take the place of these; what it does not say stays.
  void apply(const PartialValues& later);
};

struct PartialText {
  std::uint32_t segment = 0;
  std::uint64_t instrument = 0;
  PartialValues values;
};

/// Fills `out`, whatever was in it. Keys that are not known are skipped. Errors: BadShape (no key and value), MissingField (t), BadText (t),
/// BadInteger, BadDecimal, Overflow.
[[nodiscard]] std::optional<Error> parse_partial_text(std::string_view text, PartialText& out);

}  // namespace tidegate::xts
