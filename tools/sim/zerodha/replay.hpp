// Plays a frames file: what it holds, found out before, and its timeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/sim/common/frames_player.hpp"

namespace tidegate::sim::zerodha {

struct Recording {
  std::vector<std::uint32_t> tokens;  // in order of appearance
  std::string instruments;            // text of a recorded instruments file; empty: none
  std::uint64_t frames = 0;
  std::uint64_t malformed = 0;  // binary messages that are not well formed; played all the same
  std::uint64_t bad_lines = 0;
  std::string first_problem;
};

/// Reads the file once. Returns an empty text, or why nothing can be played.
[[nodiscard]] std::string examine(const std::string& path, Recording& out);

/// Tokens of a recorded instruments file: the first field of each of its lines.
[[nodiscard]] std::vector<std::uint32_t> listed_tokens(std::string_view csv);

/// The file's timeline, and the last packet of every token.
class Replay : public FramesPlayer {
 public:
  using FramesPlayer::FramesPlayer;

  /// The last packet of a token that was played; empty before.
  [[nodiscard]] std::string_view last(std::uint32_t token) const;
  void remember(std::string_view body);

 private:
  std::unordered_map<std::uint32_t, std::string> last_;
};

}  // namespace tidegate::sim::zerodha
