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
    for (std::uint64_t id = std::max(from, hole.first_id); id < end; ++id) {
      if (hole.come[id - hole.first_id]) continue;
      if (!found) found = Ids{id, id};
      if (id - found->first >= span) break;
      found->last = id;
    }
  }
  return found;
}

OpenHoles::Ended OpenHoles::close_oldest() {
  const Ended ended{holes_.front().come.size(), holes_.front().missing};
  holes_.pop_front();
  return ended;
}

}  // namespace tidegate
