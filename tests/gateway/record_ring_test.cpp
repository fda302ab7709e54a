#include "gateway/record_ring.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace tidegate {
namespace {

class Sink final : public RecordSink {
 public:
  explicit Sink(std::function<void(const RecordHeader&)> visit) : visit_(std::move(visit)) {}
  void on_record(const RecordHeader& record) override { visit_(record); }

 private:
  std::function<void(const RecordHeader&)> visit_;
};

/// A record of any size whose words all hold its number.
struct Sized {
  std::vector<std::uint64_t> words;
  Sized(std::uint64_t number, std::size_t size) : words(size, number) {
    RecordHeader header;
    header.size_words = static_cast<std::uint16_t>(size);
    header.seq = number;
    std::memcpy(words.data(), &header, sizeof header);
  }
  [[nodiscard]] const RecordHeader& header() const { return *reinterpret_cast<const RecordHeader*>(words.data()); }
};

}  // namespace

TEST_CASE("record ring: records of all sizes come out whole and in order, across the end of the ring") {
  RecordRing ring{1 << 20};
  std::uint64_t pushed = 0, popped = 0;
  Sink sink{[&](const RecordHeader& record) {
    REQUIRE(record.seq == ++popped);
    const auto* words = reinterpret_cast<const std::uint64_t*>(&record);
    for (std::size_t i = sizeof(RecordHeader) / 8; i < record.size_words; ++i) REQUIRE(words[i] == popped);
  }};
  for (std::size_t round = 0; round < 300; ++round) {
    for (std::size_t i = 0; i < 20; ++i) {
      const Sized record{pushed + 1, 5 + (round * 7919 + i * 104'729) % 3000};
      if (ring.try_push(record.header())) ++pushed;
    }
    ring.drain(15, sink);
  }
  while (ring.drain(100, sink) != 0) {
  }
  CHECK(popped == pushed);
  CHECK(pushed > 4000);
}

TEST_CASE("record ring: a full ring refuses and loses nothing it took") {
  RecordRing ring{1};
  const Sized record{1, 0xFFFF};
  std::size_t taken = 0;
  while (ring.try_push(record.header())) ++taken;
  CHECK(taken >= 1);
  CHECK(ring.free_bytes() == 0);
  std::size_t drained = 0;
  Sink sink{[&](const RecordHeader&) { ++drained; }};
  ring.drain(1000, sink);
  CHECK(drained == taken);
  CHECK(ring.free_bytes() > 0);
}

TEST_CASE("record ring: a thread may fill it while another drains it") {
  RecordRing ring{1 << 20};
  constexpr std::uint64_t kRecords = 100'000;
  std::thread producer{[&] {
    for (std::uint64_t i = 1; i <= kRecords;) {
      const Sized record{i, 5 + i % 60};
      if (ring.try_push(record.header())) ++i;
    }
  }};
  std::uint64_t popped = 0;
  Sink sink{[&](const RecordHeader& record) {
    REQUIRE(record.seq == ++popped);
    const auto* words = reinterpret_cast<const std::uint64_t*>(&record);
    REQUIRE((record.size_words == 5 || words[record.size_words - 1] == popped));
  }};
  while (popped < kRecords) ring.drain(64, sink);
  producer.join();
}

}  // namespace tidegate
