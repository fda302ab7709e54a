// The wishes of a session, kept in order, and taken over as whole sets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "gateway/core/demand.hpp"

namespace tidegate::common {

using WantKey = std::pair<InstrumentId, Channel>;
inline WantKey key_of(const Want& want) { return {want.instrument, want.channel}; }

/// One wish per instrument and channel, in that order; of several the deepest.
inline std::vector<Want> one_per_key(std::vector<Want> wants) {
  std::sort(wants.begin(), wants.end(), [](const Want& a, const Want& b) {
    if (key_of(a) != key_of(b)) return key_of(a) < key_of(b);
    return a.depth > b.depth;
  });
  wants.erase(std::unique(wants.begin(), wants.end(), [](const Want& a, const Want& b) { return key_of(a) == key_of(b); }), wants.end());
  return wants;
}

/// Replaces what is held by what is wanted now. `Held` has a member `want` and is ordered by its key; what stays keeps everything else it has, and
/// what goes is given to `release` first. Returns the places of those that are new or changed.
template <class Held, class Release>
std::vector<std::size_t> take_over(std::vector<Held>& held, std::vector<Want> wanted, Release release) {
  std::vector<Held> before = std::exchange(held, {});
  std::vector<std::size_t> changed;
  auto old = before.begin();
  for (Want& want : one_per_key(std::move(wanted))) {
    while (old != before.end() && key_of(old->want) < key_of(want)) release(*old++);
    Held next;
    const bool known = old != before.end() && key_of(old->want) == key_of(want);
    if (known) next = std::move(*old++);
    if (!known || next.want != want) {
      next.want = std::move(want);
      changed.push_back(held.size());
    }
    held.push_back(std::move(next));
  }
  while (old != before.end()) release(*old++);
  return changed;
}

/// Null: not held.
template <class Held>
Held* find_held(std::vector<Held>& held, const WantKey& key) {
  const auto it = std::lower_bound(held.begin(), held.end(), key, [](const Held& one, const WantKey& wanted) { return key_of(one.want) < wanted; });
  return it != held.end() && key_of(it->want) == key ? &*it : nullptr;
}

}  // namespace tidegate::common
