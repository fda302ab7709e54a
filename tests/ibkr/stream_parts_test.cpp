#include <doctest/doctest.h>

#include "brokers/ibkr/frame_hints.hpp"
#include "brokers/ibkr/line_budget.hpp"
#include "brokers/ibkr/mapping.hpp"
#include "brokers/ibkr/stream_command.hpp"

using namespace tidegate;
using namespace tidegate::ibkr;

TEST_CASE("ibkr stream commands: a ticker asks for all that a ticker is made of, with the open interest of its own kind alone") {
  CHECK(market_data_command("265598", fields_of(Channel::Ticker, InstrumentKind::Cash)) ==
        R"(smd+265598+{"fields":["31","7059","84","88","86","85","70","71","7295","7741","7762","87","82","83","6509","55"]})");
  CHECK(market_data_command("1", fields_of(Channel::Ticker, InstrumentKind::Option)).find(R"("83","7638","6509")") != std::string::npos);
  CHECK(market_data_command("1", fields_of(Channel::Ticker, InstrumentKind::Future)).find(R"("83","7697","6509")") != std::string::npos);
}

TEST_CASE("ibkr stream commands: every stream asks for what tells of a halt, of availability and of unknown contracts") {
  for (const Channel channel : {Channel::Ticker, Channel::Quote, Channel::Status}) {
    const std::string text = market_data_command("1", fields_of(channel, InstrumentKind::Index));
    for (const char* field : {R"("31")", R"("6509")", R"("55")"}) CHECK(text.find(field) != std::string::npos);
  }
  CHECK((fields_of(Channel::Quote, InstrumentKind::Cash) & kQuoteValues) == kQuoteValues);
  CHECK(fields_of(Channel::Trade, InstrumentKind::Cash) == 0);
  CHECK(fields_of(Channel::OrderBook, InstrumentKind::Cash) == 0);
}

TEST_CASE("ibkr line budget: a free line goes to whoever waits longest") {
  LineBudget budget(2, "lines_max");
  for (std::uint64_t i = 1; i <= 5; ++i) budget.enter(i, "S" + std::to_string(i));
  CHECK(budget.holds(2));
  CHECK_FALSE(budget.holds(3));
  budget.leave(4);  // waited
  budget.leave(1);
  CHECK(budget.holds(3));
  CHECK(budget.waiting_count() == 1);
  budget.enter(1, "S1");  // it came first, and left
  CHECK_FALSE(budget.holds(1));
  budget.leave(2);
  CHECK(budget.holds(1));
  budget.leave(77);
  CHECK(budget.waiting_count() == 1);
}

TEST_CASE("ibkr line budget: the words name as many holders as a state's reason has room for") {
  LineBudget budget(100, "lines_max");
  for (std::uint64_t i = 0; i < 120; ++i) budget.enter(i, "NASDAQ:S" + std::to_string(i));
  CHECK(budget.words() == "lines_max (100) is reached; held by NASDAQ:S0, NASDAQ:S1, NASDAQ:S2, NASDAQ:S3, NASDAQ:S4 and 95 more");
  CHECK(budget.words().size() <= LineBudget::kWordsBytesMax);
  LineBudget wide(3, "depth_max");
  for (std::uint64_t i = 0; i < 3; ++i) wide.enter(i, std::string(60, static_cast<char>('A' + i)));
  CHECK(wide.words() == "depth_max (3) is reached; held by AAAAAAAAAAAAAAAAAAAAA..., BBBBBBBBBBBBBBBBBBBBB... and 1 more");
  LineBudget none(0, "depth_max");
  none.enter(1, "S");
  CHECK_FALSE(none.holds(1));
  CHECK(none.words() == "depth_max is 0: nothing of this kind is asked for");
}

TEST_CASE("ibkr frame hints: the topic is found wherever it stands, and nowhere else") {
  CHECK(topic_of(R"({"topic":"smd+265598@ARCA","31":"1"})") == "smd+265598@ARCA");
  CHECK(topic_of(R"({"args":{"message":"\"topic\":\"smd+1\""}, "topic" : "sts"})") == "sts");
  for (const char* frame :
       {"", "{}", R"({"topic")", R"({"topic":)", R"({"topic":7})", R"({"topic":"smd)", R"({"topic":"s\"md"})", R"(["topic","smd"])"}) {
    CHECK(topic_of(frame).empty());
  }
}

TEST_CASE("ibkr frame hints: what a message says of its market") {
  CHECK_FALSE(market_hint(R"({"84":"1","topic":"smd+1"})").moving.has_value());
  CHECK_FALSE(market_hint(R"({"84":"1","topic":"smd+1"})").traded.has_value());
  for (const char* moving : {R"({"6509":"RpB"})", R"({"6509":"DPB"})"}) CHECK(market_hint(moving).moving == true);
  for (const char* still : {R"({"6509":"ZB"})", R"({"6509":"Y"})", R"({"6509":"N"})", R"({"6509":"O"})"}) CHECK(market_hint(still).moving == false);
  for (const char* odd : {R"({"6509":""})", R"({"6509":"i"})", R"({"6509":7})", R"({"6509":null})", R"({"6509":")"}) {
    CHECK_FALSE(market_hint(odd).moving.has_value());
  }
  CHECK(market_hint(R"({"31":"C271.67"})").traded == false);
  for (const char* traded : {R"({"31":"271.67"})", R"({"31":"H271.67"})", R"({"31" : "-1.5"})"}) CHECK(market_hint(traded).traded == true);
  for (const char* odd : {R"({"31":"N/A"})", R"({"31":""})", R"({"31":null})", R"({"7631":"C1"})"}) CHECK_FALSE(market_hint(odd).traded.has_value());
}
