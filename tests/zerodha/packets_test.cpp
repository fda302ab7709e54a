// One packet to its updates: offsets, scales, signs, times, and which zeros are values.
#include "brokers/zerodha/packets.hpp"

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::zerodha;

namespace {

Lines decode_body(const std::string& body) {
  const Outcome outcome = decode_binary(batch({body}));
  CHECK(outcome.decoded.updates == outcome.lines.size());
  CHECK(outcome.decoded.bad + outcome.decoded.ignored + outcome.decoded.control == 0);
  return outcome.lines;
}

bool holds(const std::string& line, std::string_view part) { return (line + " ").find(" " + std::string{part} + " ") != std::string::npos; }

}  // namespace

TEST_CASE("zerodha decoder: the protocol page's worked examples") {
  CHECK(decode_binary(from_hex("0001 0008 000d8001 0000997f")).lines == Lines{"ticker 1/884737 at - price=39295e-2"});
  CHECK(decode_binary(from_hex("0001 001c 00000109 0076c3ee 0076e6e6 00768975 0076df07 007723fc ffff9ff2")).lines ==
        Lines{"ticker 9/265 at - price=7783406e-2 high=7792358e-2 low=7768437e-2 open=7790343e-2 close=7807996e-2"});
  const std::string entry = from_hex("00000028 0000c00d 0002 0000");
  CHECK(decode_body(full_body(kNse).replace(64, 12, entry))[0].ends_with("bid 40@49165e-2 ask 20@15110e-2"));
}

TEST_CASE("zerodha decoder: a quote packet becomes the last trade and the ticker, without times") {
  CHECK(decode_body(quote_body(kNfo)) ==
        Lines{"trade 2/10967554 at - 25@15105e-2 if volume 4200 or time - moved",
              "ticker 2/10967554 at - price=15105e-2 high=15200e-2 low=14950e-2 volume=4200 open=15000e-2 close=15010e-2 average=15072e-2 "
              "last_quantity=25 buys=900 sells=1100"});
}

TEST_CASE("zerodha decoder: a full packet becomes quote, book, last trade and ticker, in this order") {
  CHECK(decode_body(full_body(kNfo)) ==
        Lines{"quote 2/10967554 at 1750000002s #0 bid 10@15100e-2 ask 20@15110e-2",
              "top 2/10967554 at 1750000002s #0 may cross bids 10@15100e-2/1 11@15095e-2/2 12@15090e-2/3 13@15085e-2/4 14@15080e-2/5 "
              "asks 20@15110e-2/2 21@15115e-2/3 22@15120e-2/4 23@15125e-2/5 24@15130e-2/6",
              "trade 2/10967554 at 1750000001s 25@15105e-2 if volume 4200 or time 1750000001s moved",
              "ticker 2/10967554 at 1750000002s price=15105e-2 high=15200e-2 low=14950e-2 volume=4200 open=15000e-2 close=15010e-2 "
              "average=15072e-2 last_quantity=25 interest=310 bid=15100e-2 bid_size=10 ask=15110e-2 ask_size=20 buys=900 sells=1100 "
              "last_trade=1750000001s"});
}

TEST_CASE("zerodha decoder: of a full packet nothing is left in the one behind it") {
  const std::string idle = words({kNse, 15'105}) + std::string(184 - 8, '\0');
  const Lines alone = decode_body(idle);
  const Lines both = decode_binary(batch({full_body(kNfo), idle})).lines;
  REQUIRE(both.size() == 2 * alone.size());
  CHECK(Lines(both.begin() + static_cast<std::ptrdiff_t>(alone.size()), both.end()) == alone);
  CHECK(holds(both.back(), "bid=none"));
  CHECK(holds(both.back(), "open=none"));
}

TEST_CASE("zerodha decoder: an index packet has high, low and open in that order, and a time in mode full alone") {
  const std::string fields = " price=2500125e-2 high=2510000e-2 low=2490050e-2 open=2495000e-2 close=2480100e-2";
  CHECK(decode_body(index_body(kIndexToken)) == Lines{"ticker 9/256265 at -" + fields});
  CHECK(decode_body(index_body(kIndexToken) + u32(1'750'000'003)) == Lines{"ticker 9/256265 at 1750000003s" + fields});
}

TEST_CASE("zerodha decoder: an index packet's price change is no source: another value changes nothing") {
  const std::string body = index_body(kIndexToken);
  CHECK(decode_body(with(body, 24, -36)) == decode_body(body));
}

TEST_CASE("zerodha decoder: both currency segments have their own scale, unknown segments have that of shares") {
  CHECK(decode_body(words({kCds, 831'250'000})) == Lines{"ticker 3/384003 at - price=831250000e-7"});
  CHECK(decode_body(words({kBcd, 831'250})) == Lines{"ticker 6/280510214 at - price=831250e-4"});
  for (const std::int64_t segment : {0, 1, 2, 4, 5, 7, 8, 9, 10, 255}) {
    CHECK(decode_body(words({25'600 + segment, 831'250}))[0].ends_with("price=831250e-2"));
  }
  CHECK(decode_body(full_body(kBcd))[0].ends_with("bid 10@15100e-4 ask 20@15110e-4"));
  CHECK(decode_body(quote_body(kCds))[0].ends_with("25@15105e-7 if volume 4200 or time - moved"));
}

TEST_CASE("zerodha decoder: prices are signed") {
  CHECK(decode_body(words({kMcx, -28'600})) == Lines{"ticker 7/119445255 at - price=-28600e-2"});
  std::string body = full_body(kMcx);
  for (const std::size_t offset : {4U, 12U, 28U, 32U, 36U, 40U, 68U, 128U}) body = with(body, offset, -100 - static_cast<std::int64_t>(offset));
  const Lines lines = decode_body(body);
  CHECK(lines[0].ends_with("bid 10@-168e-2 ask 20@-228e-2"));
  for (const char* part : {"price=-104e-2", "average=-112e-2", "open=-128e-2", "high=-132e-2", "low=-136e-2", "close=-140e-2"}) {
    CHECK(holds(lines[3], part));
  }
}

TEST_CASE("zerodha decoder: quantities, times and tokens are unsigned, orders have 16 bits") {
  std::string body = full_body(0xF000'0002);
  for (const std::size_t offset : {8U, 16U, 20U, 24U, 44U, 48U, 60U, 64U, 124U}) {
    body = with(body, offset, 4'000'000'000 + static_cast<std::int64_t>(offset));
  }
  body.replace(72, 4, u16(65'535) + u16(65'535));  // the padding means nothing
  const Lines lines = decode_body(body);
  CHECK(lines[0] == "quote 2/4026531842 at 4000000060s #0 bid 4000000064@15100e-2 ask 4000000124@15110e-2");
  CHECK(holds(lines[1], "bids 4000000064@15100e-2/65535"));
  CHECK(lines[2] == "trade 2/4026531842 at 4000000044s 4000000008@15105e-2 if volume 4000000016 or time 4000000044s moved");
  for (const char* part : {"volume=4000000016", "interest=4000000048", "buys=4000000020", "sells=4000000024", "last_trade=4000000044s"}) {
    CHECK(holds(lines[3], part));
  }
}

TEST_CASE("zerodha decoder: an untraded instrument has no prices of today, no trade time and no book, but a last price") {
  CHECK(decode_binary(read_file(own_fixture("zerodha") / "untraded_full.bin")).lines ==
        Lines{"quote 7/119445255 at 1749958200s #0 bid -@- ask -@-", "top 7/119445255 at 1749958200s #0 may cross bids asks",
              "trade 7/119445255 at - 0@244330e-2 if volume 0 or time - moved",
              "ticker 7/119445255 at 1749958200s price=244330e-2 high=none low=none volume=0 open=none close=243280e-2 average=none "
              "last_quantity=0 interest=0 bid=none bid_size=none ask=none ask_size=none buys=0 sells=0"});
}

TEST_CASE("zerodha decoder: once something was traded, a price of zero is a price") {
  std::string body = quote_body(kMcx);
  for (const std::size_t offset : {4U, 12U, 28U, 32U, 36U}) body = with(body, offset, 0);
  const std::string ticker = decode_body(body)[1];
  for (const char* part : {"price=0e-2", "high=0e-2", "low=0e-2", "open=0e-2", "average=0e-2"}) CHECK(holds(ticker, part));
}

TEST_CASE("zerodha decoder: a previous close of zero is that of a new listing, and absent") {
  CHECK(holds(decode_body(with(quote_body(kNse), 40, 0))[1], "close=none"));
  CHECK(holds(decode_body(with(index_body(kIndexToken), 20, 0))[0], "close=none"));
}

TEST_CASE("zerodha decoder: an index that was not yet calculated today has no high, low and open") {
  std::string body = index_body(kIndexToken) + u32(0);
  for (const std::size_t offset : {8U, 12U, 16U}) body = with(body, offset, 0);
  CHECK(decode_body(body) == Lines{"ticker 9/256265 at - price=2500125e-2 high=none low=none open=none close=2480100e-2"});
}

TEST_CASE("zerodha decoder: open interest of zero is a value for derivatives, and not applicable elsewhere") {
  for (std::int64_t segment = 0; segment < 12; ++segment) {
    CAPTURE(segment);
    const bool derivatives = segment == 2 || segment == 3 || (segment >= 5 && segment <= 7);
    CHECK(holds(decode_body(with(full_body(25'600 + segment), 48, 0)).back(), derivatives ? "interest=0" : "interest=none"));
    CHECK(holds(decode_body(full_body(25'600 + segment)).back(), "interest=310"));
  }
}

TEST_CASE("zerodha decoder: empty levels are left out, and a side without levels is empty") {
  const Lines one_sided = decode_binary(read_file(own_fixture("zerodha") / "one_sided_book.bin")).lines;
  CHECK(one_sided[0] == "quote 1/408065 at 1750000002s #0 bid 900@15105e-2 ask -@-");
  CHECK(one_sided[1] == "top 1/408065 at 1750000002s #0 may cross bids 900@15105e-2/7 asks");
  CHECK(holds(one_sided[3], "ask=none ask_size=none"));
  CHECK(holds(one_sided[3], "interest=none"));

  const std::string priced_but_empty = with(full_body(kNse), 64, 0);  // the first bid's quantity alone
  const Lines lines = decode_body(priced_but_empty);
  CHECK(lines[0].ends_with("bid 11@15095e-2 ask 20@15110e-2"));
  CHECK(holds(lines[1], "bids 11@15095e-2/2 12@15090e-2/3 13@15085e-2/4 14@15080e-2/5 asks"));
}

TEST_CASE("zerodha decoder: a zero price with a quantity is a level") {
  CHECK(decode_body(with(full_body(kMcx), 68, 0))[0].ends_with("bid 10@0e-2 ask 20@15110e-2"));
}

TEST_CASE("zerodha decoder: an index in a tradable packet is read by its length, and gives no quote, book or trade") {
  const Lines quote = decode_body(quote_body(kIndexToken));
  REQUIRE(quote.size() == 1);
  CHECK(quote[0].starts_with("ticker 9/256265 at - price=15105e-2 high=15200e-2 low=14950e-2 volume=4200 open=15000e-2"));
  const Lines full = decode_body(full_body(kIndexToken));
  REQUIRE(full.size() == 1);
  CHECK(full[0].starts_with("ticker 9/256265 at 1750000002s price=15105e-2"));
}

TEST_CASE("zerodha decoder: a tradable instrument in an index packet is read by its length") {
  CHECK(decode_body(index_body(kNse))[0].starts_with("ticker 1/408065 at - price=2500125e-2 high=2510000e-2 low=2490050e-2 open=2495000e-2"));
}

TEST_CASE("zerodha packets: day high and low of the open interest and the wire's price change are read") {
  const std::string full = full_body(kNfo);
  const auto packet = tidegate::zerodha::read_full(common::FixedBytes<184>{full.data()});
  CHECK(packet.oi_day_high == 320);
  CHECK(packet.oi_day_low == 300);
  const std::string index = with(index_body(kIndexToken), 24, -24'590);
  CHECK(tidegate::zerodha::read_index_quote(common::FixedBytes<28>{index.data()}).price_change == -24'590);
}
