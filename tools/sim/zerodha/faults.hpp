// The faults that the simulator can commit on demand, in one table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

enum class FaultArgument : std::uint8_t {
  None,
  Number,  // a whole number; `fallback` where it is not given
  Needed,  // a whole number that must be given
  Text,
  Status,  // HTTP status that must be given, optionally ",COUNT"
};

struct Fault {
  FaultKind kind{};
  std::string_view name;    // of the table
  std::int64_t number = 0;  // the argument, or its fallback
  std::int64_t count = 0;   // Status: for so many; 0: until `resume`
  std::string text;
  std::int64_t at_ns = 0;  // after the first connection
  bool timed = false;      // false: at once
};

/// The table as text for --help.
[[nodiscard]] std::string fault_help();
/// Reads NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong.
[[nodiscard]] std::string parse_fault(std::string_view text, Fault& out);

}  // namespace tidegate::sim::zerodha
