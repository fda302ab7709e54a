// When a connection to a broker last showed signs of life, for those who ask how it is. One thread writes, any may read.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "gateway/core/time.hpp"

namespace tidegate {

/// Whether silence of data means anything.
enum class DataExpectation : std::uint8_t {
  Nothing,  // nothing is subscribed
  Closed,   // what is subscribed trades at venues that are closed
  Moving,   // the same, but data has been coming steadily all the same
  Data,
};

/// Single values, not a whole: a reader may see a new one beside an old one.
struct ConnectionClocks {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

  std::atomic<std::int64_t> bytes_at{kNever};  // MonoTime; the opening counts as a sign of each kind
  std::atomic<std::int64_t> heartbeat_at{kNever};
  std::atomic<std::int64_t> data_at{kNever};
  std::atomic<DataExpectation> expectation{DataExpectation::Nothing};
  std::atomic<std::int64_t> closed_until{kNoTime.ns};  // UtcTime; Closed and Moving only
};

}  // namespace tidegate
