// How many requests came within the last minute. No clock; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// A sliding window of a minute in steps of a second. Bounded whatever comes; holds no memory before the first request.
class RequestWindow {
 public:
  /// Takes one request, unless `limit` came within the last minute already; then returns how long until there is room, and nothing is taken.
  [[nodiscard]] std::optional<Duration> take(MonoTime now, std::uint64_t limit);
  /// Nothing came within the last minute.
  [[nodiscard]] bool idle(MonoTime now) const;

 private:
  /// A second in which requests came.
  struct Step {
    std::uint32_t second = 0;
    std::uint32_t count = 0;
  };

  std::vector<Step> steps_;  // of the last minute, the oldest first; one or two for a client that asks little
  std::uint64_t total_ = 0;  // of their counts
};

}  // namespace tidegate::distributor
