// Plays a frames file: what it holds, found out before; and when its next frame is due. Pure but for reading the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/recording/frames_file.hpp"

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

struct ReplayOptions {
  double rate = 1;  // 0: everything is due at once
  bool loop = false;
  std::int64_t pause_ns = 250'000'000;  // to a frame without a receive time, and between two rounds
};

class Replay {
 public:
  Replay(const std::string& path, const ReplayOptions& options);

  void start(std::int64_t now_ns);
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// The next frame of a socket when it is due, else null; valid until the next call.
  [[nodiscard]] const RecordedFrame* due(std::int64_t now_ns);
  [[nodiscard]] std::uint64_t frames_played() const { return played_; }

  /// The last packet of a token that was played; empty before.
  [[nodiscard]] std::string_view last(std::uint32_t token) const;
  void remember(std::string_view body);

 private:
  bool fetch();

  FramesFile file_;
  ReplayOptions options_;
  RecordedFrame frame_;
  bool fetched_ = false;  // frame_ waits
  bool started_ = false, ended_ = false;
  std::int64_t due_ns_ = 0;
  UtcTime previous_;
  bool any_in_round_ = false;
  std::uint64_t played_ = 0;
  std::unordered_map<std::uint32_t, std::string> last_;
};

}  // namespace tidegate::sim::zerodha
