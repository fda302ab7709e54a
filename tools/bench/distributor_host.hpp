// The gateway's distributor on a loop of its own: whatever lies behind the normalizer, over real sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "distributor/distributor.hpp"
#include "gateway/net/ws_server.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::bench {

/// What is said to clients, and how.
struct SocketSetup {
  net::TlsFiles tls;
  net::FrameCompression compression;
  std::size_t threads = 1;
  bool io_uring = true;
};

/// Instruments BENCH:S0, BENCH:S1, ... of one broker; anybody may subscribe to their trades.
class DistributorHost final : private distributor::UpstreamHost {
 public:
  explicit DistributorHost(std::size_t symbols, const SocketSetup& sockets = {}, const distributor::LoginOptions& login = {});
  ~DistributorHost() override;
  DistributorHost(const DistributorHost&) = delete;
  DistributorHost& operator=(const DistributorHost&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }  // 0: it could not listen
  [[nodiscard]] const Telemetry& telemetry() const { return telemetry_; }
  [[nodiscard]] tools::LoopThread& thread() { return thread_; }
  [[nodiscard]] std::string epoch() const { return "bench"; }
  static std::string symbol(std::size_t i) { return "BENCH:S" + std::to_string(i); }
  /// The request for trades of the first `symbols` instruments, without a snapshot.
  static std::string subscribe_request(std::size_t symbols, std::size_t first = 0);

  static Trade make_trade(std::size_t i, std::uint64_t seq, std::int64_t trade_id, UtcTime received);

  /// One trade of instrument i, whose trade_id is `now_ns`. On the loop.
  void trade(std::size_t i, std::int64_t now_ns);
  /// What the loop does by itself at the end of each turn: everything that waits is written. On the loop.
  void end_turn();

 private:
  distributor::Availability check(InstrumentId, Channel) override { return {}; }
  bool may_yet_be_listed(std::string_view) override { return false; }
  distributor::LookUp look_up(std::string_view) override { return distributor::LookUp::Nobody; }
  distributor::LookUp look_up(InstrumentId, Channel) override { return distributor::LookUp::Nobody; }
  void on_demand(std::vector<Want>) override {}
  std::string brokers_json() override { return "[]"; }

  SystemClock clock_;
  Telemetry telemetry_;
  tools::LoopThread thread_;
  std::vector<std::uint64_t> seq_;            // by instrument
  std::unique_ptr<Distributor> distributor_;  // made and destroyed on the loop
  std::uint16_t port_ = 0;
};

}  // namespace tidegate::bench
