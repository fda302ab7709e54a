// Where websocketpp's reading of frames is not ours, for the connections of WsServer: lengths, extensions, compressed messages, UTF-8 in pieces.
// Included by ws_connection.hpp alone, between its configuration and the first use of that. Internal to gateway/net.
#pragma once

#include <string>
#include <utility>

#include "gateway/net/deflate.hpp"
#include "gateway/net/deflate_offer.hpp"
#include "gateway/net/frame_length.hpp"

namespace websocketpp::processor {

template <>
inline std::error_code hybi13<tidegate::net::ws::ServerConfig>::validate_incoming_extended_header(frame::basic_header header,
                                                                                                  frame::extended_header extended) const {
  // A message is compressed or not as a whole, and its first frame says so (RFC 7692, 6.1).
  const bool marked_late = frame::get_rsv1(header) && frame::get_opcode(header) == frame::opcode::CONTINUATION;
  return marked_late ? error::make_error_code(error::invalid_rsv_bit) : tidegate::net::ws::length_problem(header, extended);
}

/// Takes the place of websocketpp's own, which keeps a parameter once that came twice, and takes any text that begins with a number for that number.
template <>
inline std::pair<std::error_code, std::string> hybi13<tidegate::net::ws::ServerConfig>::negotiate_extensions(const request_type& request) {
  tidegate::net::DeflateAgreement agreed = tidegate::net::agree_on_deflate(request.get_header("Sec-WebSocket-Extensions"));
  if (agreed.malformed) return {error::make_error_code(error::extension_parse_error), {}};
  if (agreed.window_bits == 0 || !request.deflate().allowed) return {};
  request.deflate().window_bits = agreed.window_bits;
  m_permessage_deflate.enable();
  return {std::error_code{}, std::move(agreed.answer)};
}

/// Keeps a compressed message as it comes: only when it is whole it is inflated, by what all connections share.
template <>
inline std::size_t hybi13<tidegate::net::ws::ServerConfig>::process_payload_bytes(std::uint8_t* bytes, std::size_t size, std::error_code& problem) {
  if (frame::get_masked(m_basic_header)) m_current_msg->prepared_key = frame::byte_mask_circ(bytes, size, m_current_msg->prepared_key);
  auto& message = *m_current_msg->msg_ptr;
  message.get_raw_payload().append(reinterpret_cast<const char*>(bytes), size);
  const bool is_text = message.get_opcode() == frame::opcode::TEXT && !message.get_compressed();
  if (is_text && !m_current_msg->validator.decode(bytes, bytes + size)) {
    problem = error::make_error_code(error::invalid_utf8);
    return 0;
  }
  m_bytes_needed -= size;
  return size;
}

/// Takes the place of websocketpp's own, which does not see that a text in several frames ends within a character.
template <>
inline std::error_code hybi13<tidegate::net::ws::ServerConfig>::finalize_message() {
  using tidegate::net::Inflated;
  auto& message = *m_current_msg->msg_ptr;
  std::string& payload = message.get_raw_payload();
  const bool is_text = message.get_opcode() == frame::opcode::TEXT;
  if (message.get_compressed()) {
    const Inflated inflated = tidegate::net::Inflater::of_thread().inflate(payload, base::m_max_message_size);
    if (inflated == Inflated::TooLarge) return error::make_error_code(error::message_too_big);
    if (inflated == Inflated::Broken) return error::make_error_code(error::invalid_payload);
    if (is_text && !m_current_msg->validator.decode(payload.begin(), payload.end())) return error::make_error_code(error::invalid_utf8);
  }
  if (is_text && !m_current_msg->validator.complete()) return error::make_error_code(error::invalid_utf8);
  m_state = READY;
  return {};
}

}  // namespace websocketpp::processor
