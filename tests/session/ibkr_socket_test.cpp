// The socket: how it is opened and authorised, sts in whole and in parts, signs of life, and every way in which it ends.
#include <doctest/doctest.h>

#include "brokers/ibkr/control.hpp"
#include "brokers/ibkr/rest_answer.hpp"
#include "tests/session/ibkr_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::IbkrFixture;
using test::run_on;
using test::set_ibkr;

namespace {

constexpr InstrumentId kFirst{1};
using Kind = ibkr::ControlMessage::Kind;

}  // namespace

TEST_CASE("ibkr control: what the session reads of the socket's messages, and nothing else") {
  CHECK(ibkr::read_control(R"({"topic":"system","hb":1893456000000})").kind == Kind::Heartbeat);
  CHECK(ibkr::read_control(R"({"topic":"system","success":"user1234"})").kind == Kind::Other);
  CHECK(ibkr::read_control(R"({"message":"waiting for session"})").kind == Kind::SessionWanted);
  CHECK(ibkr::read_control(R"({"message":"Unsubscribed 7"})").kind == Kind::Other);
  CHECK(ibkr::read_control(R"({"error":"Topic unknown '{\"s'"})").kind == Kind::Complaint);
  CHECK(ibkr::read_control(R"({"error":"x","topic":"error"})").kind == Kind::Complaint);
  const auto status = ibkr::read_control(R"({"args":{"competing":true,"authenticated":null,"message":"x"},"topic":"sts"})");
  CHECK(status.kind == Kind::Status);
  CHECK(status.status.competing == true);
  CHECK_FALSE(status.status.authenticated.has_value());
  for (const char* const odd :
       {"", "ech+hb", "[]", "7", R"({"topic":"sts"})", R"({"topic":"sts","args":[1]})", R"({"topic":7})", "{\"topic\":\"sts\",\"ar"}) {
    CAPTURE(odd);
    CHECK_FALSE(ibkr::read_control(odd).status.lost());
    CHECK_FALSE(ibkr::read_control(odd).status.usable());
  }
  CHECK(ibkr::read_control(std::string(100'000, '[')).kind == Kind::Other);
}

TEST_CASE("ibkr status: properties are merged, and a missing one is not false") {
  ibkr::AuthStatus status;
  CHECK_FALSE(status.usable());
  CHECK_FALSE(status.lost());
  status.merge({.authenticated = true, .established = {}, .competing = false, .message = {}});
  CHECK(status.usable());
  status.merge({.authenticated = {}, .established = {}, .competing = {}, .message = "hello"});
  CHECK(status.usable());
  status.merge({.authenticated = {}, .established = false, .competing = {}, .message = {}});
  CHECK(status.lost());
  status.merge({.authenticated = {}, .established = true, .competing = true, .message = {}});
  CHECK(status.usable());
  CHECK_FALSE(status.taken());
  status.merge({.authenticated = false, .established = {}, .competing = {}, .message = {}});
  CHECK(status.taken());
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: the session goes in a message only where the server waits for it") {
  SUBCASE("it takes the cookie") {
    open_one();
    CHECK(ibkr.commands_of("{") == 0);
  }
  SUBCASE("it waits") {
    ibkr.takes_cookie = false;
    open_one();
    CHECK(ibkr.peer().texts.front() == R"({"session":")" + ibkr.session + "\"}");
    CHECK(ibkr.commands_of("{") == 1);
  }
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: a server that asks for the session without end is answered a few times") {
  ibkr.takes_cookie = ibkr.greets = false;
  set_ibkr(config, "status_timeout", "20s");
  start();
  find({"NASDAQ:AAPL"});
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return ibkr.commands_of("{") == 1; }));
  for (int i = 0; i < 10; ++i) ibkr.send_all(R"({"message":"waiting for session"})");
  run_on(loop);
  CHECK(ibkr.commands_of("{") == 3);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: nothing is asked for before the server says that it is authenticated, or REST says so in its place") {
  ibkr.greets = false;
  SUBCASE("the server says so") { set_ibkr(config, "status_timeout", "20s"); }
  SUBCASE("it says nothing in time") { set_ibkr(config, "status_timeout", "30ms"); }
  start();
  find({"NASDAQ:AAPL"});
  const std::size_t questions = ibkr.calls_of("POST", "/iserver/auth/status");
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return ibkr.peers.size() == 1; }));
  if (config.duration("status_timeout") > 1s) {
    run_on(loop);
    CHECK(ibkr.commands().empty());
    ibkr.send_all(R"({"topic":"sts","args":{"message":""}})");
    ibkr.send_all(R"({"topic":"sts","args":{"competing":false}})");
    run_on(loop);
    CHECK(ibkr.commands().empty());
    ibkr.send_all(R"({"topic":"sts","args":{"authenticated":true}})");
  }
  REQUIRE(until([&] { return ibkr.commands_of("smd+265598") == 1; }));
  if (config.duration("status_timeout") < 1s) CHECK(ibkr.calls_of("POST", "/iserver/auth/status") > questions);
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture,
                  "ibkr socket: sts of a lost session, whole or in parts, voids the streams of an open socket, and brings them all back") {
  open_one();
  const std::uint32_t session_before = host.last(FrameKind::Binary)->session;
  ibkr.authenticated = ibkr.primed = false;
  ibkr.init_opens = false;
  SUBCASE("whole") { ibkr.send_all(R"({"topic":"sts","args":{"authenticated":false,"connected":true,"competing":false,"message":"","fail":""}})"); }
  SUBCASE("in parts") {
    for (const char* part : {R"({"authenticated":false})", R"({"competing":false})", R"({"message":""})", R"({"authenticated":false})"}) {
      ibkr.send_all(R"({"topic":"sts","args":)" + std::string{part} + "}");
    }
  }
  SUBCASE("no longer established") { ibkr.send_all(R"({"topic":"sts","args":{"established":false}})"); }
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  const std::size_t before = data_frames();
  ibkr.send_all(test::ibkr_snapshot("265598"));  // of a stream that is void
  REQUIRE(until([&] { return host.in_state(BrokerState::Reconnecting); }));
  ibkr.init_opens = true;
  REQUIRE(until([&] { return ibkr.commands_of("smd+265598") == 2 && data_frames() == before + 2; }));
  CHECK(host.last(FrameKind::Binary)->session > session_before);
  CHECK(ibkr.upgrades.size() == 1);
  CHECK(host.asked(kFirst, Channel::Ticker) == 2);
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: signs of life go out, and messages of every topic move on as they came") {
  set_ibkr(config, "tic_interval", "10ms");
  open_one();
  REQUIRE(until([&] { return ibkr.commands_of("tic") >= 3; }));
  const std::size_t frames = host.count_of(FrameKind::Binary);
  const std::string odd = "{\"topic\":\"blt\",\"args\":[{\"message\":\"trader\x99s\"}]}";
  ibkr.send_all(odd);
  ibkr.send_all(R"({"topic":"tic","alive":true,"lastAccessed":1})");
  ibkr.send_all(R"({"topic":"error","error":"what"})");
  ibkr.peer().connection->send_text(test::ibkr_snapshot("265598"));
  ibkr.peer().connection->send_text("ech+hb");
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) == 2; }));
  CHECK(host.count_of(FrameKind::Binary) == frames + 3);
  CHECK(host.counters().broker_errors == 1);
  CHECK(std::count_if(host.frames.begin(), host.frames.end(), [&](const RawFrame& f) { return f.bytes == odd; }) == 1);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: before each new one the login is gone through again, and everything is asked for again") {
  open_one();
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(1, Channel::Quote, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return host.asked(kFirst, Channel::Quote) == 1; }));
  const std::size_t tickles = ibkr.calls_of("POST", "/tickle");
  SUBCASE("cut") { ibkr.cut_all(); }
  SUBCASE("closed with 1000") { ibkr.peer().connection->close(1000, ""); }
  SUBCASE("another session by now") {
    ibkr.session = "ffffffffffffffffffffffffffffffff";
    ibkr.peer().connection->close(1000, "");
  }
  REQUIRE(until([&] { return ibkr.upgrades.size() == 2 && host.asked(kFirst, Channel::Ticker) == 2 && host.asked(kFirst, Channel::Quote) == 2; }));
  CHECK(ibkr.calls_of("POST", "/tickle") > tickles);
  CHECK(ibkr.upgrades.back().header("Cookie") == "api=" + ibkr.session);
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: refused upgrades are told in words, and tried again") {
  ibkr.refusals = 1;
  std::string words = "connection refused with HTTP ";
  SUBCASE("by a broker in maintenance") { words += "503"; }
  SUBCASE("for want of a session") {
    ibkr.refusal_status = 401;
    words += "401";
  }
  SUBCASE("at a wrong address") {
    ibkr.refusal_status = 404;
    words += "404: check rest_url and ws_url";
  }
  start();
  find({"NASDAQ:AAPL"});
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return data_frames() > 0; }));
  CHECK(std::any_of(host.frames.begin(), host.frames.end(), [&](const RawFrame& f) { return f.kind == FrameKind::Status && f.bytes == words; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: one that the server closes at once is not tried in a storm") {
  ibkr.closes_at_once = true;
  set_ibkr(config, "connect_attempts", "3");
  start();
  find({"NASDAQ:AAPL"});
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return ibkr.upgrades.size() == 3; }));
  run_on(loop, 150ms);
  CHECK(ibkr.upgrades.size() == 3);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: no heartbeat for too long, whatever else comes, and it is replaced") {
  set_ibkr(config, "heartbeat_timeout", "60ms");
  open_one();
  SUBCASE("heartbeats keep it") {
    for (int i = 0; i < 12; ++i) {
      ibkr.send_all(R"({"topic":"system","hb":1})");
      run_on(loop, 15ms);
    }
    CHECK(ibkr.upgrades.size() == 1);
  }
  SUBCASE("other messages do not") {
    REQUIRE(until([&] {
      ibkr.send_all(R"({"topic":"blt","args":[]})");
      return ibkr.upgrades.size() == 2;
    }));
  }
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr socket: closed when nothing has been wanted for a while, and opened when something is") {
  set_ibkr(config, "idle_close", "30ms");
  open_one();
  wish({});
  REQUIRE(until([&] { return ibkr.peers.empty(); }));
  CHECK(ibkr.close_codes == std::vector{1000});
  run_on(loop);
  CHECK(ibkr.upgrades.size() == 1);
  CHECK(host.in_state(BrokerState::Live));
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return ibkr.upgrades.size() == 2 && host.asked(kFirst, Channel::Ticker) == 2; }));
}
