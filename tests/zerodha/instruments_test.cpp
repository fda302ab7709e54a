#include "brokers/zerodha/instruments.hpp"

#include <algorithm>

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::zerodha;
using tidegate::zerodha::InstrumentCsv;
using tidegate::zerodha::parse_instruments;

namespace {

constexpr std::string_view kHeader =
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n";

InstrumentCsv parse(const std::string& rows) {
  auto list = parse_instruments(std::string{kHeader} + rows);
  REQUIRE(list.ok());
  return std::move(*list);
}

/// "NSE:ACME 1/256001 cash tick 5e-2 lot 1"
std::string describe(const Instrument& instrument) {
  std::string out = instrument.symbol() + " " + std::to_string(instrument.native.segment) + "/" + std::to_string(instrument.native.token) +
                    instrument.native.text + " " + std::string{to_text(instrument.kind)};
  if (instrument.tick_size.present()) out += " tick " + text(instrument.tick_size);
  if (instrument.lot_size.present()) out += " lot " + text(instrument.lot_size);
  if (instrument.strike.present()) out += " strike " + text(instrument.strike);
  if (instrument.expiry.known()) out += " until " + to_rfc3339(instrument.expiry);
  return out;
}

void check_bad(const std::string& row, Reason reason, std::string_view field) {
  CAPTURE(row);
  const InstrumentCsv list = parse(row + "\n408065,1594,GOOD,GOOD,0,,,0.05,1,EQ,NSE,NSE\n");
  CHECK(list.instruments.size() == 1);
  CHECK(list.bad_rows == 1);
  CHECK(list.first_bad.reason == reason);
  CHECK(list.first_bad.field == field);
  CHECK(list.first_bad_line == 2);
}

}  // namespace

TEST_CASE("zerodha instruments: columns go by name in any order, and a bad row costs itself") {
  const auto list = parse_instruments(read_file(own_fixture("zerodha") / "instruments.csv"));
  REQUIRE(list.ok());
  std::vector<std::string> lines;
  for (const Instrument& instrument : list->instruments) lines.push_back(describe(instrument));
  CHECK(lines == std::vector<std::string>{
                     "NSE:ACME 1/256001 cash tick 5e-2 lot 1",
                     "NSE:SHARES 50 9/256265 index",
                     "BSE:B SHARES SIXTY 65:35 9/19721 index lot 1",
                     "NSE:S&T-BE 1/256513 cash tick 1e-2 lot 1",
                     "NFO:SHARES31DECFUT 2/12800002 future tick 1e-1 lot 75 until 2031-12-30T00:00:00.000Z",
                     "NFO:SHARES32FEB25050.5CE 2/12800258 option tick 5e-2 lot 75 strike 250505e-1 until 2032-02-29T00:00:00.000Z",
                     "NFO:SHARES31DEC25000PE 2/12800514 option tick 5e-2 lot 75 strike 25000 until 2031-12-30T00:00:00.000Z",
                     "CDS:USDINR31DECFUT 3/15360003 future tick 25e-4 lot 1 until 2031-12-29T00:00:00.000Z",
                     "MCX:METAL31DECFUT 7/17920007 future tick 1 lot 1 until 2031-12-05T00:00:00.000Z",
                     "MCX:METALM31DECFUT 7/17920263 future tick 1 lot 1 until 2031-12-06T00:00:00.000Z",
                     "NCO:GRAIN 11/17920523 other tick 1 lot 1",
                     "NSE:LAST 1/257793 cash tick 5e-2 lot 1",
                 });
  CHECK(list->bad_rows == 7);
  CHECK(list->first_bad.reason == Reason::BadInteger);
  CHECK(list->first_bad.field == "instrument_token");
  CHECK(list->first_bad_line == 13);
}

TEST_CASE("zerodha instruments: a missing column is named, and so is the first one of what is no list at all") {
  for (const std::string_view column :
       {"instrument_token", "tradingsymbol", "expiry", "strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange"}) {
    std::string header{kHeader};
    const auto at = ("," + header).find("," + std::string{column} + (column == "exchange" ? "\n" : ","));
    REQUIRE(at != std::string::npos);
    header.insert(at, "x");
    const auto list = parse_instruments(header + "408065,1594,INFO,INFO,0,,,0.05,1,EQ,NSE,NSE\n");
    REQUIRE_FALSE(list.ok());
    CHECK(list.error().reason == Reason::MissingField);
    CHECK(list.error().field == column);
  }
  for (const char* text : {"", "\n", "<html>Bad gateway</html>", R"({"status":"error"})", "\x1f\x8b\x08"}) {
    const auto list = parse_instruments(text);
    REQUIRE_FALSE(list.ok());
    CHECK(list.error().field == "instrument_token");
  }
}

TEST_CASE("zerodha instruments: columns that are not read may be missing") {
  const auto list = parse_instruments(
      "exchange,segment,instrument_type,lot_size,tick_size,strike,expiry,tradingsymbol,instrument_token\n"
      "NSE,NSE,EQ,1,0.05,,,ACME,256001\n");
  REQUIRE(list.ok());
  CHECK(list->instruments.size() == 1);
  CHECK(parse("").instruments.empty());
}

TEST_CASE("zerodha instruments: a bad field is refused with its reason and its column") {
  for (const char* token : {"", "0", "-1", "+1", "4294967296", "1.0", "1e3", " 256001", "0x10", "token"}) {
    check_bad(std::string{token} + ",1,A,A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadInteger, "instrument_token");
  }
  for (const char* date : {"2031-2-1", "2031-00-10", "2031-13-01", "2031-02-29", "2031/12/30", "31-12-2031", "2031-12-3x", "2031-12-300",
                           "1969-12-31", "9999-01-01", "0000-00-00", "tomorrow"}) {
    check_bad("256001,1,A,A,0," + std::string{date} + ",0,0.05,1,FUT,NFO-FUT,NFO", Reason::BadText, "expiry");
  }
  for (const char* number : {"abc", "1e5", "-1", "1.", ".5", "+1", "1,5", "NaN", "0x1"}) {
    const std::string quoted = "\"" + std::string{number} + "\"";
    check_bad("256001,1,A,A,0,," + quoted + ",0.05,1,EQ,NSE,NSE", Reason::BadDecimal, "strike");
    check_bad("256001,1,A,A,0,,0," + quoted + ",1,EQ,NSE,NSE", Reason::BadDecimal, "tick_size");
    check_bad("256001,1,A,A,0,,0,0.05," + quoted + ",EQ,NSE,NSE", Reason::BadDecimal, "lot_size");
  }
  check_bad("256001,1,A,A,0,,99999999999999999999,0.05,1,EQ,NSE,NSE", Reason::Overflow, "strike");
  check_bad("256001,1,,A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadText, "tradingsymbol");
  check_bad("256001,1,A\tB,A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadText, "tradingsymbol");
  check_bad("256001,1,A\xFF,A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadText, "tradingsymbol");
  check_bad("256001,1," + std::string(65, 'A') + ",A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadText, "tradingsymbol");
  check_bad("256001,1,A,A,0,,0,0.05,1,EQ,NSE,", Reason::BadText, "exchange");
  check_bad("256001,1,A,A,0,,0,0.05,1,EQ,NSE,N:SE", Reason::BadText, "exchange");
  check_bad("256001,1,A,A,0,,0,0.05,1,EQ,NSE", Reason::BadShape, "");
  check_bad("256001,1,A,A, B,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadShape, "");
  check_bad("256001,1,\"A,A,0,,0,0.05,1,EQ,NSE,NSE", Reason::BadShape, "");
}

TEST_CASE("zerodha instruments: the largest token, and a strike read without a double") {
  const InstrumentCsv list = parse("4294967295,1,A,A,0,,0.30000000000000004,0.0000001,1,CE,X,Y\n");
  REQUIRE(list.instruments.size() == 1);
  CHECK(list.instruments[0].native.token == 4'294'967'295U);
  CHECK(list.instruments[0].native.segment == 255);
  CHECK(text(list.instruments[0].strike) == "30000000000000004e-17");
  CHECK(text(list.instruments[0].tick_size) == "1e-7");
}

TEST_CASE("zerodha instruments: an index is one by its segment in the list or by its token") {
  const InstrumentCsv list = parse("2561,10,GIFT,GIFT,0,,0,0,0,EQ,INDICES,NSEIX\n2569,10,OTHER,OTHER,0,,0,0,0,EQ,NSE,NSE\n");
  REQUIRE(list.instruments.size() == 2);
  CHECK(list.instruments[0].kind == InstrumentKind::Index);
  CHECK(list.instruments[1].kind == InstrumentKind::Index);
}

TEST_CASE("zerodha instruments: a whole list of every row's kind is read") {
  constexpr std::size_t kRows = 115'000;
  std::string rows;
  for (std::size_t i = 1; i <= kRows; ++i) {
    const std::string n = std::to_string(i);
    rows += std::to_string(i * 256 + 2) + "," + n + ",NIFTY2692" + n + "CE,\"NIFTY\",0,2026-09-22," + n + ".5,0.05,65,CE,NFO-OPT,NFO\n";
  }
  const InstrumentCsv list = parse(rows);
  CHECK(list.instruments.size() == kRows);
  CHECK(list.bad_rows == 0);
  CHECK(list.instruments.back().symbol() == "NFO:NIFTY2692115000CE");
}

TEST_CASE("zerodha instruments: the broker's sample lists are read whole") {
  for (const char* name : {"instruments_all.csv", "instruments_nse.csv"}) {
    const auto path = shared_fixture("zerodha") / "mocks" / name;
    if (skipped_without(path)) return;
    const auto list = parse_instruments(read_file(path));
    REQUIRE(list.ok());
    CHECK(list->instruments.size() == 99);
    CHECK(list->bad_rows == 0);
    for (const Instrument& instrument : list->instruments) CHECK(instrument.native.segment == (instrument.native.token & 0xFFU));
  }
}
