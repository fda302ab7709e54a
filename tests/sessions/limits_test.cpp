// Every limit of clients: its code, its hint, its counter, and what goes on behind it.
#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPing = R"({"op":"ping"})";

void check_too_many(Client& client, std::string_view whose) {
  client.wait_closed();
  REQUIRE(client.messages.size() >= 1);
  CHECK(client.closed.code == 4003);
  CHECK(field(client.messages.back(), "code") == "4003");
  CHECK(holds(field(client.messages.back(), "message"), whose));
  CHECK(holds(field(client.messages.back(), "hint"), "server.limits.connections"));
}

}  // namespace

TEST_CASE("limits: connections of one user are counted whichever way it logs in, and a closed one makes room") {
  DistributorOptions options = with_logins(false);
  options.limits.connections_per_user = 2;
  Gateway gateway(options);
  Client first = connect(gateway, "/ws?token=alice-token");
  Client second(gateway);
  first.wait(1);
  CHECK(field(second.ask(R"({"op":"auth","token":"alice-token"})"), "user") == "alice");
  Client third = connect(gateway, "/ws?token=alice-token");
  check_too_many(third, "of one user");
  Client fourth(gateway);
  fourth.send(R"({"op":"auth","token":"alice-token"})");
  check_too_many(fourth, "of one user");
  Client other = connect(gateway, "/ws?token=bob-token");
  other.wait(1);
  CHECK(gateway.telemetry.gateway.limited_user_connections == 2);

  first.close();
  first.wait_closed();
  gateway.until([&] { return gateway.telemetry.gateway.subscribers_closed == 3; });
  Client fifth = connect(gateway, "/ws?token=alice-token");
  fifth.wait(1);
  CHECK(field(fifth.messages[0], "type") == "welcome");
}

TEST_CASE("limits: connections of one address are counted where that is asked for") {
  DistributorOptions options = test_options();
  options.limits.connections_per_address = 1;
  Gateway gateway(options);
  Client first(gateway);
  Client second(gateway, false);
  check_too_many(second, "from one address");
  CHECK(gateway.telemetry.gateway.limited_address_connections == 1);
  first.close();
  gateway.until([&] { return gateway.telemetry.gateway.subscribers_closed == 2; });
  Client third(gateway);
}

TEST_CASE("limits: connections in total have their own counter") {
  DistributorOptions options = test_options();
  options.connections = 1;
  Gateway gateway(options);
  Client first(gateway);
  Client second(gateway, false);
  check_too_many(second, "connections");
  CHECK(gateway.telemetry.gateway.limited_connections == 1);
}

TEST_CASE("limits: subscriptions of one user count over all its connections") {
  DistributorOptions options = with_logins(false);
  options.limits.subscriptions_per_user = 3;
  Gateway gateway(options);
  Client one = connect(gateway, "/ws?token=alice-token");
  Client two = connect(gateway, "/ws?token=alice-token");
  Client anonymous(gateway);
  one.wait(1);
  two.wait(1);
  CHECK(field(one.ask(R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})"), "state") == "pending");
  const std::string result = two.ask(R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:ETHUSDT"]})");
  CHECK(holds(result, R"("channel":"trade","state":"pending")"));
  CHECK(holds(result, R"("channel":"quote","state":"failed","code":4014,"message":"at most 3 subscriptions of one user","hint":")"));
  CHECK(holds(anonymous.ask(R"({"op":"subscribe","channels":["trade","quote","ticker","orderbook"],"symbols":["BINANCE:ETHUSDT"]})"), "orderbook"));
  CHECK(gateway.telemetry.gateway.limited_subscriptions == 1);
  one.ask(R"({"op":"unsubscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  CHECK(field(two.ask(R"({"op":"subscribe","channels":["quote"],"symbols":["BINANCE:ETHUSDT"]})"), "state") == "pending");
}

TEST_CASE("limits: requests of a minute slide, and a refusal says how long to wait") {
  DistributorOptions options = test_options();
  options.limits.requests_per_minute = 3;
  options.heartbeat = 1h;
  Gateway gateway(options);
  Client client(gateway);
  Client other(gateway);
  client.ask(kPing);
  gateway.advance(20s);
  client.ask(kPing);
  client.ask("nonsense");
  const std::string refused = client.ask(kPing);
  CHECK(field(refused, "code") == "4020");
  CHECK_FALSE(field(refused, "hint").empty());
  CHECK(field(refused, "retry_after_ms") == "40000");
  CHECK(field(other.ask(kPing), "type") == "pong");
  gateway.advance(40s);
  CHECK(field(client.ask(kPing), "type") == "pong");
  CHECK(field(client.ask(kPing), "retry_after_ms") == "20000");
  CHECK(gateway.telemetry.gateway.limited_requests == 2);
  CHECK(client.closed.code == 0);
}

TEST_CASE("limits: a client that goes on asking in spite of refusals is closed with 4020") {
  DistributorOptions options = test_options();
  options.limits.requests_per_minute = 1;
  Gateway gateway(options);
  Client client(gateway);
  client.ask(kPing);
  for (int i = 0; i < 99; ++i) client.send(kPing);
  client.wait(100);
  CHECK(client.closed.code == 0);
  client.send(kPing);
  client.wait_closed();
  CHECK(client.closed.code == 4020);
  CHECK(field(client.messages.back(), "code") == "4020");
}

TEST_CASE("limits: messages over the size are counted") {
  DistributorOptions options = test_options();
  options.message_bytes = 200;
  Gateway gateway(options);
  Client client(gateway);
  client.send(std::string(201, ' '));
  client.wait_closed();
  CHECK(client.closed.code == 4022);
  CHECK(gateway.telemetry.gateway.limited_messages == 1);
}

TEST_CASE("limits: one subscriber has so many names looked up, and the others still have theirs") {
  DistributorOptions options = with_logins(false);
  options.limits.look_ups = 2;
  options.heartbeat = 1h;
  Gateway gateway(options);
  for (const char* const name : {"A:1", "A:2", "A:3", "A:4"}) {
    gateway.look_ups[name] = distributor::LookUp::UnderWay;
  }
  Client client = connect(gateway, "/ws?token=alice-token");
  client.wait(1);
  const std::string result = client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:1","A:2","A:3","A:1"]})");
  CHECK(holds(result, R"({"symbol":"A:2","channel":"trade","state":"pending"})"));
  CHECK(holds(result, R"({"symbol":"A:3","channel":"trade","state":"failed","code":4020,)"));
  CHECK(holds(result, R"("retry_after_ms":60000)"));
  CHECK(gateway.telemetry.gateway.limited_look_ups == 1);
  CHECK(gateway.looked_up == std::vector<std::string>{"A:1", "A:2", "A:1"});

  // Neither giving up nor connecting again makes room.
  client.ask(R"({"op":"unsubscribe_all"})");
  Client again = connect(gateway, "/ws?token=alice-token");
  again.wait(1);
  CHECK(field(again.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:4"]})"), "code") == "4020");
  Client other(gateway);
  CHECK(field(other.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:4"]})"), "state") == "pending");

  gateway.advance(1min);
  CHECK(field(again.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:4"]})"), "state") == "pending");
}

TEST_CASE("limits: names that stay under way keep their place") {
  DistributorOptions options = test_options();
  options.limits.look_ups = 1;
  options.heartbeat = 1h;
  Gateway gateway(options);
  gateway.look_ups = {{"A:1", distributor::LookUp::UnderWay}, {"A:2", distributor::LookUp::UnderWay}};
  Client client(gateway);
  client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:1"]})");
  gateway.awaited = {"A:1"};
  gateway.advance(2min);
  CHECK(field(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:2"]})"), "code") == "4020");
}

TEST_CASE("limits: an exception inside a request is told 4099, and the session lives") {
  Gateway gateway;
  bool broken = true;
  gateway.availability = [&](InstrumentId, Channel) -> Availability {
    if (broken) throw std::runtime_error("a bug");
    return {};
  };
  Client client(gateway);
  constexpr const char* kSubscribe = R"({"op":"subscribe","id":5,"channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";
  const std::string failed = client.ask(kSubscribe);
  CHECK(field(failed, "code") == "4099");
  CHECK(field(failed, "id") == "5");
  CHECK_FALSE(field(failed, "hint").empty());
  CHECK_FALSE(holds(failed, "a bug"));
  broken = false;
  CHECK(field(client.ask(kSubscribe), "state") == "pending");
  CHECK(gateway.telemetry.gateway.internal_errors == 1);
}
