// Compression through the whole gateway: from its configuration to what clients with and without it read.
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>

#include "tests/end_to_end/reloadable.hpp"
#include "tests/net/deflate_peer.hpp"
#include "tests/net/support.hpp"

namespace tidegate {
namespace {

namespace peer = net::test;
using test::ReloadableGateway;
using test::TradingVenue;

constexpr std::uint8_t kCompressed = 0x40;

std::string yaml(const TradingVenue& venue, const std::string& compression) {
  return "server: {listen: \"127.0.0.1:0\", compression: " + compression + ", compression_min_bytes: 64B}\nbrokers:\n" + venue.section("toy");
}

/// One client that reads trades, whatever way they come.
class Reader {
 public:
  Reader(net::EventLoop& loop, std::uint16_t port, std::string_view offer) : loop_(loop), peer_(port) {
    agreed = !peer::upgrade(loop, peer_, offer, "/ws").empty();
    const std::string request = R"({"op":"subscribe","id":1,"channels":["trade"],"symbols":["TOY:ACME"]})";
    peer_.send(agreed ? peer::client_frame(peer::kText | kCompressed, peer::deflated(request)) : peer::client_frame(peer::kText, request));
  }

  /// Reads so many trades more, each numbered behind the one before it.
  void read_trades(std::size_t count) {
    const std::size_t wanted = trades.size() + count;
    REQUIRE(peer::run_until(loop_, [&] {
      const bool open = peer_.read();
      for (const peer::ParsedFrame& frame : peer::take_frames(peer_.received)) take(frame);
      return !open || trades.size() >= wanted;
    }));
    REQUIRE(trades.size() >= wanted);
  }

  bool agreed = false;
  std::size_t compressed_count = 0;
  std::map<std::uint64_t, std::string> trades;  // by their number

 private:
  void take(const peer::ParsedFrame& frame) {
    if ((frame.first & ~kCompressed) != peer::kText) return;
    const bool compressed = (frame.first & kCompressed) != 0;
    if (compressed) ++compressed_count;
    const std::string text = compressed ? peer::inflated(frame.payload) : frame.payload;
    rapidjson::Document message;
    message.Parse(text.data(), text.size());
    REQUIRE_FALSE(message.HasParseError());
    CHECK(message["type"] != "gap");
    if (message["type"] != "trade") return;
    const std::uint64_t number = message["seq"].GetUint64();
    if (!trades.empty()) CHECK(number == trades.rbegin()->first + 1);
    trades.emplace(number, text);
  }

  net::EventLoop& loop_;
  peer::RawPeer peer_;
};

}  // namespace

TEST_CASE("compression: clients with and without it read the same trades unbroken, before and after a reload that switches it off") {
  TradingVenue venue{{"ACME"}};
  ReloadableGateway gateway{yaml(venue, "deflate")};
  net::EventLoop loop;
  Reader compressed(loop, gateway.port(), "permessage-deflate; client_max_window_bits");
  Reader plain(loop, gateway.port(), "");
  CHECK(compressed.agreed);
  CHECK_FALSE(plain.agreed);
  compressed.read_trades(100);
  plain.read_trades(100);
  CHECK(compressed.compressed_count >= 100);
  CHECK(plain.compressed_count == 0);

  const distributor::Reloaded reloaded = gateway.reload(yaml(venue, "off"));
  CHECK_MESSAGE(reloaded.problem.empty(), reloaded.problem);
  Reader late(loop, gateway.port(), "permessage-deflate");
  CHECK_FALSE(late.agreed);
  late.read_trades(20);
  CHECK(late.compressed_count == 0);
  const std::size_t before = compressed.compressed_count;
  compressed.read_trades(100);
  plain.read_trades(100);
  CHECK(compressed.compressed_count >= before + 100);

  std::size_t in_both = 0;
  for (const auto& [number, text] : compressed.trades) {
    const auto same = plain.trades.find(number);
    if (same == plain.trades.end() || text.find("\"snapshot\"") != std::string::npos || same->second.find("\"snapshot\"") != std::string::npos)
      continue;
    CHECK(same->second == text);
    ++in_both;
  }
  CHECK(in_both > 100);
  const GatewayCounters& counters = gateway.gateway().gateway_counters();
  CHECK(counters.frames_compressed >= 200);
  CHECK(counters.compression_bytes_after > 0);
  CHECK(counters.compression_bytes_after < counters.compression_bytes_before);
}

}  // namespace tidegate
