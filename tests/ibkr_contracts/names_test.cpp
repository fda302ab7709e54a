// Texts that the broker can be asked about, and how contracts are named.
#include <doctest/doctest.h>

#include <string>

#include "brokers/ibkr/contract_name.hpp"

using namespace tidegate;
using namespace tidegate::ibkr;

namespace {

using Form = ContractQuery::Form;
constexpr UtcTime kNovember2026{1'795'000'000'000'000'000};

ContractQuery read(std::string_view text) {
  const auto query = read_contract_name(text, kNovember2026);
  REQUIRE_MESSAGE(query.has_value(), text);
  return *query;
}

}  // namespace

TEST_CASE("ibkr contract names: a text is a venue, a symbol and a conid, the symbol alone if need be") {
  CHECK(read("NASDAQ:AAPL").venue == "NASDAQ");
  CHECK(read("NASDAQ:AAPL").symbol == "AAPL");
  CHECK(read("AAPL").venue.empty());
  CHECK(read("AAPL").form == Form::Plain);
  CHECK(read("BRK B").symbol == "BRK B");
  CHECK(read("NYSE:BRK.B").form == Form::Plain);
  CHECK(read("SEHK:0700").symbol == "0700");
  CHECK(read("NASDAQ:SAME#900000003").conid == 900'000'003);
  CHECK(read("NASDAQ:SAME#900000003").symbol == "SAME");
}

TEST_CASE("ibkr contract names: what no symbol looks like is not asked for") {
  for (const char* text : {"",
                           ":",
                           "NASDAQ:",
                           ":AAPL",
                           "nasdaq:AAPL",
                           "A,B",
                           "AAPL ",
                           " AAPL",
                           "AA\nPL",
                           "AAPL\x7f",
                           "A:B:C",
                           "AAPL#",
                           "AAPL#x",
                           "AAPL#0",
                           "AAPL#0123",
                           "AAPL#1234567890123456789",
                           "265598@ARCA",
                           "ibkr#12@ARCA",
                           "A?B",
                           "A\"B",
                           "\xc3\x84",
                           "NAME OF EXCHANGE:AAPL"}) {
    CHECK_MESSAGE(!is_contract_name(text), text);
    CHECK_MESSAGE(!read_contract_name(text, kNovember2026), text);
  }
  CHECK(is_contract_name(std::string(40, 'A')));
  CHECK_FALSE(is_contract_name(std::string(41, 'A')));
  CHECK_FALSE(is_contract_name(std::string(21, 'A') + ":AAPL"));
}

TEST_CASE("ibkr contract names: currencies are two codes with a dot, at their own venue") {
  const auto query = read("IDEALPRO:EUR.USD");
  CHECK(query.form == Form::Currency);
  CHECK(query.root == "EUR");
  CHECK(query.quote == "USD");
  CHECK(read("EUR.USD").form == Form::Currency);
  CHECK(read("LSE:EUR.USD").form == Form::Plain);
  CHECK(read("EUR.usd").form == Form::Plain);
}

TEST_CASE("ibkr contract names: a future's month is a letter and one or two digits of the year") {
  const auto query = read("CME:ESZ26");
  CHECK(query.form == Form::Month);
  CHECK(query.root == "ES");
  CHECK(query.month == ContractMonth{2026, 12});
  CHECK(read("CME:ESZ6").month == ContractMonth{2026, 12});
  CHECK(read("M2KH7").root == "M2K");
  CHECK(read("ZNH27").root == "ZN");
  CHECK(month_name("ES", {2026, 12}) == "ESZ26");
  CHECK(month_name("CL", {2031, 1}) == "CLF31");
  for (const char* text : {"Z6", "ESA6", "ESZ", "ESZ126", "E.SZ6", "SMART:ESZ6"}) CHECK_MESSAGE(read(text).form == Form::Plain, text);
}

TEST_CASE("ibkr contract names: a single digit is the nearest year whose month has not gone by") {
  CHECK(read("ESX6").month == ContractMonth{2026, 11});
  CHECK(read("ESV6").month == ContractMonth{2036, 10});
  CHECK(read("ESF7").month == ContractMonth{2027, 1});
  CHECK(read("ESZ5").month == ContractMonth{2035, 12});
  CHECK(read("ESF0").month == ContractMonth{2030, 1});
}

TEST_CASE("ibkr contract names: a future's day is a date that exists") {
  const auto query = read("CME:ES-20261218");
  CHECK(query.form == Form::Date);
  CHECK(query.root == "ES");
  CHECK(date_name("ES", query.expiry) == "ES-20261218");
  for (const char* text : {"ES-20261318", "ES-20260230", "ES-2026121", "ES-19991218", "ES-2026121x", "-20261218"}) {
    CHECK_MESSAGE(read(text).form == Form::Plain, text);
  }
}

TEST_CASE("ibkr contract names: months are written as the broker writes them") {
  CHECK(broker_month({2026, 12}) == "DEC26");
  CHECK(broker_month({2030, 1}) == "JAN30");
  CHECK(next_month({2026, 12}) == ContractMonth{2027, 1});
  CHECK(next_month({2026, 1}) == ContractMonth{2026, 2});
}
