// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <span>

#include "tools/sim/common/faults.hpp"

namespace tidegate::sim::ibkr {

enum class FaultKind : std::uint8_t {
  Silence,
  Dead,
  Drop,
  Close,
  Slow,
  Refuse,
  Unauthenticated,
  UnauthenticatedParts,
  Competing,
  SessionGone,
  Login,
  Maintenance,
  NightlyReset,
  ExpireToken,
  Delayed,
  NotSubscribed,
  Availability,
  Halt,
  Lines,
  ExpireStreams,
  BadUtf8,
  Truncated,
  UnknownTopic,
  ErrorFrame,
  Burst,
  Swap,
  VolumeSuffix,
  Notice,
  Bulletin,
  Order,
  Execution,
  Rest429,
  Rest503,
  Resume,
};

using Fault = sim::Fault<FaultKind>;
using FaultSpec = sim::FaultSpec<FaultKind>;

[[nodiscard]] std::span<const FaultSpec> fault_table();

}  // namespace tidegate::sim::ibkr
