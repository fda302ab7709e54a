// One connection of WsServer, before and after its upgrade. It is the user part of a websocketpp connection, so that both are one object.
// Internal to gateway/net.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/frame_length.hpp"
#include "gateway/net/strict_request.hpp"
#include "gateway/net/tls_stream.hpp"
#include "gateway/net/ws_config.hpp"
#include "gateway/net/ws_server.hpp"
#include "gateway/net/ws_transport.hpp"

#include <websocketpp/server.hpp>

namespace tidegate::net {

class ServerLink;

namespace ws {

struct ServerConfig : LeanConfig {
  using type = ServerConfig;
  using connection_base = ServerLink;
  using request_type = StrictRequest;
  static const std::size_t connection_read_buffer_size = 2048;  // most subscribers say little; memory per idle one counts

  using transport_config = LeanConfig::Transport<websocketpp::transport::asio::basic_socket::endpoint>;
  using transport_type = Endpoint<transport_config, OutboxTransport>;
};

using Server = websocketpp::server<ServerConfig>;
using ServerConnection = websocketpp::connection<ServerConfig>;

}  // namespace ws
}  // namespace tidegate::net

template <>
inline std::error_code websocketpp::processor::hybi13<tidegate::net::ws::ServerConfig>::validate_incoming_extended_header(
    frame::basic_header header, frame::extended_header extended) const {
  return tidegate::net::ws::length_problem(header, extended);
}

namespace tidegate::net {

/// What the connections of one server share; each points to it until the server is destroyed.
struct ServerCore {
  ServerCore(EventLoop& event_loop, WsServerHandler& server_handler, const WsServerOptions& server_options)
      : loop(event_loop), handler(server_handler), options(server_options) {}

  EventLoop& loop;
  WsServerHandler& handler;
  WsServerOptions options;
  FramePool pool;  // frames of send_text and of control frames
  WsServerTotals totals;
  std::unique_ptr<TlsContext> tls;  // empty: no TLS
  // Every connection whose socket is open is in one of these.
  std::list<ServerLink*> pending;  // in their handshake, asking for HTTP, closing; oldest first
  std::list<ServerLink*> ending;   // their sockets are closed, their last callback is on its way
  std::list<ServerLink*> links;    // open WebSockets
  std::vector<ServerLink*> dirty;  // those with something to flush
};

class ServerLink : public WsConnection, public ws::TransportOwner {
 public:
  ServerLink() = default;
  virtual ~ServerLink() = default;
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  /// Begins to serve an accepted socket. The link keeps itself alive until its socket is closed.
  static void start(const std::shared_ptr<ServerCore>& core, const std::shared_ptr<ws::Server>& endpoint, asio::ip::tcp::socket&& socket);
  void flush(WsServerTotals& totals);
  /// Has the processor fetch what flush() needs, and what that points to.
  void prefetch() const;
  void prefetch_queue() const;
  void write_now() override;
  /// Closes the socket now, to make room.
  void displace();
  /// Forgets the server and its handler, closes the socket, drops what waits.
  void abandon();

  void send(const FrameRef& frame) override;
  void send_all(const FrameList& frames, const FrameRef& joined) override;
  void send_text(std::string_view payload) override;
  void send_binary(std::string_view payload) override;
  void ping(std::string_view payload) override;
  void pong(std::string_view payload) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void cut() override;
  void pause_reading(bool pause) override;
  void drop_unsent(const std::function<void(const FrameRef&)>& dropped) override;
  void set_close_timeout(std::chrono::milliseconds timeout) override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] std::uint64_t taken_bytes() const override;
  [[nodiscard]] const HttpRequest& request() const override { return request_; }
  [[nodiscard]] const void* touched() const override;

 private:
  friend struct PendingReply;

  void wants_flush() override;
  void write_failed(const std::error_code& error) override;
  void tls_failed() override;
  void transport_finished() override;

  void install_handlers();
  void read_request();
  void on_http();
  bool on_upgrade();
  bool on_ping(const std::string& payload);
  void on_failed();
  void on_closed();
  [[nodiscard]] bool broke_protocol() const;
  void move_to(std::list<ServerLink*>& other);
  void answer(HttpResponse&& response);
  void refuse(int status, const std::string& body);
  void terminate(const std::error_code& error);
  void send_frame(std::string_view payload, std::uint8_t opcode);
  void watch_progress(std::size_t waiting_before);

  ws::ServerConnection& connection();
  const ws::ServerConnection& connection() const;
  [[nodiscard]] bool is_open() const;

  std::shared_ptr<ServerCore> core_;      // empty once the server is gone
  std::shared_ptr<ws::Server> endpoint_;  // websocketpp connections refer to parts of it
  std::shared_ptr<ws::ServerConnection> self_;
  std::list<ServerLink*>* list_ = nullptr;  // of the core's, the one it is in
  std::list<ServerLink*>::iterator place_;
  HttpRequest request_;
  unsigned pongs_waiting_ = 0;  // answered while the socket was full
  bool opened_ = false;         // on_open was called and on_closed was not
  bool closing_ = false;        // by our own wish
};

}  // namespace tidegate::net
