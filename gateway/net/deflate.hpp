// DEFLATE for single WebSocket messages, each on its own: what permessage-deflate (RFC 7692) does where neither side keeps its window from one
// message to the next. A door to zlib. Internal to gateway/net.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tidegate::net {

/// Makes compressed messages. Keeps one stream, of about 150 KiB, from its first message on. One thread.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// The payload of a compressed message (RFC 7692, 7.2.1). Empty where it would not be smaller than `payload`, and where zlib has no memory. Stands
  /// until the next call. `level` is zlib's, 1 to 9.
  [[nodiscard]] std::string_view deflate(std::string_view payload, int level);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;  // empty before the first message, and where zlib has no memory
  std::unique_ptr<char[]> room_;
  std::size_t room_bytes_ = 0;
};

enum class Inflated : std::uint8_t { Whole, TooLarge, Broken };

/// Reads compressed messages. One of a thread serves all its connections, since no message leans on another.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] static Inflater& of_thread();

  /// Puts what the payload of a compressed message (RFC 7692, 7.2.2) stands for in its place. TooLarge: that is more than `limit` bytes; it stops
  /// there, and has room for no more than `limit` and one. Broken: that is no DEFLATE, or ends within a block. The payload is of no use then.
  [[nodiscard]] Inflated inflate(std::string& payload, std::size_t limit);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace tidegate::net
