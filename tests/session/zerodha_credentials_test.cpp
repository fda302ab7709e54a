// The daily access token: refused once, never tried again until it changes.
#include <doctest/doctest.h>

#include <optional>

#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::KiteFixture;
using test::run_on;
using test::set_kite;

namespace {

constexpr InstrumentId kFirst{1};

struct CheckFixture : KiteFixture {
  CredentialAnswer ask() {
    std::optional<CredentialAnswer> answer;
    const auto check = zerodha::kZerodha.check_credentials(config, loop, [&](CredentialAnswer given) { answer = std::move(given); });
    CHECK_FALSE(answer);
    REQUIRE(until([&] { return answer.has_value(); }));
    return *answer;
  }
};

}  // namespace

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: a refused token is tried once, whatever subscribers do, and the reason names the cure") {
  kite.tokens_refused = {std::string{test::kKiteToken}};
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == "access token refused (403): log in again and renew the file kite.token");
  CHECK(reason().size() <= 119);
  for (std::uint32_t i = 2; i < 6; ++i) {
    wish({want(1, Channel::Ticker, "NSE:INFY"), want(i, Channel::Ticker, "NSE:TCS")});
    run_on(loop, 20ms);
  }
  wish({});
  run_on(loop, 20ms);
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  run_on(loop, 40ms);
  CHECK(kite.upgrades.size() == 1);
  CHECK(host.in_state(BrokerState::AuthRequired));
  CHECK(host.counters().rate_limited == 0);
  CHECK(host.config_reads > 3);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: a renewed token is found, and all subscriptions and modes are back") {
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  kite.tokens_refused = {std::string{test::kKiteToken}};
  kite.cut_all();
  REQUIRE(until_state(BrokerState::AuthRequired));
  REQUIRE(until([&] { return kite.upgrades.size() == 2; }));
  run_on(loop);
  CHECK(kite.upgrades.size() == 2);
  renew_token("secondtoken");
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.upgrades.size() == 3);
  CHECK(kite.upgrades.back().query("access_token") == "secondtoken");
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: each renewed token is tried once") {
  kite.tokens_refused = {std::string{test::kKiteToken}, "secondtoken"};
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  renew_token("secondtoken");
  REQUIRE(until([&] { return kite.upgrades.size() == 2; }));
  run_on(loop, 80ms);
  CHECK(kite.upgrades.size() == 2);
  CHECK(host.in_state(BrokerState::AuthRequired));
  renew_token("thirdtoken");
  REQUIRE(until_carried({{408065, "quote"}}));
  CHECK(kite.upgrades.size() == 3);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: several connections share the refusal, and an open one goes on delivering") {
  set_kite(config, "instruments_per_connection", "1");
  open_one();
  kite.tokens_refused = {std::string{test::kKiteToken}};
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:RELIANCE"), want(3, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  run_on(loop, 80ms);
  // Both may have been under way when the first refusal came, but there is no third.
  CHECK(kite.upgrades.size() >= 2);
  CHECK(kite.upgrades.size() <= 3);
  CHECK(kite.peers.size() == 1);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  const std::size_t frames = host.count_of(FrameKind::Binary);
  kite.send_all_binary(test::ltp_message(408065));
  REQUIRE(until([&] { return host.count_of(FrameKind::Binary) == frames + 1; }));
  CHECK(host.in_state(BrokerState::AuthRequired));
  renew_token("secondtoken");
  REQUIRE(until_carried({{408065, "quote"}, {738561, "quote"}, {2953217, "quote"}}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: a source that is gone parks without an attempt, and is found again") {
  host.fresh.problem = "zerodha.yaml:3:17: brokers.zerodha.access_token: the file kite.token is missing; log in: tidegate login zerodha";
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == host.fresh.problem);
  run_on(loop);
  CHECK(kite.upgrades.empty());
  host.fresh = {config, {}};
  REQUIRE(until_carried({{408065, "quote"}}));
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: an empty token is no token") {
  host.fresh.config = config;
  renew_token("");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == "access_token is empty: renew the file kite.token");
  run_on(loop);
  CHECK(kite.upgrades.empty());
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha credentials: only the credentials are taken from the fresh configuration") {
  host.fresh.config = config;
  host.fresh.config.ws_url = "ws://127.0.0.1:1";
  renew_token("freshtoken");
  set_kite(host.fresh.config, "ticker_mode", "full");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "quote"}}));
  CHECK(kite.upgrades.front().query("access_token") == "freshtoken");
}

TEST_CASE_FIXTURE(CheckFixture, "zerodha check: a handshake that is accepted proves the token, and is closed at once") {
  const CredentialAnswer answer = ask();
  CHECK(answer.verdict == CredentialAnswer::Verdict::Works);
  REQUIRE(until([&] { return kite.peers.empty() && !kite.close_codes.empty(); }));
  CHECK(kite.close_codes.front() == 1000);
  CHECK(kite.upgrades.front().target == "/?api_key=kitekey&access_token=firsttoken");
}

TEST_CASE_FIXTURE(CheckFixture, "zerodha check: 403 refuses the token, anything else says nothing about it") {
  using Verdict = CredentialAnswer::Verdict;
  kite.refusals = 1;
  kite.refusal_status = 403;
  CredentialAnswer answer = ask();
  CHECK(answer.verdict == Verdict::Refused);
  CHECK(answer.words.find("tidegate login") != std::string::npos);
  for (const int status : {429, 400, 503}) {
    kite.refusals = 1;
    kite.refusal_status = status;
    answer = ask();
    CHECK(answer.verdict == Verdict::Unknown);
    CHECK(answer.words.find(std::to_string(status)) != std::string::npos);
    CHECK(answer.words.find(test::kKiteToken) == std::string::npos);
  }
  config.ws_url = "ws://127.0.0.1:1";
  CHECK(ask().verdict == Verdict::Unknown);
}

TEST_CASE_FIXTURE(CheckFixture, "zerodha check: destroying it ends it without an answer") {
  bool answered = false;
  auto check = zerodha::kZerodha.check_credentials(config, loop, [&](CredentialAnswer) { answered = true; });
  check.reset();
  run_on(loop);
  CHECK_FALSE(answered);
  check = zerodha::kZerodha.check_credentials(config, loop, [&](CredentialAnswer) {
    answered = true;
    check.reset();
  });
  REQUIRE(until([&] { return answered; }));
  CHECK(check == nullptr);
}
