// The instruments of the generated market.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidegate::sim::binance {

enum class Market : std::uint8_t { Spot, Usdm };

/// All amounts are in units of 1e-8.
struct SymbolSpec {
  std::string name;   // "BTCUSDT"
  std::string lower;  // "btcusdt", as in stream names
  std::string base;
  std::string quote;
  std::int64_t price_e8 = 0;  // where the random walk starts
  std::int64_t tick_e8 = 0;
  std::int64_t lot_e8 = 0;
  int price_decimals = 8;  // digits on the wire
  int quantity_decimals = 8;
};

/// The first `count` symbols: well-known ones first, then invented ones.
[[nodiscard]] std::vector<SymbolSpec> make_symbols(Market market, std::size_t count);

}  // namespace tidegate::sim::binance
