// Readers that take less than comes: what waits, what conflates, what is lost and told, and how it ends.
#include <doctest/doctest.h>

#include <set>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;
using std::chrono::seconds;

namespace {

std::string wish_for(std::string_view channels, std::string_view symbols = R"("BINANCE:BTCUSDT")", std::string_view options = "") {
  return R"({"op":"subscribe","channels":[)" + std::string(channels) + R"(],"symbols":[)" + std::string(symbols) + R"(],"options":{)" +
         std::string(options) + "}}";
}

DistributorOptions outbox(std::size_t bytes) {
  DistributorOptions options = test_options();
  options.outbox_bytes = bytes;
  return options;
}

Candle bar(std::uint64_t seq, bool closed) {
  Candle made = record<Candle>(kBtc, Channel::Candle1m, seq);
  made.closed = closed ? 1 : 0;
  return made;
}

/// A reader of a gateway with a small outbox, subscribed, with nothing waiting.
struct SlowReader : HubFixture {
  explicit SlowReader(std::string_view channels, std::size_t bytes = 4'000) : HubFixture(outbox(bytes)) {
    join(connection);
    ask(connection, wish_for(channels));
    take_all();
  }
  ~SlowReader() override { leave(connection); }
  void take_all() {
    connection.queued = 0;
    static_cast<void>(connection.left_count());
    connection.messages.clear();
  }
  /// Trades until one has no room; returns the first number that is lost.
  std::uint64_t fill() {
    for (;;) {
      const std::size_t before = connection.messages.size();
      emit(trade(kBtc, ++seq));
      if (connection.messages.size() == before) return seq;
    }
  }
  FakeConnection connection;
  std::uint64_t seq = 0;
};

}  // namespace

TEST_CASE("slow readers: trades queue until the outbox is full, and one gap says exactly which are lost") {
  SlowReader reader(R"("trade")", 20'000);
  const std::uint64_t first_lost = reader.fill();
  CHECK(first_lost > 10);
  for (int i = 0; i < 20; ++i) reader.emit(trade(kBtc, ++reader.seq));
  reader.turn();
  CHECK(reader.connection.messages.size() == first_lost - 1 + 1);  // and the notice that it is slow
  reader.connection.take(9'000);                                   // more than half still waits
  reader.turn();
  CHECK(outline(reader.connection.messages).back() == "notice");
  reader.connection.take(3'000);
  reader.turn(std::chrono::milliseconds{10});
  CHECK(outline(reader.connection.messages).back() == "notice");  // it keeps up again
  CHECK(outline(reader.connection.messages)[first_lost] == "gap " + std::to_string(first_lost) + "-" + std::to_string(reader.seq));
  CHECK(reader.connection.messages[first_lost].find(R"("cause":"slow_client")") != std::string::npos);
  reader.emit(trade(kBtc, ++reader.seq));
  CHECK(outline(reader.connection.messages).back() == "trade " + std::to_string(reader.seq));
  CHECK(reader.telemetry.gateway.messages_lost == 21);
  CHECK(reader.connection.closed_code == 0);
}

TEST_CASE("slow readers: a reader that goes on in time keeps its connection, however often it paused for long before") {
  SlowReader reader(R"("trade")");
  for (int i = 0; i < 5; ++i) {
    reader.fill();
    reader.turn(seconds{9});
    CHECK(reader.connection.closed_code == 0);
    reader.connection.queued = 0;
    reader.turn();
    for (int second = 0; second < 30; ++second) {
      reader.emit(trade(kBtc, ++reader.seq));
      reader.connection.queued = 0;
      reader.turn(seconds{1});
    }
  }
  CHECK(reader.connection.closed_code == 0);
  CHECK(reader.telemetry.gateway.subscribers_too_slow == 0);
}

TEST_CASE("slow readers: one that loses again and again is not saved by short pauses") {
  SlowReader reader(R"("trade")");
  int rounds = 0;
  while (reader.connection.closed_code == 0 && rounds < 20) {
    reader.fill();
    reader.turn(seconds{1});
    if (reader.connection.closed_code != 0) break;
    reader.connection.take(3'000);
    reader.turn(seconds{1});
    ++rounds;
  }
  CHECK(reader.connection.closed_code == 4021);
  CHECK(rounds == 5);
}

TEST_CASE("slow readers: the farewell is the newest of each state, one exact gap for each stream that lost, 4021, and nothing more") {
  HubFixture fixture(outbox(4'000));
  FakeConnection slow, good;
  for (FakeConnection* connection : {&slow, &good}) {
    fixture.join(*connection);
    fixture.ask(*connection, wish_for(R"("trade","quote","orderbook")", R"("BINANCE:BTCUSDT","BINANCE:ETHUSDT")"));
    connection->queued = 0;
    static_cast<void>(connection->left_count());
    connection->messages.clear();
  }
  std::uint64_t seq = 0;
  fixture.emit(Book(kEth, 1, 2));  // came in time, and does not change
  slow.queued = good.queued = 0;
  while (slow.closed_code == 0 && seq < 400) {
    ++seq;
    fixture.emit(quote(kBtc, seq));
    fixture.emit(trade(kBtc, seq));
    fixture.emit(trade(kEth, seq));
    if (seq == 2) slow.take(300);  // the first quote, and a part of what follows
    good.queued = 0;
    fixture.turn(std::chrono::milliseconds{100});
  }
  CHECK(slow.closed_code == 4021);
  CHECK(seq >= 100);
  CHECK(seq <= 110);
  const std::string last = std::to_string(seq);
  CHECK(outline(slow.messages) == Lines{"orderbook 1", "quote 1", "trade 1", "quote " + last, "gap 2-" + last, "gap 1-" + last, "error 4021"});
  CHECK(slow.messages[3].find(R"("flags":["conflated"])") != std::string::npos);
  CHECK(field(slow.messages[4], "symbol") == "BINANCE:BTCUSDT");
  CHECK(field(slow.messages[5], "symbol") == "BINANCE:ETHUSDT");
  const std::string figures = std::to_string(2 * seq - 1) + " messages lost";
  CHECK(field(slow.messages[6], "message").find(figures) != std::string::npos);
  CHECK_FALSE(field(slow.messages[6], "hint").empty());
  CHECK(slow.close_timeout >= seconds{29});
  CHECK(slow.queued < 4'000);
  const std::size_t at_close = slow.messages.size();
  for (int i = 0; i < 10; ++i) {
    fixture.emit(trade(kBtc, ++seq));
    good.queued = 0;
    fixture.turn(seconds{1});
  }
  CHECK(slow.messages.size() == at_close);
  CHECK(slow.close_count == 1);
  CHECK(fixture.telemetry.gateway.subscribers_too_slow == 1);
  CHECK(fixture.hub.table.subscription_count() == 6);  // the other's
  std::uint64_t expected = 0;
  for (const std::string& message : good.messages) {
    if (field(message, "type") == "trade" && field(message, "symbol") == "BINANCE:BTCUSDT")
      CHECK(field(message, "seq") == std::to_string(++expected));
  }
  CHECK(expected == seq);
  fixture.leave(slow);
  fixture.leave(good);
}

TEST_CASE("slow readers: a reader that takes nothing gets 4021 even where everything that waits could conflate") {
  SlowReader reader(R"("quote")");
  for (std::uint64_t seq = 1; seq <= 20; ++seq) reader.emit(quote(kBtc, seq));
  reader.turn(seconds{1});
  reader.turn(seconds{9});
  CHECK(reader.connection.closed_code == 0);
  reader.connection.take(1);
  reader.turn(seconds{1});
  reader.turn(seconds{9});
  CHECK(reader.connection.closed_code == 0);
  reader.turn(seconds{1});
  CHECK(reader.connection.closed_code == 4021);
  CHECK(outline(reader.connection.messages) == Lines{"quote 1", "quote 20", "error 4021"});
}

TEST_CASE("slow readers: a farewell larger than the outbox goes out as it is read, and is cut short when it is not") {
  for (const bool reads : {true, false}) {
    CAPTURE(reads);
    HubFixture fixture(outbox(20'000));
    FakeConnection connection;
    fixture.join(connection);
    std::string symbols = "\"BINANCE:BTCUSDT\"";
    for (int i = 0; i < 60; ++i) symbols += ",\"BINANCE:X" + std::to_string(i) + "\"";
    fixture.ask(connection, wish_for(R"("orderbook")", symbols, R"("depth":"full")"));
    connection.queued = 0;
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
      for (std::uint32_t i = 0; i < 63; ++i) fixture.emit(Book(InstrumentId{i}, seq, 20));
    }
    fixture.turn(seconds{1});
    fixture.turn(seconds{10});
    CHECK(fixture.telemetry.gateway.subscribers_too_slow == 1);
    CHECK(connection.closed_code == 0);
    CHECK(connection.queued < 20'000);
    for (int i = 0; i < 40 && connection.closed_code == 0; ++i) {
      if (reads) connection.take(5'000);
      fixture.turn(seconds{reads ? 0 : 1});
    }
    if (reads) {
      CHECK(connection.closed_code == 4021);
      CHECK(connection.cut_count == 0);
      std::set<std::string> newest;
      for (const std::string& message : connection.messages) {
        if (field(message, "seq") == "3") CHECK(newest.insert(field(message, "symbol")).second);
      }
      CHECK(newest.size() == 61);
    } else {
      CHECK(connection.cut_count > 0);
    }
    fixture.leave(connection);
  }
}

TEST_CASE("slow readers: states, gaps and statuses have a reserve, and what exceeds even that ends the connection") {
  SlowReader reader(R"("trade")");
  reader.fill();
  const std::size_t before = reader.connection.messages.size();
  reader.emit(state(kBtc, Channel::Trade, StreamState::Stale, "cut"));
  reader.emit(broker_status(BrokerState::Reconnecting));
  CHECK(outline(reader.connection.messages)[before] == "state stale");
  CHECK(reader.connection.messages.size() == before + 2);
  for (int i = 0; i < 2'000; ++i) reader.emit(broker_status(BrokerState::Live));
  CHECK(reader.connection.queued <= 4'000 + distributor::kReserveBytes);
  reader.turn();
  CHECK(reader.connection.closed_code == 4021);
  CHECK(outline(reader.connection.messages).back() == "error 4021");
}

TEST_CASE("slow readers: a notice at three quarters of the outbox, its end at half, once each however it wavers between") {
  SlowReader reader(R"("trade")", 10'000);
  while (reader.connection.queued < 7'500) reader.emit(trade(kBtc, ++reader.seq));
  for (int i = 0; i < 3; ++i) {
    reader.turn(std::chrono::milliseconds{10});
    reader.connection.take(1'500);
    reader.turn(std::chrono::milliseconds{10});
    while (reader.connection.queued < 7'500) reader.emit(trade(kBtc, ++reader.seq));
  }
  const auto notices = [&] {
    Lines kinds;
    for (const std::string& message : reader.connection.messages) {
      if (field(message, "type") == "notice") kinds.push_back(field(message, "kind"));
    }
    return kinds;
  };
  CHECK(notices() == Lines{"slow"});
  reader.connection.take(4'000);
  reader.turn(std::chrono::milliseconds{10});
  CHECK(notices() == Lines{"slow", "slow_ended"});
  const std::string& message = reader.connection.messages.back();
  CHECK(field(message, "outbox_bytes") == "10000");
  CHECK(std::stoul(field(message, "waiting_bytes")) <= 5'000);
  CHECK(reader.telemetry.gateway.readers_warned == 1);
}

TEST_CASE("slow readers: a quote that waits goes out before a trade of its instrument, and no trade goes before it") {
  SlowReader reader(R"("quote","trade")");
  std::uint64_t quotes = 0;
  while (reader.telemetry.gateway.messages_conflated == 0) reader.emit(quote(kBtc, ++quotes));
  const std::size_t before = reader.connection.messages.size();
  reader.emit(trade(kBtc, 1));
  CHECK(reader.connection.messages.size() == before + 2);
  CHECK(outline(reader.connection.messages)[before] == "quote " + std::to_string(quotes));
  CHECK(reader.connection.messages[before].find(R"("flags":["conflated"])") != std::string::npos);
  CHECK(outline(reader.connection.messages)[before + 1] == "trade 1");
  // Where there is room for the trade alone, it has to wait as well: it is lost.
  reader.emit(quote(kBtc, ++quotes));
  while (reader.connection.queued < 3'500) reader.emit(state(kEth, Channel::Trade, StreamState::Live)), reader.emit(broker_status(BrokerState::Live));
  reader.emit(trade(kBtc, 2));
  reader.connection.queued = 0;
  reader.turn();
  const Lines lines = outline(reader.connection.messages);
  CHECK(lines[lines.size() - 2] == "quote " + std::to_string(quotes));
  CHECK(lines.back() == "gap 2-2");
}

TEST_CASE("slow readers: open candles conflate, closed ones queue and take the open ones before them along") {
  SlowReader reader(R"("candle_1m")");
  std::uint64_t seq = 0;
  while (reader.telemetry.gateway.messages_conflated == 0) reader.emit(bar(++seq, false));
  const std::uint64_t held_from = seq - 1;
  reader.emit(bar(++seq, true));
  CHECK(outline(reader.connection.messages).back() == "candle " + std::to_string(seq));
  CHECK(reader.connection.messages.back().find(R"("flags":["conflated"])") != std::string::npos);
  CHECK(field(reader.connection.messages[reader.connection.messages.size() - 2], "seq") == std::to_string(held_from - 1));
  std::uint64_t first_lost = 0;
  for (int i = 0; i < 40; ++i) {
    const std::size_t before = reader.connection.messages.size();
    reader.emit(bar(++seq, true));
    if (first_lost == 0 && reader.connection.messages.size() == before) first_lost = seq;
  }
  reader.connection.queued = 0;
  reader.turn();
  const Lines lines = outline(reader.connection.messages);
  CHECK(lines[lines.size() - 2] == "gap " + std::to_string(first_lost) + "-" + std::to_string(seq - 1));
  CHECK(lines.back() == "candle " + std::to_string(seq));
}

TEST_CASE("slow readers: a single value that waited is not called conflated") {
  SlowReader reader(R"("quote")");
  std::uint64_t seq = 0;
  std::size_t before = 0;
  do {
    before = reader.connection.messages.size();
    reader.emit(quote(kBtc, ++seq));
  } while (reader.connection.messages.size() > before);
  reader.connection.queued = 0;
  reader.turn();
  CHECK(outline(reader.connection.messages).back() == "quote " + std::to_string(seq));
  CHECK(reader.connection.messages.back().find("flags") == std::string::npos);
  CHECK(reader.telemetry.gateway.messages_conflated == 0);
}

TEST_CASE("slow readers: a kernel that took nothing is asked once a turn, whatever comes") {
  SlowReader reader(R"("quote","trade","orderbook")");
  reader.fill();
  reader.turn();
  const int before = reader.connection.write_count;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    reader.emit(quote(kBtc, seq));
    reader.emit(trade(kBtc, ++reader.seq));
    reader.emit(Book(kBtc, seq, 3));
  }
  CHECK(reader.connection.write_count <= before + 1);
  reader.turn();
  reader.emit(quote(kBtc, 101));
  CHECK(reader.connection.write_count <= before + 2);
}

TEST_CASE("slow readers: what a reader unsubscribes from while it loses does not count against it") {
  SlowReader reader(R"("trade")", 20'000);
  reader.fill();
  reader.connection.take(9'000);
  reader.ask(reader.connection, R"({"op":"unsubscribe_all"})");
  for (int second = 0; second < 30; ++second) {
    reader.connection.take(10);  // it reads, though slowly
    reader.turn(seconds{1});
  }
  CHECK(reader.connection.closed_code == 0);
}

namespace {

/// A client whose loop runs only when the test says so: it does not read meanwhile.
struct Sleeper : net::WsClientHandler {
  explicit Sleeper(Gateway& the_gateway) : gateway(the_gateway) {
    net::WsClientOptions options;
    options.url = gateway.url();
    client.connect(options);
    wait(1);
  }
  void wait(std::size_t count) {
    gateway.until([&] {
      loop.poll();
      return messages.size() >= count || closed.code != 0;
    });
  }
  void on_open() override {}
  void on_message(std::string&& message, bool) override { messages.push_back(std::move(message)); }
  void on_closed(const net::WsClosed& why) override {
    closed = why;
    if (closed.code == 0) closed.code = -1;
  }

  Gateway& gateway;
  std::vector<std::string> messages;
  net::WsClosed closed;
  net::EventLoop loop;
  net::WsClient client{loop, *this};
};

/// Every number of a stream of trades is there or in a gap, in order. Returns the last.
std::uint64_t check_trades(const std::vector<std::string>& messages) {
  std::uint64_t last = 0;
  for (const std::string& message : messages) {
    const std::string type = field(message, "type");
    if (type == "trade") {
      REQUIRE(field(message, "seq") == std::to_string(++last));
    } else if (type == "gap" && field(message, "channel") == "trade") {
      REQUIRE(field(message, "from_seq") == std::to_string(last + 1));
      last = std::stoull(field(message, "to_seq"));
    }
  }
  return last;
}

}  // namespace

TEST_CASE("slow readers: over a socket, one that stops and goes on learns exactly what it missed and stays") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 64U << 10U;
  Gateway gateway(options);
  Sleeper sleeper(gateway);
  sleeper.client.send_text(wish_for(R"("trade")"));
  sleeper.wait(2);
  std::uint64_t seq = 0;
  gateway.until([&] {
    for (int i = 0; i < 1'000; ++i) gateway.emit(trade(kBtc, ++seq));
    return gateway.telemetry.gateway.readers_warned == 1;
  });
  for (int i = 0; i < 1'000; ++i) gateway.emit(trade(kBtc, ++seq));
  gateway.until([&] {
    sleeper.loop.poll();
    gateway.advance(std::chrono::milliseconds{10});
    return gateway.telemetry.gateway.messages_lost != 0 && field(sleeper.messages.back(), "kind") == "slow_ended";
  });
  for (int i = 0; i < 10; ++i) gateway.emit(trade(kBtc, ++seq));
  gateway.until([&] {
    sleeper.loop.poll();
    return field(sleeper.messages.back(), "seq") == std::to_string(seq);
  });
  CHECK(check_trades(sleeper.messages) == seq);
  CHECK(sleeper.closed.code == 0);
}

TEST_CASE("slow readers: over a socket, the farewell arrives whole, and closes with 4021") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 64U << 10U;
  Gateway gateway(options);
  Sleeper sleeper(gateway);
  sleeper.client.send_text(wish_for(R"("trade","quote","orderbook")", R"("BINANCE:BTCUSDT")", R"("depth":"full")"));
  sleeper.wait(2);
  std::uint64_t seq = 0;
  gateway.until([&] {
    if (gateway.telemetry.gateway.subscribers_too_slow == 1) return true;
    ++seq;
    gateway.emit(Book(kBtc, seq, 1'000));  // fills what the system keeps for the socket
    gateway.emit(quote(kBtc, seq));
    gateway.emit(trade(kBtc, seq));
    gateway.advance(std::chrono::milliseconds{20});
    return false;
  });
  const std::uint64_t last = seq;
  for (int i = 0; i < 100; ++i) gateway.emit(trade(kBtc, ++seq));
  gateway.until([&] {
    sleeper.loop.poll();
    return sleeper.closed.code != 0;
  });
  CHECK(sleeper.closed.code == 4021);
  // The gap ends with the number that was the newest when it found room: before the reader went on, or then.
  const std::uint64_t told = check_trades(sleeper.messages);
  CHECK(told >= last);
  CHECK(told <= seq);
  const Lines lines = outline(sleeper.messages);
  const std::size_t end = lines.size();
  REQUIRE(end > 5);
  CHECK(lines[end - 4] == "quote " + std::to_string(last));
  CHECK(lines[end - 3] == "orderbook " + std::to_string(last));
  CHECK(lines[end - 2].substr(0, 4) == "gap ");
  CHECK(lines[end - 1] == "error 4021");
  for (const std::size_t i : {end - 4, end - 3}) CHECK(sleeper.messages[i].find(R"("flags":["conflated"])") != std::string::npos);
}
