#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "gateway/net/outbox.hpp"

using namespace tidegate::net;

TEST_CASE("outbox: bytes leave in order whatever a write takes, and completions come due exactly once") {
  FramePool pool;
  Outbox outbox;
  std::mt19937 random(7);
  std::string expected;
  std::string written;
  std::vector<std::string> foreign;  // stands for what websocketpp owns
  foreign.reserve(3000);
  std::vector<int> completed(3000, 0);
  std::size_t next = 0;
  while (next < completed.size() || !outbox.empty()) {
    for (auto i = random() % 5; i > 0 && next < completed.size(); --i) {
      const std::string text(random() % 40, static_cast<char>('a' + next % 26));
      if (random() % 2 == 0) {
        const FrameRef frame = pool.make(text);
        expected += frame.bytes();
        outbox.push(frame);
      } else {
        foreign.push_back(text);
        expected += text;
        outbox.push(foreign.back(), [&completed, index = next](const std::error_code&) { ++completed[index]; });
      }
      ++next;
    }
    CHECK(outbox.bytes() == expected.size() - written.size());
    std::array<iovec, 4> pieces;
    std::size_t total = 0;
    const std::size_t count = Outbox::gather(outbox.begin(), pieces.data(), pieces.size(), total);
    const std::size_t taken = total == 0 ? 0 : random() % (total + 1);
    std::size_t left = taken;
    for (std::size_t i = 0; i < count && left > 0; ++i) {
      const std::size_t part = std::min(left, pieces[i].iov_len);
      written.append(static_cast<const char*>(pieces[i].iov_base), part);
      left -= part;
    }
    std::vector<Outbox::Done> due;
    outbox.consume(taken, due);
    for (const auto& done : due) done({});
  }
  CHECK(written == expected);
  CHECK(outbox.bytes() == 0);
  for (const int times : completed) REQUIRE(times <= 1);
  CHECK(static_cast<std::size_t>(std::count(completed.begin(), completed.end(), 1)) == foreign.size());
}

TEST_CASE("outbox: what has not begun to leave can be taken back; the rest still leaves whole and in order") {
  FramePool pool;
  for (const std::size_t begun : {std::size_t{0}, std::size_t{9}}) {
    CAPTURE(begun);
    Outbox outbox;
    int done_count = 0;
    FrameRef first = pool.make("first");
    first.set_label({7, 1, 1});
    outbox.push(first);
    outbox.push("close", [&](const std::error_code&) { ++done_count; });
    for (std::uint64_t number = 2; number <= 4; ++number) {
      FrameRef frame = pool.make("later");
      frame.set_label({7, number, number});
      outbox.push(frame);
    }
    std::vector<Outbox::Done> due;
    outbox.consume(3, due);
    std::vector<std::uint64_t> dropped;
    outbox.drop_unsent(begun + (begun == 0 ? 0 : 1), [&](const FrameRef& frame) { dropped.push_back(frame.label().first); });
    CHECK(dropped == (begun == 0 ? std::vector<std::uint64_t>{2, 3, 4} : std::vector<std::uint64_t>{3, 4}));
    std::string rest = std::string(first.bytes().substr(3)) + "close";
    if (begun != 0) rest += std::string("\x81\x05later");
    CHECK(outbox.bytes() == rest.size());
    CHECK(outbox.taken() == 3);
    std::array<iovec, 8> pieces;
    std::size_t total = 0;
    std::string left;
    for (std::size_t i = 0; i < Outbox::gather(outbox.begin(), pieces.data(), pieces.size(), total); ++i)
      left.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    CHECK(left == rest);
    outbox.consume(total, due);
    CHECK(due.size() == 1);
    CHECK(outbox.empty());
    outbox.push(pool.make("again"));
    outbox.drop_unsent(0, [](const FrameRef& frame) { CHECK(frame.label().last == 0); });
    CHECK(outbox.empty());
    for (const auto& done : due) done({});
  }
}

TEST_CASE("outbox: hundreds of frames, some gone, some taken back, some added after that, leave whole and in order") {
  FramePool pool;
  Outbox outbox;
  std::string expected;
  std::vector<std::string> foreign;
  foreign.reserve(100);
  const auto text_of = [](std::uint64_t number) { return "frame " + std::to_string(number); };
  for (std::uint64_t number = 1; number <= 400; ++number) {
    FrameRef frame = pool.make(text_of(number));
    frame.set_label({7, number, number});
    outbox.push(frame);
    if (number <= 101) expected += frame.bytes();
    if (number % 4 != 0) continue;
    foreign.push_back("/" + std::to_string(number));
    outbox.push(foreign.back(), nullptr);
    expected += foreign.back();
  }
  std::vector<Outbox::Done> due;
  const std::size_t gone = expected.find(text_of(101)) + 3;  // in the middle of number 101
  outbox.consume(gone, due);
  std::uint64_t next = 102;
  outbox.drop_unsent(0, [&](const FrameRef& frame) { CHECK(frame.label().first == next++); });
  CHECK(next == 401);
  const FrameRef last = pool.make("last");
  outbox.push(last);
  expected += last.bytes();
  CHECK(outbox.bytes() == expected.size() - gone);
  std::string left;
  while (!outbox.empty()) {
    std::array<iovec, 5> pieces;
    std::size_t total = 0;
    const std::size_t count = Outbox::gather(outbox.begin(), pieces.data(), pieces.size(), total);
    for (std::size_t i = 0; i < count; ++i) left.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    outbox.consume(total, due);
  }
  CHECK(left == expected.substr(gone));
  CHECK(outbox.taken() == expected.size());
  CHECK(due.empty());
}

TEST_CASE("outbox: of a joined frame each part is taken back or leaves for itself, wherever the last write ended") {
  FramePool pool;
  const auto numbered = [&](std::uint64_t number) {
    FrameRef frame = pool.make("frame " + std::to_string(number));
    frame.set_label({7, number, number});
    return frame;
  };
  const FrameRef frames[] = {numbered(1), numbered(2), numbered(3), numbered(4), numbered(5)};
  const std::size_t size = frames[0].bytes().size();
  for (std::size_t gone = 0; gone <= 4 * size; ++gone) {
    CAPTURE(gone);
    Outbox outbox;
    outbox.push(pool.join({&frames[0], &frames[1], &frames[2]}));
    outbox.push(frames[3]);
    outbox.push(pool.join({&frames[4], &frames[0]}));
    std::vector<Outbox::Done> due;
    outbox.consume(gone, due);
    std::vector<std::uint64_t> dropped, expected = {1, 2, 3, 4, 5, 1};
    outbox.drop_unsent(0, [&](const FrameRef& frame) { dropped.push_back(frame.label().first); });
    const std::size_t begun = (gone + size - 1) / size;  // of the frames
    expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(begun));
    CHECK(dropped == expected);
    const std::size_t rest = begun * size - gone;
    CHECK(outbox.bytes() == rest);
    std::array<iovec, 4> pieces;
    std::size_t total = 0;
    const std::size_t count = Outbox::gather(outbox.begin(), pieces.data(), pieces.size(), total);
    CHECK(total == rest);
    CHECK(count == (rest == 0 ? 0 : 1));
    if (count == 1) {
      CHECK(std::string_view(static_cast<const char*>(pieces[0].iov_base), rest) == frames[begun - 1].bytes().substr(size - rest));
    }
    outbox.push(frames[1]);
    CHECK(outbox.bytes() == rest + size);
  }
}

TEST_CASE("outbox: clearing gives every completion back") {
  FramePool pool;
  Outbox outbox;
  int done_count = 0;
  outbox.push(pool.make("frame"));
  outbox.push("bytes", [&](const std::error_code&) { ++done_count; });
  outbox.push({}, [&](const std::error_code&) { ++done_count; });
  std::vector<Outbox::Done> due;
  outbox.consume(3, due);
  CHECK(due.empty());
  outbox.clear(due);
  CHECK(outbox.empty());
  CHECK(outbox.bytes() == 0);
  for (const auto& done : due) done({});
  CHECK(done_count == 2);
}
