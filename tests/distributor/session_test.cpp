// Ops and their answers over real sockets: docs/client-protocol.md, request by request.
#include <doctest/doctest.h>

#include "tests/distributor/gateway.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* kSubscribeTrades = R"({"op":"subscribe","id":1,"channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";
const std::string kNow = "2023-11-14T22:13:20.000Z";

}  // namespace

TEST_CASE("session: the first message is the welcome") {
  Gateway gateway;
  gateway.emit(broker_status(BrokerState::Live));
  Client client(gateway, false);
  client.wait(1);
  CHECK(client.messages[0] == R"({"type":"welcome","session":"e1-1","epoch":"e1","version":"1.2.3","heartbeat_seconds":30,)"
                              R"("limits":{"subscriptions_per_connection":1000,"message_bytes":65536,"outbox_bytes":1048576},)"
                              R"("brokers":[{"name":"binance","state":"live"},{"name":"zerodha","state":"connecting"}]})");
}

TEST_CASE("session: a subscription is pending until a state says live") {
  Gateway gateway;
  Client client(gateway);
  CHECK(client.ask(kSubscribeTrades) ==
        R"({"type":"result","op":"subscribe","id":1,"results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"}]})");
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@trade"});
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Live));
  gateway.emit(trade(kBtc, 1));
  client.wait(3);
  CHECK(client.messages[1] == R"({"type":"state","symbol":"BINANCE:BTCUSDT","channel":"trade","state":"live","broker":"binance",)"
                              R"("since":"2023-11-14T22:13:20.123456789Z","reason":""})");
  CHECK(client.messages[2] == R"({"type":"trade","symbol":"BINANCE:BTCUSDT","seq":1,"broker":"binance","timestamp":"2023-11-14T22:13:20.123Z",)"
                              R"("received":"2023-11-14T22:13:20.123456789Z","published":"2023-11-14T22:13:20.000Z",)"
                              R"("price":"65432.1","quantity":"1.5","side":"buy","trade_id":"72057594037927935"})");
}

TEST_CASE("session: a bare name is taken when one venue has it; the result says which") {
  Gateway gateway;
  Client client(gateway);
  CHECK(client.ask(R"({"op":"subscribe","channels":["quote"],"symbols":["ETHUSDT"]})") ==
        R"({"type":"result","op":"subscribe","results":[{"symbol":"BINANCE:ETHUSDT","requested":"ETHUSDT","channel":"quote","state":"pending"}]})");
}

TEST_CASE("session: bad pairs fail on their own, each with its code") {
  Gateway gateway;
  gateway.availability = [](InstrumentId, Channel channel) {
    return channel == Channel::Ticker || channel == Channel::Status ? Availability{4012, "binance has no ticker", "take trade"} : Availability{};
  };
  Client client(gateway);
  const std::string result =
      client.ask(R"({"op":"subscribe","id":"a","channels":["trade","tick","ticker","status"],"symbols":["BINANCE:ETHUSDT","BTCUSDT","X:Y"]})");
  CHECK(
      result ==
      R"({"type":"result","op":"subscribe","id":"a","results":[)"
      R"({"symbol":"BINANCE:ETHUSDT","channel":"trade","state":"pending"},)"
      R"({"symbol":"BINANCE:ETHUSDT","channel":"tick","state":"failed","code":4012,"message":"unknown channel","hint":"one of: trade, quote, orderbook, ticker, status, )"
      R"(candle_1s, candle_1m, candle_3m, candle_5m, candle_15m, candle_30m, candle_1h, candle_2h, candle_4h, candle_6h, candle_8h, candle_12h, candle_1d, )"
      R"(candle_3d, candle_1w, candle_1M"},)"
      R"({"symbol":"BINANCE:ETHUSDT","channel":"ticker","state":"failed","code":4012,"message":"binance has no ticker","hint":"take trade"},)"
      R"({"symbol":"BINANCE:ETHUSDT","channel":"status","state":"failed","code":4012,"message":"binance has no ticker","hint":"take trade"},)"
      R"({"symbol":"BTCUSDT","channel":"trade","state":"failed","code":4011,"message":"ambiguous symbol","hint":"one of: BINANCE-USDM:BTCUSDT BINANCE:BTCUSDT"},)" +
          result.substr(result.find(R"({"symbol":"BTCUSDT","channel":"tick",)")));
  CHECK(result.find(R"({"symbol":"X:Y","channel":"trade","state":"failed","code":4011,"message":"unknown symbol",)") != std::string::npos);
  client.sync();
  CHECK(gateway.demand() == Lines{"BINANCE:ETHUSDT@trade"});
}

TEST_CASE("session: the limit of subscriptions is told, and what was there is not touched by it") {
  DistributorOptions options = test_options();
  options.subscriptions_per_connection = 1;
  Gateway gateway(options);
  Client client(gateway);
  const std::string result =
      client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT","BINANCE:ETHUSDT","BINANCE:BTCUSDT"]})");
  CHECK(result == R"({"type":"result","op":"subscribe","results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"},)"
                  R"({"symbol":"BINANCE:ETHUSDT","channel":"trade","state":"failed","code":4014,"message":"at most 1 subscriptions",)"
                  R"("hint":"unsubscribe from something, or raise server.limits.subscriptions_per_connection"},)"
                  R"({"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"}]})");
}

TEST_CASE("session: unsubscribe closes, stops the data, and is no error when there is nothing to close") {
  Gateway gateway;
  Client client(gateway);
  client.ask(kSubscribeTrades);
  CHECK(
      client.ask(R"({"op":"unsubscribe","id":2,"channels":["trade"],"symbols":["BINANCE:BTCUSDT","BINANCE:ETHUSDT","X:Y"]})") ==
      R"({"type":"result","op":"unsubscribe","id":2,"results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"closed"},)"
      R"({"symbol":"BINANCE:ETHUSDT","channel":"trade","state":"closed"},)"
      R"({"symbol":"X:Y","channel":"trade","state":"failed","code":4011,"message":"unknown symbol","hint":"write VENUE:SYMBOL; /v1/instruments?query= finds it"}]})");
  gateway.emit(trade(kBtc, 1));
  client.take();
  client.sync();
  CHECK(client.messages.empty());
}

TEST_CASE("session: unsubscribe_all closes everything and list shows what is left") {
  Gateway gateway;
  Client client(gateway);
  client.ask(R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})");
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Live));
  gateway.emit(trade(kBtc, 1));
  client.wait(3);
  CHECK(client.ask(R"({"op":"list","id":3})") ==
        R"({"type":"subscriptions","id":3,"subscriptions":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"live","broker":"binance","seq":1},)"
        R"({"symbol":"BINANCE:BTCUSDT","channel":"quote","state":"pending","broker":null,"seq":null}]})");
  CHECK(client.ask(R"({"op":"unsubscribe_all","id":4})") ==
        R"({"type":"result","op":"unsubscribe_all","id":4,"results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"closed"},)"
        R"({"symbol":"BINANCE:BTCUSDT","channel":"quote","state":"closed"}]})");
  CHECK(client.ask(R"({"op":"list"})") == R"({"type":"subscriptions","subscriptions":[]})");
}

TEST_CASE("session: ping is answered with its id and the time") {
  Gateway gateway;
  Client client(gateway);
  CHECK(client.ask(R"({"op":"ping","id":1.50})") == R"({"type":"pong","id":1.50,"timestamp":")" + kNow + "\"}");
  CHECK(client.ask(R"({"op":"ping"})") == R"({"type":"pong","timestamp":")" + kNow + "\"}");
}

TEST_CASE("session: what cannot be read gets an error and the connection stays") {
  Gateway gateway;
  Client client(gateway);
  CHECK(
      client.ask(R"({"op":"jump","id":"j"})") ==
      R"({"type":"error","code":4010,"message":"unknown op: jump","hint":"the ops are: subscribe, unsubscribe, unsubscribe_all, list, ping, auth, publish, completeness","id":"j","timestamp":")" +
          kNow + "\"}");
  CHECK(field(client.ask("nonsense"), "code") == "4004");
  CHECK(field(client.ask("[]"), "code") == "4004");
  CHECK(field(client.ask(R"({"op":"subscribe","channels":7,"symbols":[]})"), "code") == "4004");
  client.send_binary("\x01\x02");
  client.wait(5);
  CHECK(field(client.messages[4], "code") == "4004");
  CHECK(field(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"conflate":"soon"}})"), "code") ==
        "4004");
  client.sync();
  CHECK(client.closed.code == 0);
  CHECK(gateway.telemetry.gateway.requests_bad == 6);
  CHECK(gateway.telemetry.gateway.requests_received == 7);
}

TEST_CASE("session: a message over the limit is told 4022 and closed with it") {
  DistributorOptions options = test_options();
  options.message_bytes = 1'000;
  Gateway gateway(options);
  Client client(gateway);
  client.send(std::string(1'001, ' '));
  client.wait_closed();
  REQUIRE(client.messages.size() == 1);
  CHECK(field(client.messages[0], "code") == "4022");
  CHECK(client.closed.code == 4022);
}

TEST_CASE("session: ten thousand symbols in one request are answered one by one") {
  DistributorOptions options = test_options();
  options.message_bytes = 1U << 20U;
  options.subscriptions_per_connection = 9'000;
  Gateway gateway(options, make_catalog(10'000));
  Client client(gateway);
  std::string request = R"({"op":"subscribe","channels":["trade"],"symbols":[)";
  for (int i = 0; i < 10'000; ++i) request += (i == 0 ? "\"BINANCE:X" : ",\"BINANCE:X") + std::to_string(i) + "\"";
  const std::string result = client.ask(request + "]}");
  CHECK(result.find(R"("symbol":"BINANCE:X8999","channel":"trade","state":"pending"})") != std::string::npos);
  CHECK(result.find(R"("symbol":"BINANCE:X9000","channel":"trade","state":"failed","code":4014)") != std::string::npos);
  CHECK(gateway.demands.size() == 1);
  CHECK(gateway.demands[0].size() == 9'000);
}

TEST_CASE("session: a heartbeat comes only when nothing else was sent") {
  Gateway gateway;
  Client client(gateway);
  gateway.advance(std::chrono::seconds{29});
  client.sync();
  CHECK(client.messages.empty());
  gateway.advance(std::chrono::seconds{29});
  gateway.advance(std::chrono::milliseconds{999});
  client.sync();
  CHECK(client.messages.empty());
  gateway.advance(std::chrono::seconds{30});
  client.wait(1);
  CHECK(client.messages[0] == R"({"type":"heartbeat","timestamp":"2023-11-14T22:14:48.999Z"})");
}

TEST_CASE("session: a broker's status reaches every connection") {
  Gateway gateway;
  Client one(gateway);
  Client two(gateway);
  gateway.emit(broker_status(BrokerState::AuthRequired, "token \"expired\" \xff"));
  one.wait(1);
  two.wait(1);
  CHECK(one.messages[0] ==
        "{\"type\":\"status\",\"broker\":\"binance\",\"state\":\"auth_required\",\"reason\":\"token \\\"expired\\\" \xEF\xBF\xBD\",\"timestamp\":\"" +
            kNow + "\"}");
  CHECK(two.messages == one.messages);
}

TEST_CASE("session: a venue's status reaches every connection") {
  Gateway gateway;
  Client one(gateway);
  Client two(gateway);
  gateway.emit(market_status("NSE", "THE NORMAL MARKET HAS OPENED"));
  one.wait(1);
  two.wait(1);
  CHECK(one.messages[0].starts_with(R"({"type":"notice","kind":"market_status","broker":"binance","venue":"NSE","message":"THE NORMAL MARKET HAS)"));
  CHECK(two.messages == one.messages);
}

TEST_CASE("session: one connection too many is told 4003 and closed with it, the others stay") {
  DistributorOptions options = test_options();
  options.connections = 1;
  Gateway gateway(options);
  Client first(gateway);
  Client second(gateway, false);
  second.wait_closed();
  CHECK(second.closed.code == 4003);
  REQUIRE(second.messages.size() == 1);
  CHECK(second.messages[0].find(R"("code":4003)") != std::string::npos);
  CHECK(first.ask(R"({"op":"ping"})").find("pong") != std::string::npos);
}

TEST_CASE("session: shutdown tells everyone, closes with 4050 and drains") {
  Gateway gateway;
  Client one(gateway);
  Client two(gateway);
  one.ask(kSubscribeTrades);
  one.take();
  gateway.distributor->shutdown("going down");
  CHECK_FALSE(gateway.distributor->drained());
  gateway.emit(trade(kBtc, 1));
  one.wait_closed();
  two.wait_closed();
  gateway.until([&] { return gateway.distributor->drained(); });
  CHECK(one.messages ==
        Lines{R"({"type":"notice","kind":"shutdown","message":"going down","timestamp":")" + kNow + "\"}",
              R"({"type":"error","code":4050,"message":"going down","hint":"connect again in a moment","timestamp":")" + kNow + "\"}"});
  CHECK(two.messages == one.messages);
  CHECK(one.closed.code == 4050);
  CHECK(two.closed.code == 4050);
}

TEST_CASE("session: only /ws is upgraded, and only for its own origin and the listed ones") {
  DistributorOptions options = test_options();
  options.origins = {"https://desk.example"};
  Gateway gateway(options);
  const std::string own = "http://127.0.0.1:" + std::to_string(gateway.distributor->port());
  const auto status = [&](const std::string& target, const std::string& origin) {
    Client client(
        gateway, gateway.url(target),
        origin.empty() ? std::vector<std::pair<std::string, std::string>>{} : std::vector<std::pair<std::string, std::string>>{{"Origin", origin}});
    gateway.until([&] { return !client.messages.empty() || client.closed.code != 0; });
    return client.closed.code == 0 ? 101 : client.closed.http_status;
  };
  CHECK(status("/ws", "") == 101);
  CHECK(status("/ws?dialect=native", "") == 101);
  CHECK(status("/other", "") == 404);
  CHECK(status("/ws", "https://desk.example") == 101);
  CHECK(status("/ws", own) == 101);
  CHECK(status("/ws", "http://evil.example") == 403);
  CHECK(status("/ws", "null") == 403);
}
