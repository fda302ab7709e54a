// Partial text: deltas merged onto the last value.
#include <doctest/doctest.h>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using tidegate::xts::FrameDecoder;

namespace {

struct PartialSession {
  FrameDecoder decoder{{}};
  std::uint32_t number = 1;

  Outcome play(RawFrame frame) {
    frame.session = number;
    return decode(decoder, frame);
  }
  Outcome partial(int code, std::string_view text) { return play(partial_event(code, text)); }
  Outcome snapshot(std::string_view json) {
    return play(rest_frame("POST /apimarketdata/instruments/subscription", R"({"result":{"listQuotes":[)" + as_json_text(json) + "]}}"));
  }
};

/// The line of that kind; empty: none.
std::string line_of(std::string_view kind, const Outcome& outcome) {
  for (const std::string& line : outcome.lines) {
    if (line.starts_with(kind)) return line;
  }
  return "";
}

/// A 1502 whose touchline says little, with five rows a side.
std::string book(std::int64_t updated, std::string_view last) {
  std::string bids, asks;
  for (int i = 0; i < 5; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    bids += comma + R"({"Size":1)" + std::to_string(i) + R"(,"Price":)" + std::to_string(100 - i) + R"(,"TotalOrders":1})";
    asks += comma + R"({"Size":2)" + std::to_string(i) + R"(,"Price":)" + std::to_string(101 + i) + R"(,"TotalOrders":2})";
  }
  return R"({"MessageCode":1502,"ExchangeSegment":1,"ExchangeInstrumentID":7001,"Bids":[)" + bids + R"(],"Asks":[)" + asks +
         R"(],"Touchline":{"LastTradedPrice":)" + std::string{last} +
         R"(,"LastTradedQunatity":1,"TotalTradedQuantity":50,"Open":99.5,"LastUpdateTime":)" + std::to_string(updated) + "}}";
}
const std::string kAsks = " asks 20@101/2 21@102/2 22@103/2 23@104/2 24@105/2";

}  // namespace

TEST_CASE("xts partial: whole texts say what whole messages say, but no floats") {
  PartialSession s;
  CHECK(s.partial(1501, kPartialTouchline).lines ==
        Lines{"quote 1_7001 at 1765513001s #0 bid 70@812.35 ask 12@812.4",
              "trade 1_7001 at 1765513000s 5@812.35 if volume 1203456 or time 1765513000s moved",
              "ticker 1_7001 at 1765513001s price=812.35 percent=0.9004471493603875 high=815.2 low=804.05 volume=1203456 open=806 close=805.1 "
              "average=809.91 last_quantity=5 bid=812.35 bid_size=70 ask=812.4 ask_size=12 buys=50100 sells=47200 last_trade=1765513000s"});
  CHECK(line_of("top", s.partial(1502, kPartialDepth)) ==
        "top 1_7001 at 1765513001s #0 may cross bids 70@812.35/4 40@812.3/1 9@812/1 asks 12@812.4/2 8@812.45/1");
  CHECK(s.partial(1505, "t:1_7001,o:812.1,h:812.5,l:812.05,c:812.35,bt:1765532879,bv:90210,pv:1").lines ==
        Lines{"candle 1_7001 at 1765513079s candle_1m from 1765513020s o=812.1 h=812.5 l=812.05 c=812.35 v=90210 closed"});
  CHECK(s.partial(1510, "t:2_52001,o:880750").lines == Lines{"ticker 2_52001 at - interest=880750 change as sent"});
  CHECK(s.partial(1512, "t:1_7001,ltp:812.4,ltq:3,lut:1450000003,bt:1,mt:1").lines ==
        Lines{"ticker 1_7001 at 1765513003s price=812.4 last_quantity=3"});
}
TEST_CASE("xts partial: what a text does not name keeps its last value") {
  PartialSession s;
  s.partial(1501, kPartialTouchline);
  const Outcome outcome = s.partial(1501, "t:1_7001,ltp:813,v:1203460");
  CHECK(line_of("ticker", outcome)
            .starts_with("ticker 1_7001 at 1765513001s price=813 percent=0.9004471493603875 high=815.2 low=804.05 volume=1203460"));
  CHECK(line_of("trade", outcome) == "trade 1_7001 at 1765513000s 5@813 if volume 1203460 or time 1765513000s moved");
}
TEST_CASE("xts partial: codes and instruments do not mix") {
  PartialSession s;
  s.partial(1501, kPartialTouchline);
  CHECK(s.partial(1512, "t:1_7001,ltq:4").decoded.ignored == 1);
  CHECK(s.partial(1501, "t:2_7001,ltp:5").lines == Lines{"ticker 2_7001 at - price=5"});
  CHECK(s.partial(1501, "t:1_7002,ltp:5").lines == Lines{"ticker 1_7002 at - price=5"});
}
TEST_CASE("xts partial: changed rows, and empty parts of them, go onto the snapshot's book") {
  PartialSession s;
  s.snapshot(book(1450000000, "100"));
  const Outcome outcome = s.partial(1502, "t:1_7001,bi:0|77|100.5|3|1||100|,ltp:100.5");
  CHECK(line_of("top", outcome) == "top 1_7001 at 1765513000s #0 may cross bids 77@100.5/3 11@100/1 12@98/1 13@97/1 14@96/1" + kAsks);
  CHECK(line_of("ticker", outcome) ==
        "ticker 1_7001 at 1765513000s price=100.5 volume=50 open=99.5 last_quantity=1 bid=100.5 bid_size=77 ask=101 ask_size=20");
}
TEST_CASE("xts partial: a row of zeros is gone") {
  PartialSession s;
  s.snapshot(book(1450000000, "100"));
  CHECK(line_of("top", s.partial(1502, "t:1_7001,bi:3|0|0|0|4|0|0|0")) ==
        "top 1_7001 at 1765513000s #0 may cross bids 10@100/1 11@99/1 12@98/1" + kAsks);
}
TEST_CASE("xts partial: a book ends before the first row that is not known") {
  PartialSession s;
  CHECK(line_of("top", s.partial(1502, "t:1_7001,bi:0|5|100|1|2|6|98|1,ai:0|5|101|1|1||102|1")) ==
        "top 1_7001 at - #0 may cross bids 5@100/1 asks 5@101/1");
  CHECK(line_of("top", s.partial(1502, "t:1_7001,bi:1|4|99|1,ai:1|3||")) ==
        "top 1_7001 at - #0 may cross bids 5@100/1 4@99/1 6@98/1 asks 5@101/1 3@102/1");
}
TEST_CASE("xts partial: a book whose one side is not known is none; the other side still is the best bid") {
  PartialSession s;
  const Outcome outcome = s.partial(1502, "t:1_7001,bi:0|5|100|1");
  CHECK(outcome.lines == Lines{"quote 1_7001 at - #0 bid 5@100 ask -@-", "ticker 1_7001 at - bid=100 bid_size=5"});
}
TEST_CASE("xts partial: a snapshot that is older than the texts fills in what is missing, and undoes nothing") {
  PartialSession s;
  s.partial(1502, "t:1_7001,ltp:100.5,lut:1450000005,bi:0|77||,v:60");
  const Outcome outcome = s.snapshot(book(1450000004, "100"));
  CHECK(line_of("top", outcome) == "top 1_7001 at 1765513005s float #0 may cross bids 77@100/1 11@99/1 12@98/1 13@97/1 14@96/1" + kAsks);
  CHECK(line_of("ticker", outcome) ==
        "ticker 1_7001 at 1765513005s float price=100.5 volume=60 open=99.5 last_quantity=1 bid=100 bid_size=77 ask=101 ask_size=20");
  CHECK(line_of("ticker", s.partial(1502, "t:1_7001,ltq:2")).find("price=100.5 volume=60 open=99.5 last_quantity=2") != std::string::npos);
}
TEST_CASE("xts partial: of the same second, the texts are believed") {
  PartialSession s;
  s.partial(1502, "t:1_7001,ltp:100.5,lut:1450000004");
  CHECK(line_of("ticker", s.snapshot(book(1450000004, "100"))).find("price=100.5") != std::string::npos);
}
TEST_CASE("xts partial: a snapshot does not undo texts that brought no time") {
  PartialSession s;
  s.partial(1502, "t:1_7001,ltp:100.5,bi:0|77||");
  CHECK(line_of("ticker", s.snapshot(book(1450000004, "100"))).find("price=100.5") != std::string::npos);
}
TEST_CASE("xts partial: a later snapshot replaces what was known") {
  PartialSession s;
  s.partial(1502, "t:1_7001,ltp:100.5,lut:1450000005,h:105");
  CHECK(line_of("ticker", s.snapshot(book(1450000006, "100"))).find("price=100 ") != std::string::npos);
  CHECK(line_of("ticker", s.partial(1502, "t:1_7001,ltq:2")).find("high") == std::string::npos);
}
TEST_CASE("xts partial: a Full event on the socket is the newest there is") {
  PartialSession s;
  s.partial(1502, "t:1_7001,ltp:100.5,lut:1450000005,h:105");
  s.play(full_event(1502, book(1450000004, "100")));
  CHECK(line_of("ticker", s.partial(1502, "t:1_7001,ltq:2")).find("ticker 1_7001 at 1765513004s price=100 volume=50 open=99.5 last_quantity=2") == 0);
}
TEST_CASE("xts partial: another session begins with nothing") {
  PartialSession s;
  s.snapshot(book(1450000000, "100"));
  ++s.number;
  CHECK(s.partial(1502, "t:1_7001,ltp:101").lines == Lines{"ticker 1_7001 at - price=101"});
}
TEST_CASE("xts partial: where broadcast_mode is full, whole messages are not kept") {
  BrokerConfig config;
  config.options["broadcast_mode"] = std::string{"full"};
  const auto decoder = tidegate::xts::make_decoder(config);
  decode(*decoder, full_event(1502, book(1450000000, "100")));
  CHECK(decode(*decoder, partial_event(1502, "t:1_7001,ltp:101")).lines == Lines{"ticker 1_7001 at - price=101"});
}

TEST_CASE("xts partial: a touchline whose sides are the wrong way round loses its book, and is counted") {
  PartialSession s;
  const Outcome outcome = s.partial(1501, "t:1_7001,ltp:100,bi:0|5|101|1|1,ai:0|5|100|1");
  CHECK(outcome.lines == Lines{"ticker 1_7001 at - price=100"});
  CHECK(outcome.decoded.bad == 1);
  CHECK(outcome.decoded.error.reason == Reason::CrossedBook);
  CHECK(line_of("quote", s.partial(1501, "t:1_7001,bi:0|5|99|1")) == "quote 1_7001 at - #0 bid 5@99 ask -@-");
}
TEST_CASE("xts partial: a touchline with one side and a flag behind it is read") {
  PartialSession s;
  CHECK(s.partial(1501, "t:1_7001,ai:0|1428|1567.95|10,bi:0|0|0|0|1").lines ==
        Lines{"quote 1_7001 at - #0 bid -@- ask 1428@1567.95", "ticker 1_7001 at - bid=none bid_size=none ask=1567.95 ask_size=1428"});
}
TEST_CASE("xts partial: keys may come in any order, twice, empty, or be new") {
  PartialSession s;
  CHECK(s.partial(1501, "ltp:5,zz:9,t:1_7001,ltp:6,h:,x:a:b,l:4.").lines == Lines{"ticker 1_7001 at - price=6 low=4"});
}
TEST_CASE("xts partial: texts with escapes, and arrays of texts, are read") {
  PartialSession s;
  CHECK(s.play(text_frame(R"(42["1501-json-partial","t:1_7001,l\u0074p:5"])")).lines == Lines{"ticker 1_7001 at - price=5"});
  CHECK(s.play(text_frame(R"(42["1501-json-partial",["t:1_7001,ltp:6","t:1_7002,ltp:7"]])")).lines ==
        Lines{"ticker 1_7001 at - price=6", "ticker 1_7002 at - price=7"});
  CHECK(s.play(text_frame(R"(42["1501-json-partial",{"t":1}])")).decoded.bad == 1);
}
TEST_CASE("xts partial: a percentage with too many digits is left out, and the one before it is over") {
  PartialSession s;
  s.partial(1501, kPartialTouchline);
  CHECK(line_of("ticker", s.partial(1501, "t:1_7001,pc:0.90044714936038750001")).find("percent") == std::string::npos);
}
TEST_CASE("xts partial: property changes are read, and never become prices") {
  PartialSession s;
  CHECK(s.partial(1105, "t:12_40025,110:2067.75,111:516.95").decoded.ignored == 1);
  CHECK(s.partial(1105, "t:12_40025,110:2067.75,111:516.95").lines.empty());
  CHECK(s.partial(1105, "110:2067.75").decoded.bad == 1);
  CHECK(s.partial(1504, "t:1_NIFTY 50,ltp:5").decoded.ignored == 1);
}
TEST_CASE("xts partial: another market's text is ignored") {
  PartialSession s;
  CHECK(s.partial(1512, "t:1_7001,ltp:5,mt:2").decoded.ignored == 1);
  CHECK(s.partial(1512, "t:1_7001,ltq:5").lines.empty());
}
TEST_CASE("xts partial: a text with a fault changes nothing") {
  PartialSession s;
  s.partial(1501, "t:1_7001,ltp:5");
  const std::pair<std::string_view, Reason> faults[] = {
      {"t:1_7001,ltp:6,h:x", Reason::BadDecimal},
      {"t:1_7001,ltp:6,ltq:-1", Reason::BadDecimal},
      {"t:1_7001,ltp:6,ltt:1.5", Reason::BadInteger},
      {"t:1_7001,ltp:6,h", Reason::BadShape},
      {"ltp:6", Reason::MissingField},
      {"t:1,ltp:6", Reason::BadText},
      {"t:1_0,ltp:6", Reason::BadText},
      {"t:-1_7001,ltp:6", Reason::BadText},
      {"t:1_70010000000000000000,ltp:6", Reason::BadText},
      {"t:1_7001,ltp:6,bi:0|1|2", Reason::BadShape},
      {"t:1_7001,ltp:6,bi:5|1|2|3", Reason::BadInteger},
      {"t:1_7001,ltp:6,bi:0|-1|2|3", Reason::BadDecimal},
      {"t:1_7001,ltp:6,bi:0|1|2|x", Reason::BadDecimal},
      {"t:1_7001,ltp:6,ai:||||||||||||||||||||||", Reason::BadShape},
      {"", Reason::MissingField},
      {"t:1_7001,ltp:0.1234567890123456789012", Reason::Overflow},
  };
  for (const auto& fault : faults) {
    CAPTURE(std::string{fault.first});
    const Outcome outcome = s.partial(1501, fault.first);
    CHECK(outcome.lines.empty());
    CHECK(outcome.decoded.bad == 1);
    CHECK(outcome.decoded.error.reason == fault.second);
  }
  CHECK(s.partial(1501, "t:1_7001,ltq:1").lines == Lines{"ticker 1_7001 at - price=5 last_quantity=1"});
}
TEST_CASE("xts partial: an incomplete candle and an open interest without a value are refused") {
  PartialSession s;
  CHECK(s.partial(1505, "t:1_7001,o:1,h:1,l:1,c:1").decoded.error.reason == Reason::MissingField);
  CHECK(s.partial(1505, "t:1_7001,bt:1765532879").lines.size() == 1);
  CHECK(s.partial(1510, "t:1_7001,x:1").decoded.error.reason == Reason::MissingField);
  CHECK(s.partial(1510, "t:1_7001,o:-1").decoded.error.reason == Reason::BadDecimal);
}
TEST_CASE("xts partial: beyond the limit of instruments texts are refused, known ones go on") {
  PartialSession s;
  for (std::size_t i = 1; i <= tidegate::xts::PartialState::kInstrumentsMax; ++i) {
    if (s.partial(1512, "t:1_" + std::to_string(i) + ",ltp:5").decoded.bad != 0) FAIL("refused too early");
  }
  CHECK(s.partial(1512, "t:2_1,ltp:5").decoded.bad == 1);
  CHECK(s.partial(1512, "t:1_1,ltp:6").lines.size() == 1);
}
