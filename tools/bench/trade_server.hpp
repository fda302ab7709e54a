// The gateway's distributor, fed with trades at a steady rate.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "tools/bench/distributor_host.hpp"

namespace tidegate::bench {

/// `symbols` instruments of which each gets `per_second` trades; their trade_id is the time of emission (now_ns()).
struct TradeFlow {
  std::size_t symbols = 1;
  double per_second = 0;
};

class TradeServer {
 public:
  /// The flows' instruments are numbered one after the other.
  explicit TradeServer(const std::vector<TradeFlow>& flows);
  ~TradeServer();
  TradeServer(const TradeServer&) = delete;
  TradeServer& operator=(const TradeServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return host_.port(); }  // 0: it could not listen
  [[nodiscard]] const Telemetry& telemetry() const { return host_.telemetry(); }
  [[nodiscard]] std::uint64_t trades_emitted() const { return emitted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string epoch() const { return host_.epoch(); }
  static std::string symbol(std::size_t i) { return DistributorHost::symbol(i); }

 private:
  struct Running {
    TradeFlow flow;
    std::size_t first = 0;
    std::uint64_t done = 0;  // trades of all its symbols together
  };

  void turn();

  std::vector<Running> flows_;
  DistributorHost host_;
  std::unique_ptr<net::Timer> timer_;  // made and destroyed on the loop
  std::int64_t begin_ns_ = 0;
  std::atomic<std::uint64_t> emitted_{0};
};

}  // namespace tidegate::bench
