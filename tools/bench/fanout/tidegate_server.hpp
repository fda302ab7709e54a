#pragma once

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
  explicit TidegateServer(std::size_t symbols, const net::TlsFiles& tls = {});
  ~TidegateServer() override;

  [[nodiscard]] std::uint16_t port() const override { return host_.port(); }
  [[nodiscard]] Greeting greeting(std::size_t symbols) const override { return {"/ws", DistributorHost::subscribe_request(symbols)}; }
  void publish(const FanoutRun& run) override;
  [[nodiscard]] std::int64_t cpu_ns() override;

 private:
  void turn();

  DistributorHost host_;
  std::unique_ptr<net::Timer> timer_;  // made and destroyed on the loop
  FanoutRun run_;
  std::size_t turns_done_ = 0;
  std::int64_t begin_ns_ = 0;
  std::promise<void> done_;
};

}  // namespace tidegate::bench
