// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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
  RefuseUpgrade,
  SlowHandshake,
  AckLost,
  AckDelay,
  Shutdown,
  MaxAge,
  TooManyRequests,
  WrongRoute,
};

enum class FaultArgument : std::uint8_t {
  None,
  Number,  // a whole number; `fallback` where it is not given
  Text,
  Status,  // HTTP status, optionally ":SECONDS"; must be given
};

struct FaultSpec {
  FaultKind kind{};
  std::string_view name;
  FaultArgument argument{};
  std::string_view argument_name;  // as --help prints it
  std::int64_t fallback = 0;
  std::string_view help;
};

[[nodiscard]] std::span<const FaultSpec> fault_table();
/// The table as text for --help.
[[nodiscard]] std::string fault_help();

struct Fault {
  FaultKind kind{};
  std::int64_t number = 0;   // the argument, or its fallback
  std::int64_t seconds = 0;  // Status: for how long
  std::string text;
  std::int64_t at_ns = 0;  // after the first connection
  bool timed = false;      // false: at once
};

/// Reads NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong.
[[nodiscard]] std::string parse_fault(std::string_view text, Fault& out);

}  // namespace tidegate::sim::binance
