// A WebSocket and HTTP server on one port. A door: shows nothing of websocketpp. Everything runs on the loop's thread.
//
// websocketpp does handshakes, control frames, fragmentation and closing; every byte that leaves, websocketpp's own included, goes through one
// bounded outbox per connection, which flush() writes with one gathered write per connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/frame_buffer.hpp"

namespace tidegate::net {

struct HttpRequest {
  std::string method;
  std::string target;     // path and query as sent
  std::string version{};  // "HTTP/1.1"
  std::string body{};
  std::string remote_address;  // "127.0.0.1"
  bool secure = false;         // came over TLS
  std::vector<std::pair<std::string, std::string>> headers{};

  [[nodiscard]] std::string_view path() const;                         // target up to '?'
  [[nodiscard]] std::string query(std::string_view name) const;        // percent-decoded; empty when absent
  [[nodiscard]] std::string_view header(std::string_view name) const;  // any case; empty when absent
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// Answers one request, now or later, once. Safe to call after the client went away.
using HttpReply = std::function<void(HttpResponse)>;

/// One accepted WebSocket connection; lives until on_closed returns.
class WsConnection {
 public:
  void* user = nullptr;  // the owner's

  virtual void send(const FrameRef& frame) = 0;  // queued; leaves at the next flush()
  /// The same as send() of each. `joined`, unless empty, has them all in one piece, for a connection that needs them no other way.
  virtual void send_all(const FrameList& frames, const FrameRef& joined) {
    static_cast<void>(joined);
    for (const FrameRef* frame : frames) send(*frame);
  }
  virtual void send_text(std::string_view payload) = 0;
  virtual void send_binary(std::string_view payload) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void pong(std::string_view payload) = 0;
  /// Closing handshake behind what is queued; cut after ServerOptions::close_timeout.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Cuts the socket without a close frame; on_closed follows, never from inside this call.
  virtual void cut() = 0;
  /// Stops (true) or goes on (false) reading from the socket. What was read before is still delivered; the peer's end is not seen meanwhile.
  virtual void pause_reading(bool pause) = 0;
  /// Writes what the kernel takes of the queue at this moment, without waiting for the next flush(); may end in on_closed.
  virtual void write_now() = 0;
  /// Takes back the frames of send() and send_text() that have not begun to leave, and shows each; what has begun still leaves whole.
  virtual void drop_unsent(const std::function<void(const FrameRef&)>& dropped) = 0;
  /// In place of ServerOptions::close_timeout, for a peer that needs longer to read what precedes its close frame. Before close().
  virtual void set_close_timeout(std::chrono::milliseconds timeout) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;   // not yet taken by the kernel
  [[nodiscard]] virtual std::uint64_t taken_bytes() const = 0;  // taken by the kernel so far
  /// What it came with. Forgotten when on_open has returned: nothing stands in it afterwards.
  [[nodiscard]] virtual const HttpRequest& request() const = 0;
  /// What send() touches: 128 bytes from there on. For fetching it before it is needed, where there are thousands.
  [[nodiscard]] virtual const void* touched() const { return this; }

 protected:
  ~WsConnection() = default;
};

class WsServerHandler {
 public:
  virtual ~WsServerHandler() = default;
  virtual void on_http(const HttpRequest& request, HttpReply reply) = 0;
  /// 101 accepts the upgrade; 0 leaves it without an answer, and upgrade_delay() later it is cut; any other HTTP status refuses it.
  virtual int on_upgrade(const HttpRequest& request) {
    static_cast<void>(request);
    return 101;
  }
  /// The text that goes with a refusal; asked for right after on_upgrade refused.
  virtual std::string refusal_body() { return {}; }
  /// How long the answer to an upgrade that was accepted is held back, or one without an answer stays open; for simulators of slow peers.
  virtual std::chrono::milliseconds upgrade_delay() { return std::chrono::milliseconds{0}; }
  virtual void on_open(WsConnection& connection) = 0;
  virtual void on_message(WsConnection& connection, std::string_view payload, bool binary) = 0;
  /// True: answer with a pong of the same payload.
  virtual bool on_ping(WsConnection& connection, std::string_view payload) {
    static_cast<void>(connection);
    static_cast<void>(payload);
    return true;
  }
  virtual void on_pong(WsConnection& connection, std::string_view payload) {
    static_cast<void>(connection);
    static_cast<void>(payload);
  }
  /// Once for every on_open. code 1006: no close frame came.
  virtual void on_closed(WsConnection& connection, int code, std::string_view reason) = 0;
};

/// Files in PEM: the certificate with the ones that lead to its authority, and its private key, without a passphrase.
struct TlsFiles {
  std::string certificate, private_key;
};

struct WsServerOptions {
  TlsFiles tls;                                // empty: no TLS
  std::size_t message_bytes_max = 64U << 10U;  // a larger one closes with 1009
  std::size_t http_body_bytes_max = 1U << 20U;
  std::chrono::milliseconds handshake_timeout{5'000};  // from the connection to the whole request, TLS included
  std::chrono::milliseconds close_timeout{2'000};
  /// Connections that are no open WebSocket: in their handshake, asking for HTTP, closing. One more, and the oldest of them is cut.
  std::size_t pending_connections_max = 1000;
  int socket_send_buffer_bytes = 0;  // 0: the system's default
  std::size_t threads = 1;           // that write to the sockets, the loop's own included
  bool io_uring = true;              // many writes by one call where the kernel takes them; false: each by its own
  FrameCompression compression;      // permessage-deflate with clients that offer it
};

/// What has happened so far, for metrics.
struct WsServerTotals {
  std::uint64_t writes = 0;
  std::uint64_t bytes = 0;               // before encryption
  std::uint64_t handshakes_expired = 0;  // no whole request came in time
  std::uint64_t pending_displaced = 0;   // cut for pending_connections_max
  std::uint64_t protocol_violations = 0;
  std::uint64_t tls_failures = 0;  // bytes that are no TLS, no common version, a certificate that the client refuses, a damaged record
  CompressionTotals compression;
};

class WsServer {
 public:
  WsServer(EventLoop& loop, WsServerHandler& handler, const WsServerOptions& options);
  /// Drops its connections without a callback, since the handler may be dying too; replies still kept do nothing. Frames that it was given go
  /// back to their pools here, so a pool outlives the server.
  ~WsServer();
  WsServer(const WsServer&) = delete;
  WsServer& operator=(const WsServer&) = delete;

  /// Binds and listens; port 0 takes a free one. Returns an empty text, or what went wrong.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  void stop_listening();
  /// Other sizes and times for connections to come, and whether they may be compressed; pending_connections_max, threads, io_uring, and how frames
  /// are compressed, at once. Everything else stays as it was given first.
  void set_limits(const WsServerOptions& options);
  /// Serves a connected stream socket as if it had been accepted, and takes its descriptor.
  void adopt(int socket);
  /// Reads the files of options.tls again, for connections to come; those that are open go on with the old ones, and so do all when something is
  /// wrong. Returns an empty text, or what is wrong. Without TLS it does nothing.
  [[nodiscard]] std::string reload_tls();
  /// When the certificate in use ends, in seconds since 1970; 0: no TLS.
  [[nodiscard]] std::int64_t tls_expires_unix_s() const;
  /// Writes the outbox of every connection that queued since the last flush. Called by itself at the end of each turn, after the hooks.
  void flush();
  [[nodiscard]] WsServerTotals totals() const;
  /// Empty, or why this machine's kernel takes no lists of writes from us.
  [[nodiscard]] static std::string io_uring_problem();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::net
