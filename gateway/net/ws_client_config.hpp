// websocketpp as WsClient uses it, plain and over TLS. Internal to gateway/net.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <asio/post.hpp>
#include <memory>
#include <string>

#include "gateway/net/frame_length.hpp"
#include "gateway/net/tls_problem.hpp"
#include "gateway/net/ws_client.hpp"
#include "gateway/net/ws_config.hpp"

#include <websocketpp/client.hpp>
#include <websocketpp/transport/asio/security/tls.hpp>

namespace tidegate::net::ws {

/// Closes at once instead of waiting seconds for the peer's part of a TLS shutdown; WebSocket's closing handshake has come before.
template <typename Config>
class ClientTransport : public websocketpp::transport::asio::connection<Config> {
 public:
  using Base = websocketpp::transport::asio::connection<Config>;
  using type = ClientTransport<Config>;
  using ptr = websocketpp::lib::shared_ptr<type>;
  using Base::Base;

  void async_shutdown(websocketpp::transport::shutdown_handler callback) {
    // Posted: websocketpp may end a connection from inside a call of its user.
    asio::post(this->get_raw_socket().get_executor(), [self = this->get_shared(), callback = std::move(callback)] { callback({}); });
    asio::error_code ignored;
    this->get_raw_socket().shutdown(asio::socket_base::shutdown_both, ignored);
    this->get_raw_socket().close(ignored);
  }
};

/// The user part of a connection: keeps alive the endpoint, of which a connection uses parts.
struct ClientKeepsEndpoint {
  std::shared_ptr<void> endpoint;
  unsigned long tls_error = 0;  // OpenSSL's, of a handshake that failed; websocketpp keeps only that it did
};

template <typename Socket>
struct ClientConfig : LeanConfig {
  using type = ClientConfig;
  using connection_base = ClientKeepsEndpoint;
  using rng_type = websocketpp::random::random_device::int_generator<std::uint32_t, concurrency_type>;
  static const std::size_t connection_read_buffer_size = 64U << 10U;

  using transport_config = LeanConfig::Transport<Socket>;
  using transport_type = Endpoint<transport_config, ClientTransport>;
};

using PlainClientConfig = ClientConfig<websocketpp::transport::asio::basic_socket::endpoint>;
using TlsClientConfig = ClientConfig<websocketpp::transport::asio::tls_socket::endpoint>;
using PlainConnection = websocketpp::connection<PlainClientConfig>;
using TlsConnection = websocketpp::connection<TlsClientConfig>;

}  // namespace tidegate::net::ws

template <>
inline std::error_code websocketpp::processor::hybi13<tidegate::net::ws::PlainClientConfig>::validate_incoming_extended_header(
    frame::basic_header header, frame::extended_header extended) const {
  return tidegate::net::ws::length_problem(header, extended);
}
template <>
inline std::error_code websocketpp::processor::hybi13<tidegate::net::ws::TlsClientConfig>::validate_incoming_extended_header(
    frame::basic_header header, frame::extended_header extended) const {
  return tidegate::net::ws::length_problem(header, extended);
}

namespace tidegate::net::ws {

/// Where an SSL object keeps its connection; Asio has the place for all users.
inline int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// Called by OpenSSL when it stops in a handshake, before Asio takes the error away.
inline void note_tls_error(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_CONNECT_EXIT) != SSL_CB_CONNECT_EXIT) return;
  const unsigned long error = ERR_peek_error();
  if (error != 0) static_cast<ClientKeepsEndpoint*>(SSL_get_ex_data(ssl, connection_index()))->tls_error = error;
}

inline std::string set_up_tls(websocketpp::client<PlainClientConfig>&, const TlsOptions&) { return {}; }

/// Gives the endpoint a TLS context; returns what is wrong, if anything.
inline std::string set_up_tls(websocketpp::client<TlsClientConfig>& endpoint, const TlsOptions& tls) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  asio::error_code error;
  if (tls.verify) {
    if (tls.ca_file.empty()) {
      context->set_default_verify_paths(error);
      if (error) return "the system's authorities cannot be read (" + error.message() + "); name a file of them in tls.ca_file";
    } else {
      if (std::string problem = ca_file_problem(tls.ca_file); !problem.empty()) return problem;
      context->load_verify_file(tls.ca_file, error);
      if (error) return "tls.ca_file " + tls.ca_file + ": " + error.message();
    }
  }
  context->set_verify_mode(tls.verify ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
  endpoint.set_tls_init_handler([context](const websocketpp::connection_hdl&) { return context; });
  return {};
}

inline std::string set_up_verification(PlainConnection&, const TlsOptions&, const std::string&) { return {}; }

/// Has the certificate's names compared with the host, an address with its addresses.
inline std::string set_up_verification(TlsConnection& connection, const TlsOptions& tls, const std::string& host) {
  SSL* const ssl = connection.get_socket().native_handle();
  SSL_set_ex_data(ssl, connection_index(), static_cast<ClientKeepsEndpoint*>(&connection));
  SSL_set_info_callback(ssl, note_tls_error);
  if (!tls.verify) return {};
  asio::error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  const int set = not_numeric ? SSL_set1_host(ssl, host.c_str()) : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  return set == 1 ? std::string() : "the TLS library refuses the host name " + host;
}

/// Why there is no connection, of one that found its peer and has no HTTP answer.
inline std::string refusal_of(PlainConnection&, const TlsOptions&, const std::string&) { return plain_problem(); }

inline std::string refusal_of(TlsConnection& connection, const TlsOptions& tls, const std::string& host) {
  SSL* const ssl = connection.get_socket().native_handle();
  const long result = SSL_get_verify_result(ssl);
  if (tls.verify && result != X509_V_OK) return certificate_problem(result, host);
  if (SSL_is_init_finished(ssl) == 0) return handshake_problem(connection.tls_error);
  return connection.get_ec().message();
}

}  // namespace tidegate::net::ws
