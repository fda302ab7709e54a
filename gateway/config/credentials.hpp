// Values that stand outside the configuration file: ${NAME}, ${NAME:-otherwise} and ${file:PATH}.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tidegate {

struct ResolvedText {
  std::string text;
  std::string problem;  // empty when everything was found
  std::string remedy;
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

/// True when `text` refers to something outside.
[[nodiscard]] bool has_reference(std::string_view text);

/// `text` with each ${NAME} replaced by that environment variable (`${NAME:-otherwise}`: or by `otherwise` where it is unset or empty) and each
/// ${file:PATH} by that file's first line. Relative paths count from `folder`. Reads afresh at each call. Problems name the variable or the path,
/// never a value.
[[nodiscard]] ResolvedText resolve_text(std::string_view text, const std::filesystem::path& folder);

/// `text` with the paths of its ${file:PATH} made absolute, so that it means the same from anywhere.
[[nodiscard]] std::string with_absolute_paths(std::string_view text, const std::filesystem::path& folder);

/// `path` as seen from `folder`.
[[nodiscard]] std::filesystem::path seen_from(const std::filesystem::path& folder, std::string_view path);

}  // namespace tidegate
