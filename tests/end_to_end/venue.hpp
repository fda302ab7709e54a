#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "tools/common/loop_thread.hpp"
#include "tools/sim/binance/server.hpp"

namespace tidegate::test {

/// A simulated Binance on a thread of its own.
class Venue {
 public:
  explicit Venue(const sim::BinanceOptions& options) {
    const std::string problem = thread_.run([&] {
      server_ = std::make_unique<sim::BinanceServer>(thread_.loop(), options);
      return server_->listen("127.0.0.1", 0);
    });
    REQUIRE_MESSAGE(problem.empty(), problem);
    port_ = thread_.run([&] { return server_->port(); });
  }
  ~Venue() {
    thread_.run([&] { server_.reset(); });
  }
  Venue(const Venue&) = delete;
  Venue& operator=(const Venue&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Stops all of it for so long, as if its machine slept: sockets stay open, and nothing is read or sent.
  void freeze(std::chrono::milliseconds duration) {
    thread_.loop().post([duration] { std::this_thread::sleep_for(duration); });
  }
  void inject(const std::string& fault) {
    const std::string problem = thread_.run([&] { return server_->inject(fault); });
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] sim::BinanceCounters counters() {
    return thread_.run([&] { return server_->counters(); });
  }
  /// The streams that its connections hold now, together.
  [[nodiscard]] std::multiset<std::string> streams() {
    return thread_.run([&] {
      std::multiset<std::string> streams;
      for (const sim::BinanceConnection& connection : server_->connections()) streams.insert(connection.streams.begin(), connection.streams.end());
      return streams;
    });
  }

  /// `brokers:` of a gateway that knows this venue as "binance" (spot) and "futures" (USD-M), with intervals fit for tests.
  [[nodiscard]] std::string yaml(const std::string& more = "") const {
    const std::string url = "127.0.0.1:" + std::to_string(port_);
    const std::string common =
        ", ws_url: 'ws://" + url + "', rest_url: 'http://" + url + "', reconnect: {initial: 10ms, maximum: 200ms}, linger: 200ms" + more + "}\n";
    return "  binance: {adapter: binance, market: spot" + common + "  futures: {adapter: binance, market: usdm" + common;
  }

 private:
  tools::LoopThread thread_;
  std::unique_ptr<sim::BinanceServer> server_;
  std::uint16_t port_ = 0;
};

inline std::string gateway_yaml(const Venue& venue, const std::string& broker_keys = "", const std::string& pipeline = "{mode: inline}") {
  return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: " + pipeline + "\nbrokers:\n" +
         venue.yaml(broker_keys);
}

}  // namespace tidegate::test
