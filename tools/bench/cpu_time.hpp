// What a thread spent, and when something happened.
#pragma once

#include <time.h>

#include <cstdint>

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

}  // namespace tidegate::bench
