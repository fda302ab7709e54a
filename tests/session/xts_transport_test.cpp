// The Socket.IO connection: handshakes, heartbeats, and every way in which it is refused or ends.
#include <doctest/doctest.h>

#include "tests/session/xts_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::set_xts;
using test::XtsFixture;

namespace {

constexpr InstrumentId kFirst{1};

std::string polled(std::string_view packet) { return std::to_string(packet.size()) + ":" + std::string{packet}; }

}  // namespace

TEST_CASE_FIXTURE(XtsFixture, "xts transport: root, socket path and query come from the configuration") {
  std::string path = "/apimarketdata/socket.io/";
  SUBCASE("as the root has it") {}
  SUBCASE("a path of its own") {
    set_xts(config, "socket_path", "marketData/socketio");
    path = "/marketData/socketio/";
  }
  SUBCASE("in ws_url") {
    config.ws_url = "ws" + xts.http_url().substr(4) + "/elsewhere/socket.io";
    path = "/elsewhere/socket.io/";
  }
  SUBCASE("hostlookup without a path") {
    config.rest_url = xts.http_url();
    set_xts(config, "deployment", "hostlookup");
    path = "/marketdata/socket.io/";
  }
  set_xts(config, "broadcast_mode", "partial");
  set_xts(config, "publish_format", "binary");
  open_one();
  CHECK(xts.upgrades.front().target ==
        path + "?token=" + xts.token + "&userID=U1&publishFormat=Binary&broadcastMode=Partial&EIO=3&transport=websocket");
  CHECK(xts.upgrades.front().header("Sec-WebSocket-Extensions").empty());
  const std::string& shown = host.last(FrameKind::Opened)->request;
  CHECK(shown.find("token=***&userID=U1") != std::string::npos);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: market data becomes frames, and what only concerns the transport does not") {
  open_one();
  const std::size_t texts = host.count_of(FrameKind::Text);
  xts.send_all(test::data_event(1501, "1_2885"));
  xts.send_all(R"(451-["xts-binary-packet",{"_placeholder":true,"num":0}])");
  xts.send_all_binary(std::string_view{"\x04\x00\xdd\x05", 4});
  xts.send_all("3");
  xts.send_all("6");
  xts.send_all(R"(42["joined","again"])");
  xts.send_all(R"(42["success","what is this"])");
  xts.send_all("no packet");
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) == texts + 4; }));
  CHECK(host.count_of(FrameKind::Binary) == 1);
  CHECK(host.last(FrameKind::Binary)->bytes == std::string_view{"\x04\x00\xdd\x05", 4});
  CHECK(host.last(FrameKind::Text)->bytes == "no packet");
  CHECK(host.frames[host.frames.size() - 2].bytes == R"(42["success","what is this"])");
  CHECK(host.count_of(FrameKind::Opened) == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: we ping in the server's own rhythm, and answer should it ping") {
  std::size_t least = 4;
  SUBCASE("half of its interval") { xts.open = R"(0{"sid":"S","upgrades":[],"pingInterval":20,"pingTimeout":60000})"; }
  SUBCASE("half of its timeout, if that is smaller") { xts.open = R"(0{"sid":"S","upgrades":[],"pingInterval":25000,"pingTimeout":200})"; }
  SUBCASE("our own") { set_xts(config, "ping_interval", "10ms"); }
  SUBCASE("often enough for the silence that is allowed") { config.stale_after = 40ms; }
  open_one();
  REQUIRE(until([&] { return xts.peer().pings >= static_cast<int>(least); }));
  CHECK(std::all_of(xts.peer().texts.begin(), xts.peer().texts.end(), [](const std::string& text) { return text == "2"; }));
  xts.send_all("2");
  REQUIRE(until([&] { return std::count(xts.peer().texts.begin(), xts.peer().texts.end(), "3") == 1; }));
  CHECK(host.count_of(FrameKind::Opened) == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: a ping without an answer ends the connection") {
  xts.open = R"(0{"sid":"S","upgrades":[],"pingInterval":20,"pingTimeout":30})";
  open_one();
  xts.pongs = false;
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  CHECK(host.last(FrameKind::Closed)->bytes == "connection lost: the broker does not answer pings");
  xts.pongs = true;
  REQUIRE(until_state(BrokerState::Live));
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: a lost socket comes back with the same token, and nothing is subscribed again") {
  open_one();
  const std::size_t quotes = xts.calls_of("POST", "/instruments/quotes");
  SUBCASE("cut") { xts.cut_all(); }
  SUBCASE("the namespace is left, the socket stays open") { xts.send_all("41"); }
  SUBCASE("Engine.IO closes") { xts.send_all("1"); }
  SUBCASE("closed without a code") { xts.peer().connection->close(1005, ""); }
  SUBCASE("closed for maintenance") { xts.peer().connection->close(1001, "maintenance"); }
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 2; }));
  REQUIRE(until([&] { return xts.calls_of("POST", "/instruments/quotes") == quotes + 1; }));
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 2; }));
  CHECK(host.last(FrameKind::Rest)->request == "POST /apimarketdata/instruments/quotes");
  CHECK(xts.calls_of("POST", "/instruments/subscription") == 1);
  CHECK(xts.logins == 1);
  CHECK(xts.upgrades.size() == 2);
  CHECK(xts.upgrades[0].target == xts.upgrades[1].target);
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: an open socket is not live before its namespace is connected, and is not waited for without end") {
  set_xts(config, "joined_timeout", "30ms");
  SUBCASE("nothing comes") { xts.open.clear(); }
  SUBCASE("only the open packet") {}
  const std::vector<std::string> greeting = std::exchange(xts.greeting, {});
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return xts.upgrades.size() >= 2; }));
  CHECK(xts.calls_of("POST", "/instruments/subscription") == 0);
  CHECK(xts.logins == 1);
  CHECK(host.was_in_state(BrokerState::Reconnecting));
  xts.greeting = greeting;
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: a handshake that is not answered ends in time") {
  set_xts(config, "handshake_timeout", "40ms");
  xts.answers_upgrades_after = 5s;
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return xts.upgrades.size() >= 2; }));
  xts.answers_upgrades_after = 0ms;
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: an upgrade refused with 401 or 403 means the token, and one login follows") {
  xts.refusals = 1;
  SUBCASE("401") { xts.refusal_status = 401; }
  SUBCASE("403") { xts.refusal_status = 403; }
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(xts.logins == 2);
  CHECK(xts.upgrades.size() == 2);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: an upgrade refused with 400 means the token only if the token is dead") {
  bool dead = false;
  SUBCASE("alive: the address is wrong") {}
  SUBCASE("dead") { dead = true; }
  start();
  REQUIRE(until_state(BrokerState::Live));
  xts.refusals = 1;
  xts.refusal_status = 400;
  if (dead) xts.other_login();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(xts.calls_of("GET", "/config/clientConfig") == 1);
  CHECK(xts.logins == (dead ? 2 : 1));
  CHECK(host.was_in_state(BrokerState::Down));
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: other refusals wait, with the same token") {
  xts.refusals = 2;
  SUBCASE("unavailable") { xts.refusal_status = 503; }
  SUBCASE("too many") { xts.refusal_status = 429; }
  SUBCASE("not there") { xts.refusal_status = 404; }
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(xts.upgrades.size() == 3);
  CHECK(xts.logins == 1);
  CHECK(host.was_in_state(xts.refusal_status == 404 ? BrokerState::Down : BrokerState::Reconnecting));
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: an error packet about something else is a refusal, and no login follows") {
  xts.greeting = {R"(44{"message":"Your plan has no such feed"})"};
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until_state(BrokerState::Down));
  CHECK(reason().find("Your plan has no such feed") != std::string::npos);
  REQUIRE(until([&] { return xts.upgrades.size() >= 2; }));
  CHECK(xts.logins == 1);
  CHECK(host.counters().broker_errors >= 1);
  CHECK(xts.calls_of("POST", "/instruments/subscription") == 0);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: when nothing is wanted any more the socket is closed politely, and opened again for the next wish") {
  set_xts(config, "idle_close", "1ms");
  open_one();
  wish({});
  REQUIRE(until([&] { return xts.close_codes.size() == 1; }));
  CHECK(xts.last_texts == std::vector<std::string>{"41"});
  CHECK(xts.close_codes.front() == 1005);
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  CHECK(xts.carried.empty());
  CHECK(host.in_state(BrokerState::Live));
  run_on(loop, 30ms);
  CHECK(xts.upgrades.size() == 1);
  wish({want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return host.accepted(InstrumentId{2}, Channel::Ticker) == 1; }));
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: polling first, then the upgrade") {
  set_xts(config, "poll_first", "true");
  xts.polling_answers = {polled(R"(0{"sid":"SID1","upgrades":["websocket"],"pingInterval":20,"pingTimeout":60000})"),
                         polled("40") + polled(R"(42["joined","Welcome"])")};
  open_one();
  REQUIRE(xts.polled.size() == 2);
  const std::string query = "/apimarketdata/socket.io/?token=" + xts.token + "&userID=U1&publishFormat=JSON&broadcastMode=Full&EIO=3&transport=";
  CHECK(xts.polled[0].starts_with(query + "polling&t="));
  CHECK(xts.polled[0].ends_with("&b64=1"));
  CHECK(xts.polled[1].starts_with(query + "polling&t="));
  CHECK(xts.polled[1].ends_with("&b64=1&sid=SID1"));
  CHECK(xts.upgrades.front().target == query + "websocket&sid=SID1");
  REQUIRE(xts.peer().texts.size() >= 2);
  CHECK(xts.peer().texts[0] == "2probe");
  CHECK(xts.peer().texts[1] == "5");
  REQUIRE(until([&] { return xts.peer().pings >= 2; }));
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: polling that is refused or broken is tried again, with a login only where the token is meant") {
  set_xts(config, "poll_first", "true");
  const std::string open = polled(R"(0{"sid":"SID1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000})");
  int logins = 1;
  SUBCASE("the token") {
    xts.polling_status = 400;
    logins = 2;
  }
  SUBCASE("the token, in an error packet") {
    xts.polling_answers = {open, polled("44\"Invalid Token\"")};
    logins = 2;
  }
  SUBCASE("no packets") { xts.polling_answers = {"what is this"}; }
  SUBCASE("lengths that lie") { xts.polling_answers = {"99999999999999999999:0{}"}; }
  SUBCASE("no sid") { xts.polling_answers = {polled(R"(0{"upgrades":[]})")}; }
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.was_in_state(BrokerState::Reconnecting) || host.was_in_state(BrokerState::Down); }));
  xts.polling_status = 200;
  for (int i = 0; i < 50; ++i) {
    xts.polling_answers.push_back(open);
    xts.polling_answers.push_back(polled("40"));
  }
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(xts.logins == logins);
}

TEST_CASE_FIXTURE(XtsFixture, "xts transport: an upgraded socket that does not answer the probe ends in time") {
  set_xts(config, "poll_first", "true");
  set_xts(config, "joined_timeout", "30ms");
  for (int i = 0; i < 50; ++i) {
    xts.polling_answers.push_back(polled(R"(0{"sid":"SID1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000})"));
    xts.polling_answers.push_back(polled("40"));
  }
  xts.when_text = [](test::ScriptedXts::Peer&, std::string_view) {};
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return xts.upgrades.size() >= 2; }));
  xts.when_text = nullptr;
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
}
