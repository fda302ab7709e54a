// One connection of WsServer, before and after its upgrade. It is the user part of a websocketpp connection, so that both are one object.
// Internal to gateway/net.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/flusher.hpp"
#include "gateway/net/frame_length.hpp"
#include "gateway/net/strict_request.hpp"
#include "gateway/net/tls_stream.hpp"
#include "gateway/net/ws_config.hpp"
#include "gateway/net/ws_deflate.hpp"
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
  using permessage_deflate_type = MessageDeflate<permessage_deflate_config>;
  static const std::size_t connection_read_buffer_size = 1024;  // most subscribers say little; memory per idle one counts

  using transport_type = SocketEndpoint<OutboxTransport>;
};

using Server = websocketpp::server<ServerConfig>;
using ServerConnection = websocketpp::connection<ServerConfig>;

}  // namespace ws
}  // namespace tidegate::net

#include "gateway/net/ws_frames.hpp"

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
  Flusher flusher;
};

class ServerLink : public WsConnection, public Writable, public ws::TransportOwner {
 public:
  ServerLink() = default;
  virtual ~ServerLink() = default;
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  /// Begins to serve an accepted socket. The link keeps itself alive until its socket is closed.
  static void start(const std::shared_ptr<ServerCore>& core, const std::shared_ptr<ws::Server>& endpoint, ws::ServerSocket&& socket);
  [[nodiscard]] bool begin_write(WriteJob& job) override;
  void end_write(const SocketWrite& written) override;
  void prefetch() const override;
  void prefetch_queue() const override;
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
  [[nodiscard]] const HttpRequest& request() const override;
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
  std::unique_ptr<HttpRequest> request_ = std::make_unique<HttpRequest>();  // null once on_open has returned
  unsigned pongs_waiting_ = 0;                                              // answered while the socket was full
  std::uint8_t window_bits_ = 0;                                            // of what the peer can inflate, as agreed; 0: no compression
  bool opened_ = false;                                                     // on_open was called and on_closed was not
  bool closing_ = false;                                                    // by our own wish
};

}  // namespace tidegate::net

// websocketpp puts a line of log together, the peer's address in it, before a logger that takes none throws it away. The first of these is also the
// moment at which the answer to an upgrade has left, and the request with all that belongs to it is needed no more.
template <>
inline void websocketpp::connection<tidegate::net::ws::ServerConfig>::log_open_result() {
  const auto request = std::move(m_request);  // what it is moved from holds no memory, which is not so after an assignment
  const auto response = std::move(m_response);
  const std::string answer = std::move(m_handshake_buffer);
  m_requested_subprotocols = {};
  m_uri.reset();
}
template <>
inline void websocketpp::connection<tidegate::net::ws::ServerConfig>::log_close_result() {}
template <>
inline void websocketpp::connection<tidegate::net::ws::ServerConfig>::log_fail_result() {}
template <>
inline void websocketpp::connection<tidegate::net::ws::ServerConfig>::log_http_result() {}
