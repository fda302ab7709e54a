// The requests a watcher sends: everything at first, later what failed for a reason that may pass. Pure.
#pragma once

#include <string>
#include <vector>

#include "tools/watch/model.hpp"

namespace tidegate::watch {

/// Requests for every stream; several when one would be too long for the gateway.
[[nodiscard]] std::vector<std::string> subscribe_requests(const std::vector<Row>& rows);
/// Requests for the streams that failed, except where the gateway will say the same again.
[[nodiscard]] std::vector<std::string> retry_requests(const std::vector<Row>& rows);

}  // namespace tidegate::watch
