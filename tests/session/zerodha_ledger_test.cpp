// The pure parts of the Zerodha session: what a connection carries, its address, trading days, options.
#include <doctest/doctest.h>

#include "brokers/common/safe_text.hpp"
#include "brokers/common/trading_day.hpp"
#include "brokers/zerodha/adapter.hpp"
#include "brokers/zerodha/mode_ledger.hpp"
#include "brokers/zerodha/url.hpp"
#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using zerodha::Command;
using zerodha::Mode;
using zerodha::ModeLedger;

namespace {

std::vector<std::string> drain(ModeLedger& ledger, std::size_t batch = 500) {
  std::vector<std::string> texts;
  while (const auto command = ledger.next(batch)) texts.push_back(command->text());
  CHECK_FALSE(ledger.work_left());
  return texts;
}

using Texts = std::vector<std::string>;

UtcTime at(std::chrono::sys_days day, Duration since_midnight) { return UtcTime{Duration{day.time_since_epoch() + since_midnight}.count()}; }

}  // namespace

TEST_CASE("zerodha ledger: a token is subscribed, and its mode is always sent as well") {
  ModeLedger ledger;
  ledger.want(408065, Mode::Quote);
  ledger.want(265, Mode::Ltp);
  ledger.want(884737, Mode::Full);
  CHECK(ledger.work_left());
  CHECK(ledger.carried_count() == 0);
  CHECK(drain(ledger) == Texts{R"({"a":"subscribe","v":[265,408065,884737]})", R"({"a":"mode","v":["ltp",[265]]})",
                               R"({"a":"mode","v":["quote",[408065]]})", R"({"a":"mode","v":["full",[884737]]})"});
  CHECK(ledger.carried_count() == 3);
  CHECK(ledger.wanted_count() == 3);
  CHECK(ledger.sent_mode(884737) == Mode::Full);
}

TEST_CASE("zerodha ledger: a mode goes up and down without a new subscription") {
  ModeLedger ledger;
  ledger.want(1, Mode::Quote);
  drain(ledger);
  ledger.want(1, Mode::Full);
  CHECK(drain(ledger) == Texts{R"({"a":"mode","v":["full",[1]]})"});
  ledger.want(1, Mode::Ltp);
  CHECK(drain(ledger) == Texts{R"({"a":"mode","v":["ltp",[1]]})"});
  ledger.want(1, Mode::Full);
  ledger.want(1, Mode::Ltp);
  CHECK(drain(ledger).empty());
}

TEST_CASE("zerodha ledger: unsubscribing goes first, and makes room") {
  ModeLedger ledger;
  ledger.want(1, Mode::Quote);
  drain(ledger);
  ledger.want(2, Mode::Quote);
  ledger.want(1, Mode::None);
  CHECK(ledger.occupied() == 2);
  CHECK(ledger.wanted_count() == 1);
  CHECK(drain(ledger) == Texts{R"({"a":"unsubscribe","v":[1]})", R"({"a":"subscribe","v":[2]})", R"({"a":"mode","v":["quote",[2]]})"});
  CHECK(ledger.occupied() == 1);
  CHECK_FALSE(ledger.carries(1));
}

TEST_CASE("zerodha ledger: what was dropped and is wanted again before the broker was told stays as it is") {
  ModeLedger ledger;
  ledger.want(1, Mode::Full);
  drain(ledger);
  ledger.want(1, Mode::None);
  ledger.want(1, Mode::Full);
  CHECK(drain(ledger).empty());
  ledger.want(2, Mode::Full);
  ledger.want(2, Mode::None);
  CHECK(drain(ledger).empty());
  CHECK_FALSE(ledger.knows(2));
}

TEST_CASE("zerodha ledger: every command keeps to the batch") {
  ModeLedger ledger;
  for (std::uint32_t token = 1; token <= 5; ++token) ledger.want(token, Mode::Full);
  CHECK(drain(ledger, 2) == Texts{R"({"a":"subscribe","v":[1,2]})", R"({"a":"subscribe","v":[3,4]})", R"({"a":"subscribe","v":[5]})",
                                  R"({"a":"mode","v":["full",[1,2]]})", R"({"a":"mode","v":["full",[3,4]]})", R"({"a":"mode","v":["full",[5]]})"});
  for (std::uint32_t token = 1; token <= 3; ++token) ledger.want(token, Mode::None);
  CHECK(drain(ledger, 2) == Texts{R"({"a":"unsubscribe","v":[1,2]})", R"({"a":"unsubscribe","v":[3]})"});
}

TEST_CASE("zerodha ledger: a new connection is told everything again, modes included, and nothing that is not wanted") {
  ModeLedger ledger;
  ledger.want(1, Mode::Full);
  ledger.want(2, Mode::Ltp);
  ledger.want(3, Mode::Ltp);
  drain(ledger);
  ledger.want(3, Mode::None);
  ledger.forget_sent();
  CHECK(ledger.carried_count() == 0);
  CHECK(ledger.occupied() == 2);
  CHECK(ledger.sent_mode(1) == Mode::None);
  CHECK(drain(ledger) == Texts{R"({"a":"subscribe","v":[1,2]})", R"({"a":"mode","v":["ltp",[2]]})", R"({"a":"mode","v":["full",[1]]})"});
}

TEST_CASE("zerodha ledger: settled tokens are found in turn, and half-told ones are not") {
  ModeLedger ledger;
  CHECK_FALSE(ledger.settled_after(0));
  ledger.want(5, Mode::Full);
  CHECK_FALSE(ledger.settled_after(0));
  ledger.want(9, Mode::Full);
  drain(ledger);
  CHECK(ledger.settled_after(0) == 5U);
  CHECK(ledger.settled_after(5) == 9U);
  CHECK(ledger.settled_after(9) == 5U);
  ledger.want(5, Mode::Ltp);
  CHECK(ledger.settled_after(9) == 9U);
}

TEST_CASE("zerodha url: credentials are percent-encoded, and there is always a path") {
  const zerodha::Credentials credentials{"key", "a+b/c=&d"};
  const std::string query = "api_key=key&access_token=a%2Bb%2Fc%3D%26d";
  CHECK(zerodha::ticker_url("wss://ws.kite.trade", credentials) == "wss://ws.kite.trade/?" + query);
  CHECK(zerodha::ticker_url("wss://ws.kite.trade/", credentials) == "wss://ws.kite.trade/?" + query);
  CHECK(zerodha::ticker_url("ws://127.0.0.1:80/feed", credentials) == "ws://127.0.0.1:80/feed?" + query);
  CHECK(zerodha::ticker_url("ws://[::1]:80?x=1", credentials) == "ws://[::1]:80/?x=1&" + query);
  CHECK(zerodha::masked_ticker_url("wss://ws.kite.trade") == "wss://ws.kite.trade/?api_key=***&access_token=***");
  CHECK(common::percent_encoded("aZ09-._~ \xC3\xA4") == "aZ09-._~%20%C3%A4");
}

TEST_CASE("zerodha url: words of the broker are shown without control bytes and without the credentials") {
  const zerodha::Credentials credentials{"key", "secret"};
  CHECK(zerodha::printable("bad\nkey: secret, secret\x80", credentials) == "bad.***: ***, ***.");
  CHECK(zerodha::printable(std::string(1000, 'x'), credentials, 20) == std::string(20, 'x'));
  CHECK(zerodha::printable("anything", {}) == "anything");
}

TEST_CASE("zerodha trading day: it begins at the configured time in India") {
  using namespace std::chrono;
  const sys_days day = 2026y / November / 20;
  const Duration begin = 8h + 30min;  // 03:00 UTC
  CHECK(common::trading_day(at(day, 2h + 59min), begin) == day - days{1});
  CHECK(common::trading_day(at(day, 3h), begin) == day);
  CHECK(common::trading_day(at(day, 23h), begin) == day);
  CHECK(common::next_trading_day(at(day, 2h + 59min), begin) == at(day, 3h));
  CHECK(common::next_trading_day(at(day, 3h), begin) == at(day + days{1}, 3h));
  // Midnight in India is 18:30 UTC of the day before.
  CHECK(common::trading_day(at(day, 18h + 29min), 0h) == day);
  CHECK(common::trading_day(at(day, 18h + 30min), 0h) == day + days{1});
  CHECK(common::next_trading_day(at(day, 1h), 0h) == at(day, 18h + 30min));
  CHECK(common::to_text(day) == "2026-11-20");
  CHECK(common::parse_trading_day("2026-11-20") == day);
  for (const auto* bad : {"2026-02-30", "2026-13-01", "2026-1-011", "20261120", "2026-11-2x", "", "-026-11-20"}) {
    CHECK_FALSE(common::parse_trading_day(bad));
  }
}

TEST_CASE("zerodha options: every default is accepted, and credentials and the time of day are seen to") {
  BrokerConfig config = test::kite_config();
  CHECK(zerodha::complaint(config).empty());
  test::set_kite(config, "instruments_at", "25:00");
  CHECK(zerodha::complaint(config).starts_with("instruments_at: "));
  for (const auto* text : {"8:30", "08:60", "0830", "", "08:3x", "08:300"}) {
    Duration ignored{};
    CHECK_FALSE(common::parse_time_of_day(text, ignored));
  }
  test::set_kite(config, "access_token", "");
  CHECK(zerodha::complaint(config).starts_with("access_token: "));
  test::set_kite(config, "api_key", "");
  CHECK(zerodha::complaint(config).starts_with("api_key: "));
}

TEST_CASE("zerodha adapter: an id under instruments: is an instrument token, and nothing else") {
  NativeId native;
  REQUIRE(zerodha::kZerodha.parse_native("738561", native));
  CHECK(native.token == 738561);
  CHECK(native.segment == 1);
  CHECK(native.text.empty());
  for (const auto* bad : {"", "0", "-1", "12x", " 12", "4294967296", "0x10"}) CHECK_FALSE(zerodha::kZerodha.parse_native(bad, native));
  REQUIRE(zerodha::kZerodha.parse_native("4294967295", native));
}

TEST_CASE("zerodha adapter: an index has a ticker only, everything else the other three as well") {
  const BrokerConfig config = test::kite_config();
  Instrument index;
  index.kind = InstrumentKind::Index;
  Instrument share;
  share.kind = InstrumentKind::Cash;
  for (const Channel channel : {Channel::Trade, Channel::Quote, Channel::OrderBook}) {
    CHECK(zerodha::kZerodha.serves(config, share, channel));
    CHECK_FALSE(zerodha::kZerodha.serves(config, index, channel));
  }
  CHECK(zerodha::kZerodha.serves(config, index, Channel::Ticker));
  CHECK_FALSE(zerodha::kZerodha.serves(config, share, Channel::Candle1m));
  CHECK(zerodha::kZerodha.unlisted_symbol(config, NativeRef{.segment = 1, .token = 408065, .text = {}}) == "zerodha#408065");
}
