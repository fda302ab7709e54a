#include "gateway/frame_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace tidegate {
namespace {

RawFrame text_frame(std::string bytes) {
  RawFrame frame;
  frame.bytes = std::move(bytes);
  return frame;
}

struct Fixture {
  Telemetry telemetry;
  int wakes = 0;
  Fixture() { telemetry.brokers.emplace_back().name = "a"; }
};

}  // namespace

TEST_CASE("frame queue: frames of one connection come out in order, and every push wakes the consumer") {
  Fixture f;
  FrameQueue queue{1000, 1 << 20, 4, [&] { ++f.wakes; }};
  const auto entry = queue.open(BrokerId{0}, ConnectionId{0}, f.telemetry.brokers[0].counters);
  for (int i = 0; i < 500; ++i) REQUIRE(entry->push(text_frame(std::to_string(i))));
  CHECK(f.wakes == 500);
  int next = 0;
  while (queue.drain(100, [&](const RawFrame& frame) { CHECK(frame.bytes == std::to_string(next++)); }) != 0) {
  }
  CHECK(next == 500);
}

TEST_CASE("frame queue: a full queue refuses, counts, and says so ahead of the next frame") {
  Fixture f;
  FrameQueue queue{64, 1 << 20, 1, [] {}};
  const auto entry = queue.open(BrokerId{0}, ConnectionId{3}, f.telemetry.brokers[0].counters);
  std::size_t taken = 0;
  while (entry->push(text_frame("x"))) ++taken;
  CHECK(taken == 64);
  CHECK_FALSE(entry->push(text_frame("x")));
  CHECK(f.telemetry.brokers[0].counters.frames_dropped == 2);

  std::size_t drained = 0;
  while (const std::size_t n = queue.drain(1000, [](const RawFrame&) {})) drained += n;
  CHECK(drained == taken);
  REQUIRE(entry->push(text_frame("after")));
  std::vector<RawFrame> frames;
  queue.drain(10, [&](RawFrame& frame) { frames.push_back(std::move(frame)); });
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].kind == FrameKind::Overflow);
  CHECK(frames[0].connection == ConnectionId{3});
  CHECK(frames[1].bytes == "after");
}

TEST_CASE("frame queue: bytes are bounded too") {
  Fixture f;
  FrameQueue queue{1000, 100, 1, [] {}};
  const auto entry = queue.open(BrokerId{0}, ConnectionId{0}, f.telemetry.brokers[0].counters);
  CHECK(entry->push(text_frame(std::string(60, 'x'))));
  CHECK_FALSE(entry->push(text_frame(std::string(60, 'x'))));
  queue.drain(10, [](const RawFrame&) {});
  CHECK(entry->push(text_frame(std::string(60, 'x'))));
}

TEST_CASE("frame queue: a burst of one connection does not keep its room from the others afterwards") {
  Fixture f;
  FrameQueue queue{256, 1 << 20, 2, [] {}};
  const auto greedy = queue.open(BrokerId{0}, ConnectionId{0}, f.telemetry.brokers[0].counters);
  const auto other = queue.open(BrokerId{0}, ConnectionId{1}, f.telemetry.brokers[0].counters);
  while (greedy->push(text_frame("x"))) {
  }
  while (queue.drain(1000, [](const RawFrame&) {}) != 0) {
  }
  for (int i = 0; i < 256; ++i) REQUIRE(other->push(text_frame("y")));
}

TEST_CASE("frame queue: several threads keep each connection's order") {
  Fixture f;
  FrameQueue queue{4096, 1 << 20, 3, [] {}};
  constexpr int kFrames = 20'000;
  std::vector<std::thread> threads;
  for (std::uint16_t c = 0; c < 3; ++c) {
    threads.emplace_back([&queue, &f, c] {
      const auto entry = queue.open(BrokerId{0}, ConnectionId{c}, f.telemetry.brokers[0].counters);
      for (std::uint32_t i = 1; i <= kFrames;) {
        RawFrame frame;
        frame.connection = ConnectionId{c};
        frame.session = i;
        if (entry->push(std::move(frame))) ++i;
      }
    });
  }
  std::uint32_t last[3] = {};
  int frames = 0;
  while (frames < 3 * kFrames) {
    queue.drain(256, [&](const RawFrame& frame) {
      if (frame.kind == FrameKind::Overflow) return;  // the sender tries again
      REQUIRE(frame.session == ++last[frame.connection.value()]);
      ++frames;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace tidegate
