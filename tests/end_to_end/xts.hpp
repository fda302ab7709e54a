#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tools/common/loop_thread.hpp"
#include "tools/sim/xts/server.hpp"

namespace tidegate::test {

/// A simulated XTS deployment on a thread of its own.
class Xts {
 public:
  /// (message code, segment, instrument)
  using Subscriptions = std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>>;

  explicit Xts(const sim::XtsOptions& options = quick()) {
    const std::string problem = thread_.run([&] {
      server_ = std::make_unique<sim::XtsServer>(thread_.loop(), options);
      return server_->listen("127.0.0.1", 0);
    });
    REQUIRE_MESSAGE(problem.empty(), problem);
    port_ = thread_.run([&] { return server_->port(); });
  }
  ~Xts() {
    thread_.run([&] { server_.reset(); });
  }
  Xts(const Xts&) = delete;
  Xts& operator=(const Xts&) = delete;

  /// A small market that moves fast, and a broker that counts nothing.
  [[nodiscard]] static sim::XtsOptions quick() {
    sim::XtsOptions options;
    options.updates_per_second = 20;
    options.flush_interval = std::chrono::milliseconds{50};
    options.bar_interval = std::chrono::milliseconds{500};
    options.ping_interval = std::chrono::milliseconds{400};
    options.ping_timeout = std::chrono::milliseconds{800};
    options.subscriptions_max = 1000;
    options.subscribe_per_second = 0;
    options.quotes_per_second = 0;
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
  /// Calls `use` with the server on its thread, and returns what it returns.
  template <class Use>
  auto with(Use use) {
    return thread_.run([&] { return use(*server_); });
  }
  [[nodiscard]] sim::XtsCounters counters() {
    return with([](sim::XtsServer& server) { return server.counters(); });
  }
  /// What the living login sessions hold, together.
  [[nodiscard]] Subscriptions subscriptions() {
    Subscriptions all;
    for (const sim::XtsSession& session : with([](sim::XtsServer& server) { return server.sessions(); })) {
      for (const auto& subscription : session.subscriptions) {
        all.emplace(subscription.code, subscription.instrument.first, subscription.instrument.second);
      }
    }
    return all;
  }

  /// The broker `name` of a gateway that knows this one, with intervals fit for tests.
  [[nodiscard]] std::string yaml(const std::string& more = "", const std::string& name = "xts", const std::string& root = "/apimarketdata") const {
    return "  " + name + ": {adapter: xts, rest_url: 'http://127.0.0.1:" + std::to_string(port_) + root +
           "', app_key: key, secret_key: secret, instruments_cache: none, segments: 'NSECM,NSEFO,BSECM', reconnect: {initial: 10ms, maximum: 200ms}, "
           "linger: 200ms, subscribe_interval: 1ms, quotes_interval: 1ms, rate_limit_wait: 50ms, refused_wait: 50ms, credential_check: 50ms, "
           "joined_timeout: 2s, handshake_timeout: 2s, stale_after: 1500ms, data_timeout: 700ms, probe_timeout: 500ms, connect_attempts: 100000" +
           more + "}\n";
  }

 private:
  tools::LoopThread thread_;
  std::unique_ptr<sim::XtsServer> server_;
  std::uint16_t port_ = 0;
};

inline std::string xts_gateway_yaml(const Xts& xts, const std::string& broker_keys = "", const std::string& more = "") {
  return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\n" + more + "brokers:\n" +
         xts.yaml(broker_keys);
}

}  // namespace tidegate::test
