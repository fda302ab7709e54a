// The request that a REST frame answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::binance {

enum class RestKind : std::uint8_t {
  Other,
  Depth,            // "GET /api/v3/depth?symbol=BTCUSDT&limit=1000"
  Trades,           // "GET /api/v3/trades?...", "GET /api/v3/historicalTrades?..."
  AggregateTrades,  // "GET /api/v3/aggTrades?..."
};

/// By its path, also under /api/v1 and /fapi/v1.
[[nodiscard]] RestKind rest_kind(std::string_view request);

/// The percent-decoded `symbol` of such a request into `symbol`; false if there is none, it is longer than any symbol, or its escapes are broken.
[[nodiscard]] bool read_symbol_parameter(std::string_view request, std::string& symbol);

}  // namespace tidegate::binance
