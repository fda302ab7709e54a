// What a login may see: at each subscription, when a name is resolved later, in snapshots, and when the login changes.
#include <doctest/doctest.h>

#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

People with_narrow_anonymous() {
  People people;
  people.plans["anonymous"] = Grant{.symbols = Patterns{{"BINANCE:ETH*"}}, .channels = Patterns{{"*"}}, .topics = {}, .publish = {}};
  return people;
}

}  // namespace

TEST_CASE("entitlement: a pair that is not granted fails with 4013, which names it and the login") {
  Gateway gateway(with_logins(true));
  Client bob = connect(gateway, "/ws?token=bob-token");
  bob.wait(1);
  const std::string result = bob.ask(R"({"op":"subscribe","channels":["trade","orderbook"],"symbols":["BINANCE:BTCUSDT","BINANCE-USDM:BTCUSDT"]})");
  CHECK(holds(result, R"({"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"})"));
  CHECK(holds(result, R"("channel":"orderbook","state":"failed","code":4013,"message":"not entitled to channel orderbook of BINANCE:BTCUSDT",)"
                      R"("hint":"the login of bob (roles: spot) does not grant it: ask for a plan under server.plans that does"})"));
  CHECK(holds(result, R"({"symbol":"BINANCE-USDM:BTCUSDT","channel":"trade","state":"failed","code":4013,)"));
  bob.sync();
  CHECK(gateway.demand() == std::vector<std::string>{"BINANCE:BTCUSDT@trade"});
  gateway.emit(trade(kBtcFuture, 1));
  gateway.emit(trade(kBtc, 1));
  bob.wait(3);
  CHECK(holds(bob.messages[2], R"("type":"trade","symbol":"BINANCE:BTCUSDT")"));
  CHECK(gateway.telemetry.gateway.told_by_code[7] == 3);
}

TEST_CASE("entitlement: a name that is resolved later is looked at then") {
  Gateway gateway(with_logins(true), nullptr);
  Client bob = connect(gateway, "/ws?token=bob-token");
  bob.wait(1);
  CHECK(holds(bob.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE-USDM:BTCUSDT","ETHUSDT"]})"), "pending"));
  gateway.distributor->on_catalog(make_catalog());
  bob.wait(4);
  CHECK(holds(bob.messages[2], R"("symbol":"BINANCE-USDM:BTCUSDT","channel":"trade","state":"failed")"));
  CHECK(field(bob.messages[2], "code") == "4013");
  CHECK(field(bob.messages[3], "type") == "resolved");
  CHECK(gateway.demand() == std::vector<std::string>{"BINANCE:ETHUSDT@trade"});
}

TEST_CASE("entitlement: a login that grants more or less changes what is subscribed from then on") {
  Gateway gateway(with_logins(false, with_narrow_anonymous()));
  Client client(gateway);
  constexpr const char* kSubscribe = R"({"op":"subscribe","channels":["ticker","trade"],"symbols":["BINANCE:ETHUSDT"]})";
  CHECK(holds(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})"), "log in: the plan of anonymous clients"));
  client.ask(kSubscribe);
  gateway.emit(trade(kEth, 1));
  client.wait(3);
  client.send(R"({"op":"auth","token":"bob-token"})");
  client.wait(5);
  CHECK(field(client.messages[3], "channel") == "ticker");
  CHECK(field(client.messages[3], "state") == "failed");
  CHECK(field(client.messages[3], "code") == "4013");
  CHECK(field(client.messages[4], "user") == "bob");
  CHECK(holds(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})"), "pending"));
  gateway.emit(trade(kEth, 2));
  client.wait(7);
  CHECK(field(client.messages[6], "seq") == "2");
}

TEST_CASE("entitlement: snapshots over http show what is granted and name what is refused") {
  Gateway gateway(with_logins(false, with_narrow_anonymous()));
  Client alice = connect(gateway, "/ws?token=alice-token");
  alice.wait(1);
  alice.ask(R"({"op":"subscribe","channels":["trade","orderbook"],"symbols":["BINANCE:BTCUSDT","BINANCE:ETHUSDT"]})");
  gateway.emit(trade(kBtc, 1));
  gateway.emit(Book(kBtc, 1, 2));
  gateway.emit(trade(kEth, 1));
  const std::string target = "/v1/snapshot?symbols=BINANCE:BTCUSDT,BINANCE:ETHUSDT,X:Y";
  const std::string anonymous = fetch(gateway, "GET", target).body;
  CHECK_FALSE(holds(anonymous, R"("symbol":"BINANCE:BTCUSDT","seq")"));
  CHECK(holds(anonymous, R"({"type":"trade","symbol":"BINANCE:ETHUSDT","seq":1,)"));
  CHECK(holds(anonymous,
              R"("missing":["X:Y"],"refused":[{"symbol":"BINANCE:BTCUSDT","code":4013,"message":"not entitled to any channel of BINANCE:BTCUSDT",)"));
  const std::string bob = fetch(gateway, "GET", target, "bob-token").body;
  CHECK(holds(bob, R"({"type":"trade","symbol":"BINANCE:BTCUSDT")"));
  CHECK_FALSE(holds(bob, "orderbook"));
  CHECK_FALSE(holds(bob, "refused"));
  CHECK(holds(fetch(gateway, "GET", target, "alice-token").body, R"({"type":"orderbook","symbol":"BINANCE:BTCUSDT")"));
}

TEST_CASE("entitlement: who else is connected is shown to administrators alone") {
  Gateway gateway(with_logins(false));
  Client alice = connect(gateway, "/ws?token=alice-token");
  Client bob = connect(gateway, "/ws?token=bob-token");
  Client second = connect(gateway, "/ws?token=bob-token");
  for (Client* client : {&alice, &bob, &second}) client->wait(1);
  CHECK(holds(fetch(gateway, "GET", "/ws/status").body, R"("user_connections":{},)"));
  CHECK(holds(fetch(gateway, "GET", "/ws/status", "bob-token").body, R"("user_connections":{"bob":2},)"));
  CHECK(holds(fetch(gateway, "GET", "/ws/status", "root-token").body, R"("user_connections":{"alice":1,"bob":2},)"));
}

TEST_CASE("entitlement: a pending stream says so where its broker is cut off") {
  Gateway gateway;
  Client client(gateway);
  constexpr const char* kSubscribe = R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";
  CHECK_FALSE(holds(client.ask(kSubscribe), "code"));
  gateway.emit(broker_status(BrokerState::AuthRequired, "renew the key"));
  client.take();
  client.sync();
  client.take();
  const std::string waiting = client.ask(kSubscribe);
  CHECK(holds(waiting, R"("state":"pending","code":4032,"message":"binance is auth_required: renew the key","hint":")"));
  gateway.emit(broker_status(BrokerState::Reconnecting));
  client.sync();
  client.take();
  CHECK(holds(client.ask(kSubscribe), R"("state":"pending","code":4030,)"));
}

TEST_CASE("entitlement: a stale stream carries 4030, or 4032 where the broker wants a login") {
  Gateway gateway;
  Client client(gateway);
  client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  client.take();
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Stale, "cut", 4030));
  client.wait(1);
  CHECK(field(client.messages[0], "code") == "4030");
  gateway.emit(broker_status(BrokerState::AuthRequired, "renew the key"));
  client.take();
  client.sync();
  client.take();
  client.send(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  client.wait(2);
  CHECK(field(client.messages[1], "state") == "stale");
  CHECK(field(client.messages[1], "code") == "4032");
}
