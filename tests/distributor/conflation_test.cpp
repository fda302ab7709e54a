// `conflate`: at most one message in an interval, the last one always, never later than the interval after it came.
#include <doctest/doctest.h>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;
using std::chrono::milliseconds;

namespace {

std::string conflated_wish(std::string_view channel, std::string_view conflate, std::string_view more = "") {
  return R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"],"options":{"conflate":")" +
         std::string(conflate) + "\"" + std::string(more) + "}}";
}

/// One client that reads at once; `come` says what came since it last asked.
struct Conflating : HubFixture {
  Conflating() { join(connection); }
  ~Conflating() override { leave(connection); }
  void want(std::string_view channel, std::string_view conflate, std::string_view more = "") {
    ask(connection, conflated_wish(channel, conflate, more));
    static_cast<void>(come());
  }
  Lines come() {
    connection.queued = 0;
    static_cast<void>(connection.left_count());
    Lines lines = outline(connection.messages);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (connection.messages[i].find("conflated") != std::string::npos) lines[i] += " conflated";
    }
    connection.messages.clear();
    return lines;
  }
  void quiet(milliseconds later) {
    connection.queued = 0;
    turn(later);
  }
  FakeConnection connection;
};

}  // namespace

TEST_CASE_FIXTURE(Conflating, "conflation: the first value comes at once, then the newest of each interval, with its own number and stamps") {
  want("quote", "250ms");
  emit(quote(kBtc, 1));
  CHECK(come() == Lines{"quote 1"});
  for (std::uint64_t seq = 2; seq <= 5; ++seq) {
    quiet(milliseconds{10});
    emit(quote(kBtc, seq));
  }
  Quote newest = quote(kBtc, 6);
  newest.header.ts_received = UtcTime{1'700'000'000'777'000'000};
  emit(newest);
  quiet(milliseconds{209});
  CHECK(come().empty());
  quiet(milliseconds{1});
  CHECK(connection.messages.back().find(R"("received":"2023-11-14T22:13:20.777Z")") != std::string::npos);
  CHECK(come() == Lines{"quote 6 conflated"});
  quiet(milliseconds{1'000});
  CHECK(come().empty());
  emit(quote(kBtc, 7));
  CHECK(come() == Lines{"quote 7"});
  CHECK(telemetry.gateway.messages_conflated == 4);
}

TEST_CASE_FIXTURE(Conflating, "conflation: updates that never pause do not postpone it") {
  want("ticker", "100ms");
  std::uint64_t seq = 0;
  Lines all;
  for (int i = 0; i < 100; ++i) {
    emit(record<Ticker>(kBtc, Channel::Ticker, ++seq));
    quiet(milliseconds{10});
    for (const std::string& line : come()) all.push_back(line);
  }
  CHECK(all.size() == 11);
  CHECK(all.front() == "ticker 1");
  CHECK(all[1] == "ticker 10 conflated");
  quiet(milliseconds{100});
  CHECK(all.back() == "ticker 100 conflated");
}

TEST_CASE_FIXTURE(Conflating, "conflation: a value that stands for itself alone is not flagged") {
  want("trade", "1s");
  emit(trade(kBtc, 1));
  quiet(milliseconds{500});
  emit(trade(kBtc, 2));
  quiet(milliseconds{500});
  CHECK(come() == Lines{"trade 1", "trade 2"});
}

TEST_CASE_FIXTURE(Conflating, "conflation: trades and books conflate where that is asked for; a bar's end always comes") {
  want("trade", "1s");
  want("orderbook", "1s");
  want("candle_1m", "1s");
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    emit(trade(kBtc, seq));
    emit(Book(kBtc, seq, 2));
    Candle bar = record<Candle>(kBtc, Channel::Candle1m, seq);
    bar.closed = seq == 3 ? 1 : 0;
    emit(bar);
  }
  CHECK(come() == Lines{"trade 1", "orderbook 1", "candle 1", "candle 3 conflated"});
  quiet(milliseconds{1'000});
  CHECK(come() == Lines{"trade 3 conflated", "orderbook 3 conflated"});
}

TEST_CASE_FIXTURE(Conflating, "conflation: a quote that waits goes out before a trade of its instrument, and its interval begins anew") {
  want("quote", "1s");
  want("trade", "none");
  emit(quote(kBtc, 1));
  emit(quote(kBtc, 2));
  emit(quote(kBtc, 3));
  quiet(milliseconds{600});
  emit(trade(kBtc, 1));
  CHECK(come() == Lines{"quote 1", "quote 3 conflated", "trade 1"});
  emit(quote(kBtc, 4));
  quiet(milliseconds{999});
  CHECK(come().empty());
  quiet(milliseconds{1});
  CHECK(come() == Lines{"quote 4"});
}

TEST_CASE_FIXTURE(Conflating, "conflation: latest gives every value to a connection with nothing unsent, and one a turn to others") {
  want("quote", "latest");
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    emit(quote(kBtc, seq));
    CHECK(come() == Lines{"quote " + std::to_string(seq)});
  }
  for (std::uint64_t seq = 4; seq <= 9; ++seq) emit(quote(kBtc, seq));
  turn();
  CHECK(outline(connection.messages) == Lines{"quote 4"});  // still unsent
  CHECK(come() == Lines{"quote 4"});
  turn();
  CHECK(come() == Lines{"quote 9 conflated"});
  emit(quote(kBtc, 10));
  CHECK(come() == Lines{"quote 10"});
}

TEST_CASE_FIXTURE(Conflating, "conflation: list and result show it, and subscribing again changes it without losing what waits") {
  ask(connection, conflated_wish("quote", "250ms"));
  CHECK(connection.messages.back().find(R"("state":"pending","conflate":"250ms"})") != std::string::npos);
  ask(connection, R"({"op":"list"})");
  CHECK(connection.messages.back().find(R"("seq":null,"conflate":"250ms"})") != std::string::npos);
  static_cast<void>(come());
  emit(quote(kBtc, 1));
  emit(quote(kBtc, 2));
  emit(quote(kBtc, 3));
  static_cast<void>(come());
  ask(connection, conflated_wish("quote", "none", R"(,"snapshot":false)"));
  CHECK(come() == Lines{"result", "quote 3 conflated"});
  emit(quote(kBtc, 4));
  emit(quote(kBtc, 5));
  CHECK(come() == Lines{"quote 4", "quote 5"});
  ask(connection, R"({"op":"list"})");
  CHECK(connection.messages.back().find("conflate") == std::string::npos);
}

TEST_CASE_FIXTURE(Conflating, "conflation: what is lost upstream meanwhile follows the value") {
  want("quote", "1s");
  emit(quote(kBtc, 1));
  emit(quote(kBtc, 2));
  emit(gap(kBtc, Channel::Quote, 3, 5));
  quiet(milliseconds{1'000});
  CHECK(come() == Lines{"quote 1", "quote 2", "gap 3-5"});
}

TEST_CASE_FIXTURE(Conflating, "conflation: those who left are forgotten, however often they come and go") {
  want("quote", "1h");
  for (std::uint64_t seq = 1; seq <= 2'000; ++seq) {
    emit(quote(kBtc, seq));
    clock.advance(Duration{1});
    ask(connection, R"({"op":"unsubscribe_all"})");
    ask(connection, conflated_wish("quote", "1h"));
    static_cast<void>(come());
  }
  CHECK(publisher.deadline_count() <= 64);
  quiet(std::chrono::hours{2});
  CHECK(publisher.deadline_count() == 0);
}

TEST_CASE("conflation: the loop wakes in time by itself") {
  Gateway gateway;
  Client client(gateway);
  client.ask(conflated_wish("quote", "30ms"));
  gateway.emit(quote(kBtc, 1));
  gateway.emit(quote(kBtc, 2));
  client.sync();
  CHECK(outline(client.take()) == Lines{"result", "quote 1"});
  gateway.clock.advance(milliseconds{30});  // nothing else happens: no work is asked for, no message comes
  client.wait(1);
  CHECK(outline(client.messages) == Lines{"quote 2"});
}
