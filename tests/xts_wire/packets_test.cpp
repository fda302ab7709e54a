// Packed packets to messages: layouts, absence, and several packets in one attachment.
#include "brokers/xts/packets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/xts_wire/message_text.hpp"
#include "tests/xts_wire/packet_builder.hpp"

using namespace tidegate::test::xts;

namespace {

const std::string kTouchlineText =
    " bid 75@54.35/3 ask 150@54.55/4 last 25@54.4 buys 664275 sells 482850 volume 34562775 average 85.48 percent -80.5"
    " ohlc 222.15 233.4 39.1 281.35 turnover 1234567.25 traded 1420632947 updated 1420632948";
const std::string kTouchlineLine = "1501 2/43422 at 1420632949 market 1" + kTouchlineText;
const std::string kDepthLine =
    "1502 2/43422 at 1420632949 market 1 bids 75@54.35/1 85@54.3/2 95@54.25/3 105@54.2/4 115@54.15/5"
    " asks 150@54.55/11 160@54.6/12 170@54.65/13 180@54.7/14 190@54.75/15" +
    kTouchlineText;
const std::string kInterestLine = "1510 2/43422 at 1420632949 market 1 interest 169260";

bool holds(const std::string& line, std::string_view part) { return (line + " ").find(" " + std::string{part} + " ") != std::string::npos; }

constexpr Width kWidths[] = {Width::Narrow, Width::Wide};

}  // namespace

TEST_CASE("xts packets: bodies have the sizes that the protocol page gives") {
  CHECK(body_of(Width::Narrow, {}).size() == 180);
  CHECK(body_of(Width::Wide, {}).size() == 204);
  CHECK(body_of(Width::Narrow, depth_values()).size() == 368);
  CHECK(body_of(Width::Wide, depth_values()).size() == 432);
  CHECK(body_of(Width::Narrow, interest_values()).size() == 61);
  CHECK(body_of(Width::Narrow, interest_values("NIFTY 50")).size() == 70);
  CHECK(body_of(Width::Wide, interest_values()).size() == 69);
  CHECK(body_of(Width::Wide, interest_values("NIFTY 50")).size() == 78);
}

TEST_CASE("xts packets: each code is read in both widths, plain and compressed") {
  for (const Width width : kWidths) {
    CHECK(read(plain(width, {})) == Lines{kTouchlineLine});
    CHECK(read(compressed(width, {})) == Lines{kTouchlineLine});
    CHECK(read(plain(width, depth_values())) == Lines{kDepthLine});
    CHECK(read(compressed(width, depth_values())) == Lines{kDepthLine});
    for (const char* name : {"", "NIFTY 50", "a name of forty characters, as it may be."}) {
      CHECK(read(plain(width, interest_values(name))) == Lines{kInterestLine});
      CHECK(read(compressed(width, interest_values(name))) == Lines{kInterestLine});
    }
    CHECK(read(plain(width, interest_values(std::string(127, 'N')))) == Lines{kInterestLine});
    CHECK(read(plain(width, interest_values())) == Lines{kInterestLine});
  }
}

TEST_CASE("xts packets: several packets of one attachment are read in their order") {
  const std::string attachment = plain(Width::Wide, {}) + compressed(Width::Narrow, depth_values()) +
                                 plain(Width::Narrow, interest_values("BANKEX")) + compressed(Width::Wide, depth_values()) + plain(Width::Narrow, {});
  CHECK(read(attachment) == Lines{kTouchlineLine, kDepthLine, kInterestLine, kDepthLine, kTouchlineLine});
}

TEST_CASE("xts packets: sides may be empty, of different length, and up to 200 rows deep") {
  for (const Width width : kWidths) {
    PacketValues values{.code = 1502};
    CHECK(read(plain(width, values)) == Lines{"1502 2/43422 at 1420632949 market 1 bids asks" + kTouchlineText});
    values.asks = {{5, 60.5, 1}};
    CHECK(read(plain(width, values)) == Lines{"1502 2/43422 at 1420632949 market 1 bids asks 5@60.5/1" + kTouchlineText});
    values.bids = {{0, 0, 0}, {3, 59.5, 2}};  // rows of zeros are the mapping's to drop
    CHECK(read(plain(width, values)) == Lines{"1502 2/43422 at 1420632949 market 1 bids 0@0/0 3@59.5/2 asks 5@60.5/1" + kTouchlineText});
    values.bids.assign(200, {1, 2.5, 3});
    values.asks.assign(200, {4, 5.5, 6});
    for (const std::string& packet : {plain(width, values), compressed(width, values)}) {
      const Lines lines = read(packet);
      REQUIRE(lines.size() == 1);
      CHECK(lines[0].starts_with("1502 2/43422 at 1420632949 market 1 bids 1@2.5/3 1@2.5/3"));
      CHECK(lines[0].ends_with(" 4@5.5/6" + kTouchlineText));
    }
  }
}

TEST_CASE("xts packets: wide quantities pass 32 bits, narrow totals pass 31") {
  PacketValues values;
  values.volume = 4'294'967'295;
  CHECK(holds(read(plain(Width::Narrow, values))[0], "volume 4294967295"));
  values.bid.size = 3'000'000'000;
  values.last_quantity = 5'000'000'000;
  values.volume = std::numeric_limits<std::int64_t>::max();
  const std::string line = read(plain(Width::Wide, values))[0];
  CHECK(holds(line, "bid 3000000000@54.35/3"));
  CHECK(holds(line, "last 5000000000@54.4"));
  CHECK(holds(line, "volume 9223372036854775807"));
  PacketValues interest = interest_values();
  interest.open_interest = 6'000'000'000;
  CHECK(holds(read(plain(Width::Wide, interest))[0], "interest 6000000000"));
}

TEST_CASE("xts packets: no number is absent") {
  PacketValues values;
  values.turnover = std::nan("");
  values.percent_change = std::numeric_limits<double>::infinity();
  values.bid.price = std::nan("");
  const std::string line = read(plain(Width::Wide, values))[0];
  CHECK(holds(line, "turnover -"));
  CHECK(holds(line, "percent -"));
  CHECK(holds(line, "bid 75@-/3"));
}

TEST_CASE("xts packets: a turnover of zero beside a volume is absent, before the first trade it is zero") {
  PacketValues values;
  values.turnover = 0;
  CHECK(holds(read(plain(Width::Wide, values))[0], "turnover -"));
  values.volume = 0;
  CHECK(holds(read(plain(Width::Wide, values))[0], "turnover 0"));
}

TEST_CASE("xts packets: an index has rows and a volume of zero") {
  PacketValues values{.segment = 1, .instrument = 26'000};
  values.bid = values.ask = {};
  values.volume = values.total_buy = values.total_sell = values.last_quantity = 0;
  values.turnover = 0;
  const std::string line = read(plain(Width::Wide, values))[0];
  CHECK(line.starts_with("1501 1/26000 at 1420632949 market 1 bid 0@0/0 ask 0@0/0 last 0@54.4 buys 0 sells 0 volume 0 average 85.48"));
}

TEST_CASE("xts packets: times that were not sent are zero, whatever lies before the epoch too") {
  PacketValues values{.exchange_time = 0};
  values.last_trade_time = -315'532'800;
  values.last_update_time = std::numeric_limits<std::uint64_t>::max();
  const std::string line = read(plain(Width::Wide, values))[0];
  CHECK(line.starts_with("1501 2/43422 at 0 market 1"));
  CHECK(line.ends_with("traded 0 updated 0"));
}

TEST_CASE("xts packets: prices are signed, and the market type is the body's") {
  PacketValues values{.code = 1502};
  values.last_price = -37.63;
  values.market_type = -1;
  const std::string line = read(plain(Width::Narrow, values))[0];
  CHECK(holds(line, "last 25@-37.63"));
  CHECK(holds(line, "market -1"));
  PacketValues interest = interest_values();
  interest.market_type = 4;
  CHECK(holds(read(plain(Width::Narrow, interest))[0], "market 4"));
}
