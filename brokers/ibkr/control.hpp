// What the session itself reads of the socket's messages. docs/protocols/ibkr.md#topics and section 8.4
#pragma once

#include <cstdint>
#include <string_view>

#include "brokers/ibkr/rest_answer.hpp"

namespace tidegate::ibkr {

struct ControlMessage {
  enum class Kind : std::uint8_t {
    Heartbeat,      // system with hb
    Status,         // sts: what is in it of `status`
    SessionWanted,  // the socket was opened without a session
    Complaint,      // an error about a command
    Other,
  };
  Kind kind = Kind::Other;
  AuthStatus status;
};

/// Any message; hostile input.
[[nodiscard]] ControlMessage read_control(std::string_view message);

}  // namespace tidegate::ibkr
