// What a thread spent, and when something happened.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "gateway/core/frame.hpp"

namespace tidegate::bench {

inline std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Nanoseconds the calling thread has computed, in the kernel on its behalf included; does not grow while others have the core.
inline std::int64_t thread_cpu_ns() { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

/// One clock for all threads.
inline std::int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

/// Nanoseconds of computing a frame, over whole passes for about `limit`.
template <class Work>
double ns_a_frame(const std::vector<RawFrame>& frames, std::chrono::nanoseconds limit, Work work) {
  std::uint64_t passes = 0;
  const std::int64_t begin = thread_cpu_ns();
  std::int64_t spent = 0;
  do {
    for (const RawFrame& frame : frames) work(frame);
    ++passes;
    spent = thread_cpu_ns() - begin;
  } while (spent < limit.count());
  return static_cast<double>(spent) / static_cast<double>(passes * frames.size());
}

}  // namespace tidegate::bench
