#include <doctest/doctest.h>

#include <deque>
#include <random>

#include "distributor/replay_ring.hpp"
#include "tests/distributor/records.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::distributor;

namespace {

constexpr MonoTime kStart{1'000'000'000};

std::vector<std::uint64_t> numbers(ReplayRings& rings, StreamSlot stream, std::uint64_t from) {
  std::vector<std::uint64_t> all;
  ReplayRings::Cursor cursor;
  for (const RecordHeader* record = rings.find(stream, from, cursor); record != nullptr; record = rings.next(stream, cursor))
    all.push_back(record->seq);
  return all;
}

}  // namespace

TEST_CASE("replay ring: holds the last records that fit, and knows from which number on") {
  ReplayRings rings({4'096, 1 << 20, std::chrono::seconds{60}});
  CHECK(rings.first_seq(3, kStart) == 0);
  std::size_t dropped = 0;
  for (std::uint64_t seq = 1; seq <= 1'000; ++seq) dropped += rings.keep(3, trade(kBtc, seq).header, kStart);
  const std::uint64_t first = rings.first_seq(3, kStart);
  CHECK(first == 1'001 - 4'096 / 72);
  CHECK(dropped == first - 1);
  CHECK(numbers(rings, 3, 0).size() == 1'001 - first);
  CHECK(numbers(rings, 3, 998) == std::vector<std::uint64_t>{998, 999, 1'000});
  CHECK(numbers(rings, 3, 1'001).empty());
  CHECK(rings.bytes() <= 4'096);
  rings.forget(3);
  CHECK(rings.bytes() == 0);
  CHECK(numbers(rings, 3, 0).empty());
}

TEST_CASE("replay ring: agrees with a list of records, whatever their sizes, in contents, age and bounds") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const std::size_t bytes = std::size_t{1'024} << random() % 6;
    ReplayRings rings({bytes, random() % 3 == 0 ? std::size_t{6'000} : std::size_t{1} << 20U, std::chrono::seconds{5}});
    struct Kept {
      std::uint64_t first, last;
      MonoTime at;
    };
    std::deque<Kept> all;
    std::uint64_t seq = 0;
    MonoTime now = kStart;
    for (int step = 0; step < 3'000; ++step) {
      now = now + std::chrono::milliseconds{random() % 20};
      if (random() % 200 == 0) now = now + std::chrono::seconds{random() % 8};
      if (random() % 300 == 0) rings.trim(now);
      const std::uint64_t first = ++seq;
      bool fits = true;
      switch (random() % 4) {
        case 0: {
          const Book book(kBtc, seq, static_cast<std::uint16_t>(random() % 30));
          fits = (book.header().size_bytes() + 8) * 8 <= bytes;
          rings.keep(0, book.header(), now);
          break;
        }
        case 1: {
          seq += random() % 4;
          rings.keep(0, gap(kBtc, Channel::OrderBook, first, seq).header, now);
          break;
        }
        default:
          rings.keep(0, trade(kBtc, seq).header, now);
      }
      all.push_back({first, seq, now});
      const std::uint64_t held = rings.first_seq(0, now);
      if (!fits) {
        REQUIRE(held == 0);
        all.clear();
        continue;
      }
      REQUIRE(rings.bytes() <= std::max<std::size_t>(bytes, 1'024));
      while (!all.empty() && (held == 0 || all.front().last < held)) all.pop_front();
      if (held == 0) continue;
      REQUIRE(all.front().first == held);
      REQUIRE(now - all.front().at <= std::chrono::seconds{5});
      if (step % 50 != 0) continue;
      std::vector<std::uint64_t> expected;
      for (const Kept& kept : all) expected.push_back(kept.first);
      REQUIRE(numbers(rings, 0, 0) == expected);
      const Kept& middle = all[all.size() / 2];
      REQUIRE(numbers(rings, 0, middle.last).front() == middle.first);
    }
    CHECK(rings.first_seq(0, now + std::chrono::seconds{10}) == 0);
    rings.trim(now + std::chrono::seconds{100});
    CHECK(rings.bytes() == 0);
  }
}

TEST_CASE("replay ring: all rings together keep to their bound, and quiet ones make room for others") {
  ReplayRings rings({64 << 10, 128 << 10, std::chrono::seconds{60}});
  std::uint64_t seq = 0;
  while (seq < 20'000) {
    ++seq;
    for (StreamSlot stream = 0; stream < 10; ++stream) rings.keep(stream, trade(kBtc, seq).header, kStart);
    REQUIRE(rings.bytes() <= 128 << 10);
  }
  rings.trim(kStart + std::chrono::seconds{100});
  CHECK(rings.bytes() == 0);
  for (std::uint64_t i = 1; i <= 2'000; ++i) rings.keep(42, trade(kBtc, i).header, kStart + std::chrono::seconds{100});
  CHECK(numbers(rings, 42, 0).size() == (64 << 10) / 72);
}

TEST_CASE("replay ring: a count that begins anew empties it") {
  ReplayRings rings(ReplayLimits{});
  for (std::uint64_t seq = 10; seq < 20; ++seq) rings.keep(0, trade(kBtc, seq).header, kStart);
  rings.keep(0, trade(kBtc, 5).header, kStart);
  CHECK(rings.first_seq(0, kStart) == 5);
  CHECK(numbers(rings, 0, 0) == std::vector<std::uint64_t>{5});
}
