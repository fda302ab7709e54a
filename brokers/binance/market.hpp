#pragma once

#include <cstdint>

namespace tidegate::binance {

/// Which of the two venues behind this adapter: key `market`.
enum class Market : std::uint8_t { Spot, Usdm };

}  // namespace tidegate::binance
