#pragma once

#include <functional>
#include <future>
#include <thread>
#include <type_traits>

#include "gateway/net/event_loop.hpp"

namespace tidegate::tools {

/// An event loop on a thread of its own, for the other side of a test or a measurement.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  [[nodiscard]] net::EventLoop& loop() { return loop_; }

  /// Runs `work` on the loop and waits for its result.
  template <class Work>
  auto run(Work work) -> decltype(work()) {
    std::packaged_task<decltype(work())()> task{std::move(work)};
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }

 private:
  net::EventLoop loop_;
  std::thread thread_;
};

}  // namespace tidegate::tools
