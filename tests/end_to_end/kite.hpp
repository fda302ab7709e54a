#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "tools/common/loop_thread.hpp"
#include "tools/sim/zerodha/server.hpp"

namespace tidegate::test {

/// A simulated Zerodha Kite on a thread of its own.
class Kite {
 public:
  using Mode = sim::zerodha::Mode;

  explicit Kite(const sim::ZerodhaOptions& options = quick()) {
    const std::string problem = thread_.run([&] {
      server_ = std::make_unique<sim::ZerodhaServer>(thread_.loop(), options);
      return server_->listen("127.0.0.1", 0);
    });
    REQUIRE_MESSAGE(problem.empty(), problem);
    port_ = thread_.run([&] { return server_->port(); });
  }
  ~Kite() {
    thread_.run([&] { server_.reset(); });
  }
  Kite(const Kite&) = delete;
  Kite& operator=(const Kite&) = delete;

  /// A small market that moves fast.
  [[nodiscard]] static sim::ZerodhaOptions quick() {
    sim::ZerodhaOptions options;
    options.symbols = 30;
    options.updates_per_second = 20;
    options.flush_interval = std::chrono::milliseconds{50};
    options.heartbeat_interval = std::chrono::milliseconds{200};
    return options;
  }

  /// Stops all of it for so long, as if its machine slept: sockets stay open, and nothing is read or sent.
  void freeze(std::chrono::milliseconds duration) {
    thread_.loop().post([duration] { std::this_thread::sleep_for(duration); });
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void inject(const std::string& fault) {
    const std::string problem = thread_.run([&] { return server_->inject(fault); });
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] sim::ZerodhaCounters counters() {
    return thread_.run([&] { return server_->counters(); });
  }
  [[nodiscard]] std::vector<sim::ZerodhaConnection> connections() {
    return thread_.run([&] { return server_->connections(); });
  }
  /// What its connections hold now, together.
  [[nodiscard]] std::map<std::uint32_t, Mode> modes() {
    std::map<std::uint32_t, Mode> all;
    for (const sim::ZerodhaConnection& connection : connections()) all.insert(connection.modes.begin(), connection.modes.end());
    return all;
  }

  /// The broker "zerodha" of a gateway that knows this one, with intervals fit for tests.
  [[nodiscard]] std::string yaml(const std::string& more = "", const std::string& credentials = "api_key: key, access_token: token") const {
    const std::string url = "127.0.0.1:" + std::to_string(port_);
    return "  zerodha: {adapter: zerodha, ws_url: 'ws://" + url + "', rest_url: 'http://" + url + "', " + credentials +
           ", instruments_cache: none, reconnect: {initial: 10ms, maximum: 200ms}, linger: 200ms, credential_check: 50ms, stale_after: 1500ms, "
           "heartbeat_timeout: 1500ms, data_timeout: 700ms, probe_timeout: 500ms, handshake_timeout: 2s, rate_limit_wait: 100ms, refused_wait: "
           "100ms, "
           "connect_attempts: 100000, commands_per_second: 100" +
           more + "}\n";
  }

 private:
  tools::LoopThread thread_;
  std::unique_ptr<sim::ZerodhaServer> server_;
  std::uint16_t port_ = 0;
};

inline std::string kite_gateway_yaml(const Kite& kite, const std::string& broker_keys = "", const std::string& more = "") {
  return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\n" + more + "brokers:\n" +
         kite.yaml(broker_keys);
}

}  // namespace tidegate::test
