// The gateway's port: which upgrades and requests are let in, and where they go. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "distributor/http_api.hpp"
#include "distributor/hub.hpp"
#include "distributor/request_handler.hpp"
#include "distributor/sessions/keeper.hpp"
#include "distributor/sessions/login.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class Server final : private net::WsServerHandler {
 public:
  Server(net::EventLoop& loop, Hub& hub, RequestHandler& requests, HttpApi& http, Login& login, SessionKeeper& keeper);

  /// Empty, or what went wrong.
  [[nodiscard]] std::string listen();
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  /// Empty, or what is wrong with the files; then the certificate in use stays.
  [[nodiscard]] std::string reload_tls();
  /// The options have changed; for connections to come.
  void configure();
  void stop_listening() { server_.stop_listening(); }
  void flush();

 private:
  [[nodiscard]] net::HttpResponse upgrade_answer(const net::HttpRequest& request);
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override;
  std::string refusal_body() override { return refusal_body_; }
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  bool on_ping(net::WsConnection& connection, std::string_view payload) override;
  void on_pong(net::WsConnection& connection, std::string_view payload) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;

  Hub& hub_;
  RequestHandler& requests_;
  HttpApi& http_;
  Login& login_;
  SessionKeeper& keeper_;
  std::string refusal_body_;     // of the last upgrade that was refused
  net::WsServerTotals counted_;  // what the counters have already
  net::WsServer server_;
};

}  // namespace tidegate::distributor
