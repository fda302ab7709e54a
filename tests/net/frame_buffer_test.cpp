#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/net/frame_buffer.hpp"

using namespace tidegate::net;

TEST_CASE("frame: the header tells the length in the shortest form") {
  FramePool pool;
  const auto header_of = [&](std::size_t size) {
    const FrameRef frame = pool.make(std::string(size, 'x'));
    CHECK(frame.payload() == std::string(size, 'x'));
    return std::string(frame.bytes().substr(0, frame.bytes().size() - size));
  };
  CHECK(header_of(0) == std::string("\x81\x00", 2));
  CHECK(header_of(125) == std::string("\x81\x7D", 2));
  CHECK(header_of(126) == std::string("\x81\x7E\x00\x7E", 4));
  CHECK(header_of(65535) == std::string("\x81\x7E\xFF\xFF", 4));
  CHECK(header_of(65536) == std::string("\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST_CASE("frame: binary frames carry their opcode") {
  FramePool pool;
  CHECK(pool.make("a", WsOpcode::Binary).bytes() == std::string("\x82\x01"
                                                                "a"));
}

TEST_CASE("frame: references share the bytes until the last is gone") {
  FramePool pool;
  FrameRef first = pool.make("shared");
  const FrameRef second = first;
  CHECK(first.bytes().data() == second.bytes().data());
  FrameRef moved = std::move(first);
  CHECK_FALSE(static_cast<bool>(first));  // NOLINT: empty after a move, by contract
  CHECK(first.bytes().empty());
  moved = FrameRef();
  CHECK(second.payload() == "shared");
}

TEST_CASE("frame: joined, several lie in one piece, and their parts stay what they are") {
  FramePool pool;
  FrameRef joined;
  {
    FrameRef first = pool.make("first"), second = pool.make(std::string(300, 'x'));
    first.set_label({7, 1, 1});
    second.set_label({7, 2, 3});
    CHECK(first.parts().empty());
    joined = pool.join({&first, &second});
    CHECK(joined.bytes() == std::string(first.bytes()) + std::string(second.bytes()));
    CHECK(joined.label().last == 0);
  }
  const FrameRef copy = joined;
  joined = FrameRef();
  std::vector<std::string> payloads;
  std::vector<std::uint64_t> last;
  for (const FrameRef& part : copy.parts()) {
    payloads.emplace_back(part.payload());
    last.push_back(part.label().last);
  }
  CHECK(payloads == std::vector<std::string>{"first", std::string(300, 'x')});
  CHECK(last == std::vector<std::uint64_t>{1, 3});
  CHECK(FrameRef().parts().empty());
}

TEST_CASE("frame: what is too long for one recycled piece of memory is not joined") {
  FramePool pool;
  const FrameRef half = pool.make(std::string(8'150, 'x'));
  CHECK(static_cast<bool>(pool.join({&half, &half})));
  CHECK_FALSE(static_cast<bool>(pool.join({&half, &half, &half})));
}

TEST_CASE("frame pool: memory is used again") {
  FramePool pool;
  const char* before = nullptr;
  {
    const FrameRef frame = pool.make(std::string(100, 'a'));
    before = frame.bytes().data();
  }
  const FrameRef again = pool.make(std::string(150, 'b'));
  CHECK(again.bytes().data() == before);
  CHECK(again.payload() == std::string(150, 'b'));
}

TEST_CASE("frame pool: frames of every size live side by side") {
  FramePool pool;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<FrameRef, std::string>> frames;
    for (std::size_t size = 0; size < 70'000; size = size * 2 + 1) {
      std::string text(size, static_cast<char>('a' + size % 26));
      frames.emplace_back(pool.make(text), text);
    }
    for (int i = 0; i < 10'000; ++i) frames.emplace_back(pool.make(std::to_string(i)), std::to_string(i));
    for (const auto& [frame, text] : frames) REQUIRE(frame.payload() == text);
  }
}
