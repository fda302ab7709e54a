// The login: the preflight step by step, a person who has to log in, another program's session, and everything that goes wrong on the way.
#include <doctest/doctest.h>

#include "tests/session/ibkr_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::IbkrFixture;
using test::json_response;
using test::run_on;
using test::set_ibkr;

namespace {

constexpr InstrumentId kFirst{1};

std::vector<std::string> steps(const test::ScriptedIbkr& ibkr) {
  std::vector<std::string> all;
  for (const auto& call : ibkr.calls) all.push_back(call.method + " " + call.path + (call.body.empty() ? "" : " " + call.body));
  return all;
}

}  // namespace

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: tickle, status and accounts, in this order, with these bytes, before the socket") {
  open_one();
  auto seen = steps(ibkr);
  REQUIRE(seen.size() >= 4);
  CHECK(std::vector(seen.begin(), seen.begin() + 4) ==
        Texts{"POST /tickle", "POST /iserver/auth/status", "GET /iserver/accounts", "GET /trsrv/stocks?symbols=AAPL"});
  CHECK(ibkr.init_bodies.empty());
  const net::HttpRequest& tickle = ibkr.calls.front().request;
  CHECK(tickle.header("Content-Length") == "0");
  CHECK(tickle.header("Authorization").empty());
  CHECK(tickle.header("Cookie").empty());
  CHECK(ibkr.last_call("/iserver/accounts").request.header("Cookie") == "x-sess-uuid=0.abcdef12");
  const net::HttpRequest& upgrade = ibkr.upgrades.at(0);
  CHECK(upgrade.target == "/v1/api/ws");
  CHECK(upgrade.header("Cookie") == "api=" + ibkr.session);
  CHECK(upgrade.header("Sec-WebSocket-Extensions").empty());
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: a brokerage session that is not open is asked for, without competing, and waited for") {
  ibkr.authenticated = false;
  SUBCASE("it opens at once") {}
  SUBCASE("it opens later") {
    ibkr.next["/iserver/auth/ssodh/init"].push_back(json_response(R"({"authenticated":false,"competing":false,"connected":true})"));
    for (int i = 0; i < 3; ++i) {
      ibkr.next["/iserver/auth/status"].push_back(json_response(R"({"authenticated":false,"competing":false,"connected":true})"));
    }
    set_ibkr(config, "init_timeout", "20s");
  }
  SUBCASE("it is authenticated before it is established") {
    ibkr.next["/iserver/auth/ssodh/init"].push_back(json_response(R"({"authenticated":true,"established":false,"competing":false})"));
    ibkr.next["/iserver/auth/status"].push_back(json_response(R"({"authenticated":false,"competing":false})"));
    ibkr.next["/iserver/auth/status"].push_back(json_response(R"({"authenticated":true,"established":false,"competing":false})"));
    set_ibkr(config, "init_timeout", "20s");
  }
  start();
  ibkr.init_opens = true;
  // The scripted session opens with the init that reaches it, or with the last status of a subcase.
  REQUIRE(until([&] { return ibkr.calls_of("POST", "/iserver/auth/ssodh/init") == 1; }));
  ibkr.authenticated = true;
  REQUIRE(until_state(BrokerState::Live));
  CHECK(ibkr.last_call("/iserver/auth/ssodh/init").body == R"({"publish":true,"compete":false})");
  CHECK(ibkr.calls_of("POST", "/iserver/auth/ssodh/init") == 1);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: a brokerage session that does not open is told, and asked for again") {
  ibkr.authenticated = false;
  ibkr.init_opens = false;
  start();
  REQUIRE(until_state(BrokerState::Reconnecting));
  CHECK(reason() == "the brokerage session does not open");
  ibkr.init_opens = true;
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture,
                  "ibkr login: nobody is logged in: says what a person does, asks now and then, opens no socket, and goes on by itself") {
  ibkr.logged_in = false;
  SUBCASE("an error in a good answer") {}
  SUBCASE("401") {
    for (int i = 0; i < 3; ++i) ibkr.next["/tickle"].push_back(json_response(R"({"error":"Unauthorized","statusCode":401})", 401));
  }
  start();
  session->look_up({"NASDAQ:AAPL"});
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason() == "nobody is logged in: open " + ibkr.rest_url().substr(0, ibkr.rest_url().find("/v1")) + " in a browser and log in");
  REQUIRE(until([&] { return ibkr.calls_of("POST", "/tickle") >= 4; }));
  CHECK(statuses(BrokerState::AuthRequired) == 1);
  CHECK(ibkr.upgrades.empty());
  CHECK(ibkr.calls_of("GET", "/trsrv/stocks?symbols=AAPL") == 0);
  ibkr.logged_in = true;
  REQUIRE(until_state(BrokerState::Live));
  REQUIRE(until([&] { return host.found.size() == 1; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: tickle goes on, and what it says of a lost brokerage session is mended") {
  set_ibkr(config, "tickle_interval", "5ms");
  open_one();
  REQUIRE(until([&] { return ibkr.calls_of("POST", "/tickle") >= 5; }));
  CHECK(ibkr.upgrades.size() == 1);
  const std::size_t asked = ibkr.commands_of("smd+265598");
  ibkr.authenticated = ibkr.primed = false;  // and the socket says nothing of it
  REQUIRE(until([&] { return ibkr.commands_of("smd+265598") > asked; }));
  CHECK(ibkr.init_bodies == Texts{R"({"publish":true,"compete":false})"});
  CHECK(ibkr.primed);
  CHECK(ibkr.upgrades.size() == 1);
  CHECK(host.count_of(FrameKind::Opened) == 2);
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: the login that is gone ends everything, says so, and comes back with a person's next one") {
  set_ibkr(config, "tickle_interval", "5ms");
  open_one();
  ibkr.logged_in = ibkr.authenticated = ibkr.primed = false;
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(host.count_of(FrameKind::Closed) == 1);
  const std::size_t before = data_frames();
  ibkr.session = "ffffffffffffffffffffffffffffffff";
  ibkr.logged_in = ibkr.authenticated = true;
  REQUIRE(until([&] { return ibkr.upgrades.size() == 2 && data_frames() > before; }));
  CHECK(ibkr.upgrades.back().header("Cookie") == "api=" + ibkr.session);
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: trouble that a person can do nothing about is tried again") {
  SUBCASE("maintenance") { ibkr.next["/iserver/auth/status"].push_back(json_response(R"({"error":"Service Unavailable"})", 503)); }
  SUBCASE("a page in place of an answer") {
    ibkr.next["/tickle"].push_back(net::HttpResponse{.status = 200, .content_type = "text/html", .body = "<!doctype html><html></html>"});
  }
  SUBCASE("a rate limit") { ibkr.next["/tickle"].push_back(json_response(R"({"error":"Too Many Requests"})", 429)); }
  SUBCASE("accounts that are not there yet") { ibkr.next["/iserver/accounts"].push_back(json_response(R"({"error":"no bridge"})", 500)); }
  SUBCASE("an answer without a session") { ibkr.next["/tickle"].push_back(json_response(R"({"session":7})")); }
  SUBCASE("a status that says nothing") { ibkr.next["/iserver/auth/status"].push_back(json_response(R"([1,2])")); }
  SUBCASE("no JSON") { ibkr.next["/iserver/auth/status"].push_back(json_response("{\"authenticated\":tr", 200)); }
  start();
  REQUIRE(until_state(BrokerState::Live));
  CHECK_FALSE(host.was_in_state(BrokerState::AuthRequired));
  CHECK(statuses(BrokerState::Reconnecting) + statuses(BrokerState::Down) == 1);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: tickle without a brokerage session leads to init, and the session is asked for after it") {
  ibkr.authenticated = false;
  ibkr.next["/tickle"].push_back(json_response(R"({"error":"no bridge"})", 400));
  start();
  REQUIRE(until_state(BrokerState::Live));
  CHECK(ibkr.calls_of("POST", "/tickle") == 2);
  CHECK(ibkr.init_bodies.size() == 1);
}

// ---- another program ----

TEST_CASE_FIXTURE(IbkrFixture, "ibkr competing: another program's session is told once with 4033, never fought over, and taken up when it is left") {
  open_one();
  ibkr.competing = true;
  ibkr.lose_brokerage();
  REQUIRE(until_state(BrokerState::Down));
  CHECK(reason() == "another program has the brokerage session (TWS, mobile): log it out, or give the gateway a user name of its own");
  REQUIRE(until([&] { return host.refused(kFirst, Channel::Ticker) == 1; }));
  CHECK(host.last(FrameKind::Refused)->code == 4033);
  REQUIRE(until([&] { return ibkr.calls_of("POST", "/iserver/auth/status") >= 6; }));
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(1, Channel::Quote, "NASDAQ:AAPL")});
  CHECK(host.refused(kFirst, Channel::Quote) == 1);
  run_on(loop);
  CHECK(host.refused(kFirst, Channel::Ticker) == 1);
  CHECK(statuses(BrokerState::Down) == 1);
  CHECK(ibkr.init_bodies.empty());
  ibkr.competing = false;
  const std::size_t before = data_frames();
  REQUIRE(until([&] { return data_frames() > before; }));
  CHECK(ibkr.init_bodies == Texts{R"({"publish":true,"compete":false})"});
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr competing: taken over where that is wanted, once") {
  set_ibkr(config, "compete", "true");
  ibkr.authenticated = false;
  ibkr.competing = true;
  open_one();
  CHECK(ibkr.init_bodies == Texts{R"({"publish":true,"compete":true})"});
  ibkr.competing = true;
  ibkr.lose_brokerage();
  REQUIRE(until_state(BrokerState::Down));
  run_on(loop);
  CHECK(ibkr.init_bodies.size() == 1);
  CHECK(host.refused(kFirst, Channel::Ticker) == 1);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr competing: taken back after competing_wait, or when a person wants it") {
  bool asked = false;
  SUBCASE("competing_wait") { set_ibkr(config, "competing_wait", "30ms"); }
  SUBCASE("a person") { asked = true; }
  set_ibkr(config, "competing_check", "20s");
  open_one();
  ibkr.competing = true;
  ibkr.lose_brokerage();
  REQUIRE(until_state(BrokerState::Down));
  if (asked) session->reconnect();
  REQUIRE(until([&] { return ibkr.init_bodies == Texts{R"({"publish":true,"compete":true})"}; }));
  REQUIRE(until_state(BrokerState::Live));
}

// ---- limits and words ----

TEST_CASE_FIXTURE(IbkrFixture, "ibkr rest: the rate is kept by all requests together, and after 429 nothing goes out for a while") {
  SUBCASE("the rate") {
    set_ibkr(config, "rest_rate", "4");
    set_ibkr(config, "tickle_spacing", "20s");
    open_one();
    CHECK(ibkr.calls.size() == 4);  // tickle, status, accounts, stocks
    session->look_up({"NYSE:IBM"});
    run_on(loop);
    CHECK(ibkr.calls.size() == 4);
    REQUIRE(until([&] { return ibkr.calls.size() == 5; }));
  }
  SUBCASE("after 429") {
    set_ibkr(config, "rate_limit_wait", "20s");
    ibkr.next["/iserver/accounts"].push_back(json_response(R"({"error":"Too Many Requests"})", 429));
    start();
    session->look_up({"NASDAQ:AAPL"});
    REQUIRE(until_state(BrokerState::Reconnecting));
    CHECK(reason() == "IBKR asks to slow down: Too Many Requests");
    CHECK(host.counters().rate_limited == 1);
    run_on(loop);
    CHECK(ibkr.calls.size() == 3);
  }
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr login: neither session nor cookies reach words, whoever says them") {
  open_one();
  ibkr.next["/tickle"].push_back(json_response(R"({"error":"session )" + ibkr.session + R"( of 0.abcdef12 is odd"})", 400));
  ibkr.cut_all();
  REQUIRE(until_state(BrokerState::Down));
  CHECK(reason() == "cannot ask for the session: session *** of *** is odd");
  for (const RawFrame& frame : host.frames) {
    CHECK(frame.request.find(ibkr.session) == std::string::npos);
    if (frame.kind != FrameKind::Binary) CHECK(frame.bytes.find(ibkr.session) == std::string::npos);
  }
  REQUIRE(until_state(BrokerState::Live));
}
