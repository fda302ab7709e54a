// Where something stands in a configuration file, and the one line that says what is wrong there.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

/// A position in a file; lines and columns count from 1.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 1;
  int column = 1;
};

/// A wrong configuration. what() is `FILE:LINE:COL: KEY: what is wrong; what to do`, on one line.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(const Place& place, std::string_view key, std::string_view problem, std::string_view remedy);

  /// what() without the place and the key: for readers who do not have the file before them, and little room.
  [[nodiscard]] std::string_view complaint() const { return std::string_view{what()}.substr(complaint_at_); }

 private:
  std::size_t complaint_at_;
};

/// Text from outside inside a complaint: quoted, control characters escaped, cut when long.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Which of `known` the reader may have meant; empty when nothing is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// What to do about an unknown word: names the nearest known one, else all of them (`what`: "keys here", "adapters").
[[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string>& known, std::string_view what);

}  // namespace tidegate
