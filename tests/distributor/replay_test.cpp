// Clients that come back with `since` and `epoch`: everything missed, then live; or an honest new beginning.
#include <doctest/doctest.h>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;
using std::chrono::seconds;

namespace {

std::string resumption(std::string_view channel, std::string_view since, std::string_view more = "") {
  return R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"],"options":{"epoch":"e1","since":)" +
         std::string(since) + std::string(more) + "}}";
}
std::string plain_wish(std::string_view channel) {
  return R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"]})";
}
bool all_flagged(const std::vector<std::string>& messages, std::size_t first, std::size_t last, std::string_view flag) {
  for (std::size_t i = first; i <= last; ++i) {
    if (messages[i].find(flag) == std::string::npos) return false;
  }
  return true;
}

/// A stream that somebody else keeps in demand, and a client that comes.
struct Returning : HubFixture {
  explicit Returning(DistributorOptions options = test_options()) : HubFixture(std::move(options)) {
    join(other);
    for (const char* channel : {"trade", "quote", "orderbook"}) {
      ask(other,
          R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"],"options":{"allow_delayed":true}})");
    }
    join(client);
  }
  ~Returning() override {
    leave(client);
    leave(other);
  }
  void trades(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) emit(trade(kBtc, seq));
    other.queued = 0;
  }
  FakeConnection other, client;
};

DistributorOptions with_replay(std::size_t stream_bytes, Duration window = seconds{60}) {
  DistributorOptions options = test_options();
  options.replay.stream_bytes = stream_bytes;
  options.replay.window = window;
  return options;
}

}  // namespace

TEST_CASE_FIXTURE(Returning, "replay: what was missed comes flagged, then live, without a hole or a repetition") {
  trades(1, 10);
  ask(client, resumption("trade", "6"));
  trades(11, 12);
  CHECK(outline(client.messages) == Lines{"result", "trade 7", "trade 8", "trade 9", "trade 10", "trade 11", "trade 12"});
  CHECK(all_flagged(client.messages, 1, 4, R"("flags":["replayed"])"));
  CHECK(client.messages[5].find("flags") == std::string::npos);
  CHECK(client.messages[0].find("4040") == std::string::npos);
  CHECK(telemetry.gateway.messages_replayed == 4);
  CHECK(telemetry.gateway.resumes == 1);
}

TEST_CASE_FIXTURE(Returning, "replay: nothing missed, nothing sent; since 0 is the beginning") {
  trades(1, 3);
  ask(client, resumption("trade", "3"));
  CHECK(outline(client.messages) == Lines{"result"});
  trades(4, 4);
  ask(client, resumption("trade", "0"));
  CHECK(outline(client.messages) == Lines{"result", "trade 4", "result", "trade 1", "trade 2", "trade 3", "trade 4"});
  FakeConnection early;
  join(early);
  ask(early, R"({"op":"subscribe","channels":["trade"],"symbols":["ETHUSDT"],"options":{"epoch":"e1","since":0}})");
  emit(trade(kEth, 1));
  CHECK(outline(early.messages) == Lines{"result", "trade 1"});
  CHECK(early.messages[0].find("4040") == std::string::npos);
  leave(early);
}

TEST_CASE_FIXTURE(Returning, "replay: gaps lie where they were, the first of them from where the client stood") {
  trades(1, 2);
  emit(gap(kBtc, Channel::Trade, 3, 6));
  trades(7, 7);
  emit(gap(kBtc, Channel::Trade, 8, 9));
  ask(client, resumption("trade", "4"));
  CHECK(outline(client.messages) == Lines{"result", "gap 5-6", "trade 7", "gap 8-9"});
  CHECK(client.messages[1].find(R"("cause":"upstream")") != std::string::npos);
  trades(10, 10);
  CHECK(outline(client.messages).back() == "trade 10");
}

TEST_CASE("replay: more missing than the ring holds is never replayed in part: the gap, the last value, live") {
  for (const bool too_old : {false, true}) {
    CAPTURE(too_old);
    Returning room(too_old ? with_replay(256 << 10, seconds{10}) : with_replay(1'024));
    room.trades(1, 50);
    static_cast<void>(room.publisher.take_first_record_time());
    if (too_old) room.clock.advance(seconds{11});
    room.trades(51, 52);
    room.ask(room.client, resumption("trade", "20"));
    room.trades(53, 53);
    CHECK(outline(room.client.messages) == Lines{"result", "gap 21-51", "trade 52 snapshot", "trade 53"});
    CHECK(room.client.messages[1].find(R"("cause":"resume_window")") != std::string::npos);
    CHECK(room.telemetry.gateway.resumes_outside_window == 1);
    room.ask(room.client, resumption("trade", "20", R"(,"snapshot":false)"));
    CHECK(outline(room.client.messages).back() == "gap 21-53");
    room.trades(54, 54);
    CHECK(outline(room.client.messages).back() == "trade 54");
  }
}

TEST_CASE_FIXTURE(Returning, "replay: a position that is not known gets 4040, the reason, and a new beginning") {
  trades(1, 5);
  const std::pair<std::string, const char*> cases[] = {
      {R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"since":3}})", "without an epoch"},
      {R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"since":3,"epoch":"e0"}})", "the epoch is another"},
      {resumption("trade", "6"), "has not come to that number"},
      {resumption("trade", "18446744073709551615"), "has not come to that number"},
      {resumption("quote", "6"), "nothing is remembered"}};
  for (const auto& [request, reason] : cases) {
    CAPTURE(request);
    client.messages.clear();
    ask(client, request);
    CHECK(field(client.messages[0], "code") == "4040");
    CHECK(field(client.messages[0], "state") == "pending");
    CHECK(field(client.messages[0], "message").find(reason) != std::string::npos);
    CHECK_FALSE(field(client.messages[0], "hint").empty());
    if (request.find("quote") == std::string::npos) CHECK(outline(client.messages)[1] == "trade 5 snapshot");
    ask(client, R"({"op":"unsubscribe_all"})");
  }
  CHECK(telemetry.gateway.resumes == 0);
  const auto told = std::find(code::kAll.begin(), code::kAll.end(), code::kResumeUnknown) - code::kAll.begin();
  CHECK(telemetry.gateway.told_by_code[static_cast<std::size_t>(told)] == 5);
}

TEST_CASE_FIXTURE(Returning, "replay: since names symbols as the client or the gateway spells them; the others begin with a snapshot") {
  trades(1, 3);
  emit(trade(kEth, 1));
  FakeConnection by_own, by_full;
  join(by_own);
  join(by_full);
  ask(by_own,
      R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"epoch":"e1","since":{"BINANCE:BTCUSDT":2,"X":1}}})");
  CHECK(outline(by_own.messages) == Lines{"result", "trade 3"});
  FakeConnection keeper;
  join(keeper);
  ask(keeper, R"({"op":"subscribe","channels":["trade"],"symbols":["ETHUSDT"]})");
  emit(trade(kEth, 2));
  emit(trade(kEth, 3));
  ask(by_full,
      R"({"op":"subscribe","channels":["trade"],"symbols":["ETHUSDT","BINANCE:BTCUSDT"],"options":{"epoch":"e1","since":{"BINANCE:ETHUSDT":2}}})");
  CHECK(outline(by_full.messages) == Lines{"result", "trade 3", "trade 3 snapshot"});
  ask(by_own, R"({"op":"subscribe","channels":["trade"],"symbols":["ETHUSDT"],"options":{"epoch":"e1","since":{"ETHUSDT":2}}})");
  CHECK(outline(by_own.messages).back() == "trade 3");
  for (FakeConnection* connection : {&by_own, &by_full, &keeper}) leave(*connection);
}

TEST_CASE("replay: a stream that lingers keeps its records; one that is gone remembers nothing") {
  HubFixture fixture;
  const auto drop_and_return = [&](Duration away) {
    FakeConnection first, second;
    fixture.join(first);
    fixture.ask(first, plain_wish("trade"));
    fixture.emit(trade(kBtc, 1));
    fixture.leave(first);
    fixture.emit(trade(kBtc, 2));  // nobody is there
    fixture.clock.advance(away);
    std::vector<distributor::StreamSlot> closed;
    fixture.hub.table.expire(fixture.clock.mono(), closed);
    for (const auto slot : closed) {
      fixture.hub.values.forget(slot);
      fixture.hub.replay.forget(slot);
    }
    fixture.join(second);
    fixture.ask(second, resumption("trade", "1"));
    Lines lines = outline(second.messages);
    if (second.messages[0].find("4040") != std::string::npos) lines[0] += " 4040";
    fixture.leave(second);
    return lines;
  };
  CHECK(drop_and_return(seconds{4}) == Lines{"result", "trade 2"});
  CHECK(drop_and_return(seconds{100}) == Lines{"result 4040"});
}

TEST_CASE("replay: goes out as there is room, and what comes meanwhile follows in order") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 6'000;
  Returning room(options);
  room.trades(1, 200);
  room.ask(room.client, resumption("trade", "0"));
  CHECK(room.client.queued <= 3'000 + 200);  // and the answer
  std::uint64_t seq = 200;
  for (int i = 0; i < 200; ++i) {
    if (i < 20) room.trades(seq + 1, seq + 1), ++seq;
    room.client.take(1'500);
    room.turn();
  }
  std::uint64_t expected = 0;
  for (const std::string& message : room.client.messages) {
    if (field(message, "type") == "trade") REQUIRE(field(message, "seq") == std::to_string(++expected));
  }
  CHECK(expected == seq);
  CHECK(room.client.closed_code == 0);
}

TEST_CASE("replay: a reader slower than its ring turns learns exactly what it lost, and goes on behind that") {
  DistributorOptions options = with_replay(4'096);
  options.outbox_bytes = 8'000;
  Returning room(options);
  room.trades(1, 50);
  room.ask(room.client, resumption("trade", "0"));
  room.trades(51, 150);  // the ring holds 56
  for (int i = 0; i < 100; ++i) {
    room.client.take(2'000);
    room.turn();
  }
  std::uint64_t last = 0;
  int gaps = 0;
  for (const std::string& message : room.client.messages) {
    const std::string type = field(message, "type");
    if (type == "trade") REQUIRE(field(message, "seq") == std::to_string(++last));
    if (type != "gap") continue;
    REQUIRE(field(message, "from_seq") == std::to_string(last + 1));
    CHECK(field(message, "cause") == "slow_client");
    last = std::stoull(field(message, "to_seq"));
    ++gaps;
  }
  CHECK(last == 150);
  CHECK(gaps == 1);
}

TEST_CASE_FIXTURE(Returning, "replay: books and quotes come whole as well, cut to the depth asked for") {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) emit(Book(kBtc, seq, 5));
  ask(client, resumption("orderbook", "1", R"(,"depth":1)"));
  CHECK(outline(client.messages) == Lines{"result", "orderbook 2", "orderbook 3"});
  CHECK(client.messages[1].find(R"("bids":[["100","1"]],)") != std::string::npos);
  emit(Book(kBtc, 4, 1'500));  // too large for a ring: what was before is gone as well
  ask(client, resumption("orderbook", "2", R"(,"depth":1)"));
  CHECK(outline(client.messages).back() == "orderbook 4 snapshot");
  CHECK(client.messages[client.messages.size() - 2].find(R"("from_seq":3,"to_seq":3,"cause":"resume_window")") != std::string::npos);
}

TEST_CASE_FIXTURE(Returning, "replay: delayed records are kept from those who did not ask for them, and told as a gap") {
  const auto delayed = [](std::uint64_t seq) {
    Quote made = quote(kBtc, seq);
    made.header.flags = Flags::Delayed;
    return made;
  };
  emit(quote(kBtc, 1));
  emit(delayed(2));
  emit(delayed(3));
  emit(quote(kBtc, 4));
  emit(delayed(5));
  ask(client, resumption("quote", "0"));
  CHECK(outline(client.messages) == Lines{"result", "state failed 4013", "quote 1", "gap 2-3", "quote 4"});
  CHECK(client.messages[3].find(R"("cause":"not_entitled")") != std::string::npos);
  emit(delayed(6));
  emit(quote(kBtc, 7));
  CHECK(outline(client.messages)[5] == "state pending");
  CHECK(outline(client.messages)[6] == "gap 5-6");
  CHECK(outline(client.messages)[7] == "quote 7");
  FakeConnection allowed;
  join(allowed);
  ask(allowed, resumption("quote", "1", R"(,"allow_delayed":true)"));
  CHECK(outline(allowed.messages) == Lines{"result", "quote 2", "quote 3", "quote 4", "quote 5", "quote 6", "quote 7"});
  leave(allowed);
}

TEST_CASE("replay: a subscription that waits for a list goes on where it was, or says that it cannot") {
  Gateway gateway(test_options(), nullptr);
  gateway.awaited = {"BINANCE:BTCUSDT"};
  Client client(gateway);
  CHECK(client.ask(resumption("trade", "{\"BINANCE:BTCUSDT\":7}")).find(R"("state":"pending"})") != std::string::npos);
  gateway.distributor->on_catalog(make_catalog());
  client.wait(2);
  CHECK(field(client.messages[1], "type") == "error");
  CHECK(field(client.messages[1], "code") == "4040");
  CHECK(field(client.messages[1], "message").find("BINANCE:BTCUSDT trade: ") == 0);
  gateway.emit(trade(kBtc, 1));
  client.wait(3);
  CHECK(outline(client.messages).back() == "trade 1");
}

TEST_CASE("replay: over sockets, a client that drops again and again has every trade once") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 256U << 10U;
  Gateway gateway(options);
  std::uint64_t seq = 0;
  std::uint64_t last = 0;
  int replayed = 0;
  for (int round = 0; round < 40; ++round) {
    Client client(gateway);
    client.send(round == 0 ? plain_wish("trade") : resumption("trade", std::to_string(last)));
    gateway.until([&] {
      for (int i = 0; i < 30; ++i) gateway.emit(trade(kBtc, ++seq));
      return client.messages.size() > 200;
    });
    for (const std::string& message : client.messages) {
      if (field(message, "type") != "trade") continue;
      if (last != 0) REQUIRE(field(message, "seq") == std::to_string(last + 1));
      last = std::stoull(field(message, "seq"));
      replayed += message.find("replayed") != std::string::npos ? 1 : 0;
    }
    client.abort();  // with messages on their way
    for (int i = 0; i < 20; ++i) gateway.emit(trade(kBtc, ++seq));
    gateway.until([&] { return gateway.telemetry.gateway.subscribers_closed == static_cast<std::uint64_t>(round) + 1; });
  }
  CHECK(replayed > 100);
}
