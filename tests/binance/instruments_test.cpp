#include "brokers/binance/instruments.hpp"

#include <doctest/doctest.h>

#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::parse_exchange_info;

namespace {

std::string own_body(std::string_view name) {
  std::string body;
  for (const std::string& line : read_lines(own_fixture("binance") / name)) body += line + "\n";
  return body;
}

}  // namespace

TEST_CASE("binance instruments: spot symbols carry assets, status and steps") {
  const auto info = parse_exchange_info(own_body("exchange_info.json"), "BINANCE");
  REQUIRE(info.ok());
  REQUIRE(info->instruments.size() == 3);
  const Instrument& first = info->instruments[0];
  CHECK(first.symbol() == "BINANCE:ABCUSDT");
  CHECK(first.native.text == "ABCUSDT");
  CHECK(first.native.segment == 0);
  CHECK(first.base == "ABC");
  CHECK(first.quote == "USDT");
  CHECK(first.status == "TRADING");
  CHECK(first.trading);
  CHECK(first.tick_size == Decimal{1, -2});
  CHECK(first.lot_size == Decimal{1, -1});
  CHECK_FALSE(first.expiry.known());
  CHECK(info->weight_per_minute == 6000);
}

TEST_CASE("binance instruments: a status other than TRADING does not trade, and symbols may be UTF-8") {
  const auto info = parse_exchange_info(own_body("exchange_info.json"), "BINANCE");
  CHECK(info->instruments[1].name == "\u6d4b\u8bd5\u5e01USDT");
  CHECK(info->instruments[1].status == "BREAK");
  CHECK_FALSE(info->instruments[1].trading);
}

TEST_CASE("binance instruments: a step of zero is no step") {
  const auto info = parse_exchange_info(own_body("exchange_info.json"), "BINANCE");
  CHECK(info->instruments[2].name == "FREEUSDT");
  CHECK_FALSE(info->instruments[2].tick_size.present());
  CHECK_FALSE(info->instruments[2].lot_size.present());
}

TEST_CASE("binance instruments: entries that cannot be read are skipped and counted") {
  const auto info = parse_exchange_info(own_body("exchange_info.json"), "BINANCE");
  CHECK(info->skipped == 3);
  CHECK(info->first_skipped.reason == Reason::MissingField);
  CHECK(info->first_skipped.field == "baseAsset");
}

TEST_CASE("binance instruments: dated futures expire, perpetual ones do not") {
  const auto info = parse_exchange_info(own_body("usdm_exchange_info.json"), "BINANCE-USDM");
  REQUIRE(info.ok());
  REQUIRE(info->instruments.size() == 4);
  CHECK(info->instruments[0].symbol() == "BINANCE-USDM:ABCUSDT");
  CHECK_FALSE(info->instruments[0].expiry.known());
  CHECK_FALSE(info->instruments[1].expiry.known());
  CHECK(info->instruments[2].expiry == UtcTime::from_milliseconds(1798185600000));
  CHECK_FALSE(info->instruments[3].trading);
  CHECK(info->weight_per_minute == 2400);
  CHECK(info->skipped == 0);
}

TEST_CASE("binance instruments: an answer without a list, or cut anywhere, is refused") {
  CHECK(parse_exchange_info("{}", "BINANCE").error().reason == Reason::MissingField);
  CHECK(parse_exchange_info("[]", "BINANCE").error().field == "symbols");
  CHECK(parse_exchange_info(R"({"symbols":{}})", "BINANCE").error().reason == Reason::MissingField);
  CHECK(parse_exchange_info("<html>", "BINANCE").error().reason == Reason::BadJson);
  CHECK(parse_exchange_info(std::string(100'000, '['), "BINANCE").error().reason == Reason::BadJson);
  for (const std::string_view name : {"exchange_info.json", "usdm_exchange_info.json"}) {
    const std::string body = own_body(name);
    const std::size_t end = body.rfind('}');
    for (std::size_t cut = 0; cut <= end; ++cut) {
      if (parse_exchange_info(body.substr(0, cut), "BINANCE").ok()) FAIL_CHECK(name, " cut at ", cut);
    }
  }
}

TEST_CASE("binance instruments: recorded lists of both markets are read") {
  const auto path = shared_fixture("binance/vectors/rest.jsonl");
  if (skipped_without(path)) return;
  int lists = 0;
  for (const std::string& line : read_lines(path)) {
    if (line.find("exchangeInfo ") == std::string::npos) continue;
    const bool spot = line.find("/api/v3/exchangeInfo") != std::string::npos;
    const auto expectation = line.find(R"(,"expect":)");
    const std::string answer = expectation == std::string::npos ? line : line.substr(0, expectation) + "}";
    const auto info = parse_exchange_info(raw_frame(answer), spot ? "BINANCE" : "BINANCE-USDM");
    REQUIRE(info.ok());
    REQUIRE(!info->instruments.empty());
    const Instrument& first = info->instruments[0];
    CHECK(first.name == "BTCUSDT");
    CHECK(first.tick_size == (spot ? Decimal{1, -2} : Decimal{1, -1}));
    CHECK(first.lot_size == (spot ? Decimal{1, -5} : Decimal{1, -4}));
    CHECK(first.trading);
    CHECK_FALSE(first.expiry.known());
    CHECK(info->weight_per_minute == 6000);
    CHECK(info->skipped == 0);
    ++lists;
  }
  CHECK(lists == 2);
}
