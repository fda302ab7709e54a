// Words from outside on a person's terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

/// `words` without control characters, which could move a terminal's cursor or begin a line of their own, and cut when they are very long.
inline std::string one_line(std::string_view words) {
  constexpr std::size_t kShownMax = 500;
  std::string line{words.substr(0, kShownMax)};
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  if (words.size() > kShownMax) line += "...";
  return line;
}

}  // namespace tidegate
