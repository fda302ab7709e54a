#pragma once

#include <functional>
#include <future>
#include <thread>

#include "gateway/net/event_loop.hpp"

namespace tidegate::test {

/// An event loop on a thread of its own, for the other side of a test.
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
    std::promise<decltype(work())> result;
    loop_.post([&] {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        result.set_value();
      } else {
        result.set_value(work());
      }
    });
    return result.get_future().get();
  }

 private:
  net::EventLoop loop_;
  std::thread thread_;
};

}  // namespace tidegate::test
