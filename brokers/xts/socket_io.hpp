// Engine.IO 3 and Socket.IO 2 as texts: packets taken apart, packets of a polling answer, event names. Pure. docs/protocols/xts.md#transport
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// A packet that announces more binary frames is refused.
inline constexpr std::uint32_t kAttachmentsMax = 256;
/// Brackets of an event's argument within each other; deeper ones are refused.
inline constexpr std::size_t kArgumentDepthMax = 64;
/// Longest interval that an open packet may name: a day.
inline constexpr std::int64_t kIntervalMaxMs = 86'400'000;

enum class PacketType : std::uint8_t {
  Open,         // 0{"sid":...}
  Close,        // 1
  Ping,         // 2
  Pong,         // 3
  Connect,      // 40
  Disconnect,   // 41
  Event,        // 42
  Ack,          // 43
  Error,        // 44
  BinaryEvent,  // 45N-
  BinaryAck,    // 46N-
  Upgrade,      // 5
  Noop,         // 6
};

/// One packet of the socket. Views into the frame.
struct Packet {
  PacketType type{};
  std::string_view name_space;    // "/": the default one, also when none was written
  std::uint32_t attachments = 0;  // BinaryEvent, BinaryAck: binary frames that follow
  std::string_view payload;       // what is left: JSON of an event, "probe", the open packet's object
};

/// Errors: BadShape (no packet), BadInteger (attachment count).
[[nodiscard]] Result<Packet> parse_packet(std::string_view text);

/// An event's name and its first argument, as JSON text. Views into the payload; the name must hold no escapes.
struct Event {
  std::string_view name;
  std::string_view argument;  // empty: none; `"..."`, `{...}` or `[...]` with whatever follows it up to the array's end cut off
};
/// `payload` of an Event or BinaryEvent packet. Checks the name and finds the argument's end, but does not validate the argument.
[[nodiscard]] Result<Event> split_event(std::string_view payload);

/// What the open packet says. Durations are milliseconds; absent ones are 0.
struct OpenPacket {
  std::string sid;
  std::int64_t ping_interval_ms = 0;
  std::int64_t ping_timeout_ms = 0;
  bool can_upgrade = false;  // "websocket" is among its upgrades
};
[[nodiscard]] Result<OpenPacket> parse_open(std::string_view payload);

/// Takes packets from a polling answer: `<length>:<packet>` back to back, the length in characters (UTF-16 units, as JavaScript counts).
class PollingReader {
 public:
  explicit PollingReader(std::string_view body) : rest_(body) {}
  /// False at the end, or at a fault: then failed() is true.
  [[nodiscard]] bool next(std::string_view& packet);
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace tidegate::xts
