#pragma once

#include <cstdint>
#include <string>

#include "gateway/core/decimal.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

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
  std::string base, quote;  // empty: not sent
  std::string status;       // the venue's word, "TRADING"
  bool trading = true;
  Decimal tick_size;  // absent: not sent, or no rule
  Decimal lot_size;
  UtcTime expiry;  // kNoTime: none
  Decimal strike;

  [[nodiscard]] std::string symbol() const { return venue + ":" + name; }
};

}  // namespace tidegate
