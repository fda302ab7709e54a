// What the session itself reads of the socket's messages. docs/protocols/ibkr.md#topics and section 6.4
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "brokers/ibkr/rest_answer.hpp"

namespace tidegate::ibkr {

/// The topic of a message of market data or depth, "smd+265598@ARCA"; a view into the message. Empty: it is none, or not written as IBKR writes it, and
/// worth a look by read_control(). On the data path: no parsing, and one pass over few bytes, since few of a message's letters are a "t".
[[nodiscard]] inline std::string_view data_topic(std::string_view message) {
  constexpr std::string_view kKey = "topic\":\"s";
  for (std::size_t at = message.find(kKey); at != std::string_view::npos; at = message.find(kKey, at + kKey.size())) {
    if (at == 0 || message[at - 1] != '"') continue;
    const std::string_view topic = message.substr(at + kKey.size() - 1, message.find('"', at + kKey.size()) - (at + kKey.size() - 1));
    if (topic.starts_with("smd+") || topic.starts_with("sbd")) return topic;
  }
  return {};
}

struct ControlMessage {
  enum class Kind : std::uint8_t {
    Heartbeat,      // system with hb
    Status,         // sts: what is in it of `status`
    SessionWanted,  // the socket was opened without a session
    Complaint,      // an error about a command
    Data,           // market data or depth after all; `topic`
    Other,
  };
  Kind kind = Kind::Other;
  AuthStatus status;
  std::string topic;
};

/// Any message; hostile input.
[[nodiscard]] ControlMessage read_control(std::string_view message);

}  // namespace tidegate::ibkr
