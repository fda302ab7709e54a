// Topics over real sockets: who reads and publishes what, numbers, retained values, keys, limits.
#include <doctest/doctest.h>

#include <string>

#include "tests/topics/users.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

std::string publish(std::string_view topic, std::string_view data, std::string_view more = {}) {
  return R"({"op":"publish","id":7,"topic":")" + std::string(topic) + R"(","data":)" + std::string(data) + std::string(more) + "}";
}

}  // namespace

TEST_CASE("topics: what is published comes to who subscribed, counted by one, with its origin, its numbers as they were spelled") {
  Gateway gateway(options_with_users());
  const auto reader = connect(gateway, "alice"), service = connect(gateway, "svc");
  CHECK(
      reader->ask(R"({"op":"subscribe","id":1,"topics":["orders","user:alice:orders"]})") ==
      R"({"type":"result","op":"subscribe","id":1,"results":[{"topic":"orders","state":"no_publisher"},{"topic":"user:alice:orders","state":"no_publisher"}]})");
  reader->take();
  CHECK(service->ask(publish("orders", R"({"price": 0.10, "size":1e5, "big":12345678901234567890.50})")) ==
        R"({"type":"result","op":"publish","id":7,"topic":"orders","seq":1,"delivered":1,"duplicate":false})");
  reader->wait(2);
  CHECK(reader->messages[0] == R"({"type":"state","topic":"orders","state":"live","since":")" + kTestNow + "\"}");
  CHECK(reader->messages[1] == R"({"type":"topic","topic":"orders","seq":1,"timestamp":")" + kTestNow +
                                   R"(","origin":"publisher:svc","data":{"price":0.10,"size":1e5,"big":12345678901234567890.50}})");
  reader->take();
  service->ask(publish("orders", "[\" a  b \", \"\\\" c\"]"));
  service->ask(publish("orders", "3"));
  service->ask(publish("user:alice:orders", "\"text\""));
  reader->wait(4);
  CHECK(outline(reader->messages) == std::vector<std::string>{"topic 2", "topic 3", "state live", "topic 1"});
  CHECK(reader->messages[0].ends_with(R"("data":[" a  b ","\" c"]})"));
}

TEST_CASE("topics: a user's own topics are for that user and administrators alone, whatever the patterns of others say") {
  Gateway gateway(options_with_users());
  const auto bob = connect(gateway, "bob"), root = connect(gateway, "root"), nobody = connect(gateway, "");
  CHECK(
      bob->ask(R"({"op":"subscribe","topics":["user:alice:orders","portfolio:alice","orders","user:bob:orders"]})") ==
      R"({"type":"result","op":"subscribe","results":[)"
      R"({"topic":"user:alice:orders","state":"failed","code":4013,"message":"not entitled to read the topic user:alice:orders","hint":"a user's own topics are for that user alone: log in as that user"},)"
      R"({"topic":"portfolio:alice","state":"failed","code":4013,"message":"not entitled to read the topic portfolio:alice","hint":"a user's own topics are for that user alone: log in as that user"},)"
      R"({"topic":"orders","state":"no_publisher"},{"topic":"user:bob:orders","state":"no_publisher"}]})");
  CHECK(field(root->ask(R"({"op":"subscribe","topics":["user:alice:orders"]})"), "state") == "no_publisher");
  CHECK(field(nobody->ask(R"({"op":"subscribe","topics":["orders"]})"), "code") == "4013");
  const auto service = connect(gateway, "svc");
  CHECK(field(service->ask(publish("user:alice:orders", "1")), "delivered") == "1");
  bob->sync();
  CHECK(outline(bob->messages) == std::vector<std::string>{"result"});
}

TEST_CASE("topics: publishing needs an entitlement, and the refusal names the topic") {
  Gateway gateway(options_with_users());
  const auto alice = connect(gateway, "alice"), orders = connect(gateway, "orders-svc"), nobody = connect(gateway, "");
  const std::string refused = alice->ask(publish("orders", "1"));
  CHECK(field(refused, "code") == "4013");
  CHECK(field(refused, "id") == "7");
  CHECK(refused.find("the topic orders") != std::string::npos);
  CHECK(field(nobody->ask(publish("orders", "1")), "code") == "4001");
  CHECK(field(orders->ask(publish("user:alice:orders", "1")), "seq") == "1");
  CHECK(field(orders->ask(publish("positions", "1")), "code") == "4013");
  const auto root = connect(gateway, "root");
  CHECK(field(root->ask(publish("positions", "1")), "seq") == "1");
  CHECK(field(root->ask(publish("market:status", "1")), "code") == "4013");
  CHECK(gateway.telemetry.gateway.publishes_refused == 4);
  CHECK(gateway.telemetry.gateway.publishes == 2);
}

TEST_CASE("topics: requests that cannot be served are told why, one by one") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "svc");
  const std::string result = client->ask(R"({"op":"subscribe","topics":["orders","","a b","user:*:orders","market:BINANCE:BTCUSDT"]})");
  CHECK(result.find(R"({"topic":"orders","state":"no_publisher"})") != std::string::npos);
  CHECK(result.find(R"({"topic":"","state":"failed","code":4004)") != std::string::npos);
  CHECK(result.find(R"({"topic":"a b","state":"failed","code":4004)") != std::string::npos);
  CHECK(result.find(R"({"topic":"user:*:orders","state":"failed","code":4004)") != std::string::npos);
  CHECK(result.find(R"({"topic":"market:BINANCE:BTCUSDT","state":"failed","code":4012)") != std::string::npos);
  CHECK(field(client->ask(R"({"op":"publish","id":1,"data":1})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"publish","id":1,"topic":"orders"})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"publish","id":1,"topic":"a b","data":1})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"publish","id":1,"topic":"orders","data":1,"retain":1})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"publish","id":1,"topic":"orders","data":1,"key":""})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"subscribe","topics":"orders"})"), "code") == "4004");
  CHECK(field(client->ask(R"({"op":"subscribe","topics":["orders"],"symbols":["BINANCE:BTCUSDT"]})"), "code") == "4004");
}

TEST_CASE("topics: symbols and topics go together in one request, and list and unsubscribe show both") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "alice"), service = connect(gateway, "svc");
  CHECK(
      client->ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"topics":["orders","bot_status"]})") ==
      R"({"type":"result","op":"subscribe","results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"},{"topic":"orders","state":"no_publisher"},{"topic":"bot_status","state":"no_publisher"}]})");
  service->ask(publish("orders", "1"));
  client->wait(3);
  client->take();
  CHECK(
      client->ask(R"({"op":"list"})") ==
      R"({"type":"subscriptions","subscriptions":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending","broker":null,"seq":null},{"topic":"bot_status","state":"no_publisher","seq":null},{"topic":"orders","state":"live","seq":1}]})");
  CHECK(client->ask(R"({"op":"unsubscribe","topics":["orders","never"]})") ==
        R"({"type":"result","op":"unsubscribe","results":[{"topic":"orders","state":"closed"},{"topic":"never","state":"closed"}]})");
  CHECK(field(service->ask(publish("orders", "2")), "delivered") == "0");
  CHECK(
      client->ask(R"({"op":"unsubscribe_all"})") ==
      R"({"type":"result","op":"unsubscribe_all","results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"closed"},{"topic":"bot_status","state":"closed"}]})");
}

TEST_CASE("topics: a retained value comes first, what was published since is told as a gap, and null takes it away") {
  Gateway gateway(options_with_users());
  const auto service = connect(gateway, "svc");
  service->ask(publish("strategy:7", R"({"pnl":1})", R"(,"retain":true,"key":"k1")"));
  const auto first = connect(gateway, "alice");
  first->ask(R"({"op":"subscribe","topics":["strategy:7"]})");
  first->wait(2);
  CHECK(first->messages[0] == R"({"type":"result","op":"subscribe","results":[{"topic":"strategy:7","state":"live"}]})");
  CHECK(first->messages[1] == R"({"type":"topic","topic":"strategy:7","seq":1,"timestamp":")" + kTestNow +
                                  R"(","origin":"publisher:svc","retained":true,"key":"k1","data":{"pnl":1}})");
  service->ask(publish("strategy:7", "2"));
  service->ask(publish("strategy:7", "3"));
  first->wait(4);
  const auto second = connect(gateway, "alice");
  second->ask(R"({"op":"subscribe","topics":["strategy:7"]})");
  second->wait(3);
  CHECK(second->messages[2] == R"({"type":"gap","topic":"strategy:7","from_seq":2,"to_seq":3,"cause":"resume_window"})");
  const auto third = connect(gateway, "alice");
  third->ask(R"({"op":"subscribe","topics":["strategy:7"],"options":{"snapshot":false}})");
  service->ask(publish("strategy:7", "null", R"(,"retain":true)"));
  second->wait(4);
  CHECK(second->messages[3].ends_with(R"("origin":"publisher:svc","data":null})"));
  third->wait(2);
  CHECK(field(third->messages[1], "seq") == "4");
  const auto fourth = connect(gateway, "alice");
  fourth->ask(R"({"op":"subscribe","topics":["strategy:7"]})");
  fourth->sync();
  CHECK(fourth->messages.size() == 1);
}

TEST_CASE("topics: a repeated key is acknowledged with its number and not published again; another message under it is refused") {
  Gateway gateway(options_with_users());
  const auto service = connect(gateway, "svc"), other = connect(gateway, "root"), reader = connect(gateway, "alice");
  reader->ask(R"({"op":"subscribe","topics":["orders"]})");
  CHECK(field(service->ask(publish("orders", R"({"a":1})", R"(,"key":"k")")), "seq") == "1");
  CHECK(service->ask(publish("orders", R"({ "a" : 1 })", R"(,"key":"k")")) ==
        R"({"type":"result","op":"publish","id":7,"topic":"orders","seq":1,"delivered":0,"duplicate":true})");
  CHECK(field(service->ask(publish("orders", R"({"a":2})", R"(,"key":"k")")), "code") == "4004");
  CHECK(field(service->ask(publish("orders", R"({"a":1})", R"(,"key":"k","retain":true)")), "code") == "4004");
  CHECK(field(service->ask(publish("positions", R"({"a":2})", R"(,"key":"k")")), "seq") == "1");  // each topic has its own keys
  CHECK(field(other->ask(publish("orders", R"({"a":2})", R"(,"key":"k")")), "seq") == "2");       // and each user
  gateway.advance(std::chrono::minutes{10});
  CHECK(field(service->ask(publish("orders", R"({"a":3})", R"(,"key":"k")")), "seq") == "3");
  reader->sync();
  CHECK(outline(reader->messages) == std::vector<std::string>{"result", "state live", "topic 1", "topic 2", "topic 3"});
  CHECK(gateway.telemetry.gateway.publishes_repeated == 1);
}

TEST_CASE("topics: keys beyond the bound make the oldest be forgotten, and that is counted") {
  DistributorOptions options = options_with_users();
  options.topics.idempotency_keys = 2;
  Gateway gateway(std::move(options));
  const auto service = connect(gateway, "svc");
  for (const char* const key : {"a", "b", "c"}) service->ask(publish("orders", "1", R"(,"key":")" + std::string(key) + "\""));
  CHECK(gateway.telemetry.gateway.publish_keys_dropped == 1);
  CHECK(field(service->ask(publish("orders", "1", R"(,"key":"c")")), "duplicate") == "true");
  CHECK(field(service->ask(publish("orders", "1", R"(,"key":"a")")), "seq") == "4");
}

TEST_CASE("topics: too much data, too many messages and too many retained values are refused, each with its code") {
  DistributorOptions options = options_with_users();
  options.topics.message_bytes = 100;
  options.topics.publish_per_minute = 4;
  options.topics.retained = 2;
  options.topics.topics = 5;
  Gateway gateway(std::move(options));
  const auto service = connect(gateway, "svc");
  const std::string large = service->ask(publish("a", '"' + std::string(99, 'x') + '"'));
  CHECK(field(large, "code") == "4022");
  CHECK(field(service->ask(publish("a", '"' + std::string(98, 'x') + '"', R"(,"retain":true)")), "seq") == "1");
  CHECK(field(service->ask(publish("b", "1")), "seq") == "1");
  const std::string full = service->ask(publish("c", "1", R"(,"retain":true)"));
  CHECK(field(full, "code") == "4014");  // `a` and market:status are retained
  CHECK(field(service->ask(publish("a", "2", R"(,"retain":true)")), "seq") == "2");
  const std::string often = service->ask(publish("a", "3"));
  CHECK(field(often, "code") == "4020");
  CHECK(field(often, "retry_after_ms") == "60000");
  CHECK(field(service->ask(R"({"op":"ping"})"), "type") == "pong");  // none of it closes
  gateway.advance(std::chrono::seconds{60});
  CHECK(field(service->ask(publish("a", "3")), "seq") == "3");
}

TEST_CASE("topics: as many are known as configured; what nobody reads, publishes or retains makes room, and its numbers do not come again") {
  DistributorOptions options = options_with_users();
  options.topics.topics = 3;  // one of them is market:status
  options.topics.idle = std::chrono::minutes{1};
  Gateway gateway(std::move(options));
  const auto service = connect(gateway, "svc"), reader = connect(gateway, "alice");
  for (int i = 0; i < 3; ++i) service->ask(publish("a", "1"));
  reader->ask(R"({"op":"subscribe","topics":["b"]})");
  CHECK(field(reader->ask(R"({"op":"subscribe","topics":["c"]})"), "code") == "4014");
  CHECK(field(service->ask(publish("c", "1")), "code") == "4014");
  CHECK(gateway.telemetry.gateway.topics_refused == 2);
  gateway.advance(std::chrono::minutes{1});
  CHECK(field(service->ask(publish("c", "1")), "seq") == "4");
}

TEST_CASE("topics: subscriptions of topics count with those of symbols") {
  DistributorOptions options = options_with_users();
  options.subscriptions_per_connection = 3;
  Gateway gateway(std::move(options));
  const auto client = connect(gateway, "alice");
  client->ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"topics":["a","b"]})");
  CHECK(field(client->ask(R"({"op":"subscribe","topics":["c"]})"), "code") == "4014");
  CHECK(field(client->ask(R"({"op":"subscribe","channels":["quote"],"symbols":["BINANCE:BTCUSDT"]})"), "code") == "4014");
  CHECK(field(client->ask(R"({"op":"subscribe","topics":["b"]})"), "state") == "no_publisher");
}

TEST_CASE("topics: a topic to which nobody published for long has no publisher, until somebody publishes again") {
  DistributorOptions options = options_with_users();
  options.topics.idle = std::chrono::minutes{5};
  Gateway gateway(std::move(options));
  const auto service = connect(gateway, "svc"), reader = connect(gateway, "alice");
  service->ask(publish("orders", "1"));
  CHECK(field(reader->ask(R"({"op":"subscribe","topics":["orders"]})"), "state") == "live");
  gateway.advance(std::chrono::minutes{4});
  reader->sync();
  CHECK(reader->take().size() == 1);
  gateway.advance(std::chrono::minutes{1});
  service->ask(publish("orders", "2"));
  reader->wait(3);
  CHECK(outline(reader->messages) == std::vector<std::string>{"state no_publisher", "state live", "topic 2"});
}

TEST_CASE("topics: market:status holds what the gateway knows, as one retained value") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "");
  client->ask(R"({"op":"subscribe","topics":["market:status"]})");
  client->wait(2);
  CHECK(client->messages[0] == R"({"type":"result","op":"subscribe","results":[{"topic":"market:status","state":"live"}]})");
  CHECK(client->messages[1] ==
        R"({"type":"topic","topic":"market:status","seq":1,"timestamp":")" + kTestNow +
            R"(","origin":"gateway","retained":true,"data":{"brokers":[{"name":"binance","state":"connecting","reason":"","since":")" + kTestNow +
            R"("},{"name":"zerodha","state":"connecting","reason":"","since":")" + kTestNow + R"("}],"venues":[]}})");
  client->take();
  gateway.emit(broker_status(BrokerState::Live));
  gateway.emit(market_status("NSE", "OPEN"));
  gateway.emit(market_status("NSE", "CLOSED"));
  client->wait(6);
  CHECK(client->messages[0].find(R"("seq":2)") != std::string::npos);
  CHECK(client->messages[0].find(R"({"name":"binance","state":"live")") != std::string::npos);
  CHECK(client->messages[4].ends_with(
      R"("venues":[{"broker":"binance","venue":"NSE","message":"CLOSED","timestamp":"2023-11-14T22:13:19.000Z","received":"2023-11-14T22:13:20.000Z"}]}})"));
}

TEST_CASE("topics: a new login takes away what it may not read any more, and says so") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "");
  client->ask(R"({"op":"auth","token":"alice-token"})");
  client->ask(R"({"op":"subscribe","topics":["orders","user:alice:orders"]})");
  client->take();
  gateway.distributor->set_authenticator(
      std::make_shared<const Authenticator>(Plans{{std::string(kFreePlan), Grant{Patterns{}, Patterns{}, Patterns{{"positions"}}, Patterns{}}}},
                                            TokenList{{token_record("alice-token", "alice")}, {}}, JwtSettings{}, JwtKeys{}),
      true);
  client->wait(1);
  CHECK(field(client->messages[0], "topic") == "orders");
  CHECK(field(client->messages[0], "state") == "failed");
  CHECK(field(client->messages[0], "code") == "4013");
  client->take();
  CHECK(client->ask(R"({"op":"list"})").find(R"([{"topic":"user:alice:orders")") != std::string::npos);
}

TEST_CASE("topics: a client that leaves is no reader any more") {
  Gateway gateway(options_with_users());
  const auto service = connect(gateway, "svc");
  {
    const auto reader = connect(gateway, "alice");
    reader->ask(R"({"op":"subscribe","topics":["orders"]})");
    CHECK(field(service->ask(publish("orders", "1")), "delivered") == "1");
    reader->close();
    reader->wait_closed();
  }
  service->sync();
  CHECK(field(service->ask(publish("orders", "1")), "delivered") == "0");
}
