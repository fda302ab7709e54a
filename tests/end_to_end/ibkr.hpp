#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.hpp"
#include "tools/common/loop_thread.hpp"
#include "tools/sim/ibkr/server.hpp"

namespace tidegate::test {

/// A simulated Interactive Brokers on a thread of its own, plain or with TLS as its options say.
class Ibkr {
 public:
  explicit Ibkr(const sim::IbkrOptions& options = quick()) : tls_(options.tls) {
    const std::string problem = thread_.run([&] {
      server_ = std::make_unique<sim::IbkrServer>(thread_.loop(), options);
      return server_->listen("127.0.0.1", 0);
    });
    REQUIRE_MESSAGE(problem.empty(), problem);
    port_ = thread_.run([&] { return server_->port(); });
    std::ofstream{certificate_file()} << thread_.run([&] { return server_->certificate(); });
  }
  ~Ibkr() {
    thread_.run([&] { server_.reset(); });
  }
  Ibkr(const Ibkr&) = delete;
  Ibkr& operator=(const Ibkr&) = delete;

  /// A small market that moves fast, streams that live for a second, and no limit of requests.
  [[nodiscard]] static sim::IbkrOptions quick() {
    sim::IbkrOptions options;
    options.updates_per_second = 20;
    options.grid = std::chrono::milliseconds{50};
    options.snapshot_delay = std::chrono::milliseconds{20};
    options.greeting_delay = std::chrono::milliseconds{20};
    options.heartbeat_interval = std::chrono::milliseconds{200};
    options.stream_life = std::chrono::seconds{1};
    options.rest_rate = 0;
    options.truth_kept = 10'000;
    return options;
  }
  [[nodiscard]] static sim::IbkrOptions quick_with_tls() {
    sim::IbkrOptions options = quick();
    options.tls = true;
    return options;
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// http(s)://127.0.0.1:PORT/v1/api
  [[nodiscard]] std::string rest_url() const { return std::string{tls_ ? "https" : "http"} + "://127.0.0.1:" + std::to_string(port_) + "/v1/api"; }
  /// PEM; empty without TLS.
  [[nodiscard]] std::string certificate_file() const { return (folder_.path() / "certificate.pem").string(); }

  /// Stops all of it for so long, as if its machine slept: sockets stay open, and nothing is read or sent.
  void freeze(std::chrono::milliseconds duration) {
    thread_.loop().post([duration] { std::this_thread::sleep_for(duration); });
  }
  void inject(const std::string& fault) {
    const std::string problem = thread_.run([&] { return server_->inject(fault); });
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] sim::IbkrCounters counters() {
    return thread_.run([&] { return server_->counters(); });
  }
  [[nodiscard]] std::vector<sim::IbkrConnection> connections() {
    return thread_.run([&] { return server_->connections(); });
  }
  /// Targets of all streams that live now, over all sockets: "265598", "265598@ARCA".
  [[nodiscard]] std::set<std::string> streams() {
    std::set<std::string> all;
    for (const sim::IbkrConnection& connection : connections()) all.insert(connection.streams.begin(), connection.streams.end());
    return all;
  }
  /// The state of each stream after each of its frames.
  [[nodiscard]] std::vector<sim::ibkr::TruthRow> truth() {
    return thread_.run([&] { return std::vector<sim::ibkr::TruthRow>{server_->truth().begin(), server_->truth().end()}; });
  }
  [[nodiscard]] std::vector<std::string> requests() {
    return thread_.run([&] { return std::vector<std::string>{server_->requests().begin(), server_->requests().end()}; });
  }
  [[nodiscard]] std::vector<sim::ibkr::Contract> contracts() {
    return thread_.run([&] { return server_->contracts(); });
  }
  std::size_t publish(const std::string& frame, const std::string& target = {}) {
    return thread_.run([&] { return server_->publish(frame, target); });
  }

  /// The broker "ibkr" of a gateway that knows this one, and its certificate where it has one; `more` holds further keys: ", linger: 1s".
  [[nodiscard]] std::string yaml(const std::string& more = "") const {
    const std::string tls = tls_ ? ", tls: {ca_file: '" + certificate_file() + "'}" : "";
    return "  ibkr: {adapter: ibkr, rest_url: '" + rest_url() +
           "', reconnect: {initial: 10ms, maximum: 200ms}, linger: 200ms, stale_after: 1500ms, " +
           "instruments_cache: none, rest_rate: 1000, command_rate: 1000, tickle_spacing: 1ms, tickle_interval: 200ms, tic_interval: 300ms, " +
           "login_check: 50ms, init_poll: 20ms, init_timeout: 500ms, competing_check: 50ms, heartbeat_timeout: 1500ms, status_timeout: 500ms, " +
           "refused_wait: 200ms, rate_limit_wait: 50ms, connect_attempts: 10000, credential_check: 50ms" + tls + more + "}\n";
  }

 private:
  TemporaryFolder folder_;
  bool tls_ = false;
  tools::LoopThread thread_;
  std::unique_ptr<sim::IbkrServer> server_;
  std::uint16_t port_ = 0;
};

inline std::string ibkr_gateway_yaml(const Ibkr& ibkr, const std::string& broker_keys = "", const std::string& more = "") {
  return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\n" + more + "brokers:\n" +
         ibkr.yaml(broker_keys);
}

}  // namespace tidegate::test
