// What the fan-out parts ask of a server, whoever wrote it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tools/bench/fanout/subscribers.hpp"

namespace tidegate::bench {

/// `turns` times, `interval` apart, `burst` records one after the other, of one symbol after the other.
struct FanoutRun {
  std::size_t turns = 0;
  std::size_t burst = 1;
  std::size_t symbols = 1;
  std::chrono::nanoseconds interval{};
};

class FanoutServer {
 public:
  FanoutServer() = default;
  virtual ~FanoutServer() = default;
  FanoutServer(const FanoutServer&) = delete;
  FanoutServer& operator=(const FanoutServer&) = delete;

  /// 0: it does not run.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// What makes a subscriber of all symbols.
  [[nodiscard]] virtual Greeting greeting(std::size_t symbols) const = 0;
  /// So many connections are about to come.
  virtual void expect(std::size_t connections) { static_cast<void>(connections); }
  /// Returns after the last turn; its records may still be on their way.
  virtual void publish(const FanoutRun& run) = 0;
  /// User and system time that the server has taken so far, as the operating system accounts for it: of its thread, or of all its processes.
  [[nodiscard]] virtual std::int64_t cpu_ns() = 0;
};

}  // namespace tidegate::bench
