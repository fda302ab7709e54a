#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "gateway/net/event_loop.hpp"
#include "tools/bench/distributor_host.hpp"
#include "tools/bench/fanout/server.hpp"

namespace tidegate::bench {

/// The gateway from a record on: last value, encoding, look-up, outboxes, sockets.
class TidegateServer final : public FanoutServer {
 public:
  enum class Late : std::uint8_t { WritesEachTurn, Gathers };

  explicit TidegateServer(std::size_t symbols, const SocketSetup& sockets = {});
  ~TidegateServer() override;

  /// What it does from the next run on when turns come late, as they do where others have the core: each its own writes, so that it does what the raw
  /// servers do; or what the gateway does, and every server that reads its records from a socket, which is to write what has come once.
  void set_late(Late late) { late_ = late; }

  [[nodiscard]] std::uint16_t port() const override { return host_.port(); }
  [[nodiscard]] Greeting greeting(std::size_t symbols) const override { return {"/ws", DistributorHost::subscribe_request(symbols)}; }
  void publish(const FanoutRun& run) override;
  [[nodiscard]] std::int64_t cpu_ns() override;

 private:
  void turn();

  DistributorHost host_;
  std::size_t threads_;
  std::unique_ptr<net::Timer> timer_;  // made and destroyed on the loop
  Late late_ = Late::WritesEachTurn;
  FanoutRun run_;
  std::size_t turns_done_ = 0;
  std::int64_t begin_ns_ = 0;
  std::promise<void> done_;
};

}  // namespace tidegate::bench
