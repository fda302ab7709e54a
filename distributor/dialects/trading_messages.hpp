// Messages as the clients of a trading platform's /ws/market and /ws/trading read them: mostly the native ones. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// The native message as this dialect has it; a view of `native` where it is the same, else of `out`, whose memory is used again.
///   orderbook  levels are [price, size]: numbers of orders are left out
///   topic      order_update, risk_alert, bot_status, portfolio_update, else topic_update; the published object's keys stand at the top
[[nodiscard]] std::string_view as_trading(std::string_view native, std::string& out);

/// The answers to one request: none for a welcome and for what succeeded, one `error` for each subscription that failed.
[[nodiscard]] std::vector<std::string> trading_answers(std::string_view native, UtcTime now);

}  // namespace tidegate::distributor
