// Secrets that somebody has to be asked for: ${command:PROGRAM ARG...} and ${https://HOST/PATH}. Asking takes time.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/credentials.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// Who is asked.
struct SecretSource {
  enum class Kind : std::uint8_t {
    Program,  // `text`: its line, "get-token --user 'a b'"
    Web,      // `text`: the address
  };
  Kind kind{};
  std::string text;
  std::filesystem::path folder;  // programs run there, so that relative paths count from the file that names them

  friend auto operator<=>(const SecretSource&, const SecretSource&) = default;
};

/// The source of a text that is one such reference and nothing else.
[[nodiscard]] std::optional<SecretSource> secret_source(std::string_view text, const std::filesystem::path& folder);

/// The first line of the answer. Blocks, at most for `limit`, and ends early when `cancelled` turns true. Problems never show the answer.
[[nodiscard]] ResolvedText ask(const SecretSource& source, Duration limit, const std::atomic<bool>& cancelled);

/// What sources said when they were asked last.
using SecretAnswers = std::map<SecretSource, ResolvedText>;

}  // namespace tidegate
