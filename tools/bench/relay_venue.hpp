// The broker's end of the relay measurement: as much of Binance spot as the gateway asks for, and records at a pace that carry their number.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::bench {

class RelayVenue final : private net::WsServerHandler {
 public:
  enum class Route : std::uint8_t { Gateway, Bare };  // whose connection the records take
  static constexpr std::string_view kBarePath = "/bare";

  RelayVenue();
  ~RelayVenue() override;
  RelayVenue(const RelayVenue&) = delete;
  RelayVenue& operator=(const RelayVenue&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The gateway has subscribed to its streams; the bare connection is open.
  [[nodiscard]] bool ready(Route route) const;

  /// Sends `count` records numbered from `first`, `rate` a second, three bookTickers to one trade; a tick that comes late catches up.
  /// Writes the time at which each was handed to its connection, and returns after the last.
  void send(Route route, std::uint64_t first, std::size_t count, double rate, std::vector<std::int64_t>& sent_ns);

 private:
  struct Run {
    net::WsConnection* to = nullptr;
    std::uint64_t first = 0;
    double rate = 0;
    std::vector<std::int64_t>* sent_ns = nullptr;
    std::size_t next = 0;
    std::int64_t begin_ns = 0;
    std::promise<void> done;
  };

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;
  void tick();
  void make_record(std::uint64_t number);

  net::FramePool pool_;
  tools::LoopThread thread_;
  std::unique_ptr<net::WsServer> server_;  // made and destroyed on the loop, as is the timer
  std::unique_ptr<net::Timer> timer_;
  net::WsConnection* gateway_ = nullptr;
  net::WsConnection* bare_ = nullptr;
  std::atomic<int> streams_{0};
  std::atomic<bool> bare_open_{false};
  std::uint16_t port_ = 0;
  Run run_;
  std::uint64_t trade_id_ = 1000;
  std::string text_;
};

}  // namespace tidegate::bench
