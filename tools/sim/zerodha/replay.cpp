#include "tools/sim/zerodha/replay.hpp"

#include <charconv>
#include <unordered_set>

#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim::zerodha {
namespace {

constexpr std::size_t kHeartbeatBytes = 1;

bool is_list(std::string_view request) {
  const std::size_t path = request.find("/instruments");
  if (path == std::string_view::npos) return false;
  const std::string_view rest = request.substr(path + std::string_view{"/instruments"}.size());
  return rest.empty() || rest.front() == '?';
}

}  // namespace

std::string examine(const std::string& path, Recording& out) {
  FramesFile file{path};
  if (!file.problem().empty()) return file.problem();
  RecordedFrame frame;
  std::vector<std::string_view> bodies;
  std::unordered_set<std::uint32_t> known;
  for (auto read = file.next(frame); read != FramesFile::Read::End; read = file.next(frame)) {
    if (read == FramesFile::Read::BadLine) {
      if (out.bad_lines++ == 0) out.first_problem = file.problem();
      continue;
    }
    if (frame.kind == RecordedKind::Rest && frame.status == 200 && is_list(frame.request)) out.instruments = frame.bytes;
    if (frame.kind != RecordedKind::Text && frame.kind != RecordedKind::Binary) continue;
    ++out.frames;
    if (frame.kind != RecordedKind::Binary || frame.bytes.size() <= kHeartbeatBytes) continue;
    if (!split_message(frame.bytes, bodies)) ++out.malformed;
    for (const std::string_view body : bodies) {
      if (known_length(body.size()) && known.insert(token_of(body)).second) out.tokens.push_back(token_of(body));
    }
  }
  if (!file.problem().empty()) return file.problem();
  return out.frames == 0 ? "the frames file holds no frame of a socket" : "";
}

std::vector<std::uint32_t> listed_tokens(std::string_view csv) {
  std::vector<std::uint32_t> tokens;
  for (std::size_t from = 0; from < csv.size();) {
    const std::string_view line = csv.substr(from, csv.find('\n', from) - from);
    from += line.size() + 1;
    std::uint32_t token = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), token);
    if (error == std::errc{} && end != line.data() + line.size() && *end == ',') tokens.push_back(token);
  }
  return tokens;
}

std::string_view Replay::last(std::uint32_t token) const {
  const auto it = last_.find(token);
  return it == last_.end() ? std::string_view{} : std::string_view{it->second};
}

void Replay::remember(std::string_view body) {
  if (known_length(body.size())) last_[token_of(body)].assign(body);
}

}  // namespace tidegate::sim::zerodha
