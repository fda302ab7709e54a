// What a stream brings its subscribers, in which order, and how long it stays in demand; over real sockets.
#include <doctest/doctest.h>

#include "tests/distributor/gateway.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* kSubscribeTrades = R"({"op":"subscribe","id":1,"channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";
const std::string kNow = "2023-11-14T22:13:20.000Z";

}  // namespace

TEST_CASE("streams: a late subscriber gets the snapshot first, and the numbers go on from it") {
  Gateway gateway;
  Client early(gateway);
  Client late(gateway);
  early.ask(kSubscribeTrades);
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Live));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) gateway.emit(trade(kBtc, seq));
  const std::string result = late.ask(kSubscribeTrades);
  CHECK(result.find(R"("state":"live")") != std::string::npos);
  gateway.emit(trade(kBtc, 4));
  late.wait(3);
  CHECK(outline(late.messages) == Lines{"result", "trade 3 snapshot", "trade 4"});
  early.sync();
  CHECK(outline(early.messages) == Lines{"result", "state live", "trade 1", "trade 2", "trade 3", "trade 4"});
}

TEST_CASE("streams: without a snapshot the data begins with what comes next") {
  Gateway gateway;
  Client early(gateway);
  Client late(gateway);
  early.ask(kSubscribeTrades);
  gateway.emit(trade(kBtc, 1));
  late.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"snapshot":false}})");
  gateway.emit(trade(kBtc, 2));
  late.wait(2);
  CHECK(outline(late.messages) == Lines{"result", "trade 2"});
}

TEST_CASE("streams: subscribing again never doubles a message") {
  Gateway gateway;
  Client client(gateway);
  client.ask(R"({"op":"subscribe","channels":["trade","trade"],"symbols":["BINANCE:BTCUSDT","BINANCE:BTCUSDT"]})");
  gateway.emit(trade(kBtc, 1));
  client.sync();
  client.send(kSubscribeTrades);
  client.sync();
  gateway.emit(trade(kBtc, 2));
  client.sync();
  CHECK(outline(client.messages) == Lines{"result", "trade 1", "result", "trade 1 snapshot", "trade 2"});
}

TEST_CASE("streams: a gap between the last value and now is told to newcomers too") {
  Gateway gateway;
  Client early(gateway);
  Client late(gateway);
  early.ask(kSubscribeTrades);
  gateway.emit(trade(kBtc, 1));
  gateway.emit(gap(kBtc, Channel::Trade, 2, 4));
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Stale, "gap"));
  late.ask(kSubscribeTrades);
  gateway.emit(trade(kBtc, 5));
  late.wait(5);
  CHECK(outline(late.messages) == Lines{"result", "state stale", "trade 1 snapshot", "gap 2-4", "trade 5"});
  CHECK(late.messages[2].find(R"("flags":["snapshot","stale"])") != std::string::npos);
  early.sync();
  CHECK(outline(early.messages) == Lines{"result", "trade 1", "gap 2-4", "state stale", "trade 5"});
}

TEST_CASE("streams: a hole that nobody explained becomes a gap, a conflated one does not") {
  Gateway gateway;
  Client client(gateway);
  client.ask(kSubscribeTrades);
  gateway.emit(trade(kBtc, 1));
  gateway.emit(trade(kBtc, 4));
  Trade conflated = trade(kBtc, 8);
  conflated.header.flags = Flags::Conflated;
  gateway.emit(conflated);
  client.sync();
  CHECK(outline(client.messages) == Lines{"result", "trade 1", "gap 2-3", "trade 4", "trade 8"});
}

TEST_CASE("streams: each subscriber sees a book to its own depth, demand carries the deepest") {
  Gateway gateway;
  Client shallow(gateway);
  Client deep(gateway);
  shallow.ask(R"({"op":"subscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"],"options":{"depth":1}})");
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@orderbook/1"});
  deep.ask(R"({"op":"subscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"],"options":{"depth":"full"}})");
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@orderbook/65535"});
  gateway.emit(Book(kBtc, 1, 3));
  shallow.wait(2);
  deep.wait(2);
  CHECK(shallow.messages[1].ends_with(R"("bids":[["100","1"]],"asks":[["100.01","2"]]})"));
  CHECK(deep.messages[1].ends_with(R"(["99.98","1.002"]],"asks":[["100.01","2"],["100.02","2.001"],["100.03","2.002"]]})"));
  deep.ask(R"({"op":"unsubscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"]})");
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@orderbook/1"});
}

TEST_CASE("streams: before any instrument list, subscriptions wait for it") {
  Gateway gateway(test_options(), nullptr);
  Client client(gateway);
  CHECK(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT","X:Y","BINANCE:ETHUSDT"]})") ==
        R"({"type":"result","op":"subscribe","results":[{"symbol":"BINANCE:BTCUSDT","channel":"trade","state":"pending"},)"
        R"({"symbol":"X:Y","channel":"trade","state":"pending"},{"symbol":"BINANCE:ETHUSDT","channel":"trade","state":"pending"}]})");
  CHECK(client.ask(R"({"op":"unsubscribe","channels":["trade"],"symbols":["BINANCE:ETHUSDT"]})").find("closed") != std::string::npos);
  CHECK(client.ask(R"({"op":"list"})").find(R"({"symbol":"X:Y","channel":"trade","state":"pending","broker":null,"seq":null})") != std::string::npos);
  CHECK(gateway.demands.empty());
  client.take();
  gateway.distributor->on_catalog(make_catalog());
  client.wait(1);
  CHECK(client.messages[0] == R"({"type":"state","symbol":"X:Y","channel":"trade","state":"failed","broker":null,"since":")" + kNow +
                                  R"(","reason":"unknown symbol","code":4011,"hint":"write VENUE:SYMBOL; /v1/instruments?query= finds it"})");
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@trade"});
}

TEST_CASE("streams: a name that a missing list may hold waits for that list; others are decided at once") {
  Gateway gateway;
  gateway.awaited = {"LATE:ONE", "ETHUSDT"};
  Client client(gateway);
  const std::string result = client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["LATE:ONE","ETHUSDT","NO:SUCH"]})");
  CHECK(result.find(R"({"symbol":"LATE:ONE","channel":"trade","state":"pending"})") != std::string::npos);
  CHECK(result.find(R"({"symbol":"ETHUSDT","channel":"trade","state":"pending"})") != std::string::npos);
  CHECK(result.find(R"("code":4011)") != std::string::npos);
  client.take();
  CHECK(gateway.demands.empty());
  gateway.awaited = {"LATE:ONE"};
  gateway.distributor->on_catalog(make_catalog());
  gateway.until([&] { return !gateway.demands.empty(); });
  CHECK(gateway.demand() == Lines{"BINANCE:ETHUSDT@trade"});
  gateway.awaited.clear();
  gateway.distributor->on_catalog(make_catalog());
  client.wait(2);
  CHECK(client.messages[0] == R"({"type":"resolved","requested":"ETHUSDT","symbol":"BINANCE:ETHUSDT","channel":"trade"})");
  CHECK(client.messages[1].find(R"("symbol":"LATE:ONE","channel":"trade","state":"failed")") != std::string::npos);
}

TEST_CASE("streams: a stream stays in demand for its broker's linger, then its last value is forgotten") {
  Gateway gateway;
  Client client(gateway);
  client.ask(kSubscribeTrades);
  gateway.emit(trade(kBtc, 1));
  client.ask(R"({"op":"unsubscribe_all"})");
  gateway.advance(std::chrono::seconds{4});
  gateway.emit(trade(kBtc, 2));
  client.take();
  client.send(kSubscribeTrades);
  client.sync();
  CHECK(outline(client.messages) == Lines{"result", "trade 2 snapshot"});
  CHECK(gateway.demands.size() == 1);

  client.ask(R"({"op":"unsubscribe_all"})");
  gateway.advance(std::chrono::seconds{5});
  client.take();
  client.sync();
  CHECK(gateway.demands.size() == 2);
  CHECK(gateway.demand().empty());
  gateway.emit(trade(kBtc, 3));
  client.send(kSubscribeTrades);
  client.sync();
  CHECK(outline(client.messages) == Lines{"result"});
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@trade"});
}

TEST_CASE("streams: standing subscriptions are in demand without a subscriber, and their values are there for the first one") {
  DistributorOptions options = test_options();
  options.standing = {{{Channel::Trade, Channel::OrderBook}, {"BINANCE:BTCUSDT", "BINANCE:LATER"}}};
  Gateway gateway(options);
  gateway.until([&] { return !gateway.demands.empty(); });
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@trade", "BINANCE:BTCUSDT@orderbook/20"});
  gateway.emit(trade(kBtc, 1));
  Client client(gateway);
  client.send(kSubscribeTrades);
  client.sync();
  CHECK(outline(client.messages) == Lines{"result", "trade 1 snapshot"});
  client.ask(R"({"op":"unsubscribe_all"})");
  gateway.advance(std::chrono::hours{1});
  client.sync();
  CHECK(gateway.demands.size() == 1);
}

TEST_CASE("streams: a stream's failure keeps the broker's words") {
  Gateway gateway;
  Client client(gateway);
  client.ask(kSubscribeTrades);
  gateway.emit(state(kBtc, Channel::Trade, StreamState::Failed, "Invalid symbol.", 4031));
  client.wait(2);
  CHECK(client.messages[1] == R"({"type":"state","symbol":"BINANCE:BTCUSDT","channel":"trade","state":"failed","broker":"binance",)"
                              R"("since":"2023-11-14T22:13:20.123456789Z","reason":"Invalid symbol.","code":4031,)"
                              R"("hint":"reason has the broker's own words; subscribe again once their cause is gone"})");
  client.send(kSubscribeTrades);
  client.sync();
  CHECK(outline(client.messages) == Lines{"result", "state failed 4031", "result", "state failed 4031"});
}
