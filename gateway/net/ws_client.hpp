// A WebSocket client connection (ws:// and wss://), one attempt per connect(). A door: shows nothing of websocketpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/event_loop.hpp"

namespace tidegate::net {

struct TlsOptions {
  bool verify = true;
  std::string ca_file{};  // empty: the system's
};

struct WsClientOptions {
  std::string url{};  // ws://host:port/path?query or wss://
  TlsOptions tls{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds close_timeout{2'000};
  std::size_t message_bytes_max = 16U << 20U;
  bool answer_pings = true;  // false: the handler sends its pongs itself
};

/// Why a connection ended or never began.
struct WsClosed {
  int code = 0;                 // close code; 1006 when the peer sent none
  std::string reason;           // the peer's words, or what failed on our side
  int http_status = 0;          // the refusal of an upgrade; 0 when it got that far or never
  int retry_after_seconds = 0;  // what a refusal asked for; 0 when it did not
  bool opened = false;
};

/// Called on the loop's thread. A handler may destroy its WsClient in on_closed.
class WsClientHandler {
 public:
  virtual ~WsClientHandler() = default;
  virtual void on_open() = 0;
  virtual void on_message(std::string&& payload, bool binary) = 0;
  virtual void on_ping(std::string_view payload) { static_cast<void>(payload); }
  virtual void on_pong(std::string_view payload) { static_cast<void>(payload); }
  /// Exactly once per connect() that was not aborted; nothing comes after it.
  virtual void on_closed(const WsClosed& closed) = 0;
};

class WsClient {
 public:
  WsClient(EventLoop& loop, WsClientHandler& handler);
  ~WsClient();  // aborts
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  /// Starts one attempt; a failure, at once or later, arrives as on_closed (never from inside this call).
  void connect(const WsClientOptions& options);
  [[nodiscard]] bool open() const;
  void send_text(std::string_view payload);
  void send_binary(std::string_view payload);
  void ping(std::string_view payload);
  void pong(std::string_view payload);
  /// Closing handshake, then on_closed; cut after close_timeout.
  void close(std::uint16_t code, std::string_view reason);
  /// Cuts the socket at once. No callback comes after it.
  void abort();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::net
