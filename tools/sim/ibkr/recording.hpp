// A frames file of this broker: what it holds, found out before, and its timeline with the state of each recorded stream.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/common/frames_player.hpp"

namespace tidegate::sim::ibkr {

struct Recording {
  std::vector<std::string> targets;  // of market data, in order of appearance: "265598", "265598@ARCA"
  std::uint64_t frames = 0;          // that are played
  std::uint64_t bad_lines = 0;
  std::string first_problem;
};

/// Reads the file once. Returns an empty text, or why nothing can be played.
[[nodiscard]] std::string examine(const std::string& path, Recording& out);

/// The topic of a frame; empty: it has none, or is no JSON object.
[[nodiscard]] std::string topic_of(std::string_view frame);
/// False: frames of the transport (login, heartbeats, tic), of which the simulator makes its own.
[[nodiscard]] bool is_played(const RecordedFrame& frame);

class Replay : public FramesPlayer {
 public:
  Replay(const std::string& path, const ReplayOptions& options) : FramesPlayer(path, options, is_played) {}

  /// Merges what the frame says of a stream of market data.
  void remember(const std::string& target, std::string_view frame);
  /// Field by field, as JSON; empty before the stream's first frame.
  [[nodiscard]] const std::map<std::string, std::string>& state(const std::string& target) const;

 private:
  std::map<std::string, std::map<std::string, std::string>> states_;
};

}  // namespace tidegate::sim::ibkr
