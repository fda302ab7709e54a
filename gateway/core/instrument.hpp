#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/decimal.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// What an instrument is, as far as it decides which data there can be.
enum class InstrumentKind : std::uint8_t {
  Other,  // not sent, or a kind the gateway has no word for
  Cash,   // shares, bonds, funds, coins for immediate settlement
  Index,  // calculated, not traded: no book, no trades
  Future,
  Option,
};

constexpr std::string_view to_text(InstrumentKind kind) {
  constexpr std::string_view kNames[] = {"other", "cash", "index", "future", "option"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// How one broker names an instrument: its segment and its token or text. Never the token alone.
struct NativeId {
  std::uint32_t segment = 0;
  std::uint64_t token = 0;  // 0 where the broker uses text
  std::string text;         // empty where the broker uses tokens
};

/// One entry of a broker's instrument list.
struct Instrument {
  std::string venue;  // "BINANCE"
  std::string name;   // the venue's own spelling: "BTCUSDT"
  NativeId native;
  InstrumentKind kind = InstrumentKind::Other;
  std::string base, quote;  // empty: not sent
  std::string status;       // the venue's word, "TRADING"
  bool trading = true;
  Decimal tick_size;  // absent: not sent, or no rule
  Decimal lot_size;
  UtcTime expiry;  // kNoTime: none
  Decimal strike;

  [[nodiscard]] std::string symbol() const { return venue + ":" + name; }
};

/// What a broker without a whole list knows of one name that subscribers asked for.
struct SymbolAnswer {
  std::string text;                     // as it was asked: "NASDAQ:AAPL", "SMART:AAPL" or a bare name
  std::vector<Instrument> instruments;  // one: what the text means; several: ambiguous; none: the broker knows nothing of that name
};

}  // namespace tidegate
