// When the next frame of a frames file is due. Pure but for reading the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/recording/frames_file.hpp"

namespace tidegate::sim {

struct ReplayOptions {
  double rate = 1;  // 0: everything is due at once
  bool loop = false;
  std::int64_t pause_ns = 250'000'000;  // to a frame without a receive time, and between two rounds
};

class FramesPlayer {
 public:
  /// Which frames of the sockets are played; the others are left out.
  using Plays = std::function<bool(const RecordedFrame&)>;

  FramesPlayer(const std::string& path, const ReplayOptions& options, Plays plays = {});

  void start(std::int64_t now_ns);
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// The next frame of a socket when it is due, else null; valid until the next call.
  [[nodiscard]] const RecordedFrame* due(std::int64_t now_ns);
  [[nodiscard]] std::uint64_t frames_played() const { return played_; }

 private:
  bool fetch();

  FramesFile file_;
  ReplayOptions options_;
  Plays plays_;
  RecordedFrame frame_;
  bool fetched_ = false;  // frame_ waits
  bool started_ = false, ended_ = false;
  std::int64_t due_ns_ = 0;
  UtcTime previous_;
  bool any_in_round_ = false;
  std::uint64_t played_ = 0;
};

}  // namespace tidegate::sim
