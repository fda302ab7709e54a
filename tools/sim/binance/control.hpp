// The control dialogue: one client frame in, at most one answer out.
#pragma once

#include <string>
#include <string_view>

#include "tools/sim/binance/hub.hpp"

namespace tidegate::sim::binance {

/// Carries out what `payload` asks of `client` and returns the answer.
[[nodiscard]] std::string answer_control(Hub& hub, Client& client, std::string_view payload);

}  // namespace tidegate::sim::binance
