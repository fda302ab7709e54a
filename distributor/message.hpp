// One outgoing message in each form in which some client wants it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gateway/net/frame_buffer.hpp"

namespace tidegate::distributor {

/// How messages to one client are written.
enum class Format : std::uint8_t { Native };
inline constexpr std::size_t kFormatCount = 1;
inline constexpr std::array<std::string_view, kFormatCount> kFormatNames = {"native"};

/// Encoded once; a further format that a subscriber needs is written from the native text, once.
class Message {
 public:
  Message() = default;
  explicit Message(net::FrameRef native) { frames_[0] = std::move(native); }

  explicit operator bool() const { return static_cast<bool>(frames_[0]); }
  [[nodiscard]] const net::FrameRef& in(Format format) const { return frames_[static_cast<std::size_t>(format)]; }

 private:
  std::array<net::FrameRef, kFormatCount> frames_;
};

}  // namespace tidegate::distributor
