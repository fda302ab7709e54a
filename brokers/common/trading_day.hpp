// Days as Indian brokers' instrument lists count them: each begins at a set time of day in India, which has kept UTC+5:30 without summer time since
// 1945.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::common {

using TradingDay = std::chrono::sys_days;  // the date in India

/// The day that has begun at `now`. `at` counts from midnight in India.
[[nodiscard]] TradingDay trading_day(UtcTime now, Duration at);
/// When the day after the present one begins.
[[nodiscard]] UtcTime next_trading_day(UtcTime now, Duration at);

/// A time of day such as "08:30", since midnight; false when the text is none.
[[nodiscard]] bool parse_time_of_day(std::string_view text, Duration& since_midnight);

/// "2026-11-20"
[[nodiscard]] std::string to_text(TradingDay day);
[[nodiscard]] std::optional<TradingDay> parse_trading_day(std::string_view text);

}  // namespace tidegate::common
