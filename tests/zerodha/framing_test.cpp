// One message to its packets: what counts as what, and what a fault costs.
#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::zerodha;

namespace {

Outcome decode_fixture(std::string_view name) { return decode_binary(read_file(own_fixture("zerodha") / name)); }

void check_counts(const Outcome& outcome, std::uint32_t updates, std::uint32_t ignored, std::uint32_t control, std::uint32_t bad) {
  CHECK(outcome.decoded.updates == updates);
  CHECK(outcome.lines.size() == updates);
  CHECK(outcome.decoded.ignored == ignored);
  CHECK(outcome.decoded.control == control);
  CHECK(outcome.decoded.bad == bad);
}

}  // namespace

TEST_CASE("zerodha decoder: one byte is a heartbeat, whatever its value") {
  check_counts(decode_fixture("heartbeat_one_byte.bin"), 0, 0, 1, 0);
  check_counts(decode_binary("\x01"), 0, 0, 1, 0);
}

TEST_CASE("zerodha decoder: no bytes and a count of zero hold nothing") {
  check_counts(decode_binary(""), 0, 0, 0, 0);
  check_counts(decode_fixture("empty_batch.bin"), 0, 0, 0, 0);
}

TEST_CASE("zerodha decoder: one message mixes packets of all lengths") {
  const Outcome outcome = decode_fixture("all_kinds.bin");
  check_counts(outcome, 9, 0, 0, 0);
  const std::vector<std::string> kinds = {"ticker", "ticker", "ticker", "trade", "ticker", "quote", "top", "trade", "ticker"};
  REQUIRE(outcome.lines.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(outcome.lines[i].substr(0, outcome.lines[i].find(' ')) == kinds[i]);
}

TEST_CASE("zerodha decoder: packets of unknown lengths are skipped by their length, and what follows is read") {
  const Outcome outcome = decode_fixture("unknown_lengths.bin");
  check_counts(outcome, 1, 3, 0, 0);
  CHECK(outcome.lines == Lines{"ticker 1/408065 at - price=15105e-2"});
  for (std::size_t length = 0; length < 400; ++length) {
    if (length == 8 || length == 28 || length == 32 || length == 44 || length == 184) continue;
    CAPTURE(length);
    check_counts(decode_binary(batch({std::string(length, '\x01'), words({kNse, 15'105})})), 1, 1, 0, 0);
  }
}

TEST_CASE("zerodha decoder: bytes behind the last packet are ignored and counted once") {
  check_counts(decode_fixture("trailing_bytes.bin"), 1, 1, 0, 0);
  check_counts(decode_binary(from_hex("0000 0000")), 0, 1, 0, 0);
}

TEST_CASE("zerodha decoder: a message that ends inside of a packet keeps the packets before it and is one fault") {
  const Outcome outcome = decode_fixture("cut_short.bin");
  check_counts(outcome, 1, 0, 0, 1);
  CHECK(outcome.decoded.error.reason == Reason::Truncated);
  CHECK(outcome.decoded.error.field == "packet_length");
}

TEST_CASE("zerodha decoder: a count beyond the packets keeps what is there and is one fault") {
  for (const std::uint32_t count : {2U, 3'000U, 65'535U}) {
    std::string message = batch({words({kNse, 15'105})});
    message.replace(0, 2, u16(count));
    const Outcome outcome = decode_binary(message);
    check_counts(outcome, 1, 0, 0, 1);
    CHECK(outcome.decoded.error.reason == Reason::Truncated);
    CHECK(outcome.decoded.error.field == "packet_count");
  }
  check_counts(decode_binary(from_hex("0001")), 0, 0, 0, 1);
  check_counts(decode_binary(from_hex("ffff ff")), 0, 0, 0, 1);
}

TEST_CASE("zerodha decoder: a short body is never read as a shorter kind") {
  // 184 bytes are promised, and 44 are there: a whole quote packet's worth.
  const Outcome outcome = decode_binary(u16(1) + u16(184) + quote_body(kNfo));
  check_counts(outcome, 0, 0, 0, 1);
}

TEST_CASE("zerodha decoder: three thousand full packets in one message") {
  std::vector<std::string> bodies;
  for (std::int64_t i = 1; i <= 3'000; ++i) bodies.push_back(full_body(i * 256 + 2));
  const std::string message = batch(bodies);
  CHECK(message.size() == 558'002);
  const Outcome outcome = decode_binary(message);
  CHECK(outcome.decoded.updates == 12'000);
  CHECK(outcome.decoded.bad + outcome.decoded.ignored == 0);
  CHECK(outcome.lines.back().starts_with("ticker 2/768002 at 1750000002s price=15105e-2"));
}

TEST_CASE("zerodha decoder: frames of other kinds hold nothing") {
  RawFrame frame;
  frame.bytes = batch({words({kNse, 15'105})});
  frame.kind = FrameKind::Rest;
  CHECK(decode(frame).decoded.ignored == 1);
  CHECK(decode(frame).lines.empty());
  frame.kind = FrameKind::Closed;
  CHECK(decode(frame).decoded.ignored == 0);
  CHECK(decode(frame).lines.empty());
}
