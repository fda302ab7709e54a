#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "tools/bench/cpu_time.hpp"
#include "tools/bench/fanout/server.hpp"

namespace tidegate::bench {

/// How long from now until a turn of a run that began at `begin_ns`; 1 ns at least.
inline std::chrono::nanoseconds until_turn(const FanoutRun& run, std::int64_t begin_ns, std::size_t turn) {
  const std::int64_t due = begin_ns + static_cast<std::int64_t>(turn) * run.interval.count();
  return std::chrono::nanoseconds{std::max<std::int64_t>(due - now_ns(), 1)};
}

/// Calls `work` at each turn of a run, and sleeps in between.
template <class Work>
void for_each_turn(const FanoutRun& run, Work work) {
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const std::int64_t begin_ns = now_ns();
  for (std::size_t turn = 1;; ++turn) {
    work();
    if (turn >= run.turns) break;
    const std::int64_t wait = until_turn(run, begin_ns, turn).count();
    itimerspec due{};
    due.it_value = {wait / 1'000'000'000, wait % 1'000'000'000};
    ::timerfd_settime(timer, 0, &due, nullptr);
    std::uint64_t expirations = 0;
    static_cast<void>(!::read(timer, &expirations, sizeof(expirations)));
  }
  ::close(timer);
}

}  // namespace tidegate::bench
