// The venue's instrument list, `GET /api/v3/exchangeInfo` and `GET /fapi/v1/exchangeInfo`, as the gateway's instruments. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/instrument.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::binance {

struct ExchangeInfo {
  std::vector<Instrument> instruments;
  std::uint32_t skipped = 0;                      // entries that could not be read
  Error first_skipped{};                          // why the first of them could not
  std::optional<std::int64_t> weight_per_minute;  // REQUEST_WEIGHT of one minute; absent: not sent
};

/// Reads a body of any size in one pass. `venue` is "BINANCE" or "BINANCE-USDM". Errors: BadJson; BadShape and MissingField when there is no list of
/// symbols. A step of zero is no rule, and absent. Source: docs/protocols/binance.md#instruments.
[[nodiscard]] Result<ExchangeInfo> parse_exchange_info(const std::string& body, std::string_view venue);

}  // namespace tidegate::binance
