// Clients of existing systems over real sockets: how a dialect is chosen, and what each is told.
#include <doctest/doctest.h>

#include <string>

#include "tests/topics/users.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

std::string publish(std::string_view topic, std::string_view data) {
  return R"({"op":"publish","topic":")" + std::string(topic) + R"(","data":)" + std::string(data) + "}";
}

Ticker ticker(std::uint64_t seq) {
  Ticker made = record<Ticker>(kBtc, Channel::Ticker, seq);
  return made;
}

}  // namespace

TEST_CASE("trading dialect: by its path; no welcome, prices and books as the clients know them, pongs with what was sent") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "", "/ws/market");
  client->send(R"({"type":"subscribe_ticker","symbols":["ETHUSDT","BINANCE:BTCUSDT"]})");
  client->send(R"({"type":"subscribe_trades","symbols":["BINANCE:BTCUSDT"]})");
  client->send(R"({"type":"subscribe_orderbook","symbols":["BINANCE:BTCUSDT"]})");
  CHECK(client->ask(R"({"type":"ping","timestamp":17})") == R"({"type":"pong","server_time":")" + kTestNow + R"(","timestamp":17})");
  CHECK(client->ask(R"({"type":"ping"})") == R"({"type":"pong","timestamp":")" + kTestNow + "\"}");
  client->take();
  gateway.emit(trade(kBtc, 1));
  gateway.emit(Book(kBtc, 1, 1, true));
  gateway.emit(ticker(1));
  client->wait(3);
  CHECK(
      client->messages[0] ==
      R"({"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,"broker":"binance","timestamp":"2023-11-14T22:13:20.123Z","received":"2023-11-14T22:13:20.123456789Z","published":")" +
          kTestNow + R"(","price":"65432.1","quantity":"1.5","side":"buy","trade_id":"72057594037927935"})");
  CHECK(client->messages[1].ends_with(R"("bids":[["100","1"]],"asks":[["100.01","2"]]})"));
  CHECK(client->messages[2].ends_with(
      R"("price":null,"price_change":null,"price_change_percent":null,"high_price":null,"low_price":null,"volume":null})"));
}

TEST_CASE("trading dialect: a failed subscription is an error, and the others are served") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "", "/ws/market");
  CHECK(
      client->ask(R"({"type":"subscribe_ticker","symbols":["BINANCE:BTCUSDT","BINANCE:NOPE"],"id":3})") ==
      R"({"type":"error","code":4011,"message":"unknown symbol","hint":"write VENUE:SYMBOL; /v1/instruments?query= finds it","symbol":"BINANCE:NOPE","channel":"ticker","timestamp":")" +
          kTestNow + "\"}");
  CHECK(field(client->ask(R"({"type":"subscribe","channels":["orders"]})"), "code") == "4013");
  CHECK(field(client->ask(R"({"type":"subscribe","channels":["weather"]})"), "code") == "4012");
  client->sync();
  CHECK(gateway.demand() == std::vector<std::string>{"BINANCE:BTCUSDT@ticker"});
}

TEST_CASE("trading dialect: orders, alerts and bots come to the user whom they concern") {
  Gateway gateway(options_with_users());
  const auto service = connect(gateway, "svc"), alice = connect(gateway, "alice", "/ws/trading"), bob = connect(gateway, "bob", "/ws/trading");
  for (Client* const client : {alice.get(), bob.get()}) {
    client->send(R"({"type":"subscribe","channels":["orders","risk_alerts","bot_status","portfolio"]})");
    client->ask(R"({"type":"ping"})");
    client->take();
  }
  service->ask(publish("user:alice:orders", R"({"order_id":"o1","status":"FILLED"})"));
  service->ask(publish("risk_alerts", R"({"alert_type":"drawdown"})"));
  service->ask(publish("portfolio:bob", R"({"value":"1"})"));
  const auto about = [](const Client& client) {
    std::vector<std::string> types;
    for (const std::string& message : client.messages) {
      if (field(message, "type") != "state") types.push_back(field(message, "type"));
    }
    return types;
  };
  gateway.until([&] { return about(*alice).size() == 2 && about(*bob).size() == 2; });
  CHECK(about(*alice) == std::vector<std::string>{"order_update", "risk_alert"});
  CHECK(about(*bob) == std::vector<std::string>{"risk_alert", "portfolio_update"});
  CHECK(alice->messages[1] ==
        R"({"type":"order_update","order_id":"o1","status":"FILLED","topic":"user:alice:orders","seq":1,"origin":"publisher:svc","timestamp":")" +
            kTestNow + "\"}");
  alice->take();
  alice->send(R"({"type":"unsubscribe","channels":["orders","risk_alerts"]})");
  alice->ask(R"({"type":"ping"})");
  CHECK(field(service->ask(publish("user:alice:orders", "1")), "delivered") == "0");
}

TEST_CASE("trading dialect: a wrong token is told in an error, and closes with its code") {
  Gateway gateway(options_with_users());
  Client client(gateway, gateway.url("/ws/trading?token=wrong"), {});
  client.wait_closed();
  CHECK(client.closed.code == 4001);
  REQUIRE(client.messages.size() == 1);
  CHECK(client.messages[0].starts_with(R"({"type":"error","code":4001,)"));
}

TEST_CASE("platform dialect: the first message chooses it; topics and symbols are answered in one envelope") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "alice"), service = connect(gateway, "svc");
  CHECK(
      client->ask(
          R"({"type":"SUBSCRIPTION","timestamp":"2026-01-05T09:15:00Z","payload":{"action":"subscribe","topics":["orders","user:bob:orders","market:BINANCE:BTCUSDT"]}})") ==
      R"({"type":"SUBSCRIPTION","timestamp":")" + kTestNow +
          R"(","payload":{"action":"subscribe","results":[{"topic":"market:BINANCE:BTCUSDT","state":"pending"},{"topic":"orders","state":"no_publisher"},)"
          R"({"topic":"user:bob:orders","state":"failed","code":4013,"message":"not entitled to read the topic user:bob:orders","hint":"a user's own topics are for that user alone: log in as that user"}]}})");
  client->take();
  gateway.emit(trade(kBtc, 1));
  service->ask(publish("orders", R"({"id":7})"));
  client->wait(3);
  CHECK(client->messages[0].starts_with(
      R"({"type":"MARKET_DATA","timestamp":"2023-11-14T22:13:20.123Z","payload":{"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,)"));
  CHECK(field(client->messages[1], "type") == "SUBSCRIPTION");  // orders has a publisher now
  CHECK(client->messages[2] ==
        R"({"type":"ORDER_UPDATE","timestamp":")" + kTestNow + R"(","payload":{"id":7,"topic":"orders","seq":1,"origin":"publisher:svc"}})");
  client->take();
  CHECK(field(client->ask(R"({"type":"HEARTBEAT"})"), "type") == "HEARTBEAT");
  CHECK(client->ask(R"({"type":"SUBSCRIPTION","payload":{"action":"unsubscribe","topics":["market:BINANCE:BTCUSDT"]}})") ==
        R"({"type":"SUBSCRIPTION","timestamp":")" + kTestNow +
            R"(","payload":{"action":"unsubscribe","results":[{"topic":"market:BINANCE:BTCUSDT","state":"closed"}]}})");
  CHECK(client->ask(R"({"type":"WEATHER"})").starts_with(R"({"type":"ERROR",)"));
  CHECK(client->ask("nonsense").starts_with(R"({"type":"ERROR",)"));
}

TEST_CASE("platform dialect: payloads are texts where the connection says so, in both directions") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "alice", "/ws", "payload=string"), service = connect(gateway, "svc");
  const std::string answer = client->ask(R"({"type":"SUBSCRIPTION","payload":"{\"action\":\"subscribe\",\"topics\":[\"orders\"]}"})");
  CHECK(answer == R"({"type":"SUBSCRIPTION","timestamp":")" + kTestNow +
                      R"(","payload":"{\"action\":\"subscribe\",\"results\":[{\"topic\":\"orders\",\"state\":\"no_publisher\"}]}"})");
  service->ask(publish("orders", R"({"id":7})"));
  client->wait(3);
  CHECK(client->messages[2] == R"({"type":"ORDER_UPDATE","timestamp":")" + kTestNow +
                                   R"(","payload":"{\"id\":7,\"topic\":\"orders\",\"seq\":1,\"origin\":\"publisher:svc\"}"})");
}

TEST_CASE("platform dialect: a login by message, and what is malformed") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "", "/ws", "dialect=platform");
  const std::string answer = client->ask(R"({"type":"AUTHENTICATION","payload":{"token":"alice-token"}})");
  CHECK(answer.starts_with(R"({"type":"AUTHENTICATION","timestamp":)"));
  CHECK(field(answer, "user") == "alice");
  for (const char* const text :
       {R"({"type":"SUBSCRIPTION"})", R"({"type":"SUBSCRIPTION","payload":7})", R"({"type":"SUBSCRIPTION","payload":"no"})",
        R"({"type":"SUBSCRIPTION","payload":{"topics":[]}})", R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe"}})",
        R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe","topics":[7]}})", R"({"type":"AUTHENTICATION","payload":{}})", R"({"type":7})"}) {
    CHECK_MESSAGE(field(client->ask(text), "code") == "4004", text);
  }
  CHECK(field(client->ask(R"({"type":"SUBSCRIPTION","payload":{"action":"jump","topics":[]}})"), "code") == "4010");
}

TEST_CASE("dialects: ?dialect= and the first message choose, once; what tells nothing chooses nothing") {
  Gateway gateway(options_with_users());
  const auto by_message = connect(gateway, "");
  CHECK(by_message->ask("nonsense").starts_with(R"({"type":"error",)"));
  CHECK(field(by_message->ask(R"({"type":"ping","n":5})"), "n") == "5");
  CHECK(field(by_message->ask(R"({"type":"SUBSCRIPTION","payload":{}})"), "code") == "4010");  // it speaks the trading dialect now
  CHECK(field(by_message->ask(R"({"op":"ping","id":1})"), "type") == "pong");                  // and a native request is understood in each
  const auto native = connect(gateway, "", "/ws/market", "dialect=native");
  native->wait(1);
  CHECK(field(native->messages[0], "type") == "welcome");
  CHECK(field(native->ask(R"({"type":"ping"})"), "code") == "4004");
  Client wrong(gateway, gateway.url("/ws?dialect=morse"), {});
  wrong.wait_closed();
  CHECK(wrong.closed.code == 4004);
  Client wrong_payload(gateway, gateway.url("/ws?payload=xml"), {});
  wrong_payload.wait_closed();
  CHECK(wrong_payload.closed.code == 4004);
}

TEST_CASE("dialects: symbols come as the client spelled them where it asked for that") {
  Gateway gateway(options_with_users());
  const auto client = connect(gateway, "", "/ws/market", "symbols=requested");
  client->send(R"({"type":"subscribe_trades","symbols":["ETHUSDT","BINANCE:BTCUSDT"]})");
  client->ask(R"({"type":"ping"})");
  client->take();
  gateway.emit(trade(kEth, 1));
  gateway.emit(trade(kBtc, 1));
  client->wait(2);
  CHECK(client->messages[0].starts_with(R"({"type":"trade","symbol":"ETHUSDT","seq":1,)"));
  CHECK(client->messages[1].starts_with(R"({"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,)"));
  const auto platform = connect(gateway, "", "/ws", "symbols=requested");
  platform->ask(R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe","topics":["market:ETHUSDT"]}})");
  gateway.emit(trade(kEth, 2));
  gateway.until([&] { return platform->messages.back().find("MARKET_DATA") != std::string::npos; });
  CHECK(field(platform->messages.back(), "symbol") == "ETHUSDT");
}

TEST_CASE("dialects: clients of all kinds side by side, one encoding each") {
  Gateway gateway(options_with_users());
  const auto native = connect(gateway, ""), trading = connect(gateway, "", "/ws/market"), platform = connect(gateway, "", "/ws", "dialect=platform"),
             text = connect(gateway, "", "/ws", "dialect=platform&payload=string");
  native->ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  trading->send(R"({"type":"subscribe_trades","symbols":["BINANCE:BTCUSDT"]})");
  trading->ask(R"({"type":"ping"})");
  for (Client* const client : {platform.get(), text.get()}) {
    client->ask(R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe","topics":["market:BINANCE:BTCUSDT"]}})");
  }
  for (Client* const client : {native.get(), trading.get(), platform.get(), text.get()}) client->take();
  gateway.emit(trade(kBtc, 1));
  for (Client* const client : {native.get(), trading.get(), platform.get(), text.get()}) client->wait(1);
  CHECK(trading->messages[0] == native->messages[0]);
  CHECK(platform->messages[0] == R"({"type":"MARKET_DATA","timestamp":"2023-11-14T22:13:20.123Z","payload":)" + native->messages[0] + "}");
  CHECK(text->messages[0].starts_with(R"({"type":"MARKET_DATA","timestamp":"2023-11-14T22:13:20.123Z","payload":"{\"type\":\"trade\",)"));
  CHECK(gateway.telemetry.gateway.messages_encoded == 1);
}
