// Engine.IO 3 and Socket.IO 2 from the server's side: packets written, what clients send read, the payloads of polling. Pure, and independent of
// the gateway's own reader, which is tested against it. Source: docs/protocols/xts.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::sim::xts {

/// What a polling client finds in an answer; a binary one has no Engine.IO byte yet.
struct OutPacket {
  std::string bytes;
  bool binary = false;
};

/// A JSON string, escaped as JSON.stringify does it.
void append_json_text(std::string& out, std::string_view text);
/// 42["name","argument"]
[[nodiscard]] std::string event_text(std::string_view name, std::string_view argument);
/// 42["name",argument]: the argument is JSON already.
[[nodiscard]] std::string event_json(std::string_view name, std::string_view json);
/// Announces one binary attachment.
inline constexpr std::string_view kPackedEvent = R"(451-["xts-binary-packet",{"_placeholder":true,"num":0}])";
/// A WebSocket message with an attachment: the Engine.IO byte 0x04 before it.
[[nodiscard]] std::string attachment(std::string_view bytes);

enum class ClientPacket : std::uint8_t {
  Ignored,           // understood, and of no consequence
  Unparsable,        // the server closes the connection
  Ping,              // 2, whatever follows
  Probe,             // 2probe
  Upgrade,           // 5
  Close,             // 1
  Connect,           // 40
  ConnectElsewhere,  // 40/name,
  Disconnect,        // 41
};
struct ReadPacket {
  ClientPacket kind = ClientPacket::Unparsable;
  std::string_view name_space{};  // of ConnectElsewhere, with its slash
};
[[nodiscard]] ReadPacket read_packet(std::string_view text);
/// A binary message: nothing of this protocol's clients, and unparsable where it claims to be an attachment.
[[nodiscard]] ReadPacket read_binary_packet(std::string_view bytes);

/// Packets for a polling answer, `<length>:<packet>` back to back, the length in UTF-16 units; binary ones as `b4` and base64.
[[nodiscard]] std::string polling_body(const std::vector<OutPacket>& packets);
/// False: not such a body.
[[nodiscard]] bool split_polling_body(std::string_view body, std::vector<std::string_view>& packets);

}  // namespace tidegate::sim::xts
