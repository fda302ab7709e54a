// websocketpp as WsClient uses it, plain and over TLS. Internal to gateway/net.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <asio/post.hpp>
#include <memory>
#include <string>

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

inline std::string set_up_tls(websocketpp::client<PlainClientConfig>&, const TlsOptions&) { return {}; }

/// Gives the endpoint a TLS context; returns what is wrong, if anything.
inline std::string set_up_tls(websocketpp::client<TlsClientConfig>& endpoint, const TlsOptions& tls) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  asio::error_code error;
  if (tls.verify) {
    if (tls.ca_file.empty()) {
      context->set_default_verify_paths(error);
    } else {
      context->load_verify_file(tls.ca_file, error);
    }
    if (error) return "tls.ca_file " + tls.ca_file + ": " + error.message();
  }
  context->set_verify_mode(tls.verify ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
  endpoint.set_tls_init_handler([context](const websocketpp::connection_hdl&) { return context; });
  return {};
}

inline std::string set_up_verification(PlainConnection&, const TlsOptions&, const std::string&) { return {}; }

/// Has the certificate's names compared with the host, an address with its addresses.
inline std::string set_up_verification(TlsConnection& connection, const TlsOptions& tls, const std::string& host) {
  if (!tls.verify) return {};
  SSL* const ssl = connection.get_socket().native_handle();
  asio::error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  const int set = not_numeric ? SSL_set1_host(ssl, host.c_str()) : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  return set == 1 ? std::string() : "the TLS library refuses the host name " + host;
}

inline std::string verification_problem(PlainConnection&) { return {}; }

inline std::string verification_problem(TlsConnection& connection) {
  const long result = SSL_get_verify_result(connection.get_socket().native_handle());
  return result == X509_V_OK ? std::string() : std::string(": ") + X509_verify_cert_error_string(result);
}

}  // namespace tidegate::net::ws
