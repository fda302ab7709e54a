// For tests of gateway/net: loops run until something is true, handlers that record, and a raw TCP peer.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::net::test {

/// Runs the loop until the condition holds; false after a deadline that no working program reaches.
bool run_until(EventLoop& loop, const std::function<bool()>& condition);
/// Runs a few turns with nothing to wait for, for what must not happen.
void settle(EventLoop& loop);

/// A certificate for localhost and 127.0.0.1 with its key, made once a process, and the file of its authority.
const TlsFiles& server_certificate();
const std::string& server_authority();

/// Runs the rest of a test case twice: with the options as they are, and with TLS. Called once, not in a loop.
WsServerOptions either_way(WsServerOptions options = {});

struct Recorder : WsClientHandler {
  void on_open() override {
    opened = true;
    if (when_open) when_open();
  }
  void on_message(std::string&& payload, bool binary) override {
    last_binary = binary;
    messages.push_back(std::move(payload));
    if (when_message) when_message();
  }
  void on_ping(std::string_view payload) override { pings.emplace_back(payload); }
  void on_pong(std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(const WsClosed& why) override {
    closed = why;
    ++closed_count;
    if (when_closed) when_closed();
  }

  bool opened = false;
  bool last_binary = false;
  std::vector<std::string> messages, pings, pongs;
  WsClosed closed;
  int closed_count = 0;
  std::function<void()> when_open, when_message, when_closed;
};

/// Echoes what comes, unless a test put something else in place.
struct EchoServer : WsServerHandler {
  explicit EchoServer(EventLoop& event_loop, WsServerOptions options = {})
      : loop(event_loop), tls(!options.tls.certificate.empty()), server(event_loop, *this, options) {
    const std::string problem = server.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }

  void on_http(const HttpRequest& request, HttpReply reply) override { http(request, std::move(reply)); }
  int on_upgrade(const HttpRequest& request) override {
    upgrades.push_back(request);
    return upgrade_status;
  }
  void on_open(WsConnection& connection) override {
    connections.push_back(&connection);
    if (when_open) when_open(connection);
  }
  void on_message(WsConnection& connection, std::string_view payload, bool binary) override {
    ++message_count;
    if (when_message) return when_message(connection, payload);
    if (binary) {
      connection.send_binary(payload);
    } else {
      connection.send_text(payload);
    }
  }
  bool on_ping(WsConnection&, std::string_view payload) override {
    pings.emplace_back(payload);
    return answer_pings;
  }
  void on_pong(WsConnection&, std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(WsConnection& connection, int code, std::string_view reason) override {
    std::erase(connections, &connection);
    ++closed_count;
    closed_code = code;
    closed_reason = reason;
    if (when_closed) when_closed(connection);
  }

  [[nodiscard]] std::string url(std::string_view target = "/") const {
    return (tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(server.port()) + std::string(target);
  }
  [[nodiscard]] std::string http_url(std::string_view target) const {
    return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server.port()) + std::string(target);
  }

  EventLoop& loop;
  const bool tls;
  int upgrade_status = 101;
  bool answer_pings = true;
  int message_count = 0;
  int closed_count = 0;
  int closed_code = 0;
  std::string closed_reason;
  std::vector<WsConnection*> connections;
  std::vector<HttpRequest> upgrades;
  std::vector<std::string> pings, pongs;
  std::function<void(const HttpRequest&, HttpReply)> http = [](const HttpRequest&, const HttpReply& reply) { reply({}); };
  std::function<void(WsConnection&)> when_open, when_closed;
  std::function<void(WsConnection&, std::string_view)> when_message;
  WsServer server;  // last: dies first
};

/// A TCP socket whose every byte the test decides. Never blocks.
class RawPeer {
 public:
  /// As the server speaks: over TLS, whose handshake this does, or plain.
  explicit RawPeer(EchoServer& echo, int receive_buffer_bytes = 0);
  /// `receive_buffer_bytes` as for SO_RCVBUF; 0 leaves the default.
  explicit RawPeer(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void send(std::string_view bytes);
  /// Takes what has arrived into `received`; false once the server closed.
  bool read();
  /// A WebSocket handshake up to and with the server's answer, which it removes from `received`.
  void handshake(EventLoop& loop, std::string_view target = "/");
  void close();

  std::string received;
  bool ended = false;
  bool reset = false;

 private:
  struct Tls;
  [[nodiscard]] std::ptrdiff_t take(char* to, std::size_t room);

  int fd_;
  std::unique_ptr<Tls> tls_;  // empty: plain
};

// First bytes of frames.
inline constexpr std::uint8_t kText = 0x81;
inline constexpr std::uint8_t kFirstPiece = 0x01;
inline constexpr std::uint8_t kMiddlePiece = 0x00;
inline constexpr std::uint8_t kLastPiece = 0x80;
inline constexpr std::uint8_t kClose = 0x88;
inline constexpr std::uint8_t kPing = 0x89;
inline constexpr std::uint8_t kPong = 0x8A;

/// A frame as a client sends it, masked. `first` is the first byte: FIN and opcode.
std::string client_frame(std::uint8_t first, std::string_view payload);

struct ParsedFrame {
  std::uint8_t first = 0;
  std::string payload;
};
/// Takes whole frames of a server from the front of `bytes`.
std::vector<ParsedFrame> take_frames(std::string& bytes);
/// Reads so many frames, or those that come before the end.
std::vector<ParsedFrame> read_frames(EventLoop& loop, RawPeer& peer, std::size_t count);
/// The code in the close frame that comes next.
int close_code(EventLoop& loop, RawPeer& peer);
/// Everything up to the end of the connection.
std::string read_all(EventLoop& loop, RawPeer& peer);

}  // namespace tidegate::net::test
