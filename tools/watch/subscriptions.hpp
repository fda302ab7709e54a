// The requests a watcher sends: everything at first, later what failed for a reason that may pass. Pure.
#pragma once

#include <string>
#include <vector>

#include "tools/watch/model.hpp"

namespace tidegate::watch {

/// Requests for every stream; several when one would be too long for the gateway. `allow_delayed`: data that a broker delays deliberately is welcome.
[[nodiscard]] std::vector<std::string> subscribe_requests(const std::vector<Row>& rows, bool allow_delayed);
/// Requests for the streams that failed, except where the gateway will say the same again.
[[nodiscard]] std::vector<std::string> retry_requests(const std::vector<Row>& rows, bool allow_delayed);

}  // namespace tidegate::watch
