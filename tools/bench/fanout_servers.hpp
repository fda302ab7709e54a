// Servers that send the same records to all their connections, a number of them each turn, and say what CPU that took their thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/ws_server.hpp"
#include "tools/bench/sockets.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::bench {

inline constexpr std::size_t kFrameBytes = 150;  // on the wire, the WebSocket header included

/// `turns` times, `interval` apart, `burst` records to every connection.
struct FanoutRun {
  std::size_t turns = 0;
  std::size_t burst = 1;
  std::chrono::nanoseconds interval{};
};

/// The gateway's own server, pool and flush, on a loop of its own.
class GatewayServer final : private net::WsServerHandler {
 public:
  explicit GatewayServer(const net::TlsFiles& tls = {});
  ~GatewayServer() override;
  GatewayServer(const GatewayServer&) = delete;
  GatewayServer& operator=(const GatewayServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections();
  /// CPU nanoseconds of the server's thread from the first turn to the last.
  std::int64_t run(const FanoutRun& run);

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;
  void turn();

  net::FramePool pool_;
  tools::LoopThread thread_;
  std::unique_ptr<net::WsServer> server_;  // made and destroyed on the loop, as is the timer
  std::unique_ptr<net::Timer> timer_;
  std::vector<net::WsConnection*> connections_;
  std::uint16_t port_ = 0;
  std::string payload_;

  FanoutRun run_;
  std::size_t turns_done_ = 0;
  std::int64_t begin_ns_ = 0, cpu_begin_ns_ = 0;
  std::promise<std::int64_t> done_;
};

/// The least a server can do: one thread that sleeps until a turn and writes one constant frame to each socket.
class RawServer {
 public:
  enum class Writes : std::uint8_t { EachRecord, EachTurn };  // a write() a record, or one writev() for all of a turn

  RawServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Takes the connection that waits.
  [[nodiscard]] bool accept();
  std::int64_t run(const FanoutRun& run, Writes writes);

 private:
  std::uint16_t port_ = 0;
  Socket listener_;
  std::vector<Socket> connections_;
  std::string frame_;
};

}  // namespace tidegate::bench
