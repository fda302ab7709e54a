// Programs that give values: ${command:PROGRAM ARG...}. Run without a shell; the first line of their output is the value.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/credentials.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// The program of a text that is one reference and nothing else; empty: it is none.
[[nodiscard]] std::string_view program_line(std::string_view text);

/// The words of a line. Single and double quotes hold words together; nothing else means anything. Empty: a quote is not closed, or there is no word.
[[nodiscard]] std::vector<std::string> program_words(std::string_view line);

/// Runs it in `folder` (empty: here) to its end and takes the first line of its output. Blocks, at most for `limit`: then, and when `cancelled` turns
/// true, the program and all that it started in its group are killed. Problems name the program, its exit code and the first line it wrote to
/// stderr, never its output.
[[nodiscard]] ResolvedText run_program(const std::string& line, const std::filesystem::path& folder, Duration limit,
                                       const std::atomic<bool>& cancelled);

}  // namespace tidegate
