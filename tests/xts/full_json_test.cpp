// Full JSON: the messages, and what servers were seen to do with their fields.
#include <doctest/doctest.h>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using tidegate::xts::FrameDecoder;

namespace {

Outcome full(std::string_view json) {
  FrameDecoder decoder{{}};
  return decode(decoder, full_event(1501, json));
}

/// A flat 1501 of these fields.
Outcome flat(std::string_view fields) {
  return full(R"({"MessageCode":1501,"ExchangeSegment":1,"ExchangeInstrumentID":7001,)" + std::string{fields} + "}");
}

void check_bad(const Outcome& outcome, Reason reason, std::string_view field) {
  CHECK(outcome.lines.empty());
  CHECK(outcome.decoded.bad == 1);
  CHECK(outcome.decoded.error.reason == reason);
  CHECK(outcome.decoded.error.field == field);
}

const std::string kQuoteLine = " float #0 bid 70@812.35 ask 12@812.4";
const std::string kTradeLine = "trade 1_7001 at 1765513000s float 5@812.35 if volume 1203456 or time 1765513000s moved";
const std::string kTickerLine =
    " float price=812.35 percent=0.9004471493603875 high=815.2 low=804.05 volume=1203456 open=806 close=805.1 average=809.91 last_quantity=5 "
    "bid=812.35 bid_size=70 ask=812.4 ask_size=12 buys=50100 sells=47200 last_trade=1765513000s";

}  // namespace

TEST_CASE("xts decoder: a touchline becomes quote, trade and ticker, nested or flat") {
  CHECK(full(touchline_nested()).lines ==
        Lines{"quote 1_7001 at 1765513002s" + kQuoteLine, kTradeLine, "ticker 1_7001 at 1765513002s" + kTickerLine});
  CHECK(full(touchline_flat()).lines == Lines{"quote 1_7001 at 1765513001s" + kQuoteLine, kTradeLine, "ticker 1_7001 at 1765513001s" + kTickerLine});
}
TEST_CASE("xts decoder: market depth becomes quote, book, trade and ticker, without its empty rows") {
  CHECK(full(depth()).lines == Lines{"quote 1_7001 at 1765513002s" + kQuoteLine,
                                     "top 1_7001 at 1765513002s float #0 may cross bids 70@812.35/4 40@812.3/1 9@812/1 asks 12@812.4/2", kTradeLine,
                                     "ticker 1_7001 at 1765513002s" + kTickerLine});
}
TEST_CASE("xts decoder: an index has zeros where a share trades: nobody quotes it, and there is no trade") {
  CHECK(full(index()).lines == Lines{"quote 1_26000 at 1765513002s float #0 bid -@- ask -@-",
                                     "ticker 1_26000 at 1765513002s float price=24120.7 percent=0.25 high=24150.35 low=24055.1 volume=0 open=24080 "
                                     "close=24060.5 average=24120.7 "
                                     "last_quantity=0 bid=none bid_size=none ask=none ask_size=none buys=0 sells=0 last_trade=1765513002s"});
}
TEST_CASE("xts decoder: a touchline that says nothing is ignored") {
  CHECK(flat(R"("Open":null)").lines.empty());
  CHECK(flat(R"("Open":null)").decoded.ignored == 1);
}
TEST_CASE("xts decoder: a candle begins at its minute and is closed") {
  CHECK(full(candle()).lines ==
        Lines{"candle 1_7001 at 1765513079s float candle_1m from 1765513020s o=812.1 h=812.5 l=812.05 c=812.35 v=90210 closed"});
}
TEST_CASE("xts decoder: a candle carries no volume where the configuration leaves it out") {
  BrokerConfig config;
  config.options["bar_volume"] = std::string{"omit"};
  const auto decoder = tidegate::xts::make_decoder(config);
  CHECK(decode(*decoder, full_event(1505, candle())).lines ==
        Lines{"candle 1_7001 at 1765513079s float candle_1m from 1765513020s o=812.1 h=812.5 l=812.05 c=812.35 v=- closed"});
}
TEST_CASE("xts decoder: a market status has its venue's name and the broker's words") {
  CHECK(full(market_status()).lines == Lines{"market status of NSE at 1765513002s: THE NORMAL MARKET HAS OPENED"});
}
TEST_CASE("xts decoder: open interest and last price are tickers") {
  CHECK(full(open_interest()).lines == Lines{"ticker 2_52001 at - float interest=880750 change as sent"});
  CHECK(full(last_price()).lines == Lines{"ticker 1_7001 at 1765513003s float price=812.4 last_quantity=3"});
}
TEST_CASE("xts decoder: codes that are not used are counted") {
  const Outcome outcome = full(R"({"MessageCode":1504,"IndexName":"X","IndexValue":5})");
  CHECK(outcome.lines.empty());
  CHECK(outcome.decoded.ignored == 1);
}

TEST_CASE("xts decoder: a null under the misspelt quantity does not hide the right one") {
  CHECK(flat(R"("LastTradedPrice":5,"LastTradedQunatity":null,"LastTradedQuantity":7)").lines ==
        Lines{"ticker 1_7001 at - float price=5 last_quantity=7"});
  CHECK(flat(R"("LastTradedPrice":5,"LastTradedQunatity":6,"LastTradedQuantity":7)").lines ==
        Lines{"ticker 1_7001 at - float price=5 last_quantity=6"});
}
TEST_CASE("xts decoder: the average has two names") { CHECK(flat(R"("AveragePrice":5.5)").lines == Lines{"ticker 1_7001 at - float average=5.5"}); }
TEST_CASE("xts decoder: fields that are missing or null are not sent") {
  CHECK(flat(R"("LastTradedPrice":5,"Open":null,"BidInfo":null)").lines == Lines{"ticker 1_7001 at - float price=5"});
}
TEST_CASE("xts decoder: numbers may be integers, decimals, exponents or texts, exactly") {
  CHECK(flat(R"("LastTradedPrice":1.1e-7,"High":2E2,"Low":"8.25","Open":900719925474099.3)").lines ==
        Lines{"ticker 1_7001 at - float price=0.00000011 high=200 low=8.25 open=900719925474099.3"});
}
TEST_CASE("xts decoder: a percentage with too many digits is left out, a price with too many is refused") {
  CHECK(flat(R"("LastTradedPrice":5,"Close":4,"PercentChange":-0.172788941507739930001)").lines == Lines{"ticker 1_7001 at - float price=5 close=4"});
  check_bad(flat(R"("LastTradedPrice":0.172788941507739930001)"), Reason::Overflow, "LastTradedPrice");
}
TEST_CASE("xts decoder: a percentage without a previous close is of nothing") {
  CHECK(flat(R"("LastTradedPrice":5,"Close":0,"PercentChange":3)").lines == Lines{"ticker 1_7001 at - float price=5 close=none"});
}
TEST_CASE("xts decoder: zeros of an instrument that was not traded today say that there is nothing") {
  CHECK(flat(R"("LastTradedPrice":0,"TotalTradedQuantity":0,"AverageTradedPrice":0,"Open":0,"High":0,"Low":0,"Close":7.5)").lines ==
        Lines{"ticker 1_7001 at - float price=none high=none low=none volume=0 open=none close=7.5 average=none"});
}
TEST_CASE("xts decoder: a commodity that trades at zero and below has these prices") {
  CHECK(flat(R"("LastTradedPrice":-1.5,"TotalTradedQuantity":9,"High":0,"Low":-2)").lines ==
        Lines{"ticker 1_7001 at - float price=-1.5 high=0 low=-2 volume=9"});
}
TEST_CASE("xts decoder: a side without a price is empty, a side that is not there is not known") {
  CHECK(flat(R"("BidInfo":{"Size":0,"Price":0,"TotalOrders":0},"AskInfo":{"Size":3,"Price":8.5,"TotalOrders":1})").lines ==
        Lines{"quote 1_7001 at - float #0 bid -@- ask 3@8.5", "ticker 1_7001 at - float bid=none bid_size=none ask=8.5 ask_size=3"});
  CHECK(flat(R"("AskInfo":{"Size":3,"Price":8.5})").lines ==
        Lines{"quote 1_7001 at - float #0 bid -@- ask 3@8.5", "ticker 1_7001 at - float ask=8.5 ask_size=3"});
}
TEST_CASE("xts decoder: turnover is taken where it is more than nothing") {
  CHECK(flat(R"("LastTradedPrice":5,"TotalValueTraded":177838490)").lines == Lines{"ticker 1_7001 at - float price=5 turnover=177838490"});
  CHECK(flat(R"("LastTradedPrice":5,"TotalValueTraded":0)").lines == Lines{"ticker 1_7001 at - float price=5"});
}
TEST_CASE("xts decoder: only the regular market counts") {
  CHECK(flat(R"("LastTradedPrice":5,"XMarketType":0)").lines.size() == 1);
  const Outcome odd_lots = flat(R"("LastTradedPrice":5,"XMarketType":2)");
  CHECK(odd_lots.lines.empty());
  CHECK(odd_lots.decoded.ignored == 1);
}

TEST_CASE("xts decoder: what must be there is missed by name") {
  check_bad(full(R"({"ExchangeSegment":1,"ExchangeInstrumentID":7001})"), Reason::MissingField, "MessageCode");
  check_bad(full(R"({"MessageCode":1501,"ExchangeInstrumentID":7001})"), Reason::MissingField, "ExchangeSegment");
  check_bad(full(R"({"MessageCode":1501,"ExchangeSegment":1,"ExchangeInstrumentID":null})"), Reason::MissingField, "ExchangeInstrumentID");
  check_bad(full(R"({"MessageCode":1502,"ExchangeSegment":1,"ExchangeInstrumentID":7001,"Bids":[]})"), Reason::MissingField, "Asks");
  check_bad(full(R"({"MessageCode":1510,"ExchangeSegment":1,"ExchangeInstrumentID":7001})"), Reason::MissingField, "OpenInterest");
  check_bad(full(R"({"MessageCode":1512,"ExchangeSegment":1,"ExchangeInstrumentID":7001})"), Reason::MissingField, "LastTradedPrice");
  check_bad(full(R"({"MessageCode":1505,"ExchangeSegment":1,"ExchangeInstrumentID":7001,"Open":1,"High":1,"Low":1,"Close":1})"), Reason::MissingField,
            "BarTime");
  check_bad(full(R"({"MessageCode":1507,"ExchangeSegment":1})"), Reason::MissingField, "message");
}
TEST_CASE("xts decoder: values of the wrong kind are refused by name") {
  check_bad(flat(R"("LastTradedPrice":true)"), Reason::BadDecimal, "LastTradedPrice");
  check_bad(flat(R"("LastTradedPrice":{})"), Reason::BadDecimal, "LastTradedPrice");
  check_bad(flat(R"("LastTradedPrice":"dear")"), Reason::BadDecimal, "LastTradedPrice");
  check_bad(flat(R"("TotalTradedQuantity":-1)"), Reason::BadDecimal, "TotalTradedQuantity");
  check_bad(flat(R"("LastTradedTime":1.5)"), Reason::BadInteger, "LastTradedTime");
  check_bad(flat(R"("BidInfo":[])"), Reason::BadShape, "BidInfo");
  check_bad(flat(R"("BidInfo":{"Size":-1,"Price":5})"), Reason::BadDecimal, "Size");
  check_bad(flat(R"("BidInfo":{"Size":1,"Price":5,"TotalOrders":4294967295})"), Reason::BadInteger, "TotalOrders");
  check_bad(full(R"({"MessageCode":1501,"ExchangeSegment":-1,"ExchangeInstrumentID":7001})"), Reason::BadInteger, "ExchangeSegment");
  check_bad(full("[]"), Reason::BadShape, "");
  check_bad(full("17"), Reason::BadShape, "");
}
TEST_CASE("xts decoder: a frame of brackets and a frame of rows end early") {
  std::string deep = R"({"x":)";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  check_bad(full(deep), Reason::BadShape, "");
  std::string rows = std::string{kRow};
  for (int i = 0; i < 200; ++i) rows += "," + std::string{kRow};
  check_bad(full(R"({"MessageCode":1502,"ExchangeSegment":1,"ExchangeInstrumentID":7001,"Asks":[],"Bids":[)" + rows + "]}"), Reason::TooManyLevels,
            "");
}
TEST_CASE("xts decoder: names and texts may be written with escapes") {
  CHECK(full(R"({"Message\u0043ode":1507,"ExchangeSegment":2,"message":"A \"halt\" \u20ac"})").lines ==
        Lines{"market status of NFO at -: A \"halt\" \xE2\x82\xAC"});
}
