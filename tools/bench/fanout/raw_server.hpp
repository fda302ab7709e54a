#pragma once

#include <cstdint>

#include "tools/bench/child_process.hpp"
#include "tools/bench/fanout/server.hpp"

namespace tidegate::bench {

/// The least a server can do, in a process of its own: one thread that sleeps until a turn and writes frames that are made already to every socket.
/// It puts the time into each and looks at nothing else.
class RawServer final : public FanoutServer {
 public:
  enum class Writes : std::uint8_t { EachRecord, EachTurn };  // a write() a record, or one writev() for all of a turn

  explicit RawServer(std::size_t symbols);

  /// How it writes from the next run on.
  void set_writes(Writes writes) { writes_ = writes; }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] Greeting greeting(std::size_t) const override { return {.message = "{}"}; }
  void expect(std::size_t connections) override;
  void publish(const FanoutRun& run) override;
  [[nodiscard]] std::int64_t cpu_ns() override { return cpu_ns_; }

 private:
  class Child;

  std::uint16_t port_ = 0;
  Socket listener_;
  ChildProcess process_;
  Writes writes_ = Writes::EachTurn;
  std::int64_t cpu_ns_ = 0;
};

}  // namespace tidegate::bench
