// Rows of the master and entries of index lists as instruments.
#include "brokers/xts/instruments.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "brokers/xts/instrument_answer.hpp"
#include "brokers/zerodha/instruments.hpp"
#include "tests/support/paths.hpp"
#include "tests/xts_list/rows.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using common::ParsedInstruments;
using tidegate::xts::index_rows;
using tidegate::xts::parse_instruments;
using tidegate::xts::parse_segments;
using tidegate::xts::read_instrument_answer;

namespace {

/// "NSE:ACME 1/512 cash tick 0.01 lot 1"
std::string describe(const Instrument& instrument) {
  std::string out = instrument.symbol() + " " + std::to_string(instrument.native.segment) + "/" + std::to_string(instrument.native.token) +
                    instrument.native.text + " " + std::string{to_text(instrument.kind)};
  if (instrument.tick_size.present()) out += " tick " + to_text(instrument.tick_size);
  if (instrument.lot_size.present()) out += " lot " + to_text(instrument.lot_size);
  if (instrument.strike.present()) out += " strike " + to_text(instrument.strike);
  if (instrument.expiry.known()) out += " until " + to_rfc3339(instrument.expiry);
  return out;
}

std::vector<std::string> describe(const ParsedInstruments& list) {
  std::vector<std::string> lines;
  for (const Instrument& instrument : list.instruments) lines.push_back(describe(instrument));
  return lines;
}

/// The row with one column replaced.
std::string with(const std::string& row, std::size_t column, std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < column; ++i) begin = row.find('|', begin) + 1;
  return row.substr(0, begin) + std::string{text} + row.substr(row.find_first_of("|\n", begin));
}

/// The row cut behind so many columns.
std::string first_columns(const std::string& row, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < count; ++i) end = row.find_first_of("|\n", end) + 1;
  return row.substr(0, end - 1) + "\n";
}

void check_bad(const std::string& row, Reason reason, std::string_view field) {
  CAPTURE(row);
  const ParsedInstruments list = parse_instruments(kReliance + row + kFuture);
  CHECK(list.instruments.size() == 2);
  CHECK(list.bad_rows == 1);
  CHECK(list.first_bad.reason == reason);
  CHECK(list.first_bad.field == field);
  CHECK(list.first_bad_line == 2);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("xts instruments: shares, contracts, spreads and spot prices of every segment have the symbols of other brokers' lists") {
  const ParsedInstruments list = parse_instruments(kNseShares + kBseShare + kNseContracts + kCrude + kGoldSpot);
  CHECK(describe(list) == std::vector<std::string>{
                              "NSE:RELIANCE 1/2885 cash tick 0.1 lot 1",
                              "NSE:771KL43-SG 1/20364 cash tick 0.01 lot 100",
                              "NSE:ACME&CO-BE 1/512 cash tick 0.01 lot 1",
                              "BSE:RELIANCE 11/500325 cash tick 0.05 lot 1",
                              "NFO:NIFTY26JANFUT 2/53001 future tick 0.1 lot 75 until 2026-01-27T00:00:00.000Z",
                              "NFO:NIFTY26JAN25000CE 2/43422 option tick 0.05 lot 75 strike 25000 until 2026-01-27T00:00:00.000Z",
                              "NFO:ACME26JAN102.5PE 2/43423 option tick 0.05 lot 1250 strike 102.5 until 2026-01-27T00:00:00.000Z",
                              "NFO:NIFTY26JANFEBSPD 2/70001 other tick 0.1 lot 75",
                              "MCX:CRUDEOIL26JANFUT 51/447001 future tick 1 lot 100 until 2026-01-19T00:00:00.000Z",
                              "MCX:GOLD 51/900 other tick 1 lot 1",
                          });
  CHECK(list.bad_rows == 0);
  CHECK(list.duplicates == 0);
}

TEST_CASE("xts instruments: every kind of a cash segment's rows is cash, and numbers nobody knows are read too") {
  for (const char* type : {"8", "16", "32", "64", "128", "256", "512", "1024", "0"}) {
    const ParsedInstruments list = parse_instruments(with(kReliance, 2, type));
    REQUIRE(list.instruments.size() == 1);
    CHECK(list.instruments[0].kind == InstrumentKind::Cash);
    CHECK(list.instruments[0].symbol() == "NSE:RELIANCE");
  }
}

TEST_CASE("xts instruments: lines end as they like, and columns may be fewer or more than today") {
  std::string dos = kNseShares + kNseContracts;
  for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2) dos.insert(at, "\r");
  const auto lines = describe(parse_instruments(kNseShares + kNseContracts));
  CHECK(describe(parse_instruments(dos)) == lines);
  CHECK(describe(parse_instruments("\n\r\n" + dos.substr(0, dos.size() - 2))) == lines);

  CHECK(parse_instruments(first_columns(kReliance, 14)).instruments.size() == 1);
  CHECK(parse_instruments(first_columns(kFuture, 17)).instruments.size() == 1);
  CHECK(parse_instruments(first_columns(kCall, 18)).instruments.size() == 1);
  const std::string longer = kCall.substr(0, kCall.size() - 1) + "|new|newer||\n";
  CHECK(describe(parse_instruments(longer)) == describe(parse_instruments(kCall)));
}

TEST_CASE("xts instruments: a bad field is refused with its reason and its column, and costs its row alone") {
  check_bad("no row at all\n", Reason::BadShape, "");
  check_bad("<html><body>|Bad|gateway|</body></html>\n", Reason::BadText, "ExchangeSegment");
  check_bad(with(kReliance, 0, "NSEXX"), Reason::BadText, "ExchangeSegment");
  for (const char* id : {"", "0", "-1", "+1", "2885.0", " 2885", "18446744073709551616", "x"}) {
    check_bad(with(kReliance, 1, id), Reason::BadInteger, "ExchangeInstrumentID");
  }
  for (const char* type : {"", "-8", "eight", "index", "4294967296"}) check_bad(with(kBond, 2, type), Reason::BadInteger, "InstrumentType");
  for (const std::string& name : {std::string{}, std::string(65, 'A'), std::string{"A\tB"}, std::string{"A\xFF"}, std::string("A\0B", 3)}) {
    check_bad(with(kBseShare, 3, name), Reason::BadText, "Name");
    check_bad(with(kBond, 6, name), Reason::BadText, "NameWithSeries");
    check_bad(with(kCall, 4, name), Reason::BadText, "Description");
  }
  for (const char* number : {"abc", "1e5", "-1", "1.", ".5", "+1", "1,5", "NaN", "0x1", " 1"}) {
    check_bad(with(kBond, 11, number), Reason::BadDecimal, "TickSize");
    check_bad(with(kBond, 12, number), Reason::BadDecimal, "LotSize");
    check_bad(with(kCall, 17, number), Reason::BadDecimal, "StrikePrice");
  }
  check_bad(with(kCall, 17, "99999999999999999999"), Reason::Overflow, "StrikePrice");
  for (const char* time : {"", "27-01-2026", "2026-02-30T14:30:00", "2026-01-2", "1969-12-31T00:00:00", "9999-01-01T00:00:00", "14:30:00", "T"}) {
    check_bad(with(kCall, 16, time), Reason::BadText, "ContractExpiration");
  }
  check_bad(first_columns(kReliance, 13), Reason::BadShape, "");
  check_bad(first_columns(kCrude, 16), Reason::MissingField, "ContractExpiration");
  check_bad(first_columns(kCall, 17), Reason::MissingField, "StrikePrice");
}

TEST_CASE("xts instruments: zero and nothing are no tick, lot or strike; what no kind has is not read") {
  const ParsedInstruments list =
      parse_instruments(with(with(kReliance, 11, "0"), 12, "") + with(kFuture, 17, "no strike") + with(kSpread, 16, "two legs"));
  CHECK(describe(list) == std::vector<std::string>{"NSE:RELIANCE 1/2885 cash",
                                                   "NFO:NIFTY26JANFUT 2/53001 future tick 0.1 lot 75 until 2026-01-27T00:00:00.000Z",
                                                   "NFO:NIFTY26JANFEBSPD 2/70001 other tick 0.1 lot 75"});
}

TEST_CASE("xts instruments: numbers are read whole, without a double") {
  const ParsedInstruments list = parse_instruments(with(with(with(kCall, 1, "18446744073709551615"), 11, "0.0000001"), 17, "0.30000000000000004"));
  REQUIRE(list.instruments.size() == 1);
  CHECK(describe(list.instruments[0]) ==
        "NFO:NIFTY26JAN25000CE 2/18446744073709551615 option tick 0.0000001 lot 75 strike 0.30000000000000004 until 2026-01-27T00:00:00.000Z");
}

TEST_CASE("xts instruments: the first row with a symbol or an id wins within its segment, and the others are counted") {
  const ParsedInstruments list = parse_instruments(kReliance + with(kReliance, 1, "9") + with(kReliance, 3, "OTHER") + kBseShare + kReliance +
                                                   kFuture + with(kFuture, 1, "2885"));
  CHECK(describe(list) == std::vector<std::string>{"NSE:RELIANCE 1/2885 cash tick 0.1 lot 1", "BSE:RELIANCE 11/500325 cash tick 0.05 lot 1",
                                                   "NFO:NIFTY26JANFUT 2/53001 future tick 0.1 lot 75 until 2026-01-27T00:00:00.000Z"});
  CHECK(list.duplicates == 4);
  CHECK(list.bad_rows == 0);
}

TEST_CASE("xts instruments: what is no master gives no instruments") {
  CHECK(parse_instruments("").instruments.empty());
  CHECK(parse_instruments("\n\n\r\n").bad_rows == 0);
  for (const std::string& text :
       {std::string{"<!DOCTYPE html>\n<html>\n<body>Cannot POST /instruments/master</body>\n</html>\n"}, std::string(1U << 20U, 'x'),
        std::string(1U << 20U, '|'), std::string(1000, '\0'), std::string{"{\"type\":\"error\"}"}, std::string{"NSECM|1|8"}}) {
    const ParsedInstruments list = parse_instruments(text);
    CHECK(list.instruments.empty());
    CHECK(list.bad_rows > 0);
  }
}

TEST_CASE("xts instruments: every truncation of a master gives the rows that are whole, and at most one that is cut") {
  const std::string text = kNseShares + kBseShare + kNseContracts + kCrude + kGoldSpot;
  const auto whole = describe(parse_instruments(text));
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string cut = text.substr(0, length);
    const auto lines = static_cast<std::size_t>(std::count(cut.begin(), cut.end(), '\n'));
    const ParsedInstruments list = parse_instruments(cut);
    REQUIRE(list.instruments.size() + list.bad_rows == lines + (cut.empty() || cut.back() == '\n' ? 0 : 1));
    REQUIRE(list.bad_rows <= 1);
    for (std::size_t i = 0; i < lines; ++i) REQUIRE(describe(list.instruments[i]) == whole[i]);
  }
}

TEST_CASE("xts instruments: a whole master of options is read") {
  constexpr std::size_t kRows = 115'000;
  std::string text;
  for (std::size_t i = 1; i <= kRows; ++i) text += with(with(kCall, 1, std::to_string(i)), 4, "NIFTY26JAN" + std::to_string(i) + "CE");
  const ParsedInstruments list = parse_instruments(text);
  CHECK(list.instruments.size() == kRows);
  CHECK(list.bad_rows == 0);
  CHECK(list.instruments.back().symbol() == "NFO:NIFTY26JAN115000CE");
}

TEST_CASE("xts indices: an entry is split at its last underscore, and one that is none is counted") {
  const std::vector<std::string_view> entries = {"NIFTY 50_26000", "INDIA_VIX_26002", " NIFTY BANK _26001", "NIFTY",         "_26003",  "NIFTY_",
                                                 "NIFTY_0",        "NIFTY_2x",        "NIF|TY_26004",       "NIF\nTY_26005", "NIFTY_-1"};
  std::uint64_t bad = 0;
  const std::string rows = index_rows(*tidegate::xts::find_segment("NSECM"), entries, bad);
  CHECK(rows == "NSECM|26000|INDEX|NIFTY 50\nNSECM|26002|INDEX|INDIA_VIX\nNSECM|26001|INDEX|NIFTY BANK\n");
  CHECK(bad == 8);
  CHECK(describe(parse_instruments(rows)) ==
        std::vector<std::string>{"NSE:NIFTY 50 1/26000 index", "NSE:INDIA_VIX 1/26002 index", "NSE:NIFTY BANK 1/26001 index"});
  CHECK(index_rows(*tidegate::xts::find_segment(11), std::vector<std::string_view>{"SENSEX_1"}, bad) == "BSECM|1|INDEX|SENSEX\n");
  CHECK(parse_instruments("BSECM|1|INDEX").bad_rows == 1);
  CHECK(parse_instruments("BSECM|1|INDEX|").bad_rows == 1);
}

TEST_CASE("xts indices: a share with an index's name or id is left out and counted") {
  const ParsedInstruments list =
      parse_instruments("NSECM|26000|INDEX|NIFTY 50\n" + with(kReliance, 3, "NIFTY 50") + with(kReliance, 1, "26000") + kBond);
  CHECK(describe(list) == std::vector<std::string>{"NSE:NIFTY 50 1/26000 index", "NSE:771KL43-SG 1/20364 cash tick 0.01 lot 100"});
  CHECK(list.duplicates == 2);
}

TEST_CASE("xts segments: names are read in any spacing, each once, and one that is none is named") {
  const auto segments = parse_segments(" NSEFO,NSECM , NSEFO");
  REQUIRE(segments.ok());
  REQUIRE(segments->size() == 2);
  CHECK((*segments)[0]->number == 2);
  CHECK((*segments)[1]->number == 1);
  const auto unknown = parse_segments("NSECM,NSEXX,NSEFO");
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().reason == Reason::BadText);
  CHECK(unknown.error().field == "NSEXX");
  CHECK(parse_segments("").error().reason == Reason::MissingField);
  CHECK(parse_segments("NSECM,,NSEFO").error().reason == Reason::BadText);
  CHECK(parse_segments("nsecm").error().reason == Reason::BadText);
}

TEST_CASE("xts instrument answer: a master's text comes unescaped, an index list by its entries, an error by its words") {
  std::string master = R"({"type":"success","code":"s-response-0001","description":"ok","result":"NSECM|1|8|A\u0026B\nNSECM|2|8|\"C\""})";
  auto answer = read_instrument_answer(master);
  REQUIRE(answer.ok());
  CHECK(answer->success);
  CHECK(answer->rows == "NSECM|1|8|A&B\nNSECM|2|8|\"C\"");
  CHECK(answer->index_entries.empty());

  std::string indices =
      R"([{"result":{"exchangeSegment":1,"more":{"indexList":["no"]},"indexList":["NIFTY 50_26000",7,["no"],"X_1"],"z":["no"]},"type":"success"}])";
  answer = read_instrument_answer(indices);
  REQUIRE(answer.ok());
  CHECK(answer->success);
  CHECK(answer->index_entries == std::vector<std::string_view>{"NIFTY 50_26000", "X_1"});
  CHECK(answer->rows.empty());

  std::string error = R"({"type":"error","code":"e-session-0007","description":"Invalid Token","result":{"type":"success"}})";
  answer = read_instrument_answer(error);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->success);
  CHECK(answer->description == "Invalid Token");
}

TEST_CASE("xts instrument answer: what is no envelope is refused") {
  for (const std::string_view text : {"", "<html>404</html>", "NSECM|1|8", "{", R"({"type":"success"}x)", R"({"type":"success","result":"a)"}) {
    std::string body{text};
    CHECK(read_instrument_answer(body).error().reason == Reason::BadJson);
  }
  std::string zero = std::string{R"({"type":"success"})"} + '\0' + "more";
  CHECK(read_instrument_answer(zero).error().reason == Reason::BadJson);
  for (const std::string& text : {std::string(1000, '['), std::string(100, '[') + std::string(100, ']')}) {
    std::string body = text;
    CHECK(read_instrument_answer(body).error().reason == Reason::BadJson);
  }
  for (const std::string_view text :
       {"{}", "[]", "null", "7", R"("type")", R"({"a":{"type":"success"}})", R"([[{"type":"success"}]])", R"({"type":7})"}) {
    std::string body{text};
    CHECK(read_instrument_answer(body).error().reason == Reason::MissingField);
  }
}

TEST_CASE("xts instruments: the master rows of others are read whole") {
  const auto shares = test::shared_fixture("xts") / "rest" / "master.NSECM.txt";
  const auto contracts = test::shared_fixture("xts") / "rest" / "master.NSEFO.synth.txt";
  if (test::skipped_without(shares) || test::skipped_without(contracts)) return;
  const ParsedInstruments cash = parse_instruments(read_file(shares));
  CHECK(describe(cash) == std::vector<std::string>{"NSE:TTKHLTCARE 1/11369 cash tick 0.05 lot 1", "NSE:771KL43-SG 1/20364 cash tick 0.01 lot 100",
                                                   "NSE:68PN26-SG 1/21711 cash tick 0.01 lot 100"});
  CHECK(cash.bad_rows == 0);
  const ParsedInstruments derivatives = parse_instruments(read_file(contracts));
  CHECK(describe(derivatives) ==
        std::vector<std::string>{"NFO:NIFTY26JANFUT 2/53001 future tick 0.1 lot 75 until 2026-01-27T00:00:00.000Z",
                                 "NFO:NIFTY26JAN25000CE 2/43422 option tick 0.05 lot 75 strike 25000 until 2026-01-27T00:00:00.000Z"});
  CHECK(derivatives.bad_rows == 0);
}

TEST_CASE("xts instruments: the same instruments from Zerodha's list differ in their native ids alone") {
  const auto kite = zerodha::parse_instruments(
      "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n"
      "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE\n"
      "738561,2885,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.1,1,EQ,NSE,NSE\n"
      "5213184,20364,771KL43-SG,SDL KL 7.71% 2043,0,,0,0.01,100,EQ,NSE,NSE\n"
      "128083204,500325,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.05,1,EQ,BSE,BSE\n"
      "13568258,53001,NIFTY26JANFUT,NIFTY,0,2026-01-27,0,0.1,75,FUT,NFO-FUT,NFO\n"
      "11116034,43422,NIFTY26JAN25000CE,NIFTY,0,2026-01-27,25000,0.05,75,CE,NFO-OPT,NFO\n");
  REQUIRE(kite.ok());
  const ParsedInstruments xts = parse_instruments("NSECM|26000|INDEX|NIFTY 50\n" + kReliance + kBond + kBseShare + kFuture + kCall);
  REQUIRE(xts.instruments.size() == 6);
  REQUIRE(kite->instruments.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    Instrument one = xts.instruments[i];
    Instrument other = kite->instruments[i];
    one.native = other.native = NativeId{};
    CHECK(describe(one) == describe(other));
    CHECK(one.venue == other.venue);
    CHECK(one.base == other.base);
    CHECK(one.quote == other.quote);
    CHECK(one.status == other.status);
    CHECK(one.trading == other.trading);
  }
}
