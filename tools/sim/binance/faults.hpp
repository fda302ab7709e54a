// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/sim/common/faults.hpp"

namespace tidegate::sim::binance {

enum class FaultKind : std::uint8_t {
  Drop,
  Close,
  Silence,
  HalfOpen,
  Slow,
  BadFrame,
  NotJson,
  UnknownEvent,
  BinaryFrame,
  BigFrame,
  LostDiff,
  DuplicateDiff,
  Reorder,
  StallStream,
  Burst,
  Http429,
  Http418,
  Http503,
  RestSlow,
  StaleSnapshot,
  OldTrades,
  RefuseUpgrade,
  SlowHandshake,
  AckLost,
  AckDelay,
  Shutdown,
  MaxAge,
  TooManyRequests,
  WrongRoute,
  Quiet,
};

using Fault = sim::Fault<FaultKind>;
using FaultSpec = sim::FaultSpec<FaultKind>;

[[nodiscard]] std::span<const FaultSpec> fault_table();
/// The table as text for --help.
[[nodiscard]] inline std::string fault_help() { return sim::fault_help(fault_table()); }
/// Reads NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong.
[[nodiscard]] inline std::string parse_fault(std::string_view text, Fault& out) { return sim::parse_fault(fault_table(), text, out); }

}  // namespace tidegate::sim::binance
