#include "tools/sim/ibkr/recording.hpp"

#include <algorithm>

#include "tools/sim/ibkr/commands.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kMarketData = "smd+";

/// What a frame says besides its fields.
bool is_field(std::string_view name) {
  return name != "topic" && name != "conid" && name != "conidEx" && name != "_updated" && name != "server_id" && name != "6119";
}

}  // namespace

std::string topic_of(std::string_view frame) { return read_member(frame, "topic"); }

bool is_played(const RecordedFrame& frame) {
  if (frame.kind != RecordedKind::Text && frame.kind != RecordedKind::Binary) return false;
  const std::string topic = topic_of(frame.bytes);
  if (topic.empty()) return read_member(frame.bytes, "message") != "waiting for session";
  return topic != "system" && topic != "act" && topic != "tic";
}

std::string examine(const std::string& path, Recording& out) {
  FramesFile file{path};
  if (!file.problem().empty()) return file.problem();
  RecordedFrame frame;
  for (auto read = file.next(frame); read != FramesFile::Read::End; read = file.next(frame)) {
    if (read == FramesFile::Read::BadLine) {
      if (out.bad_lines++ == 0) out.first_problem = file.problem();
      continue;
    }
    if (!is_played(frame)) continue;
    ++out.frames;
    const std::string topic = topic_of(frame.bytes);
    if (!topic.starts_with(kMarketData)) continue;
    const std::string target = topic.substr(kMarketData.size());
    if (std::find(out.targets.begin(), out.targets.end(), target) == out.targets.end()) out.targets.push_back(target);
  }
  if (!file.problem().empty()) return file.problem();
  return out.frames == 0 ? "the frames file holds no frame that can be played" : "";
}

void Replay::remember(const std::string& target, std::string_view frame) {
  std::vector<std::pair<std::string, std::string>> members;
  if (!read_members(frame, members)) return;
  auto& state = states_[target];
  for (auto& [name, value] : members) {
    if (is_field(name)) state[name] = std::move(value);
  }
}

const std::map<std::string, std::string>& Replay::state(const std::string& target) const {
  static const std::map<std::string, std::string> kNone;
  const auto found = states_.find(target);
  return found == states_.end() ? kNone : found->second;
}

}  // namespace tidegate::sim::ibkr
