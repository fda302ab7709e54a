// Programs that give values: ${command:PROGRAM ARG...}. Run without a shell; the first line of their output is the value.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/credentials.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// One reference to a program, and where it stands.
struct ProgramCall {
  std::string line;              // "get-token --user 'a b'"
  std::filesystem::path folder;  // it runs there, so that relative paths count from the file that names it

  friend auto operator<=>(const ProgramCall&, const ProgramCall&) = default;
};

/// The program of a text that is one reference and nothing else; empty: it is none.
[[nodiscard]] std::string_view program_line(std::string_view text);

/// The words of a line. Single and double quotes hold words together; nothing else means anything. Empty: a quote is not closed, or there is no word.
[[nodiscard]] std::vector<std::string> program_words(std::string_view line);

/// Runs it to its end and takes the first line of its output. Blocks, at most for `limit`: then, and when `cancelled` turns true, the program and all
/// that it started in its group are killed. Problems name the program, its exit code and the first line it wrote to stderr, never its output.
[[nodiscard]] ResolvedText run_program(const ProgramCall& call, Duration limit, const std::atomic<bool>& cancelled);

/// What programs said when they were run last.
using ProgramOutputs = std::map<ProgramCall, ResolvedText>;

}  // namespace tidegate
