// The gateway's distributor on a loop of its own, fed with trades at a steady rate: whatever lies behind the normalizer, over real sockets.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "distributor/distributor.hpp"
#include "gateway/net/event_loop.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::bench {

/// `symbols` instruments BENCH:S0, BENCH:S1, ... of which each gets `per_second` trades; their trade_id is the time of emission (now_ns()).
struct TradeFlow {
  std::size_t symbols = 1;
  double per_second = 0;
};

class TradeServer final : private distributor::UpstreamHost {
 public:
  /// The flows' instruments are numbered one after the other.
  explicit TradeServer(const std::vector<TradeFlow>& flows);
  ~TradeServer() override;
  TradeServer(const TradeServer&) = delete;
  TradeServer& operator=(const TradeServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }  // 0: it could not listen
  [[nodiscard]] const Telemetry& telemetry() const { return telemetry_; }
  [[nodiscard]] std::uint64_t trades_emitted() const { return emitted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string epoch() const { return "bench"; }
  static std::string symbol(std::size_t i) { return "BENCH:S" + std::to_string(i); }

 private:
  struct Running {
    TradeFlow flow;
    std::size_t first = 0;
    std::uint64_t done = 0;  // trades of all its symbols together
  };

  void turn();
  distributor::Availability check(InstrumentId, Channel) override { return {}; }
  bool may_yet_be_listed(std::string_view) override { return false; }
  distributor::LookUp look_up(std::string_view) override { return distributor::LookUp::Nobody; }
  distributor::LookUp look_up(InstrumentId, Channel) override { return distributor::LookUp::Nobody; }
  void on_demand(std::vector<Want>) override {}
  std::string brokers_json() override { return "[]"; }

  SystemClock clock_;
  Telemetry telemetry_;
  tools::LoopThread thread_;
  std::vector<Running> flows_;
  std::vector<std::uint64_t> seq_;            // by instrument
  std::unique_ptr<Distributor> distributor_;  // made and destroyed on the loop, as is the timer
  std::unique_ptr<net::Timer> timer_;
  std::uint16_t port_ = 0;
  std::int64_t begin_ns_ = 0;
  std::atomic<std::uint64_t> emitted_{0};
};

}  // namespace tidegate::bench
