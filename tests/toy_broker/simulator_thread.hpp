#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/toy_broker/simulator.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::toy {

/// The simulator, listening, on a thread of its own.
class SimulatorThread {
 public:
  explicit SimulatorThread(std::vector<std::string> instruments) {
    const std::string problem = thread_.run([&] {
      simulator_.emplace(thread_.loop(), std::move(instruments));
      return simulator_->listen();
    });
    REQUIRE_MESSAGE(problem.empty(), problem);
    port_ = call([](Simulator& simulator) { return simulator.port(); });
  }
  ~SimulatorThread() {
    thread_.run([this] { simulator_.reset(); });
  }
  SimulatorThread(const SimulatorThread&) = delete;
  SimulatorThread& operator=(const SimulatorThread&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] net::EventLoop& loop() { return thread_.loop(); }
  /// Runs `work` on the simulator's thread, and waits for what it gives.
  template <class Work>
  auto call(Work work) -> decltype(work(std::declval<Simulator&>())) {
    return thread_.run([&] { return work(*simulator_); });
  }

 private:
  std::uint16_t port_ = 0;
  std::optional<Simulator> simulator_;  // the thread's
  tools::LoopThread thread_;
};

}  // namespace tidegate::toy
