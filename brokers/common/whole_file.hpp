// Files that are read and replaced as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::common {

/// Nothing: there is none that can be read, or it has more bytes than `bytes_max`.
[[nodiscard]] std::optional<std::string> read_whole_file(const std::filesystem::path& path, std::uintmax_t bytes_max);

/// Makes its folder if need be, writes beside it and puts that in its place in one step, so that a full disk or a crash leaves the old one. Returns
/// what went wrong; empty: nothing.
[[nodiscard]] std::string replace_whole_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tidegate::common
