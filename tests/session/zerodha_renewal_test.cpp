// A renewed access token while the connection of the old one runs: a connection with the new one takes over.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::KiteFixture;
using test::run_on;
using test::set_kite;

namespace {

struct RenewedToken : KiteFixture {
  RenewedToken() { set_kite(config, "renewal_settle", "60ms"); }
  [[nodiscard]] bool until_taken_over(std::size_t times = 1) {
    return until([&] { return host.count_of(FrameKind::TakenOver) == times; });
  }
  [[nodiscard]] std::string token_of(std::size_t upgrade) const { return std::string{kite.upgrades.at(upgrade).query("access_token")}; }
};

}  // namespace

TEST_CASE_FIXTURE(RenewedToken, "zerodha renewal: a connection with the new token carries everything before the old one is closed") {
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  REQUIRE(until_state(BrokerState::Live));
  renew_token("secondtoken");
  REQUIRE(until_taken_over());
  CHECK(host.last(FrameKind::TakenOver)->code == kJointProven);
  CHECK(host.last(FrameKind::TakenOver)->bytes.find("access token") != std::string::npos);
  REQUIRE(until([&] { return kite.peers.size() == 1; }));
  CHECK(kite.peer().modes == Modes{{408065, "quote"}, {738561, "full"}});
  CHECK(kite.upgrades.size() == 2);
  CHECK(token_of(1) == "secondtoken");
  CHECK(host.asked(InstrumentId{1}, Channel::Ticker) == 2);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK_FALSE(host.was_in_state(BrokerState::Reconnecting));
  run_on(loop, 100ms);
  CHECK(kite.upgrades.size() == 2);  // the token in use is the newest
}

TEST_CASE_FIXTURE(RenewedToken,
                  "zerodha renewal: the old connection delivers until the new one does, and what the new one said before is not repeated") {
  open_one();
  renew_token("secondtoken");
  REQUIRE(until([&] { return kite.peers.size() == 2; }));
  const std::size_t before = host.count_of(FrameKind::Binary);
  kite.send_all_binary(std::string("\0\x01\0\x04\0\x06\x3A\x01", 8));
  REQUIRE(until([&] { return host.count_of(FrameKind::Binary) == before + 1; }));
  CHECK(host.last(FrameKind::Binary)->session == 1);
  REQUIRE(until_taken_over());
  run_on(loop, 20ms);
  CHECK(host.count_of(FrameKind::Binary) <= before + 2);  // the answer to the new subscription is older than the settling time allows
}

TEST_CASE_FIXTURE(RenewedToken, "zerodha renewal: a new token that is refused costs nothing, is tried once, and the next one takes over") {
  kite.tokens_refused = {"secondtoken"};
  open_one();
  renew_token("secondtoken");
  REQUIRE(until_state(BrokerState::AuthRequired));
  run_on(loop, 100ms);
  CHECK(kite.upgrades.size() == 2);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(kite.carried() == Modes{{408065, "quote"}});
  renew_token("thirdtoken");
  REQUIRE(until_taken_over());
  CHECK(kite.upgrades.size() == 3);
  CHECK(token_of(2) == "thirdtoken");
  REQUIRE(until_state(BrokerState::Live));
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(RenewedToken, "zerodha renewal: where the key's limit leaves no room for two, the old connection stays until it is lost") {
  set_kite(config, "connections_max", "1");
  open_one();
  renew_token("secondtoken");
  run_on(loop, 100ms);
  CHECK(kite.upgrades.size() == 1);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  kite.cut_all();
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  CHECK(token_of(1) == "secondtoken");
  REQUIRE(until_carried({{408065, "quote"}}));
}

TEST_CASE_FIXTURE(RenewedToken, "zerodha renewal: several connections are renewed one after the other") {
  set_kite(config, "instruments_per_connection", "1");
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until_carried({{408065, "quote"}, {738561, "full"}}));
  REQUIRE(until([&] { return host.count_of(FrameKind::Asked) == 2; }));
  renew_token("secondtoken");
  std::size_t most = 0;
  REQUIRE(until([&] {
    most = std::max(most, kite.peers.size());
    return host.count_of(FrameKind::TakenOver) == 2 && kite.peers.size() == 2;
  }));
  CHECK(most == 3);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(kite.carried() == Modes{{408065, "quote"}, {738561, "full"}});
}

TEST_CASE_FIXTURE(RenewedToken, "zerodha renewal: a token that is gone from its source ends nothing") {
  open_one();
  host.fresh.problem = "the file kite.token is gone";
  run_on(loop, 100ms);
  CHECK(kite.upgrades.size() == 1);
  CHECK(host.in_state(BrokerState::Live));
}
