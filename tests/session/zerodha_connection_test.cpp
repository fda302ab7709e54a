// Refusals, silence, and what the broker says in text.
#include <doctest/doctest.h>

#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::KiteFixture;
using test::run_on;
using test::set_kite;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

}  // namespace

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: a fourth connection's refusal waits as long as configured, and names the limit") {
  set_kite(config, "rate_limit_wait", "1h");
  kite.refusals = 1000;
  kite.refusal_status = 429;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::Reconnecting));
  CHECK(reason().find("429: Kite allows 3 connections per api_key") != std::string::npos);
  CHECK(reason().size() <= 119);
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:TCS")});
  run_on(loop, 80ms);
  CHECK(kite.upgrades.size() == 1);
  CHECK(host.counters().rate_limited == 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: after the wait for 429 it connects") {
  set_kite(config, "rate_limit_wait", "20ms");
  kite.refusals = 2;
  kite.refusal_status = 429;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "quote"}}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.upgrades.size() == 3);
  CHECK(host.counters().rate_limited == 2);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: a malformed request is our fault: down, and not tried again for long") {
  set_kite(config, "refused_wait", "1h");
  kite.refusals = 1000;
  SUBCASE("400") { kite.refusal_status = 400; }
  SUBCASE("404") { kite.refusal_status = 404; }
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_state(BrokerState::Down));
  CHECK(reason().find(std::to_string(kite.refusal_status)) != std::string::npos);
  run_on(loop, 80ms);
  CHECK(kite.upgrades.size() == 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: the broker's own trouble is tried again with backoff") {
  kite.refusals = 3;
  SUBCASE("502") { kite.refusal_status = 502; }
  SUBCASE("503") { kite.refusal_status = 503; }
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until_carried({{408065, "quote"}}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(kite.upgrades.size() == 4);
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  CHECK_FALSE(host.was_in_state(BrokerState::Down));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: heartbeats alone make it ask for one instrument again, and the answer keeps it open") {
  set_kite(config, "data_timeout", "30ms");
  set_kite(config, "probe_timeout", "2s");
  kite.heartbeat_every = 5ms;
  kite.start_heartbeats();
  start();
  wish({want(1, Channel::OrderBook, "NSE:INFY"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Ticker) == 1; }));
  REQUIRE(until([&] { return kite.commands_of("unsubscribe") >= 2; }));
  const auto& commands = kite.peer().commands;
  const auto probe = std::find_if(commands.begin(), commands.end(), [](const std::string& text) { return text.find("unsubscribe") < text.size(); });
  REQUIRE(commands.end() - probe >= 3);
  // The newest data was of the last instrument in the list.
  CHECK(probe[0] == R"({"a":"unsubscribe","v":[2953217]})");
  CHECK(probe[1] == R"({"a":"subscribe","v":[2953217]})");
  CHECK(probe[2] == R"({"a":"mode","v":["quote",[2953217]]})");
  REQUIRE(until_carried({{408065, "full"}, {2953217, "quote"}}));
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(kite.upgrades.size() == 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: a probe without an answer replaces it, and everything is asked for again") {
  set_kite(config, "data_timeout", "30ms");
  set_kite(config, "probe_timeout", "30ms");
  kite.heartbeat_every = 5ms;
  kite.answers = false;
  kite.start_heartbeats();
  start();
  wish({want(1, Channel::OrderBook, "NSE:INFY")});
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  CHECK(host.last(FrameKind::Closed)->bytes.find("not even when it was asked for") != std::string::npos);
  kite.answers = true;
  REQUIRE(until([&] { return kite.upgrades.size() >= 2 && kite.carried() == Modes{{408065, "full"}}; }));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: total silence is cut, before and after data") {
  set_kite(config, "heartbeat_timeout", "40ms");
  kite.answers = false;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 2; }));
  CHECK(host.last(FrameKind::Closed)->bytes.find("heartbeats stopped") != std::string::npos);
  CHECK(kite.upgrades.size() >= 2);
  REQUIRE(until([&] { return kite.carried() == Modes{{408065, "quote"}}; }));
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: data alone, without heartbeats, keeps it open") {
  set_kite(config, "heartbeat_timeout", "1s");
  open_one();
  for (int i = 0; i < 12; ++i) {
    kite.send_all_binary(test::ltp_message(408065));
    run_on(loop, 100ms);
  }
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: an error that names a token refuses its wishes in the broker's words") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:TCS"), want(2, Channel::Quote, "NSE:TCS")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Quote) == 1; }));
  kite.send_all_text(R"({"type":"error","data":"token 408065 is not entitled"})");
  REQUIRE(until([&] { return host.refused(kFirst, Channel::Ticker) == 1; }));
  CHECK(host.last(FrameKind::Refused)->code == 4031);
  CHECK(host.last(FrameKind::Refused)->bytes == "token 408065 is not entitled");
  CHECK(host.count_of(FrameKind::Refused) == 1);
  CHECK(host.counters().broker_errors == 1);
  CHECK(host.last(FrameKind::Text)->bytes.find("not entitled") != std::string::npos);
  CHECK(kite.peers.size() == 1);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: an error right after the subscription of one instrument is its answer") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::OrderBook, "NSE:TCS"), want(2, Channel::Quote, "NSE:TCS")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Quote) == 1; }));
  kite.send_all_text(R"({"type":"error","data":"Can't subscribe to more than 3000 instruments."})");
  REQUIRE(until([&] { return host.refused(kSecond, Channel::OrderBook) == 1; }));
  CHECK(host.refused(kSecond, Channel::Quote) == 1);
  CHECK(host.refused(kFirst, Channel::Ticker) == 0);
}

TEST_CASE_FIXTURE(KiteFixture, "zerodha connection: an error that nobody can be blamed for is counted, and nothing else") {
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Ticker) == 1; }));
  for (int i = 0; i < 50; ++i) kite.send_all_text(R"({"type":"error","data":"something 12 went wrong, 99999999999999"})");
  kite.send_all_text(R"({"type":"message","data":"maintenance tonight"})");
  kite.send_all_text(R"({"type":"error"})");
  kite.send_all_text("not JSON");
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) == 53; }));
  CHECK(host.counters().broker_errors == 51);
  CHECK(host.count_of(FrameKind::Refused) == 0);
  CHECK(kite.peers.size() == 1);
}
