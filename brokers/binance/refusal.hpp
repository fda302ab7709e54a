// What the venue means by the end of a connection, or by an HTTP answer that is no success. Pure. Source: docs/protocols/binance.md sections
// 3.1, 3.3 and 8.
#pragma once

#include <cstdint>
#include <string_view>

#include "brokers/binance/options.hpp"
#include "brokers/common/connection.hpp"

namespace tidegate::binance {

[[nodiscard]] common::LossVerdict judge_closed(const net::WsClosed& closed, const Settings& settings);

/// True for a close or a refused upgrade by which the venue tells us to slow down.
[[nodiscard]] bool is_rate_limit(const net::WsClosed& closed);

/// What a Retry-After asks for, at most a week.
[[nodiscard]] Duration retry_after(std::int64_t seconds);
/// The header's text; `standard` when there is none that can be read.
[[nodiscard]] Duration retry_after(std::string_view header, Duration standard);

}  // namespace tidegate::binance
