// Values that stand outside the configuration file: ${NAME}, ${NAME:-otherwise} and ${file:PATH}. Those that take time are in secret_source.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tidegate {

struct ResolvedText {
  std::string text;
  std::string problem;  // empty when everything was found
  std::string remedy;
  bool absent = false;  // the problem: the variable is unset, or the file not there, or empty; not the way the reference is written
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

/// What is not there, or does not answer: it may be there another time.
[[nodiscard]] ResolvedText absent_value(std::string problem, std::string remedy);

/// The first line of a text, without its end.
[[nodiscard]] std::string first_line_of(std::string_view text);

/// What stands between the braces of a text that is one ${...} and nothing else; empty: it is none.
[[nodiscard]] std::string_view whole_reference(std::string_view text);

/// True when `text` refers to something outside.
[[nodiscard]] bool has_reference(std::string_view text);

/// `text` with each ${NAME} replaced by that environment variable (`${NAME:-otherwise}`: or by `otherwise` where it is unset or empty) and each
/// ${file:PATH} by that file's first line. Relative paths count from `folder`. Reads afresh at each call. Problems name the variable or the path,
/// never a value.
[[nodiscard]] ResolvedText resolve_text(std::string_view text, const std::filesystem::path& folder);

/// `text` with the paths of its ${file:PATH} made absolute, so that it means the same from anywhere.
[[nodiscard]] std::string with_absolute_paths(std::string_view text, const std::filesystem::path& folder);

/// What a person does to renew the value behind `text`, to be read after the word "renew": "the file kite.token". A running process keeps its
/// environment and its configuration, so those want a restart.
[[nodiscard]] std::string renewal_of(std::string_view text, std::string_view key);

/// Where a value is taken from, judged by its text alone.
struct ValueOrigin {
  enum class Kind : std::uint8_t {
    Literal,   // stands in the configuration itself
    Variable,  // `name`: the environment variable
    File,      // `name`: the file, absolute
    Program,   // `name`: the program, without its arguments
    Web,       // `name`: the address, without what may be private
    Mixed,     // put together from several parts
  };
  Kind kind{};
  std::string name;
};
[[nodiscard]] ValueOrigin origin_of(std::string_view text, const std::filesystem::path& folder);

/// `path` as seen from `folder`.
[[nodiscard]] std::filesystem::path seen_from(const std::filesystem::path& folder, std::string_view path);

}  // namespace tidegate
