#include "distributor/encoder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "distributor/json_text.hpp"
#include "tests/distributor/records.hpp"

using namespace tidegate;
using namespace tidegate::test;
using distributor::Encoder;

namespace {

constexpr UtcTime kPublished{1'700'000'000'124'000'000};

// what every data message of records.hpp begins with, after its type
const std::string kHead =
    R"("symbol":"BINANCE:BTCUSDT","seq":7,"broker":"binance","timestamp":"2023-11-14T22:13:20.123Z","received":"2023-11-14T22:13:20.123456789Z",)"
    R"("published":"2023-11-14T22:13:20.124Z")";

struct Fixture {
  FixedNames names;
  Encoder encoder{names};
  template <class Record>
  std::string operator()(const Record& record, std::uint16_t depth = kFullDepth, Flags added = Flags::None) {
    return std::string(encoder.encode(record.header, kPublished, depth, added));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "encoder: a trade is written exactly, its id as text") {
  CHECK((*this)(trade(kBtc, 7)) ==
        R"({"type":"trade",)" + kHead + R"(,"price":"65432.1","quantity":"1.5","side":"buy","trade_id":"72057594037927935"})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: a trade without id and side says so") {
  Trade plain = trade(kBtc, 7);
  plain.trade_id = 0;
  plain.side = static_cast<std::uint64_t>(Side::Unknown);
  CHECK((*this)(plain) == R"({"type":"trade",)" + kHead + R"(,"price":"65432.1","quantity":"1.5","side":"unknown"})");
  plain.side = static_cast<std::uint64_t>(Side::Sell);
  plain.quantity = kNoMantissa;
  CHECK((*this)(plain) == R"({"type":"trade",)" + kHead + R"(,"price":"65432.1","side":"sell"})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: a quote keeps zero as a value and leaves an empty side out") {
  Quote both = quote(kBtc, 7);
  CHECK((*this)(both) == R"({"type":"quote",)" + kHead + R"(,"bid_price":"65432","bid_size":"2","ask_price":"65433","ask_size":"0"})");
  both.bid = {};
  CHECK((*this)(both) == R"({"type":"quote",)" + kHead + R"(,"ask_price":"65433","ask_size":"0"})");
  both.ask = {6'543'300, kNoMantissa};
  CHECK((*this)(both) == R"({"type":"quote",)" + kHead + R"(,"ask_price":"65433"})");
  both.ask = {};
  CHECK((*this)(both) == R"({"type":"quote",)" + kHead + "}");
}

TEST_CASE_FIXTURE(Fixture, "encoder: a book is cut to the depth asked for, best first") {
  const Book book(kBtc, 7, 3);
  CHECK(encoder.encode(book.header(), kPublished, 2) ==
        R"({"type":"orderbook",)" + kHead + R"(,"bids":[["100","1"],["99.99","1.001"]],"asks":[["100.01","2"],["100.02","2.001"]]})");
  CHECK(std::string(encoder.encode(book.header(), kPublished, kFullDepth)).find(R"(["99.98","1.002"]],"asks")") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "encoder: a book level carries its orders where the broker sends them") {
  const Book book(kBtc, 7, 1, true);
  CHECK(encoder.encode(book.header(), kPublished) == R"({"type":"orderbook",)" + kHead + R"(,"bids":[["100","1",3]],"asks":[["100.01","2",4]]})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: an empty book has two empty sides") {
  const Book book(kBtc, 7, 0);
  CHECK(encoder.encode(book.header(), kPublished) == R"({"type":"orderbook",)" + kHead + R"(,"bids":[],"asks":[]})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: the deepest book with the longest numbers fits") {
  Book book(kBtc, 7, 1300, true);
  const_cast<RecordHeader&>(book.header()).price_exponent = -127;
  const std::string_view text = encoder.encode(book.header(), kPublished);
  CHECK(text.size() > 1300 * 2 * 130);
  CHECK(text.ends_with("]]}"));
}

TEST_CASE_FIXTURE(Fixture, "encoder: a ticker has null for the first six and leaves the others out") {
  Ticker empty = record<Ticker>(kBtc, Channel::Ticker, 7);
  CHECK((*this)(empty) == R"({"type":"ticker",)" + kHead +
                              R"(,"price":null,"price_change":null,"price_change_percent":null,"high_price":null,"low_price":null,"volume":null})");
  Ticker full = record<Ticker>(kBtc, Channel::Ticker, 7);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) full.set(static_cast<TickerField>(i), {static_cast<std::int64_t>(i) - 1, -1});
  full.last_trade_time = UtcTime{1'700'000'000'000'000'000};
  CHECK(
      (*this)(full) ==
      R"({"type":"ticker",)" + kHead +
          R"(,"price":"-0.1","price_change":"0","price_change_percent":"0.1","high_price":"0.2","low_price":"0.3","volume":"0.4","open_price":"0.5",)"
          R"("close_price":"0.6","average_price":"0.7","last_quantity":"0.8","turnover":"0.9","open_interest":"1","bid_price":"1.1","bid_size":"1.2",)"
          R"("ask_price":"1.3","ask_size":"1.4","total_buy_quantity":"1.5","total_sell_quantity":"1.6","upper_limit":"1.7","lower_limit":"1.8",)"
          R"("last_trade_time":"2023-11-14T22:13:20.000Z"})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: a candle names its interval, times and origin") {
  Candle candle = record<Candle>(kBtc, Channel::Candle1M, 7);
  candle.open_time = UtcTime{1'700'000'000'000'000'000};
  candle.open = 100;
  candle.high = 250;
  candle.low = 50;
  candle.close = 175;
  candle.volume = 12'345;
  CHECK(
      (*this)(candle) ==
      R"({"type":"candle",)" + kHead +
          R"(,"interval":"1M","open_time":"2023-11-14T22:13:20.000Z","open":"1","high":"2.5","low":"0.5","close":"1.75","volume":"12.345","closed":false,"origin":"broker"})");
  candle.closed = 1;
  candle.origin = CandleOrigin::Trades;
  candle.volume = kNoMantissa;
  CHECK((*this)(candle).ends_with(R"("close":"1.75","closed":true,"origin":"trades"})"));
  candle.origin = CandleOrigin::Ticks;
  CHECK((*this)(candle).ends_with(R"("origin":"ticks"})"));
}

TEST_CASE_FIXTURE(Fixture, "encoder: a gap names what will not come, and why") {
  Gap lost = gap(kBtc, Channel::Trade, 8, 11);
  CHECK((*this)(lost) == R"({"type":"gap","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":8,"to_seq":11,"cause":"upstream"})");
  lost.cause = GapCause::SlowClient;
  CHECK((*this)(lost).ends_with(R"("cause":"slow_client"})"));
  lost.cause = GapCause::Failover;
  CHECK((*this)(lost).ends_with(R"("cause":"failover"})"));
  lost.cause = GapCause::ResumeWindow;
  CHECK((*this)(lost).ends_with(R"("cause":"resume_window"})"));
}

TEST_CASE_FIXTURE(Fixture, "encoder: unknown times are null") {
  Trade plain = trade(kBtc, 7);
  plain.header.ts_event = kNoTime;
  plain.header.ts_received = kNoTime;
  CHECK(encoder.encode(plain.header, kNoTime).find(R"("timestamp":null,"received":null,"published":null,"price")") != std::string_view::npos);
}

TEST_CASE_FIXTURE(Fixture, "encoder: flags are named in order, those of the record and those added") {
  Trade flagged = trade(kBtc, 7);
  flagged.header.flags = Flags::Stale | Flags::Aggregated;
  CHECK((*this)(flagged, kFullDepth, Flags::Snapshot).find(R"("flags":["snapshot","stale","aggregated"],"price")") != std::string::npos);
  flagged.header.flags = static_cast<Flags>(0x1FF);
  CHECK(
      (*this)(flagged).find(R"("flags":["snapshot","stale","delayed","conflated","derived","replayed","aggregated","float","gap_before"],"price")") !=
      std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "encoder: a hostile symbol stays inside its JSON string") {
  names.btc = "X\":\"\\\n\x01\xff\xC3\xA9";
  CHECK((*this)(trade(kBtc, 7)).find("\"symbol\":\"X\\\":\\\"\\\\\\n\\u0001\xEF\xBF\xBD\xC3\xA9\",\"seq\"") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "encoder: a symbol's name is asked for once") {
  for (int i = 0; i < 5; ++i) (*this)(trade(kBtc, 7));
  CHECK(names.asked == 1);
}

TEST_CASE_FIXTURE(Fixture, "encoder: a venue's status is a notice, with the broker's words made safe") {
  CHECK((*this)(market_status("NSE", "HALT \"A\" \xff")) ==
        R"({"type":"notice","kind":"market_status","broker":"binance","venue":"NSE","message":"HALT \"A\" )" + std::string{"\xEF\xBF\xBD"} +
            R"(","timestamp":"2023-11-14T22:13:19.000Z","received":"2023-11-14T22:13:20.000Z"})");
}

TEST_CASE_FIXTURE(Fixture, "encoder: kinds that are not data give nothing") {
  CHECK((*this)(state(kBtc, Channel::Trade, StreamState::Live)).empty());
  CHECK((*this)(broker_status(BrokerState::Live)).empty());
}

TEST_CASE("json text: every kind of bad UTF-8 becomes replacement characters") {
  using distributor::repaired_utf8;
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(repaired_utf8("plain \xE2\x82\xAC \xF0\x9F\x98\x80") == "plain \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(repaired_utf8("\xC0\x80") == mark + mark);                        // overlong
  CHECK(repaired_utf8("\xED\xA0\x80") == mark + mark + mark);             // surrogate
  CHECK(repaired_utf8("\xF4\x90\x80\x80") == mark + mark + mark + mark);  // above U+10FFFF
  CHECK(repaired_utf8("a\xE2\x82") == "a" + mark + mark);                 // cut short
  CHECK(repaired_utf8("\x80z") == mark + "z");
}

TEST_CASE("json text: a cut ends at a whole character") {
  using distributor::cut_text;
  CHECK(cut_text("abc", 3) == "abc");
  CHECK(cut_text("abcd", 3) == "abc");
  CHECK(cut_text("a\xE2\x82\xAC", 3) == "a");
  CHECK(cut_text("\x80\x80\x80", 2).empty());
}
