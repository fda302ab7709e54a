// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <span>

#include "tools/sim/common/faults.hpp"

namespace tidegate::sim::zerodha {

enum class FaultKind : std::uint8_t {
  Silence,
  Dead,
  Drop,
  Close,
  Slow,
  ExpireToken,
  ExpireAndDrop,
  Refuse,
  Truncated,
  WrongCount,
  Trailing,
  UnknownLength,
  Legacy164,
  ZeroLength,
  Duplicate,
  Big,
  TextFlood,
  ErrorText,
  MessageText,
  Order,
  TokenUnknown,
  UnknownToken,
  ListChanged,
  NoList,
  Rest429,
  Rest503,
  Resume,
};

using Fault = sim::Fault<FaultKind>;
using FaultSpec = sim::FaultSpec<FaultKind>;

[[nodiscard]] std::span<const FaultSpec> fault_table();

}  // namespace tidegate::sim::zerodha
