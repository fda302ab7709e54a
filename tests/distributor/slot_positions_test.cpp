#include "distributor/slot_positions.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace tidegate::distributor;

TEST_CASE("slot positions: an empty one finds nothing and loses nothing") {
  SlotPositions positions;
  CHECK(positions.find(0) == nullptr);
  positions.erase(0);
  CHECK(positions.size() == 0);
}

TEST_CASE("slot positions: whatever is added, changed and erased, they say what a map says") {
  SlotPositions positions;
  std::map<StreamSlot, std::uint32_t> expected;
  std::mt19937 random(7);
  // Grows to thousands, shrinks to nothing, grows again; slots close together and far apart, so that many want the same place.
  for (int step = 0; step < 60'000; ++step) {
    const bool growing = step / 10'000 % 2 == 0;
    const auto drawn = static_cast<StreamSlot>(random() % 4'000);
    const StreamSlot slot = random() % 2 == 0 ? drawn : drawn << 16U;
    if (random() % 8 < (growing ? 6U : 1U)) {
      const auto [place, added] = positions.try_emplace(slot, static_cast<std::uint32_t>(step));
      REQUIRE(added == expected.try_emplace(slot, static_cast<std::uint32_t>(step)).second);
      REQUIRE(*place == expected.at(slot));
      expected[slot] = *place = static_cast<std::uint32_t>(step);
    } else {
      const auto victim = growing ? expected.find(slot) : expected.lower_bound(slot);
      if (victim == expected.end()) continue;
      positions.erase(victim->first);
      REQUIRE(positions.find(victim->first) == nullptr);
      expected.erase(victim);
    }
    REQUIRE(positions.size() == expected.size());
    if (step % 500 != 0) continue;
    for (const auto& [key, value] : expected) {
      const std::uint32_t* const place = positions.find(key);
      REQUIRE(place != nullptr);
      REQUIRE(*place == value);
    }
    std::map<StreamSlot, std::uint32_t> seen;
    positions.for_each([&](StreamSlot key, std::uint32_t value) { REQUIRE(seen.emplace(key, value).second); });
    REQUIRE(seen == expected);
  }
}
