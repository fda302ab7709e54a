// A subscriber's connection that keeps nothing, for tests that count what the gateway itself allocates.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/net/ws_server.hpp"

namespace tidegate::test {

/// Counts bytes, and forgets them.
class CountingConnection final : public net::WsConnection {
 public:
  explicit CountingConnection(std::size_t taken_a_turn) : taken_a_turn_(taken_a_turn) {}
  ~CountingConnection() = default;
  void send(const net::FrameRef& frame) override { queue(frame.bytes().size()); }
  void send_text(std::string_view payload) override { queue(payload.size()); }
  void send_binary(std::string_view) override {}
  void ping(std::string_view) override {}
  void pong(std::string_view) override {}
  void close(std::uint16_t code, std::string_view) override { closed_code = code; }
  void cut() override {}
  void pause_reading(bool) override {}
  void write_now() override {}
  void drop_unsent(const std::function<void(const net::FrameRef&)>&) override {}
  void set_close_timeout(std::chrono::milliseconds) override {}
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_; }
  [[nodiscard]] std::uint64_t taken_bytes() const override { return sent_ - queued_; }
  [[nodiscard]] const net::HttpRequest& request() const override { return request_; }

  void take() { queued_ -= std::min(queued_, taken_a_turn_); }
  int closed_code = 0;
  std::size_t messages = 0;

 private:
  void queue(std::size_t bytes) {
    ++messages;
    queued_ += bytes;
    sent_ += bytes;
  }

  std::size_t taken_a_turn_;
  std::size_t queued_ = 0;
  std::uint64_t sent_ = 0;
  net::HttpRequest request_;
};

}  // namespace tidegate::test
