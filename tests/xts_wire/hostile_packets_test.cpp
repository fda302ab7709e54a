// Packed packets that lie: about their size, their kind, their rows, their compression.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "tests/xts_wire/message_text.hpp"
#include "tests/xts_wire/packet_builder.hpp"

using namespace tidegate::test::xts;

namespace {

constexpr std::size_t kHead = 15;  // bytes before a plain body
constexpr Width kWidths[] = {Width::Narrow, Width::Wide};

const std::string& good() {
  static const std::string packet = plain(Width::Wide, interest_values());
  return packet;
}
const Lines& good_lines() {
  static const Lines lines = read(good());
  return lines;
}
/// What stands before `good` in one attachment, and whether `good` was still read.
Lines then_good(const std::string& packet) { return read(packet + good()); }
Lines and_good(std::string line) { return {std::move(line), good_lines()[0]}; }

/// Every kind of packet there is.
std::vector<std::string> every_kind() {
  std::vector<std::string> packets;
  for (const Width width : kWidths) {
    for (const PacketValues& values : {PacketValues{}, depth_values(), interest_values(), interest_values("NIFTY 50")}) {
      packets.push_back(plain(width, values));
      packets.push_back(compressed(width, values));
    }
  }
  return packets;
}

bool is_message(const std::string& line) { return line.starts_with("15"); }

}  // namespace

TEST_CASE("xts packets: an attachment cut at any byte keeps its whole packets and is one fault") {
  const std::vector<std::string> packets = every_kind();
  std::string attachment;
  for (const std::string& packet : packets) attachment += packet;
  Lines whole;
  std::size_t begin = 0;  // of the packet that is cut
  for (const std::string& packet : packets) {
    for (std::size_t size = begin; size < begin + packet.size(); ++size) {
      CAPTURE(size);
      const Lines lines = read(std::string_view{attachment}.substr(0, size));
      if (size == begin && size > 0) {
        CHECK(lines == whole);
        continue;
      }
      REQUIRE(lines.size() == whole.size() + 1);
      CHECK(std::equal(whole.begin(), whole.end(), lines.begin()));
      CHECK(lines.back().starts_with("bad truncated "));
    }
    begin += packet.size();
    whole.push_back(read(packet)[0]);
  }
  CHECK(read(attachment) == whole);
}

TEST_CASE("xts packets: whatever size a head claims, no other message comes than the true one, and never without a fault") {
  for (const std::string& packet : every_kind()) {
    const Lines truth = read(packet);
    const std::size_t last_size = packet[0] == 1 ? 15 : 13;
    for (std::size_t offset = 13; offset <= last_size; offset += 2) {
      for (std::uint32_t size = 0; size <= 0xFFFF; size += size < 1'000 ? 1 : 97) {
        const std::string lie = with(packet, offset, static_cast<std::uint16_t>(size));
        if (lie == packet) continue;
        CAPTURE(offset);
        CAPTURE(size);
        const Lines lines = read(lie);
        REQUIRE(!lines.empty());
        CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with("bad "); }));
        // A wide open interest packet cut to a narrow one's size cannot be told from it; its value is the same.
        for (const std::string& line : lines) CHECK((!is_message(line) || line == truth[0]));
      }
    }
  }
}

TEST_CASE("xts packets: a wrong bit in a plain packet changes the message, is refused, or lies where nothing is read") {
  // Of the body: application type, token id, sequence number and skip; of a row its flag; buy-backs and book type.
  const auto is_unread = [](std::size_t at) {
    const auto within = [at](std::size_t begin, std::size_t end) { return at >= begin && at < end; };
    return within(9, 13) || within(kHead + 4, kHead + 26) || within(kHead + 60, kHead + 62) || within(kHead + 82, kHead + 84) ||
           within(kHead + 196, kHead + 202);
  };
  const std::string packet = plain(Width::Wide, {});
  const Lines truth = read(packet);
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string mutated = packet;
    mutated[bit / 8] = static_cast<char>(mutated[bit / 8] ^ 1 << bit % 8);
    const Lines lines = then_good(mutated);
    REQUIRE(!lines.empty());
    const bool is_version = bit / 8 == kHead + 2 || bit / 8 == kHead + 3;  // newer versions are read as this one
    if (!is_version) CHECK((lines[0] == truth[0]) == is_unread(bit / 8));
    if (is_message(lines[0])) {
      CHECK(lines.size() == 2);
      CHECK(lines.back() == good_lines()[0]);
    }
    CHECK(lines.size() <= 2 + (is_message(lines[0]) ? 0 : 1));
  }
}

TEST_CASE("xts packets: a wrong bit in any packet never yields a second message, nor a fault beyond this packet's") {
  for (const std::string& packet : every_kind()) {
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
      CAPTURE(bit);
      std::string mutated = packet;
      mutated[bit / 8] = static_cast<char>(mutated[bit / 8] ^ 1 << bit % 8);
      const Lines lines = read(mutated);
      REQUIRE(!lines.empty());
      CHECK(std::count_if(lines.begin(), lines.end(), is_message) <= 1);
      if (is_message(lines[0])) CHECK(lines.size() == 1);
    }
  }
}

TEST_CASE("xts packets: a flag other than 0 and 1 ends the attachment, as an Engine.IO byte left in does") {
  for (const int flag : {2, 4, 127, 255}) {
    CHECK(then_good(with(plain(Width::Wide, {}), 0, static_cast<std::uint8_t>(flag))) == Lines{"bad bad_shape compression_flag"});
  }
  CHECK(read("\x04" + plain(Width::Wide, {})) == Lines{"bad bad_shape compression_flag"});
}

TEST_CASE("xts packets: unknown codes are skipped by their size and named, compressed ones without being inflated") {
  const PacketValues unknown{.code = 1599};
  CHECK(then_good(plain(Width::Wide, unknown)) == and_good("unknown 1599"));
  CHECK(then_good(compressed(Width::Wide, unknown)) == and_good("unknown 1599"));
  CHECK(then_good(plain(unknown, "four")) == and_good("unknown 1599"));
  std::string garbage = compressed(unknown, std::string(500, 'x'));
  garbage.back() = '\xFF';
  CHECK(then_good(garbage) == and_good("unknown 1599"));
}

TEST_CASE("xts packets: a body too short for a code and a version is no packet") {
  CHECK(then_good(plain({}, "abc")) == Lines{"bad bad_shape body_size"});
  CHECK(read(std::string(15, '\0')) == Lines{"bad bad_shape body_size"});
  CHECK(read("") == Lines{"bad truncated packet_head"});
}

TEST_CASE("xts packets: a body that contradicts its head is refused and ends the attachment") {
  const std::string packet = plain(Width::Wide, {});
  CHECK(then_good(with(packet, kHead, std::uint16_t{1502})) == Lines{"bad bad_shape MessageCode"});
  CHECK(then_good(with(packet, kHead + 26, std::int16_t{1})) == Lines{"bad bad_shape ExchangeSegment"});
  CHECK(then_good(with(packet, kHead + 28, std::int32_t{43'423})) == Lines{"bad bad_shape ExchangeInstrumentID"});
  CHECK(then_good(with(packet, 1, std::uint16_t{1510})) == Lines{"bad bad_shape MessageCode"});
}

TEST_CASE("xts packets: negative ids are refused, the next packet is read") {
  CHECK(then_good(plain(Width::Wide, {.segment = -1})) == and_good("bad bad_integer ExchangeSegment"));
  CHECK(then_good(plain(Width::Wide, {.instrument = -2})) == and_good("bad bad_integer ExchangeInstrumentID"));
}

TEST_CASE("xts packets: message versions before 4 are refused, later ones are read") {
  for (const std::uint16_t version : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{3}}) {
    CHECK(then_good(plain(Width::Wide, {.version = version})) == and_good("bad bad_shape MessageVersion"));
    CHECK(then_good(compressed(Width::Wide, {.version = version})) == and_good("bad bad_shape MessageVersion"));
  }
  CHECK(read(plain(Width::Wide, {.version = 5})) == read(plain(Width::Wide, {})));
}

TEST_CASE("xts packets: a body of no layout's size is refused, the next packet is read") {
  for (const Width width : kWidths) {
    for (const PacketValues& values : {PacketValues{}, depth_values(), interest_values(), interest_values("BANKEX")}) {
      const std::string body = body_of(width, values);
      for (const std::string& other : {body + '\0', body.substr(0, body.size() - 1), body.substr(0, 40), body.substr(0, 39), body.substr(0, 43)}) {
        CHECK(then_good(plain(values, other)) == and_good("bad bad_shape body_size"));
        CHECK(then_good(compressed(values, other)) == and_good("bad bad_shape body_size"));
      }
    }
  }
}

TEST_CASE("xts packets: row counts beyond 200, negative ones and those that the size denies are refused") {
  for (const Width width : kWidths) {
    const std::string packet = plain(width, depth_values());
    const std::size_t ask_count = kHead + 44 + 5U * (width == Width::Wide ? 22 : 18);
    for (const std::int32_t count : {201, 0x7FFF'FFFF, -1, std::numeric_limits<std::int32_t>::min()}) {
      CHECK(then_good(with(packet, kHead + 40, count)) == and_good("bad too_many_levels Bids"));
      CHECK(then_good(with(packet, ask_count, count)) == and_good("bad bad_shape body_size"));
    }
    for (const std::int32_t count : {0, 4, 6, 200}) {
      CHECK(then_good(with(packet, kHead + 40, count)) == and_good("bad bad_shape body_size"));
      CHECK(then_good(with(packet, ask_count, count)) == and_good("bad bad_shape body_size"));
    }
  }
}

TEST_CASE("xts packets: names that the size denies, and flags of a name other than 0 and 1, are refused") {
  const std::string packet = plain(Width::Wide, interest_values("NIFTY 50"));
  for (const int length : {0, 7, 9, 127, 128, 255}) {
    CHECK(then_good(with(packet, kHead + 61, static_cast<std::uint8_t>(length))) == and_good("bad bad_shape body_size"));
  }
  for (const int flag : {0, 2, 255})
    CHECK(then_good(with(packet, kHead + 60, static_cast<std::uint8_t>(flag))) == and_good("bad bad_shape body_size"));
}

TEST_CASE("xts packets: negative quantities and numbers beyond a mantissa are refused by name, the next packet is read") {
  const auto refused = [](auto change) {
    PacketValues values = depth_values();
    change(values);
    const Lines lines = then_good(plain(Width::Wide, values));
    CHECK(lines.back() == good_lines()[0]);
    return lines[0];
  };
  CHECK(refused([](PacketValues& v) { v.volume = std::numeric_limits<std::int64_t>::min(); }) == "bad bad_integer TotalTradedQuantity");
  CHECK(refused([](PacketValues& v) { v.total_buy = -1; }) == "bad bad_integer TotalBuyQuantity");
  CHECK(refused([](PacketValues& v) { v.total_sell = -1; }) == "bad bad_integer TotalSellQuantity");
  CHECK(refused([](PacketValues& v) { v.last_quantity = -1; }) == "bad bad_integer LastTradedQunatity");
  CHECK(refused([](PacketValues& v) { v.asks[4].size = -1; }) == "bad bad_integer Size");
  CHECK(refused([](PacketValues& v) { v.bids[0].price = 1e300; }) == "bad overflow Price");
  CHECK(refused([](PacketValues& v) { v.last_price = 1e19; }) == "bad overflow LastTradedPrice");
  CHECK(refused([](PacketValues& v) { v.close = 5e-324; }) == "bad overflow Close");
  CHECK(refused([](PacketValues& v) { v = interest_values(), v.open_interest = -1; }) == "bad bad_integer OpenInterest");
}

TEST_CASE("xts packets: what does not inflate to exactly the declared size is refused, the next packet is read") {
  const PacketValues values = depth_values();
  const std::string body = body_of(Width::Wide, values);
  const auto packed = [&](const std::string& small, std::size_t size) {
    std::string packet = with(compressed(values, body).substr(0, 17), 13, static_cast<std::uint16_t>(size));
    return with(packet, 15, static_cast<std::uint16_t>(small.size())) + small;
  };
  const std::string small = deflate(body);
  std::string zeros;
  zeros.resize(60'000'000);  // a bomb of 58 kB
  CHECK(is_message(then_good(packed(small, body.size()))[0]));
  const Lines bad = and_good("bad bad_shape compressed_body");
  CHECK(then_good(packed(small, body.size() - 1)) == bad);
  CHECK(then_good(packed(small, body.size() + 1)) == bad);
  CHECK(then_good(packed(small + 'x', body.size())) == bad);
  CHECK(then_good(packed(small.substr(0, small.size() - 1), body.size())) == bad);
  CHECK(then_good(packed("", body.size())) == bad);
  CHECK(then_good(packed(std::string(124, '\xFF'), body.size())) == bad);
  CHECK(then_good(packed(deflate(zeros).substr(0, 60'000), body.size())) == bad);
  CHECK(then_good(packed(deflate(std::string(60'000, '\0')), 60'000)) == and_good("bad bad_shape body_size"));  // larger than any packet
  CHECK(then_good(packed("\x78\x9C" + small, body.size())) == bad);                                             // a zlib header
}
