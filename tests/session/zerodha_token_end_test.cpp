// A token that ends, and secrets that programs give: what is told, and how often the broker is tried.
#include <doctest/doctest.h>

#include "tests/session/zerodha_fixture.hpp"
#include "tests/support/utc.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::KiteFixture;
using test::run_on;
using test::utc;

TEST_CASE_FIXTURE(KiteFixture, "zerodha token: it ends at six in India, which the report says, and the status an hour before") {
  SUBCASE("in the day nothing is told") {
    host.shifted_clock.set(utc(2026, 11, 26, 4, 0));
    open_one();
    REQUIRE(until([&] { return host.report.credential_expires == utc(2026, 11, 27, 0, 30); }));
    CHECK(reason().empty());
  }
  SUBCASE("in the last hour it is, with the remedy") {
    host.shifted_clock.set(utc(2026, 11, 26, 23, 45));
    open_one();
    REQUIRE(until([&] { return reason() == "the access token ends at 2026-11-27T00:30:00.000Z: renew the file kite.token"; }));
    CHECK(host.in_state(BrokerState::Live));
    REQUIRE(until([&] { return host.report.reason == reason(); }));
  }
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha token: once a new one is there nothing is told, and it counts from the next connection on") {
  host.shifted_clock.set(utc(2026, 11, 26, 23, 45));
  open_one();
  REQUIRE(until([&] { return !reason().empty(); }));
  host.shifted_clock.set(utc(2026, 11, 27, 3, 0));
  renew_token("secondtoken");
  kite.cut_all();
  REQUIRE(until([&] { return host.report.credential_expires == utc(2026, 11, 28, 0, 30); }));
  REQUIRE(until([&] { return host.in_state(BrokerState::Live) && reason().empty(); }));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha programs: a connection waits until they have ended, and nobody is held up meanwhile") {
  host.hold_preparations = true;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return !host.held_preparations.empty(); }));
  run_on(loop, 40ms);
  CHECK(kite.upgrades.empty());
  CHECK(host.config_reads == 0);
  host.hold_preparations = false;
  host.end_preparations();
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.upgrades.size() == 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha programs: they are asked before each connection") {
  open_one();
  const int before = host.config_preparations;
  kite.cut_all();
  REQUIRE(until([&] { return kite.upgrades.size() == 2; }));
  CHECK(host.config_preparations > before);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha programs: what they give is tried once when it is refused, and again only when they give something else") {
  kite.tokens_refused = {std::string{test::kKiteToken}};
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::AuthRequired));
  const int before = host.config_preparations;
  REQUIRE(until([&] { return host.config_preparations > before + 3; }));  // asked again and again, and compared
  CHECK(kite.upgrades.size() == 1);
  renew_token("secondtoken");
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.upgrades.size() == 2);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha programs: one that ends after everything was stopped changes nothing") {
  host.hold_preparations = true;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return !host.held_preparations.empty(); }));
  session->stop();
  host.end_preparations();
  run_on(loop, 40ms);
  CHECK(kite.upgrades.empty());
}
