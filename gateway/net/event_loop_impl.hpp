// The inside of EventLoop, for the other sources of gateway/net. Shows Asio: include it from .cpp files of this folder only.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <list>

#include "gateway/net/event_loop.hpp"

namespace tidegate::net {

struct EventLoop::Impl {
  /// Runs after every ordinary hook of a turn, so that what those queued still leaves in the same turn. Removed by erasing.
  using Flushers = std::list<std::function<void()>>;

  Impl();

  std::size_t run_ready(std::size_t already_run);
  void end_turn();
  void wake();
  void arm(asio::signal_set& set, const std::shared_ptr<std::function<void(int)>>& work);

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work_guard;
  std::deque<std::function<void()>> hooks;  // a deque, since a hook may add one while it runs
  Flushers flushers;
  std::list<asio::signal_set> signal_sets;
  std::atomic<bool> wake_posted{false};
  std::atomic<bool> stop_asked{false};
  std::atomic<bool> spin{false};
  bool in_hooks = false;    // loop's thread only
  bool turn_asked = false;  // a hook called wake()
};

}  // namespace tidegate::net
