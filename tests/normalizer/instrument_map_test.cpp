#include "normalizer/instrument_map.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tidegate {

TEST_CASE("instrument map: broker, segment and token decide together, never the token alone") {
  InstrumentMap map;
  map.add(BrokerId{0}, {1, 738561, ""}, InstrumentId{10});
  map.add(BrokerId{0}, {2, 738561, ""}, InstrumentId{11});
  map.add(BrokerId{1}, {1, 738561, ""}, InstrumentId{12});
  CHECK(map.find(BrokerId{0}, {1, 738561}) == InstrumentId{10});
  CHECK(map.find(BrokerId{0}, {2, 738561}) == InstrumentId{11});
  CHECK(map.find(BrokerId{1}, {1, 738561}) == InstrumentId{12});
  CHECK(map.find(BrokerId{1}, {2, 738561}) == kNoInstrument);
}

TEST_CASE("instrument map: an empty map knows nothing") { CHECK(InstrumentMap{}.find(BrokerId{0}, {0, 0, "BTCUSDT"}) == kNoInstrument); }

TEST_CASE("instrument map: thousands of text ids are all found, and no other") {
  InstrumentMap map;
  for (std::uint32_t i = 0; i < 5000; ++i) map.add(BrokerId{3}, {0, 0, "SYM" + std::to_string(i)}, InstrumentId{i});
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const std::string text = "SYM" + std::to_string(i);
    REQUIRE(map.find(BrokerId{3}, {0, 0, text}) == InstrumentId{i});
    REQUIRE(map.find(BrokerId{3}, {0, 0, text + "X"}) == kNoInstrument);
  }
}

TEST_CASE("instrument map: a later list renames what an id means") {
  InstrumentMap map;
  map.add(BrokerId{0}, {0, 5, ""}, InstrumentId{1});
  map.add(BrokerId{0}, {0, 5, ""}, InstrumentId{2});
  CHECK(map.find(BrokerId{0}, {0, 5}) == InstrumentId{2});
}

}  // namespace tidegate
