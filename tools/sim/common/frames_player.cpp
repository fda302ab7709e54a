#include "tools/sim/common/frames_player.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::sim {

FramesPlayer::FramesPlayer(const std::string& path, const ReplayOptions& options, Plays plays)
    : file_(path), options_(options), plays_(std::move(plays)) {}

void FramesPlayer::start(std::int64_t now_ns) {
  started_ = true;
  due_ns_ = now_ns;
}

bool FramesPlayer::fetch() {
  while (!fetched_ && !ended_) {
    const auto read = file_.next(frame_);
    if (read == FramesFile::Read::BadLine) continue;
    if (read == FramesFile::Read::End) {
      // A file that gives nothing any more (it changed since it was examined) must not be read for ever.
      ended_ = !options_.loop || !any_in_round_;
      if (ended_) break;
      file_.rewind();
      previous_ = kNoTime;
      any_in_round_ = false;
      continue;
    }
    if (frame_.kind != RecordedKind::Text && frame_.kind != RecordedKind::Binary) continue;
    if (plays_ && !plays_(frame_)) continue;
    fetched_ = true;
    any_in_round_ = true;
    const bool first = played_ == 0;
    std::int64_t pause = first ? 0 : options_.pause_ns;
    if (frame_.received.known() && previous_.known()) pause = std::max<std::int64_t>(frame_.received.ns - previous_.ns, 0);
    if (frame_.received.known()) previous_ = frame_.received;
    if (options_.rate > 0) due_ns_ += static_cast<std::int64_t>(static_cast<double>(pause) / options_.rate);
  }
  return fetched_;
}

const RecordedFrame* FramesPlayer::due(std::int64_t now_ns) {
  if (!started_ || !fetch() || now_ns < due_ns_) return nullptr;
  fetched_ = false;
  ++played_;
  return &frame_;
}

}  // namespace tidegate::sim
