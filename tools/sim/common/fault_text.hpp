// The text of a fault, NAME[=ARG][@SECONDS], taken apart: each simulator has its own table of names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::sim {

struct FaultText {
  std::string_view name;
  std::string_view argument;
  bool has_argument = false;
  std::int64_t at_ns = 0;  // after the first connection
  bool timed = false;      // false: at once
};

/// Only an '@' followed by a number of seconds is the time: arguments may hold others.
[[nodiscard]] FaultText split_fault(std::string_view text);

/// A whole number from 0 to 1,000,000,000.
[[nodiscard]] bool read_number(std::string_view text, std::int64_t& out);

/// One line of --help: the name with the form of its argument ("[=SECONDS]", "=STATUS", or nothing), and what it does.
[[nodiscard]] std::string fault_help_line(std::string_view name, std::string_view argument_form, std::string_view help);

}  // namespace tidegate::sim
