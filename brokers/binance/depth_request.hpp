// The request that a REST frame answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::binance {

/// "GET /api/v3/depth?symbol=BTCUSDT&limit=1000", also under /api/v1 and /fapi/v1.
[[nodiscard]] bool is_depth_request(std::string_view request);

/// The percent-decoded `symbol` of such a request into `symbol`; false if there is none, it is longer than any symbol, or its escapes are broken.
[[nodiscard]] bool read_symbol_parameter(std::string_view request, std::string& symbol);

}  // namespace tidegate::binance
