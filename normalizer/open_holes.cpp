#include "normalizer/open_holes.hpp"

#include <algorithm>

namespace tidegate {

void OpenHoles::open(std::uint64_t first_id, std::uint64_t count, std::uint64_t first_seq, MonoTime deadline) {
  holes_.push_back({first_id, first_seq, deadline, count, std::vector<bool>(count)});
}

std::optional<OpenHoles::Filled> OpenHoles::fill(std::uint64_t id) {
  const auto hole = std::find_if(holes_.begin(), holes_.end(), [id](const Hole& each) { return id - each.first_id < each.come.size(); });
  if (hole == holes_.end()) return std::nullopt;
  const std::uint64_t place = id - hole->first_id;
  if (hole->come[place]) return std::nullopt;
  hole->come[place] = true;
  const Filled filled{hole->first_seq + place, --hole->missing == 0};
  if (filled.whole) holes_.erase(hole);
  return filled;
}

std::optional<OpenHoles::Ids> OpenHoles::missing(std::uint64_t from, std::uint64_t span) const {
  std::optional<Ids> found;
  for (const Hole& hole : holes_) {
    const std::uint64_t end = hole.first_id + hole.come.size();
    if (!found) {
      const std::uint64_t begin = std::clamp(from, hole.first_id, end) - hole.first_id;
      const auto place = std::find(hole.come.begin() + static_cast<std::ptrdiff_t>(begin), hole.come.end(), false);
      if (place == hole.come.end()) continue;
      const std::uint64_t first = hole.first_id + static_cast<std::uint64_t>(place - hole.come.begin());
      found = Ids{first, first};
    }
    if (hole.first_id - found->first < span || hole.first_id <= found->first) found->last = std::min(end - 1, found->first + span - 1);
  }
  return found;
}

OpenHoles::Ended OpenHoles::close_oldest() {
  const Ended ended{holes_.front().come.size(), holes_.front().missing};
  holes_.pop_front();
  return ended;
}

}  // namespace tidegate
