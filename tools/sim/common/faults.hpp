// Faults on demand, NAME[=ARG][@SECONDS]: each simulator has its own table of them; the reading, the help and the waiting are the same.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/common/wire.hpp"

namespace tidegate::sim {

enum class FaultArgument : std::uint8_t {
  None,
  Number,            // a whole number; `fallback` where it is not given
  NeededNumber,      // a whole number that must be given
  Status,            // an HTTP status; `fallback` where it is not given
  StatusForSeconds,  // an HTTP status that must be given, optionally ":SECONDS"; else `fallback` seconds
  StatusForCount,    // an HTTP status that must be given, optionally ",COUNT"; else `fallback` times
  Text,
};

/// What a row of the table says about its text.
struct FaultForm {
  std::string_view name;
  FaultArgument argument{};
  std::string_view argument_name;  // as --help prints it
  std::int64_t fallback = 0;
  std::string_view help;
};

/// A row of the table; `Kind` is the broker's own enumeration.
template <class Kind>
struct FaultSpec : FaultForm {
  constexpr FaultSpec(Kind the_kind, std::string_view the_name, FaultArgument takes, std::string_view called, std::int64_t otherwise,
                      std::string_view does)
      : FaultForm{the_name, takes, called, otherwise, does}, kind(the_kind) {}
  Kind kind;
};

/// What the text of a fault says.
struct FaultValues {
  std::string_view name;     // of the table
  std::int64_t number = 0;   // the argument, or its fallback
  std::int64_t seconds = 0;  // StatusForSeconds: for how long
  std::int64_t count = 0;    // StatusForCount: for so many
  std::string text;
  std::int64_t at_ns = 0;  // after the first connection
  bool timed = false;      // false: at once
};

template <class Kind>
struct Fault : FaultValues {
  Kind kind{};
};

/// The text of a fault, taken apart.
struct FaultText {
  std::string_view name;
  std::string_view argument;
  bool has_argument = false;
  std::int64_t at_ns = 0;
  bool timed = false;
};

/// Only an '@' followed by a number of seconds is the time: arguments may hold others.
[[nodiscard]] FaultText split_fault(std::string_view text);
/// Reads what was given into `out` as the row wants it. Returns an empty text, or what is wrong.
[[nodiscard]] std::string read_fault_values(const FaultForm& form, const FaultText& given, FaultValues& out);
/// One line of --help: the name with the form of its argument, and what it does.
[[nodiscard]] std::string fault_help_line(const FaultForm& form);
/// When a fault of so many seconds ends; zero: never.
[[nodiscard]] constexpr std::int64_t fault_end_ns(std::int64_t now_ns, std::int64_t seconds) {
  return seconds == 0 ? kForever : now_ns + seconds * kSecondNs;
}

/// The table as text for --help.
template <class Kind>
[[nodiscard]] std::string fault_help(std::span<const FaultSpec<Kind>> table) {
  std::string text;
  for (const FaultForm& form : table) text += fault_help_line(form);
  return text;
}

/// Reads NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong.
template <class Kind>
[[nodiscard]] std::string parse_fault(std::span<const FaultSpec<Kind>> table, std::string_view text, Fault<Kind>& out) {
  out = {};
  const FaultText given = split_fault(text);
  for (const FaultSpec<Kind>& spec : table) {
    if (spec.name != given.name) continue;
    out.kind = spec.kind;
    return read_fault_values(spec, given, out);
  }
  return "unknown fault: " + std::string{given.name};
}

/// The faults that a simulator is started with: all of them wait for the first connection. Returns an empty text, or what is wrong.
template <class Kind>
[[nodiscard]] std::string parse_faults(std::span<const FaultSpec<Kind>> table, const std::vector<std::string>& texts, std::vector<Fault<Kind>>& out) {
  for (const std::string& text : texts) {
    Fault<Kind>& fault = out.emplace_back();
    if (std::string problem = parse_fault(table, text, fault); !problem.empty()) return problem;
    fault.timed = true;
  }
  return {};
}

/// Faults that wait for their time, which counts from the first connection.
template <class Kind>
class FaultSchedule {
 public:
  using Commit = std::function<void(const Fault<Kind>&)>;

  FaultSchedule(std::span<const FaultSpec<Kind>> table, std::vector<Fault<Kind>> faults) : table_(table), waiting_(std::move(faults)) {}

  /// Commits the fault of the text, or keeps it until its time. Returns an empty text, or what is wrong with it.
  std::string inject(std::string_view text, const Commit& commit) {
    Fault<Kind> fault;
    std::string problem = parse_fault(table_, text, fault);
    if (!problem.empty()) return problem;
    if (fault.timed) {
      waiting_.push_back(std::move(fault));
    } else {
      commit(fault);
    }
    return {};
  }

  /// A connection has come; only the first counts.
  void on_connection(std::int64_t now_ns) {
    if (first_connection_ns_ < 0) first_connection_ns_ = now_ns;
  }

  void run(std::int64_t now_ns, const Commit& commit) {
    if (first_connection_ns_ < 0) return;
    std::vector<Fault<Kind>> due;  // a fault may inject others
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (now_ns - first_connection_ns_ < it->at_ns) {
        ++it;
        continue;
      }
      due.push_back(std::move(*it));
      it = waiting_.erase(it);
    }
    for (const Fault<Kind>& fault : due) commit(fault);
  }

 private:
  std::span<const FaultSpec<Kind>> table_;
  std::vector<Fault<Kind>> waiting_;
  std::int64_t first_connection_ns_ = -1;
};

}  // namespace tidegate::sim
