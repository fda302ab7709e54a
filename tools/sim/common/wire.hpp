// One socket as a simulated broker sees it, and the time that comes with every call: what is behind them is known to the servers alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "gateway/net/ws_server.hpp"

namespace tidegate::sim {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;
inline constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::size_t kSocketsFullBytes = 1U << 20U;  // what is sent as fast as possible waits for sockets that hold more

/// The two clocks, read once per event.
struct Now {
  std::int64_t mono_ns = 0;
  std::int64_t utc_us = 0;
};

class Wire {
 public:
  virtual ~Wire() = default;
  virtual void send_text(std::string_view payload) = 0;
  virtual void send_binary(std::string_view payload) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void close(int code, std::string_view reason) = 0;
  virtual void cut() = 0;
  virtual void pause_reading(bool pause) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

/// A WebSocket connection as a wire; `client` is what the simulated broker made of it.
template <class Client>
class SocketWire final : public Wire {
 public:
  explicit SocketWire(net::WsConnection& connection) : connection_(connection) {}
  void send_text(std::string_view payload) override { connection_.send_text(payload); }
  void send_binary(std::string_view payload) override { connection_.send_binary(payload); }
  void ping(std::string_view payload) override { connection_.ping(payload); }
  void close(int code, std::string_view reason) override { connection_.close(static_cast<std::uint16_t>(code), reason); }
  void cut() override { connection_.cut(); }
  void pause_reading(bool pause) override { connection_.pause_reading(pause); }
  [[nodiscard]] std::size_t queued_bytes() const override { return connection_.queued_bytes(); }

  Client* client = nullptr;

 private:
  net::WsConnection& connection_;
};

}  // namespace tidegate::sim
