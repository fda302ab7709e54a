// The decoder against the reference decoder, over messages made and broken at random from fixed seeds.
#include <random>

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/reference_decoder.hpp"

using namespace tidegate;
using namespace tidegate::test::zerodha;

namespace {

class MessageMaker {
 public:
  explicit MessageMaker(unsigned seed) : random_(seed) {}

  std::string message() {
    std::vector<std::string> bodies(below(8));
    for (std::string& body : bodies) body = packet();
    std::string bytes = batch(bodies);
    if (below(4) == 0) break_somehow(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string packet() {
    constexpr std::size_t kLengths[] = {8, 28, 32, 44, 184};
    const std::size_t length = below(10) == 0 ? below(200) : kLengths[below(5)];
    std::string body;
    // Zeros and the ends of the ranges are where readings differ.
    constexpr std::int64_t kEdges[] = {0, 1, -1, INT32_MAX, INT32_MIN};
    const bool idle = below(4) == 0;
    while (body.size() < length) body += idle || below(4) == 0 ? u32(idle ? 0 : kEdges[below(5)]) : u32(static_cast<std::int64_t>(random_()));
    body.resize(length);
    if (length >= 4) body[3] = static_cast<char>(below(12));
    return body;
  }

  void break_somehow(std::string& bytes) {
    switch (below(5)) {
      case 0:
        bytes.resize(below(bytes.size() + 1));
        break;
      case 1:
        bytes.append(1 + below(9), '\x55');
        break;
      case 2:
        bytes.replace(0, 2, u16(static_cast<std::uint32_t>(below(20))));
        break;
      default:
        for (std::size_t i = 1 + below(4); i > 0; --i) bytes[below(std::min<std::size_t>(bytes.size(), 40))] = static_cast<char>(random_());
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("zerodha decoder: agrees with the reference decoder on thousands of random and broken messages") {
  MessageMaker maker(20'260'814);
  std::size_t packets = 0, broken = 0;
  for (int i = 0; i < 6'000; ++i) {
    const std::string message = maker.message();
    const RawMessage raw = read_raw(message);
    Lines expected;
    for (const RawPacket& packet : raw.packets) {
      for (std::string& line : expected_lines(packet)) expected.push_back(std::move(line));
    }
    const Outcome outcome = decode_binary(message);
    CAPTURE(i);
    REQUIRE(outcome.lines == expected);
    REQUIRE(outcome.decoded.updates == expected.size());
    REQUIRE(outcome.decoded.ignored == raw.unknown + (raw.trailing ? 1 : 0));
    REQUIRE(outcome.decoded.control == (raw.heartbeat ? 1 : 0));
    REQUIRE(outcome.decoded.bad == (raw.cut_short ? 1 : 0));
    packets += raw.packets.size();
    broken += raw.cut_short ? 1 : 0;
  }
  CHECK(packets > 10'000);
  CHECK(broken > 300);
}
