// One outgoing message in each form in which some client wants it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gateway/net/frame_buffer.hpp"

namespace tidegate::distributor {

/// How messages to one client are written. docs/client-protocol.md, "Dialects of existing clients", shows each.
enum class Format : std::uint8_t {
  Native,
  Trading,       // as the native ones, books as pairs, topics under types of their own
  Envelope,      // {"type","timestamp","payload"}
  EnvelopeText,  // the same, the payload being a text that holds JSON
};
inline constexpr std::size_t kFormatCount = 4;
inline constexpr std::array<std::string_view, kFormatCount> kFormatNames = {"native", "trading", "platform", "platform"};

/// Writes messages in other forms than the native one.
class FormatWriter {
 public:
  /// `native` is one message as the gateway itself wrote it. Never null.
  [[nodiscard]] virtual net::FrameRef write(Format format, const net::FrameRef& native) = 0;

 protected:
  ~FormatWriter() = default;
};

/// Encoded once; a further format that a subscriber needs is written from the native text, once.
class Message {
 public:
  Message() = default;
  /// `writer` outlives the message.
  Message(net::FrameRef native, FormatWriter& writer) : writer_(&writer) { frames_[0] = std::move(native); }

  explicit operator bool() const { return static_cast<bool>(frames_[0]); }
  [[nodiscard]] const net::FrameRef& in(Format format) const {
    net::FrameRef& frame = frames_[static_cast<std::size_t>(format)];
    if (!frame) frame = writer_->write(format, frames_[0]);
    return frame;
  }

 private:
  mutable std::array<net::FrameRef, kFormatCount> frames_;
  FormatWriter* writer_ = nullptr;
};

}  // namespace tidegate::distributor
