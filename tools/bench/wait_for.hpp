#pragma once

#include <chrono>
#include <thread>

namespace tidegate::bench {

/// Looks every millisecond until `condition` holds, outside of what is measured; false when it does not come true within `limit`.
template <class Condition>
bool wait_for(Condition condition, std::chrono::nanoseconds limit = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace tidegate::bench
