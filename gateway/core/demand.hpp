// What subscribers want from above, and how it travels to the broker sessions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/core/channel.hpp"
#include "gateway/core/ids.hpp"

namespace tidegate {

/// All levels that are known.
inline constexpr std::uint16_t kFullDepth = 0xFFFF;
/// Levels a side when a subscriber does not say.
inline constexpr std::uint16_t kDefaultDepth = 20;

/// One wish, as a canonical symbol: the session resolves it against its current instrument list at each connect.
struct Want {
  InstrumentId instrument = kNoInstrument;
  Channel channel{};
  std::uint16_t depth = 0;  // OrderBook only: levels a side, kFullDepth for all
  std::string symbol;       // "BINANCE:BTCUSDT"

  friend bool operator==(const Want&, const Want&) = default;
};

/// Everything wanted from one broker, whole. A larger generation replaces a smaller one; a smaller one is ignored.
struct WantedSet {
  std::uint64_t generation = 0;
  std::vector<Want> wants;
};

}  // namespace tidegate
