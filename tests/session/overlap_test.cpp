// What waits of a successor's messages, and when the old socket may go.
#include "brokers/common/overlap.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace tidegate;
using common::Overlap;

namespace {

/// "stream:number" as one data frame.
RawFrame frame(std::string_view text, MonoTime received = {}) {
  RawFrame made;
  made.bytes = text;
  made.received_mono = received;
  return made;
}

std::string_view stream_of(const RawFrame& frame) {
  const std::string_view text{frame.bytes};
  return text.substr(0, text.find(':'));
}

std::vector<std::string> texts(std::deque<RawFrame> frames) {
  std::vector<std::string> all;
  for (const RawFrame& one : frames) all.push_back(one.bytes);
  return all;
}

using Texts = std::vector<std::string>;
constexpr std::size_t kPlenty = 1 << 20;

}  // namespace

TEST_CASE("overlap: what the successor sent waits in its order, whatever kind it is") {
  Overlap overlap{stream_of, kPlenty};
  RawFrame opened = frame("opened");
  opened.kind = FrameKind::Opened;
  overlap.hold(std::move(opened));
  overlap.hold(frame("a:1"));
  overlap.hold(frame("b:1"));
  CHECK(texts(overlap.take()) == Texts{"opened", "a:1", "b:1"});
  CHECK(overlap.held_bytes() == 0);
}

TEST_CASE("overlap: a message of both sockets is kept once, whichever brought it first") {
  Overlap overlap{stream_of, kPlenty};
  overlap.observe(frame("a:1"));
  overlap.observe(frame("a:2"));
  overlap.hold(frame("a:2"));  // the old one was first
  overlap.hold(frame("a:3"));
  overlap.hold(frame("a:4"));
  overlap.observe(frame("a:3"));  // the successor was
  CHECK(texts(overlap.take()) == Texts{"a:4"});
}

TEST_CASE("overlap: the same message twice on one socket stands for two") {
  Overlap overlap{stream_of, kPlenty};
  overlap.observe(frame("a:1"));
  overlap.hold(frame("a:1"));
  overlap.hold(frame("a:1"));
  CHECK(texts(overlap.take()) == Texts{"a:1"});
}

TEST_CASE("overlap: a joint is proven by every stream that speaks, with messages from after the successor carried everything") {
  Overlap overlap{stream_of, kPlenty};
  overlap.observe(frame("a:1"));
  overlap.hold(frame("a:1"));
  overlap.hold(frame("a:2"));
  overlap.confirmed();
  CHECK_FALSE(overlap.joined());  // nothing has been said since
  overlap.observe(frame("a:2"));  // sent by the successor before: says nothing of streams that it took up later
  CHECK_FALSE(overlap.joined());
  overlap.hold(frame("a:3"));
  overlap.observe(frame("b:7"));
  overlap.observe(frame("a:3"));
  CHECK_FALSE(overlap.joined());
  CHECK_FALSE(overlap.flows());  // b speaks on the old socket only
  overlap.hold(frame("b:7"));
  CHECK(overlap.joined());
  CHECK(overlap.flows());
}

TEST_CASE("overlap: a stream whose messages differ between the sockets flows, but proves nothing") {
  Overlap overlap{stream_of, kPlenty};
  overlap.confirmed();
  overlap.observe(frame("a:1 on the old one"));
  overlap.hold(frame("a:1 on the new one"));
  CHECK(overlap.flows());
  CHECK_FALSE(overlap.joined());
  CHECK(texts(overlap.take()).size() == 1);
}

TEST_CASE("overlap: what may wait is bounded, and what came twice takes no room") {
  Overlap overlap{stream_of, 2'000};
  const std::string long_text(1'500, 'x');
  overlap.observe(frame("a:" + long_text));
  overlap.hold(frame("a:" + long_text));
  overlap.hold(frame("b:" + long_text));
  CHECK_FALSE(overlap.full());
  overlap.hold(frame("c:" + long_text));
  CHECK(overlap.full());
  overlap.observe(frame("b:" + long_text));
  CHECK_FALSE(overlap.full());
}

TEST_CASE("overlap: where messages cannot be compared, the newest of the successor's wait for the normalizer's judgement") {
  Overlap overlap{nullptr, kPlenty};
  overlap.confirmed();
  overlap.observe(frame("x", MonoTime{10}));
  CHECK_FALSE(overlap.flows());
  RawFrame asked = frame("asked", MonoTime{5});
  asked.kind = FrameKind::Asked;
  overlap.hold(std::move(asked));
  overlap.hold(frame("x", MonoTime{10}));
  overlap.hold(frame("y", MonoTime{20}));
  CHECK(overlap.flows());
  CHECK_FALSE(overlap.joined());
  overlap.settle(MonoTime{15});
  CHECK(texts(overlap.take()) == Texts{"asked", "y"});
}
