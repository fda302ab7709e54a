#include "distributor/slot_positions.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kEntriesMin = 8;

}  // namespace

std::size_t SlotPositions::place_of(StreamSlot slot) const {
  std::size_t place = home(slot);
  while (entries_[place].slot != kNoStream && entries_[place].slot != slot) place = next(place);
  return place;
}

std::uint32_t* SlotPositions::find(StreamSlot slot) {
  if (entries_.empty()) return nullptr;
  Entry& entry = entries_[place_of(slot)];
  return entry.slot == slot ? &entry.position : nullptr;
}

std::pair<std::uint32_t*, bool> SlotPositions::try_emplace(StreamSlot slot, std::uint32_t position) {
  if (std::uint32_t* const known = find(slot)) return {known, false};
  if ((size_ + 1) * 4 > entries_.size() * 3) resize(entries_.empty() ? kEntriesMin : entries_.size() * 2);
  Entry& entry = entries_[place_of(slot)];
  entry = {slot, position};
  ++size_;
  return {&entry.position, true};
}

void SlotPositions::erase(StreamSlot slot) {
  if (find(slot) == nullptr) return;
  std::size_t hole = place_of(slot);
  // What stands behind the hole moves up, unless its own search begins behind the hole.
  for (std::size_t place = next(hole); entries_[place].slot != kNoStream; place = next(place)) {
    const std::size_t from_home = (place - home(entries_[place].slot)) & (entries_.size() - 1);
    const std::size_t from_hole = (place - hole) & (entries_.size() - 1);
    if (from_home < from_hole) continue;
    entries_[hole] = entries_[place];
    hole = place;
  }
  entries_[hole] = {};
  --size_;
  if (size_ == 0) {
    entries_ = {};
  } else if (entries_.size() > kEntriesMin && size_ * 8 < entries_.size()) {
    resize(entries_.size() / 2);
  }
}

void SlotPositions::resize(std::size_t entries) {
  const auto old = std::exchange(entries_, std::vector<Entry>(entries));
  for (const Entry& entry : old) {
    if (entry.slot != kNoStream) entries_[place_of(entry.slot)] = entry;
  }
}

}  // namespace tidegate::distributor
