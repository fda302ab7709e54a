// What websocketpp needs of a transport, for connections that a server of ours has accepted: a socket, timers, a turn on the loop. In the place of
// websocketpp's own over Asio, each connection of which has 2 KiB of room for handlers, and a strand, a proxy and hooks that nothing here uses.
// Internal to gateway/net.
#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/wait_traits.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/net/ws_config.hpp"

namespace tidegate::net::ws {

/// Of one loop: without the indirection of asio::any_io_executor, which takes room in each connection and memory for each handler.
using ServerSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class SocketTransport : public std::enable_shared_from_this<SocketTransport> {
 public:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, asio::io_context::executor_type>;
  using timer_ptr = std::shared_ptr<Timer>;  // websocketpp's name for it

  /// websocketpp tells its side and its loggers, of which nothing is needed here.
  template <typename AccessLog, typename ErrorLog>
  SocketTransport(bool, const AccessLog&, const ErrorLog&) {}

  /// Before anything else.
  void take_socket(ServerSocket&& socket) { socket_.emplace(std::move(socket)); }
  [[nodiscard]] ServerSocket& socket() { return *socket_; }
  [[nodiscard]] asio::io_context::executor_type executor() { return socket_->get_executor(); }

  // --- what websocketpp calls ---

  [[nodiscard]] static bool is_secure() { return false; }  // it asks for the sake of a URL that nobody reads
  void set_handle(const websocketpp::connection_hdl&) {}
  void init(const websocketpp::transport::init_handler& done) { done({}); }

  timer_ptr set_timer(long duration_ms, websocketpp::transport::timer_handler callback) {
    auto timer = std::make_shared<Timer>(executor(), std::chrono::milliseconds(duration_ms));
    timer->async_wait([self = shared_from_this(), timer, callback = std::move(callback)](const asio::error_code& error) {
      using websocketpp::transport::error::make_error_code;
      callback(error ? make_error_code(websocketpp::transport::error::operation_aborted) : std::error_code{});
    });
    return timer;
  }

  websocketpp::lib::error_code dispatch(websocketpp::transport::dispatch_handler handler) {
    asio::post(executor(), std::move(handler));
    return {};
  }
  websocketpp::lib::error_code interrupt(websocketpp::transport::interrupt_handler handler) { return dispatch(std::move(handler)); }

 private:
  std::optional<ServerSocket> socket_;
};

/// The endpoint of such connections, which accepts nothing by itself.
template <typename Connection>
class SocketEndpoint {
 public:
  using transport_con_type = Connection;
  using transport_con_ptr = std::shared_ptr<Connection>;

 protected:
  template <typename AccessLog, typename ErrorLog>
  void init_logging(const AccessLog&, const ErrorLog&) {}
  static std::error_code init(const transport_con_ptr&) { return {}; }
};

}  // namespace tidegate::net::ws
