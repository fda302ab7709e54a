// websocketpp as we use it: one thread, no logging, our transports; its "disabled" permessage-deflate neither offers nor accepts. Internal to
// gateway/net; includes all of websocketpp.
#pragma once

#include "gateway/net/utf8_validator.hpp"  // first: takes the place of websocketpp's

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <websocketpp/common/network.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/core.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/random/random_device.hpp>
#include <websocketpp/transport/asio/endpoint.hpp>

namespace tidegate::net::ws {

// websocketpp finds the machine's byte order at its first use and keeps it in a static variable that nothing guards: found here, before any thread.
inline const std::uint64_t kByteOrderFound = websocketpp::lib::net::_htonll(1);

// RFC 6455, section 5.5; a close frame's reason follows two bytes of code.
constexpr std::size_t kControlPayloadMax = 125;
constexpr std::size_t kCloseReasonMax = kControlPayloadMax - 2;

/// At most `limit` bytes of a text, never ending within a character.
inline std::string_view cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

/// Whether a header can be written as it is: a token, and a value within one line.
inline bool header_is_sound(const std::string& name, const std::string& value) {
  const auto bad_in_value = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !name.empty() && std::none_of(name.begin(), name.end(), websocketpp::http::is_not_token_char) &&
         std::none_of(value.begin(), value.end(), bad_in_value);
}

/// What every configuration of ours shares.
struct LeanConfig : websocketpp::config::core {
  using concurrency_type = websocketpp::concurrency::none;
  using elog_type = websocketpp::log::stub;
  using alog_type = websocketpp::log::stub;
  static const websocketpp::log::level elog_level = websocketpp::log::elevel::none;
  static const websocketpp::log::level alog_level = websocketpp::log::alevel::none;
  static const bool enable_multithreading = false;

  /// `Socket` is websocketpp's security policy: plain or TLS.
  template <typename Socket>
  struct Transport : websocketpp::config::core::transport_config {
    using concurrency_type = LeanConfig::concurrency_type;
    using elog_type = LeanConfig::elog_type;
    using alog_type = LeanConfig::alog_type;
    using socket_type = Socket;
    static const bool enable_multithreading = false;
    static const long timeout_socket_post_init = 0;  // our handshake timer covers it
  };
};

/// An Asio endpoint whose connections are of our own transport type, `Connection<Transport>`.
template <typename Transport, template <typename> class Connection>
class Endpoint : public websocketpp::transport::asio::endpoint<Transport> {
 public:
  using type = Endpoint<Transport, Connection>;
  using transport_con_type = Connection<Transport>;
  using transport_con_ptr = typename transport_con_type::ptr;
};

}  // namespace tidegate::net::ws
