// The login session: one per key, renewed by plan, never fought over.
#include <doctest/doctest.h>

#include "tests/session/xts_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::set_xts;
using test::XtsFixture;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

std::uint16_t last_code(const test::TestHost& host) { return host.last(FrameKind::Refused)->code; }

}  // namespace

TEST_CASE_FIXTURE(XtsFixture, "xts login: key, secret and source go out, and the token comes back in every call and in the socket's query") {
  open_one();
  CHECK(xts.last_call("POST", "/auth/login").body == R"({"appKey":"appkeyappkey","secretKey":"secretsecret","source":"WEBAPI"})");
  CHECK(xts.last_call("POST", "/auth/login").authorization.empty());
  CHECK(xts.last_call("POST", "/instruments/subscription").authorization == xts.token);
  CHECK(xts.last_call("POST", "/instruments/master").authorization == xts.token);
  CHECK(xts.upgrades.front().target ==
        "/apimarketdata/socket.io/?token=" + xts.token + "&userID=U1&publishFormat=JSON&broadcastMode=Full&EIO=3&transport=websocket");
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: refused credentials are tried once, whatever subscribers do, until their source changes") {
  xts.keys_refused = {std::string{test::kXtsSecret}};
  start();
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == "login refused (Invalid Credentials): renew the environment variable XTS_SECRET_KEY, and restart");
  for (std::uint32_t i = 1; i < 4; ++i) {
    wish({want(i, Channel::Ticker, "NSE:RELIANCE")});
    run_on(loop, 20ms);
  }
  CHECK(xts.logins == 1);
  CHECK(xts.upgrades.empty());
  CHECK(statuses(BrokerState::AuthRequired) == 1);
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  renew_secret("bettersecret");
  REQUIRE(until_carried({"1501 1_2885"}));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(xts.logins == 2);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: what is missing from its source is named, and found again") {
  host.fresh.problem = "xts.yaml:3:17: brokers.xts.secret_key: the file xts.secret is missing";
  start();
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == host.fresh.problem);
  run_on(loop, 30ms);
  CHECK(xts.logins == 0);
  host.fresh = {config, {}};
  REQUIRE(until_state(BrokerState::Live));
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: trouble that is not the credentials' is tried again") {
  SUBCASE("a rate limit") { xts.login_answer = test::xts_error(429, "e-apirl-0004", "Rate limit exceeded for user U1"); }
  SUBCASE("the broker's own fault") { xts.login_answer = test::xts_error(500, "e-app-002", "Internal Error"); }
  SUBCASE("a page in place of an answer") {
    xts.login_answer = net::HttpResponse{.status = 404, .content_type = "text/html", .body = "<html>Cannot POST</html>"};
  }
  SUBCASE("an answer without a token") {
    xts.login_answer = net::HttpResponse{.status = 200, .content_type = "application/json", .body = R"({"type":"success","result":{"token":7}})"};
  }
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return xts.logins >= 2; }));
  CHECK_FALSE(host.was_in_state(BrokerState::AuthRequired));
  xts.login_answer.reset();
  REQUIRE(until_carried({"1501 1_2885"}));
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: a token that dies is replaced by one login, and everything is subscribed again") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::OrderBook, "NSE:TCS")});
  REQUIRE(until_carried({"1501 1_2885", "1502 1_11536"}));
  REQUIRE(until([&] { return host.accepted(kSecond, Channel::OrderBook) == 1; }));
  xts.other_login();
  SUBCASE("told by REST") {
    wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::OrderBook, "NSE:TCS"), want(3, Channel::Ticker, "NSE:INFY")});
  }
  SUBCASE("told by the upgrade") { xts.cut_all(); }
  SUBCASE("told by an error packet") { xts.send_all("44\"Invalid Token\""); }
  SUBCASE("told by an error packet with an object, and the end of the namespace") {
    xts.send_all(R"(44{"message":"Token is not valid"})");
    xts.send_all("41");
  }
  REQUIRE(until([&] { return xts.carried.contains("1501 1_2885") && xts.carried.contains("1502 1_11536"); }));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 2 && host.accepted(kSecond, Channel::OrderBook) == 2; }));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(xts.logins == 2);
  CHECK(host.count_of(FrameKind::Opened) == 2);
  CHECK(host.count_of(FrameKind::Closed) == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: an instrument that is already subscribed, a limit and a slow-down are no dead token") {
  open_one();
  SUBCASE("already") { xts.next_subscription_answers = {test::xts_error(400, "e-session-0002", "Instrument Already Subscribed !")}; }
  SUBCASE("limit") { xts.limit = 1; }
  SUBCASE("rate") { xts.next_subscription_answers = {test::xts_error(429, "e-apirl-0004", "Rate limit exceeded for user U1")}; }
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return xts.calls_of("POST", "/instruments/subscription") >= 2; }));
  run_on(loop, 40ms);
  CHECK(xts.logins == 1);
  CHECK(host.count_of(FrameKind::Opened) == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: another login that takes the session is told once with 4033, and not fought") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return host.accepted(kSecond, Channel::Ticker) == 1; }));
  xts.other_login();
  SUBCASE("the socket says so, and stays open") { xts.send_all(R"(42["logout","You have been logged out by another user."])"); }
  SUBCASE("the token dies, and the next one too") {
    xts.send_all("44\"Invalid Token\"");
    REQUIRE(until([&] { return host.accepted(kSecond, Channel::Ticker) == 2; }));
    CHECK(xts.logins == 2);
    xts.other_login();
    xts.send_all("44\"Invalid Token\"");
  }
  REQUIRE(until_state(BrokerState::Down));
  const int logins = xts.logins;
  CHECK(reason().starts_with("another login took this app_key's session: stop that program and restart, or renew the environment"));
  CHECK(host.refused(kFirst, Channel::Ticker) == 1);
  CHECK(host.refused(kSecond, Channel::Ticker) == 1);
  CHECK(last_code(host) == 4033);
  CHECK(host.last(FrameKind::Refused)->bytes.size() <= 103);
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS"), want(3, Channel::Trade, "NSE:INFY")});
  REQUIRE(until([&] { return host.refused(InstrumentId{3}, Channel::Trade) == 1; }));
  CHECK(last_code(host) == 4033);
  run_on(loop, 60ms);
  CHECK(xts.logins == logins);
  CHECK(xts.peers.empty());
  CHECK(statuses(BrokerState::Down) == 1);
  CHECK(host.count_of(FrameKind::Refused) == 3);
}

TEST_CASE_FIXTURE(XtsFixture,
                  "xts login: a session that was taken comes back with other credentials, after competing_wait, or when a person wants it") {
  bool renews = false;
  bool asked = false;
  SUBCASE("other credentials") { renews = true; }
  SUBCASE("competing_wait") { set_xts(config, "competing_wait", "30ms"); }
  SUBCASE("a person") { asked = true; }
  open_one();
  xts.other_login();
  xts.send_all(R"(42["logout","You have been logged out by another user."])");
  REQUIRE(until_state(BrokerState::Down));
  if (renews) renew_secret("bettersecret");
  if (asked) session->reconnect();
  REQUIRE(until_carried({"1501 1_2885"}));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 2; }));
  REQUIRE(until_state(BrokerState::Live));
  CHECK(xts.logins == 2);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: a token that is refused from the start is the address's fault, not another program's") {
  set_xts(config, "relogin_interval", "30ms");
  xts.check_token = false;
  xts.greeting = {"44\"Invalid Token\""};
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until_state(BrokerState::Down));
  CHECK(reason().find("socket_path") != std::string::npos);
  CHECK(host.count_of(FrameKind::Refused) == 0);
  xts.greeting = {"40"};
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: the token is renewed before it ends, with a new socket and everything subscribed again") {
  host.shifted_clock.set(UtcTime{1'764'000'000'000'000'000});
  std::chrono::seconds later{};
  SUBCASE("as its claims say") {
    xts.token_seconds = 7200;
    later = 105min + 1s;
  }
  SUBCASE("at the planned time of day") {  // the clock stands at 21:30 in India
    set_xts(config, "login_at", "08:00");
    later = 10h + 31min;
  }
  open_one();
  host.shifted_clock.shift += later - 2min;
  run_on(loop, 40ms);
  CHECK(xts.logins == 1);
  host.shifted_clock.shift += 2min;
  REQUIRE(until([&] { return xts.logins == 2; }));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 2; }));
  REQUIRE(until_carried({"1501 1_2885"}));
  CHECK(host.count_of(FrameKind::Opened) == 2);
  CHECK(host.last(FrameKind::Closed)->bytes == "planned new login");
  CHECK(xts.last_texts.back() == "41");
  REQUIRE(until_state(BrokerState::Live));
  run_on(loop, 30ms);
  CHECK(xts.logins == 2);
  CHECK(xts.upgrades.back().query("token") == xts.token);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: the old socket's word that it was logged out by our own new login is no competing session") {
  host.shifted_clock.set(UtcTime{1'764'000'000'000'000'000});
  xts.token_seconds = 7200;
  open_one();
  host.shifted_clock.shift += 2h;
  REQUIRE(until([&] { return xts.logins == 2; }));
  xts.send_all(R"(42["logout","You have been logged out by another user."])");
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 2; }));
  CHECK(host.count_of(FrameKind::Refused) == 0);
  CHECK(xts.logins == 2);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: stopping ends the session at the broker when that is wanted") {
  bool wanted = false;
  SUBCASE("wanted") {
    set_xts(config, "logout_on_stop", "true");
    wanted = true;
  }
  SUBCASE("not wanted") {}
  open_one();
  const std::string token = xts.token;
  session->stop();
  if (!wanted) {
    run_on(loop, 40ms);
    CHECK(xts.calls_of("DELETE", "/auth/logout") == 0);
    return;
  }
  REQUIRE(until([&] { return xts.calls_of("DELETE", "/auth/logout") == 1; }));
  CHECK(xts.last_call("DELETE", "/auth/logout").authorization == token);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: neither token nor credentials are in any frame or report") {
  open_one();
  const std::string first = xts.token;
  xts.send_all(R"(44"odd words about )" + std::string{test::kXtsKey} + " and " + first + "\"");
  REQUIRE(until([&] { return host.count_of(FrameKind::Opened) == 2; }));
  xts.keys_refused = {std::string{test::kXtsSecret}};
  xts.login_answer = test::xts_error(400, "e-1", "no " + std::string{test::kXtsKey} + " " + std::string{test::kXtsSecret});
  xts.other_login();
  xts.cut_all();
  REQUIRE(until([&] { return host.in_state(BrokerState::AuthRequired) || host.in_state(BrokerState::Down); }));
  REQUIRE(until([&] { return host.report.state == host.last(FrameKind::Status)->broker_state; }));
  for (const RawFrame& frame : host.frames) {
    for (const std::string& secret : {std::string{test::kXtsKey}, std::string{test::kXtsSecret}, first}) {
      CHECK(frame.bytes.find(secret) == std::string::npos);
      CHECK(frame.request.find(secret) == std::string::npos);
    }
  }
  CHECK(host.report.reason.find(test::kXtsSecret) == std::string::npos);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: a list that wants a token gets one") {
  xts.list_wants_token = true;
  open_one();
  CHECK(host.list_count == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts login: stop is silent at every phase") {
  SUBCASE("before anything came") { start(); }
  SUBCASE("logging in") {
    start();
    REQUIRE(until([&] { return xts.logins == 1; }));
  }
  SUBCASE("connecting") {
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until([&] { return !host.instruments.empty(); }));
  }
  SUBCASE("open") { open_one(); }
  SUBCASE("subscribing") {
    xts.hold_subscription_answers = true;
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until([&] { return xts.held.size() == 1; }));
  }
  SUBCASE("waiting for the next attempt") {
    xts.refusals = 1000;
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until_state(BrokerState::Reconnecting));
  }
  SUBCASE("refused credentials") {
    xts.keys_refused = {std::string{test::kXtsSecret}};
    start();
    REQUIRE(until_state(BrokerState::AuthRequired));
  }
  SUBCASE("a competing session") {
    open_one();
    xts.other_login();
    xts.send_all(R"(42["logout","You have been logged out by another user."])");
    REQUIRE(until_state(BrokerState::Down));
  }
  SUBCASE("polling") {
    set_xts(config, "poll_first", "true");
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until([&] { return !xts.polled.empty(); }));
  }
  session->stop();
  const std::size_t frames = host.frames.size();
  const int reports = host.report_count;
  const int logins = xts.logins;
  session->stop();
  wish({want(2, Channel::Ticker, "NSE:TCS")});
  xts.keys_refused.clear();
  renew_secret("another");
  for (const auto& answer : xts.held) answer();
  run_on(loop, 80ms);
  CHECK(host.frames.size() == frames);
  CHECK(host.report_count == reports);
  CHECK(xts.peers.empty());
  CHECK(xts.logins - logins <= 1);  // one may have been on its way
}
