// Data that a broker delays deliberately reaches those alone who asked for it, and the others know why they get nothing.
#include <doctest/doctest.h>

#include "tests/distributor/gateway.hpp"
#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

using Lines = std::vector<std::string>;

std::string subscribe(std::string_view channel, std::string_view options) {
  return R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"],"options":{)" + std::string(options) +
         "}}";
}
const std::string kPlain = subscribe("quote", "");
const std::string kAllowed = subscribe("quote", R"("allow_delayed":true)");

Quote delayed(std::uint64_t seq) {
  Quote made = quote(kBtc, seq);
  made.header.flags = Flags::Delayed;
  return made;
}
State live(Flags flags = Flags::None) {
  State made = state(kBtc, Channel::Quote, StreamState::Live, "data");
  made.header.flags = flags;
  return made;
}

}  // namespace

TEST_CASE("delayed data: only who asked for it gets it, flagged; the others are told 4013 and the option that brings it") {
  Gateway gateway;
  Client plain(gateway);
  Client allowed(gateway);
  plain.ask(kPlain);
  allowed.ask(kAllowed);
  gateway.emit(live(Flags::Delayed));
  gateway.emit(delayed(1));
  gateway.emit(delayed(2));
  plain.sync();
  allowed.sync();
  CHECK(outline(allowed.messages) == Lines{"result", "state live", "quote 1", "quote 2"});
  CHECK(allowed.messages[2].find(R"("flags":["delayed"])") != std::string::npos);
  CHECK(outline(plain.messages) == Lines{"result", "state failed 4013"});
  CHECK(plain.messages[1].find(R"("reason":"the broker delays this data deliberately","code":4013,)"
                               R"("hint":"subscribe with \"options\":{\"allow_delayed\":true} to get it, flagged \"delayed\"")") !=
        std::string::npos);
}

TEST_CASE("delayed data: a broker that says nothing beforehand is held back from its first delayed record on") {
  Gateway gateway;
  Client plain(gateway);
  plain.ask(kPlain);
  gateway.emit(live());
  gateway.emit(delayed(1));
  plain.sync();
  CHECK(outline(plain.messages) == Lines{"result", "state live", "state failed 4013"});
}

TEST_CASE("delayed data: when it is no longer delayed, who was without it is live again and learns what is missing") {
  Gateway gateway;
  Client plain(gateway);
  Client allowed(gateway);
  plain.ask(kPlain);
  allowed.ask(kAllowed);
  gateway.emit(live());
  gateway.emit(quote(kBtc, 1));
  gateway.emit(delayed(2));
  gateway.emit(gap(kBtc, Channel::Quote, 3, 4));
  gateway.emit(delayed(5));
  gateway.emit(quote(kBtc, 8));
  gateway.emit(quote(kBtc, 9));
  plain.sync();
  allowed.sync();
  CHECK(outline(plain.messages) == Lines{"result", "state live", "quote 1", "state failed 4013", "state live", "gap 2-7", "quote 8", "quote 9"});
  CHECK(plain.messages[5].find(R"("cause":"not_entitled")") != std::string::npos);
  CHECK(outline(allowed.messages) == Lines{"result", "state live", "quote 1", "quote 2", "gap 3-4", "quote 5", "gap 6-7", "quote 8", "quote 9"});
}

TEST_CASE("delayed data: a newcomer without the option is told at once, gets no snapshot, and counts from its first message") {
  Gateway gateway;
  Client early(gateway);
  Client late(gateway);
  early.ask(kAllowed);
  gateway.emit(live(Flags::Delayed));
  gateway.emit(delayed(1));
  const std::string result = late.ask(kPlain);
  CHECK(result.find(R"("state":"pending")") != std::string::npos);
  late.wait(2);
  CHECK(late.ask(R"({"op":"list"})").find(R"("channel":"quote","state":"failed")") != std::string::npos);
  gateway.emit(delayed(2));
  gateway.emit(quote(kBtc, 3));
  late.sync();
  CHECK(outline(late.messages) == Lines{"result", "state failed 4013", "subscriptions 1 failed", "state live", "quote 3"});
}

TEST_CASE("delayed data: subscribing again turns it on and off") {
  Gateway gateway;
  Client client(gateway);
  client.ask(kPlain);
  gateway.emit(live(Flags::Delayed));
  gateway.emit(delayed(1));
  client.sync();
  client.take();
  client.ask(kAllowed);
  gateway.emit(delayed(2));
  client.sync();
  CHECK(outline(client.take()) == Lines{"result", "quote 1 snapshot", "quote 2"});
  client.ask(kPlain);
  gateway.emit(delayed(3));
  client.sync();
  CHECK(outline(client.take()) == Lines{"result", "state failed 4013"});
  gateway.emit(quote(kBtc, 4));
  client.sync();
  CHECK(outline(client.take()) == Lines{"state live", "gap 3-3", "quote 4"});
}

TEST_CASE("delayed data: a lost connection is told, and so is that its return brings delayed data") {
  Gateway gateway;
  Client plain(gateway);
  plain.ask(kPlain);
  gateway.emit(live(Flags::Delayed));
  gateway.emit(delayed(1));
  gateway.emit(state(kBtc, Channel::Quote, StreamState::Stale, "cut"));
  gateway.emit(live(Flags::Delayed));
  gateway.emit(delayed(2));
  plain.sync();
  CHECK(outline(plain.messages) == Lines{"result", "state failed 4013", "state stale", "state failed 4013"});
}

TEST_CASE("delayed data: order books are withheld alike, at any depth") {
  Gateway gateway;
  Client plain(gateway);
  Client allowed(gateway);
  plain.ask(subscribe("orderbook", R"("depth":1)"));
  allowed.ask(subscribe("orderbook", R"("depth":1,"allow_delayed":true)"));
  Book book(kBtc, 1, 2);
  const_cast<RecordHeader&>(book.header()).flags = Flags::Delayed;
  gateway.emit(book);
  plain.sync();
  allowed.sync();
  CHECK(outline(plain.messages) == Lines{"result", "state failed 4013"});
  CHECK(outline(allowed.messages) == Lines{"result", "orderbook 1"});
}

TEST_CASE_FIXTURE(HubFixture,
                  "delayed data: a book that waits for room is not sent once the data is delayed, and comes flagged conflated when it is not") {
  FakeConnection connection;
  join(connection);
  ask(connection, subscribe("orderbook", ""));
  emit(Book(kBtc, 1, 2));
  connection.queued = hub.options.outbox_bytes;  // no room from here on
  emit(Book(kBtc, 2, 2));
  Book late(kBtc, 3, 2);
  const_cast<RecordHeader&>(late.header()).flags = Flags::Delayed;
  connection.queued = hub.options.outbox_bytes / 2;
  emit(late);
  connection.queued = 0;
  publisher.feed_waiting();
  CHECK(outline(connection.messages) == Lines{"result", "orderbook 1", "state failed 4013"});
  emit(Book(kBtc, 4, 2));
  publisher.feed_waiting();
  CHECK(outline(connection.messages) == Lines{"result", "orderbook 1", "state failed 4013", "state pending", "orderbook 4"});
  CHECK(connection.messages.back().find(R"("flags":["conflated"])") != std::string::npos);
}

TEST_CASE_FIXTURE(HubFixture, "delayed data: /v1/snapshot shows it only where it is asked for") {
  FakeConnection connection;
  join(connection);
  ask(connection, kAllowed);
  emit(delayed(1));
  const auto get = [this](std::string_view target) {
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    return http.respond(request);
  };
  CHECK(get("/v1/snapshot?symbols=BINANCE:BTCUSDT").body == R"({"snapshots":[],"missing":["BINANCE:BTCUSDT"]})");
  CHECK(get("/v1/snapshot?symbols=BINANCE:BTCUSDT&allow_delayed=false").body == R"({"snapshots":[],"missing":["BINANCE:BTCUSDT"]})");
  CHECK(get("/v1/snapshot?symbols=BINANCE:BTCUSDT&allow_delayed=true").body.find(R"("flags":["snapshot","delayed"])") != std::string::npos);
  CHECK(get("/v1/snapshot?symbols=BINANCE:BTCUSDT&allow_delayed=yes").status == 400);
}

TEST_CASE("status: an instrument's status is data of a channel of its own") {
  Gateway gateway;
  Client client(gateway);
  Client late(gateway);
  CHECK(client.ask(subscribe("status", "")).find(R"("channel":"status","state":"pending")") != std::string::npos);
  CHECK(gateway.demand() == Lines{"BINANCE:BTCUSDT@status"});
  auto halt = record<InstrumentStatus>(kBtc, Channel::Status, 1);
  halt.state = TradingState::Halted;
  set_text(halt.reason, "news \"pending\"");
  gateway.emit(halt);
  client.wait(2);
  CHECK(client.messages[1] ==
        R"({"type":"status","symbol":"BINANCE:BTCUSDT","seq":1,"broker":"binance","timestamp":"2023-11-14T22:13:20.123Z",)"
        R"("received":"2023-11-14T22:13:20.123456789Z","published":"2023-11-14T22:13:20.000Z","state":"halted","reason":"news \"pending\""})");
  late.ask(subscribe("status", ""));
  late.wait(2);
  CHECK(late.messages[1].find(R"("flags":["snapshot"],"state":"halted")") != std::string::npos);
}
