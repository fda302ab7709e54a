#pragma once

#include "gateway/config/config.hpp"

namespace tidegate {

/// Sends the log to stderr: a line of text, or one JSON object a line, for each message.
void set_up_log(const LogConfig& log);

}  // namespace tidegate
