// The length in a WebSocket frame's header. Internal to gateway/net.
#pragma once

#include <cstdint>
#include <system_error>

#include "gateway/net/ws_config.hpp"

#include <websocketpp/frame.hpp>
#include <websocketpp/processors/base.hpp>

namespace tidegate::net::ws {

/// What is wrong with the length of a frame that comes (RFC 6455, 5.2). Takes the place of websocketpp's own check, which lets the highest bit be
/// set: it then adds the length to what it has of the message, and the sum overflows below the limit of a message's size.
inline std::error_code length_problem(websocketpp::frame::basic_header header, websocketpp::frame::extended_header extended) {
  namespace frame = websocketpp::frame;
  namespace error = websocketpp::processor::error;
  const std::uint8_t short_size = frame::get_basic_size(header);
  const std::uint64_t size = frame::get_payload_size(header, extended);
  const bool too_long = size >> 63U != 0;
  const bool fits_less = (short_size == frame::payload_size_code_16bit && size <= frame::limits::payload_size_basic) ||
                         (short_size == frame::payload_size_code_64bit && size <= frame::limits::payload_size_extended);
  return too_long || fits_less ? error::make_error_code(error::protocol_violation) : std::error_code{};
}

}  // namespace tidegate::net::ws
