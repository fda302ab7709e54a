// The three ways to log in, what fails, and what becomes of a login.
#include <doctest/doctest.h>

#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSubscribe = R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";

std::string auth(const std::string& token) { return R"({"op":"auth","id":"a","token":")" + token + "\"}"; }

/// Told once and closed, both with this code.
void check_closed(Client& client, int code) {
  client.wait_closed();
  REQUIRE_FALSE(client.messages.empty());
  CHECK(field(client.messages.back(), "type") == "error");
  CHECK(field(client.messages.back(), "code") == std::to_string(code));
  CHECK_FALSE(field(client.messages.back(), "hint").empty());
  CHECK(client.closed.code == code);
}

}  // namespace

TEST_CASE("login: a header, a query and a message each let a client in where a login is required") {
  Gateway gateway(with_logins(true));
  Client by_header = connect(gateway, "/ws", "alice-token");
  Client by_query = connect(gateway, "/ws?token=alice-token");
  by_header.wait(1);
  by_query.wait(1);
  CHECK(holds(by_header.messages[0], R"("brokers":[{"name":"binance")"));
  CHECK(field(by_header.ask(kSubscribe), "state") == "pending");
  CHECK(field(by_query.ask(kSubscribe), "state") == "pending");

  Client by_message = connect(gateway, "/ws");
  by_message.wait(1);
  CHECK(field(by_message.messages[0], "type") == "welcome");
  CHECK(holds(by_message.messages[0], R"("brokers":[])"));
  CHECK(by_message.ask(auth("alice-token")) == R"({"type":"result","op":"auth","id":"a","user":"alice","roles":[],"expires":null})");
  by_message.wait(4);
  CHECK(field(by_message.messages[2], "type") == "status");
  CHECK(field(by_message.messages[3], "broker") == "zerodha");
  CHECK(field(by_message.ask(kSubscribe), "state") == "pending");
  CHECK(gateway.telemetry.gateway.logins_accepted == 3);
}

TEST_CASE("login: a failure accepts the upgrade, is told, and closes with the same code") {
  for (const bool required : {true, false}) {
    Gateway gateway(with_logins(required));
    Client wrong = connect(gateway, "/ws", "nobody-token");
    Client inactive = connect(gateway, "/ws?token=gone-token");
    Client in_message = connect(gateway, "/ws");
    check_closed(wrong, 4001);
    check_closed(inactive, 4002);
    CHECK(wrong.messages.size() == 1);
    in_message.wait(1);
    in_message.send(auth("nobody-token"));
    check_closed(in_message, 4001);
    CHECK(field(in_message.messages.back(), "id") == "a");
    CHECK(gateway.telemetry.gateway.logins_refused == 3);
    CHECK(gateway.telemetry.gateway.logins_accepted == 0);
  }
}

TEST_CASE("login: before it pings are answered, nothing is leaked, and any other request is told 4001 and closed") {
  Gateway gateway(with_logins(true));
  for (const char* const request : {kSubscribe, R"({"op":"list","id":7})", "nonsense", R"({"op":"jump"})"}) {
    Client client = connect(gateway, "/ws");
    client.wait(1);
    CHECK(field(client.ask(R"({"op":"ping","id":1})"), "type") == "pong");
    gateway.emit(broker_status(BrokerState::Live));
    gateway.emit(market_status("NSE", "OPEN"));
    client.sync();
    CHECK(client.messages.size() == 2);
    client.send(request);
    check_closed(client, 4001);
    CHECK(client.messages.size() == 3);
  }
  Client binary = connect(gateway, "/ws");
  binary.wait(1);
  binary.send_binary("\x01");
  check_closed(binary, 4001);
  CHECK(gateway.demands.empty());
  CHECK(gateway.telemetry.gateway.logins_missing == 5);
}

TEST_CASE("login: one that does not come in time is told 4001 and closed") {
  DistributorOptions options = with_logins(true);
  options.login.timeout = 4s;
  Gateway gateway(options);
  Client client = connect(gateway, "/ws");
  client.wait(1);
  gateway.advance(3999ms);
  client.sync();
  CHECK(client.closed.code == 0);
  gateway.advance(1ms);
  check_closed(client, 4001);
  CHECK(gateway.telemetry.gateway.logins_missing == 1);
}

TEST_CASE("login: the trading path always wants one, the market path only where it is required") {
  Gateway gateway(with_logins(false));
  Client market = connect(gateway, "/ws/market?dialect=native");
  Client trading = connect(gateway, "/ws/trading?dialect=native");
  Client trader = connect(gateway, "/ws/trading?dialect=native&token=alice-token");
  market.wait(1);
  trading.wait(1);
  trader.wait(1);
  CHECK(field(market.ask(kSubscribe), "state") == "pending");
  CHECK(field(trader.ask(kSubscribe), "state") == "pending");
  trading.send(kSubscribe);
  check_closed(trading, 4001);
}

TEST_CASE("login: where nobody can log in a token is refused, and everybody is served without one") {
  Gateway gateway;
  Client client(gateway);
  CHECK(field(client.ask(kSubscribe), "state") == "pending");
  Client with_token = connect(gateway, "/ws", "alice-token");
  check_closed(with_token, 4001);
}

TEST_CASE("login: an anonymous client may become somebody; nobody may become somebody else") {
  Gateway gateway(with_logins(false));
  Client client(gateway);
  CHECK(field(client.ask(auth("alice-token")), "user") == "alice");
  CHECK(field(client.ask(auth("alice-token")), "user") == "alice");
  const std::string refused = client.ask(auth("root-token"));
  CHECK(field(refused, "code") == "4001");
  CHECK(holds(refused, "another user's"));
  CHECK(field(client.ask(auth("nobody-token")), "code") == "4001");
  CHECK(field(client.ask(R"({"op":"ping"})"), "type") == "pong");
  client.send(auth("gone-token"));
  check_closed(client, 4002);
}

TEST_CASE("login: roles and the end of a login are told") {
  People people;
  people.add("short-token", "bob", after_start(2h));
  Gateway gateway(with_logins(false, people));
  Client client(gateway);
  CHECK(client.ask(auth("short-token")) ==
        R"({"type":"result","op":"auth","id":"a","user":"bob","roles":["spot"],"expires":"2023-11-15T00:13:20.000Z"})");
}

TEST_CASE("login: its end is announced, and closes unless a new token comes before") {
  People people;
  people.add("first-token", "alice", after_start(100s));
  people.add("second-token", "alice", after_start(500s));
  DistributorOptions options = with_logins(true, people);
  options.heartbeat = 1h;
  options.login.expiry_notice = 30s;
  Gateway gateway(options);
  Client idle = connect(gateway, "/ws?token=first-token");
  Client busy = connect(gateway, "/ws?token=first-token");
  idle.wait(1);
  busy.wait(1);
  gateway.advance(69s);
  idle.sync();
  CHECK(idle.messages.size() == 1);
  gateway.advance(1s);
  idle.wait(2);
  busy.wait(2);
  CHECK(field(idle.messages[1], "kind") == "token_expiring");
  CHECK(holds(idle.messages[1], "2023-11-14T22:15:00.000Z"));
  CHECK(field(busy.ask(auth("second-token")), "user") == "alice");
  gateway.advance(29s);
  gateway.advance(1s);
  check_closed(idle, 4001);
  CHECK(idle.messages.size() == 3);
  busy.sync();
  CHECK(busy.messages.size() == 3);
  gateway.advance(370s);
  busy.wait(4);
  CHECK(field(busy.messages[3], "kind") == "token_expiring");
  gateway.advance(30s);
  check_closed(busy, 4001);
  CHECK(gateway.telemetry.gateway.logins_ended == 2);
}

TEST_CASE("login: after a reload revoked tokens and users are closed, the others stay with what they may see now") {
  People people;
  people.add("spare-token", "alice");
  Gateway gateway(with_logins(true, people));
  Client revoked = connect(gateway, "/ws?token=spare-token");
  Client inactive = connect(gateway, "/ws?token=bob-token");
  Client stays = connect(gateway, "/ws?token=alice-token");
  for (Client* client : {&revoked, &inactive, &stays}) {
    client->wait(1);
    client->ask(kSubscribe);
  }
  people.tokens.pop_back();
  people.users["bob"].active = false;
  people.plans["free"].symbols = Patterns{{"NSE:*"}};
  gateway.distributor->set_authenticator(people.authenticator(), true);
  check_closed(revoked, 4001);
  check_closed(inactive, 4002);
  stays.wait(3);
  CHECK(field(stays.messages[2], "type") == "state");
  CHECK(field(stays.messages[2], "state") == "failed");
  CHECK(field(stays.messages[2], "code") == "4013");
  CHECK(stays.ask(R"({"op":"list"})") == R"({"type":"subscriptions","subscriptions":[]})");
  CHECK(gateway.telemetry.gateway.logins_ended == 2);
}

TEST_CASE("login: http pages want a token where a login is required, probes do not") {
  Gateway gateway(with_logins(true));
  for (const char* const page : {"/health", "/health/redis"}) CHECK(fetch(gateway, "GET", page).status == 200);
  CHECK(fetch(gateway, "GET", "/ready").status == 503);
  for (const char* const page : {"/metrics", "/ws/status", "/v1/snapshot?symbols=BINANCE:BTCUSDT", "/v1/instruments", "/v1/brokers", "/nothing"}) {
    const net::HttpAnswer answer = fetch(gateway, "GET", page);
    CHECK(answer.status == 401);
    CHECK(field(answer.body, "code") == "4001");
    CHECK_FALSE(field(answer.body, "hint").empty());
    CHECK(answer.header("www-authenticate") == "Bearer");
  }
  CHECK(fetch(gateway, "GET", "/v1/brokers", "alice-token").status == 200);
  CHECK(fetch(gateway, "GET", "/v1/brokers?token=alice-token").status == 200);
  CHECK(fetch(gateway, "GET", "/v1/brokers?token=wrong").status == 401);
  CHECK(fetch(gateway, "GET", "/v1/brokers", "gone-token").status == 403);
  CHECK(fetch(gateway, "GET", "/metrics", "alice-token").status == 403);
  CHECK(fetch(gateway, "GET", "/metrics", "root-token").status == 200);
}

TEST_CASE("login: without a required login pages are open, but a wrong token is refused") {
  Gateway gateway(with_logins(false));
  CHECK(fetch(gateway, "GET", "/metrics").status == 200);
  CHECK(fetch(gateway, "GET", "/v1/brokers?token=wrong").status == 401);
}

TEST_CASE("login: no message and no page repeats a token") {
  Gateway gateway(with_logins(true));
  Client client = connect(gateway, "/ws?token=secret-in-query");
  client.wait_closed();
  for (const std::string& message : client.messages) CHECK_FALSE(holds(message, "secret"));
  CHECK_FALSE(holds(fetch(gateway, "GET", "/v1/brokers?token=secret-in-query").body, "secret"));
  Client good = connect(gateway, "/ws?token=root-token");
  good.wait(1);
  CHECK_FALSE(holds(fetch(gateway, "GET", "/v1/admin/sessions", "root-token").body, "-token"));
  CHECK_FALSE(holds(fetch(gateway, "GET", "/metrics", "root-token").body, "-token"));
}
