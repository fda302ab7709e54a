// One thread's loop over sockets, timers and posted work, and the end of each of its turns. A door: shows nothing of Asio, and stays
// readable as C++17, since what is behind the doors of gateway/net is built as C++17 (websocketpp does not compile as C++20).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>

namespace tidegate::net {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop(). A turn: wait for something, run all that is ready (bounded), then every turn-end hook in order of registration.
  void run();
  /// Runs what is ready, and the hooks, without waiting; returns how many handlers ran. For tests and tools that own their thread.
  std::size_t poll();
  /// As poll(), but waits at most `limit` for the first handler.
  std::size_t run_for(std::chrono::nanoseconds limit);
  void stop();  // any thread

  void post(std::function<void()> work);  // any thread; runs on the loop
  /// Any thread. At least one turn ends after this call; many calls before it cost one wake-up. Free on the loop's own thread.
  void wake();
  void at_turn_end(std::function<void()> hook);  // before run(), or on the loop
  void set_spin(bool spin);                      // never sleep: lowest latency for a whole core
  [[nodiscard]] bool on_this_thread() const;

  /// Calls `work` on the loop at each of the signals, until destroyed.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> work);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A one-shot timer of one loop. Destroying or restarting it cancels what was pending; on the loop's thread only.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(std::chrono::nanoseconds delay, std::function<void()> work);
  void cancel();
  [[nodiscard]] bool pending() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::net
