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
  void advance(std::int64_t second);

  std::vector<std::uint64_t> counts_;  // by second modulo their number; empty: nothing yet
  std::int64_t newest_ = 0;            // the second that was counted last
  std::uint64_t total_ = 0;
};

}  // namespace tidegate::distributor
