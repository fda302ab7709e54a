// One record to many: shared bytes, slow readers, deaths at the worst moment.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* kTrades = R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";

std::string books(std::string_view depth) {
  return R"({"op":"subscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"],"options":{"depth":)" + std::string(depth) + "}}";
}

DistributorOptions small_outbox(std::size_t bytes) {
  DistributorOptions options = test_options();
  options.outbox_bytes = bytes;
  return options;
}

}  // namespace

TEST_CASE("fan-out: all subscribers share one encoded frame") {
  HubFixture fixture;
  FakeConnection connections[5];
  for (FakeConnection& connection : connections) {
    fixture.join(connection);
    fixture.ask(connection, kTrades);
  }
  fixture.emit(trade(kBtc, 1));
  for (const FakeConnection& connection : connections) {
    REQUIRE(connection.identities.size() == 1);
    CHECK(connection.identities[0] == connections[0].identities[0]);
  }
  CHECK(fixture.telemetry.gateway.messages_encoded == 1);
  for (FakeConnection& connection : connections) fixture.leave(connection);
}

TEST_CASE("fan-out: a book is encoded once for each depth whose bytes differ") {
  HubFixture fixture;
  FakeConnection connections[6];
  const char* const depths[] = {"1", "2", "2", "50", "\"full\"", "5"};
  for (std::size_t i = 0; i < 6; ++i) {
    fixture.join(connections[i]);
    fixture.ask(connections[i], books(depths[i]));
  }
  fixture.emit(Book(kBtc, 1, 5));
  CHECK(fixture.telemetry.gateway.messages_encoded == 3);  // 1, 2, and all five levels
  CHECK(connections[1].identities == connections[2].identities);
  CHECK(connections[3].identities == connections[4].identities);
  CHECK(connections[4].identities == connections[5].identities);
  CHECK(connections[0].messages.back() != connections[1].messages.back());
  for (FakeConnection& connection : connections) fixture.leave(connection);
}

TEST_CASE("fan-out: a burst beyond the outbox within one turn is no slowness where the kernel takes it") {
  HubFixture fixture(small_outbox(2'000));
  FakeConnection connection;
  fixture.join(connection);
  fixture.ask(connection, kTrades);
  connection.messages.clear();
  connection.queued = 0;
  connection.kernel_room = 1'500;
  for (std::uint64_t seq = 1; seq <= 200; ++seq) fixture.emit(trade(kBtc, seq));
  CHECK(connection.closed_code == 0);
  CHECK(connection.messages.size() == 200);
  fixture.leave(connection);
}

TEST_CASE("fan-out: a connection that proves dead when room is made for a message is simply gone") {
  HubFixture fixture(small_outbox(2'000));
  FakeConnection connection, good;
  fixture.join(connection);
  fixture.join(good);
  fixture.ask(connection, kTrades);
  fixture.ask(good, kTrades);
  good.messages.clear();
  connection.on_write_now = [&] { fixture.leave(connection); };
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    fixture.emit(trade(kBtc, seq));
    good.queued = 0;
  }
  CHECK(connection.closed_code == 0);
  CHECK(fixture.telemetry.gateway.subscribers_too_slow == 0);
  CHECK(fixture.hub.connection_count() == 1);
  CHECK(good.messages.size() == 100);
  fixture.leave(good);
}

TEST_CASE("fan-out: requests whose answers are not read end the same way") {
  HubFixture fixture(small_outbox(2'000));
  FakeConnection connection;
  fixture.join(connection);
  for (int i = 0; i < 1'000 && connection.closed_code == 0; ++i) fixture.ask(connection, R"({"op":"ping","id":12345678})");
  CHECK(connection.closed_code == 4021);
  CHECK(connection.queued < 3'000);
  fixture.leave(connection);
}

TEST_CASE("fan-out: many requests within one turn are answered where the kernel takes the answers") {
  HubFixture fixture(small_outbox(2'000));
  FakeConnection connection;
  fixture.join(connection);
  connection.kernel_room = 10'000;
  for (int i = 0; i < 200; ++i) fixture.ask(connection, R"({"op":"list","id":1})");
  CHECK(connection.closed_code == 0);
  CHECK(connection.messages.size() == 200);
  fixture.leave(connection);
}

TEST_CASE("fan-out: a large answer does not make its reader a slow one") {
  HubFixture fixture(small_outbox(4'000));
  FakeConnection connection;
  fixture.join(connection);
  std::string request = R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT")";
  for (int i = 0; i < 200; ++i) request += ",\"BINANCE:X" + std::to_string(i) + "\"";
  fixture.ask(connection, request + "]}");
  CHECK(connection.queued > 10'000);
  fixture.emit(trade(kBtc, 1));
  CHECK(connection.closed_code == 0);
  CHECK(outline(connection.messages).back() == "trade 1");
  fixture.leave(connection);
}

TEST_CASE("fan-out: snapshots of many deep books wait for room, and each stream still begins with its own") {
  HubFixture fixture(small_outbox(8'000));
  FakeConnection feeder, late;
  fixture.join(feeder);
  std::string request = R"({"op":"subscribe","channels":["orderbook"],"options":{"depth":"full"},"symbols":["BINANCE:BTCUSDT")";
  for (int i = 0; i < 50; ++i) request += ",\"BINANCE:X" + std::to_string(i) + "\"";
  request += "]}";
  fixture.ask(feeder, request);
  const auto emit_all = [&](std::uint64_t seq) {
    for (std::uint32_t i = 0; i < 53; ++i) {
      fixture.emit(Book(InstrumentId{i}, seq, 40));
      feeder.queued = 0;
    }
  };
  emit_all(1);
  fixture.join(late);
  fixture.ask(late, request);
  CHECK(late.closed_code == 0);
  CHECK(late.messages.size() < 10);
  emit_all(2);  // streams still held back must not send this before their snapshot
  for (int i = 0; i < 200 && late.closed_code == 0; ++i) {
    late.queued = 0;
    fixture.publisher.feed_waiting();
  }
  CHECK(late.closed_code == 0);
  emit_all(3);
  std::set<std::string> begun;
  std::map<std::string, std::uint64_t> last;
  for (const std::string& message : late.messages) {
    if (field(message, "type") != "orderbook") continue;
    const std::string symbol = field(message, "symbol");
    const std::uint64_t seq = std::stoull(field(message, "seq"));
    const bool snapshot = message.find(R"("flags":["snapshot"])") != std::string::npos;
    CHECK(snapshot == begun.insert(symbol).second);
    if (!snapshot) CHECK(seq == last[symbol] + 1);
    last[symbol] = seq;
    late.queued = 0;
  }
  CHECK(begun.size() == 51);
  fixture.leave(feeder);
  fixture.leave(late);
}

TEST_CASE("fan-out: a message larger than the outbox still reaches a reader that keeps up") {
  HubFixture fixture(small_outbox(1'000));
  FakeConnection connection;
  fixture.join(connection);
  fixture.ask(connection, books("\"full\""));
  connection.queued = 0;
  fixture.emit(Book(kBtc, 1, 500));
  CHECK(connection.closed_code == 0);
  CHECK(outline(connection.messages).back() == "orderbook 1");
  fixture.leave(connection);
}

TEST_CASE("fan-out: subscribers that die while a record goes out leave nothing behind") {
  HubFixture fixture;
  std::vector<std::unique_ptr<FakeConnection>> connections;
  for (int i = 0; i < 10; ++i) {
    connections.push_back(std::make_unique<FakeConnection>());
    fixture.join(*connections.back());
    fixture.ask(*connections.back(), kTrades);
    connections.back()->messages.clear();
  }
  // the third one's socket takes itself and others, before and behind it, down with it
  connections[2]->on_send = [&] {
    for (const std::size_t i : {0, 2, 3, 9}) fixture.leave(*connections[i]);
  };
  fixture.emit(trade(kBtc, 1));
  fixture.emit(trade(kBtc, 2));
  CHECK(fixture.hub.connection_count() == 6);
  CHECK(fixture.hub.table.subscription_count() == 6);
  CHECK(connections[0]->messages.size() == 1);
  CHECK(connections[9]->messages.empty());
  CHECK(outline(connections[5]->messages) == Lines{"trade 1", "trade 2"});
  for (auto& connection : connections) {
    connection->on_send = nullptr;
    fixture.leave(*connection);
  }
  CHECK(fixture.hub.table.subscription_count() == 0);
  CHECK(fixture.hub.table.stream_count() == 1);  // lingers
}

TEST_CASE("fan-out: counts stay exact whatever dies when") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&random](unsigned n) { return random() % n; };
    HubFixture fixture(small_outbox(1'500));
    std::vector<std::unique_ptr<FakeConnection>> connections;  // destroyed late, as a server would
    std::uint64_t seq = 0;
    for (int step = 0; step < 600; ++step) {
      FakeConnection* const any = connections.empty() ? nullptr : connections[pick(static_cast<unsigned>(connections.size()))].get();
      const bool alive = any != nullptr && any->user != nullptr;
      switch (pick(8)) {
        case 0:
          connections.push_back(std::make_unique<FakeConnection>());
          fixture.join(*connections.back());
          break;
        case 1:
        case 2:
          if (alive) fixture.ask(*any, pick(2) == 0 ? kTrades : R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:ETHUSDT"]})");
          break;
        case 3:
          if (alive)
            fixture.ask(*any,
                        pick(2) == 0 ? R"({"op":"unsubscribe_all"})" : R"({"op":"unsubscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
          break;
        case 4:
          if (alive) fixture.leave(*any);
          break;
        case 5:
          if (alive) any->on_send = [&fixture, any] { fixture.leave(*any); };
          break;
        case 6:
          for (auto& connection : connections) {
            if (pick(2) == 0) connection->queued = 0;
          }
          break;
        default:
          fixture.emit(trade(kBtc, ++seq));
          fixture.emit(trade(kEth, seq));
          fixture.emit(quote(kEth, seq));
      }
      std::size_t open = 0;
      std::size_t held = 0;
      for (const auto& connection : connections) {
        if (connection->user == nullptr) continue;
        ++open;
        const auto& subscriber = *static_cast<distributor::Subscriber*>(connection->user);
        const std::size_t mine = fixture.hub.table.subscriptions_of(subscriber.slot());
        REQUIRE((connection->closed_code == 0 || mine == 0));
        held += mine;
      }
      REQUIRE(fixture.hub.connection_count() == open);
      REQUIRE(fixture.hub.table.subscription_count() == held);
    }
    for (auto& connection : connections) {
      connection->on_send = nullptr;
      fixture.leave(*connection);
    }
    REQUIRE(fixture.hub.table.subscription_count() == 0);
    REQUIRE(fixture.telemetry.gateway.subscribers_accepted == fixture.telemetry.gateway.subscribers_closed);
    std::vector<distributor::StreamSlot> closed;
    fixture.hub.table.expire(MonoTime{INT64_MAX - 1}, closed);
    REQUIRE(fixture.hub.table.stream_count() == 0);
  }
}

TEST_CASE("fan-out: a real socket that stops reading is cut loose, and the others get every message") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 64U << 10U;
  options.slow_reader_farewell = std::chrono::milliseconds{10};
  Gateway gateway(options);
  // A peer that sends its handshake and its subscription, and then never reads again, is played by a client whose loop is not run.
  net::EventLoop stopped_loop;
  Client good(gateway);
  struct Ignore : net::WsClientHandler {
    void on_open() override { open = true; }
    void on_message(std::string&&, bool) override { ++count; }
    void on_closed(const net::WsClosed&) override {}
    bool open = false;
    int count = 0;
  } ignore;
  net::WsClient stuck(stopped_loop, ignore);
  net::WsClientOptions stuck_options;
  stuck_options.url = gateway.url();
  stuck.connect(stuck_options);
  gateway.until([&] {
    stopped_loop.poll();
    return ignore.count == 1;
  });
  const std::string request = R"({"op":"subscribe","channels":["orderbook","trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"depth":"full"}})";
  stuck.send_text(request);
  gateway.until([&] {
    stopped_loop.poll();
    return ignore.count == 2;
  });
  good.ask(request);
  good.take();
  std::uint64_t seq = 0;
  const auto emit_both = [&] {
    gateway.emit(Book(kBtc, ++seq, 1'000));
    gateway.emit(record<Trade>(kBtc, Channel::Trade, seq));
    good.wait(2 * seq);
  };
  gateway.until([&] {
    emit_both();
    gateway.advance(std::chrono::milliseconds{100});
    return gateway.telemetry.gateway.subscribers_too_slow == 1;
  });
  for (int i = 0; i < 5; ++i) emit_both();
  CHECK(good.closed.code == 0);
  for (std::uint64_t i = 0; i < 2 * seq; ++i) REQUIRE(field(good.messages[i], "seq") == std::to_string(i / 2 + 1));
  CHECK(gateway.telemetry.gateway.messages_conflated > 0);  // its books gave way; the trades could not
  CHECK(gateway.telemetry.gateway.subscribers_too_slow == 1);
  gateway.until([&] { return gateway.telemetry.gateway.subscribers_closed == 1; });  // it never reads our farewell, and is cut
}

TEST_CASE("fan-out: a reader without room for every book gets the newest one, flagged conflated, and goes on from it") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 64U << 10U;
  Gateway gateway(options);
  net::EventLoop slow_loop;
  struct Keep : net::WsClientHandler {
    void on_open() override {}
    void on_message(std::string&& message, bool) override { messages.push_back(std::move(message)); }
    void on_closed(const net::WsClosed&) override { closed = true; }
    std::vector<std::string> messages;
    bool closed = false;
  } slow;
  net::WsClient client(slow_loop, slow);
  net::WsClientOptions client_options;
  client_options.url = gateway.url();
  client.connect(client_options);
  const auto wait_for = [&](std::size_t count) {
    gateway.until([&] {
      slow_loop.poll();
      return slow.messages.size() >= count;
    });
  };
  wait_for(1);
  client.send_text(R"({"op":"subscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"],"options":{"depth":"full"}})");
  wait_for(2);
  std::uint64_t seq = 0;
  gateway.until([&] {  // it does not read until its books give way
    gateway.emit(Book(kBtc, ++seq, 1'000));
    return gateway.telemetry.gateway.messages_conflated >= 3;
  });
  gateway.until([&] {
    slow_loop.poll();
    return field(slow.messages.back(), "seq") == std::to_string(seq);
  });
  CHECK(slow.messages.back().find(R"("flags":["conflated"])") != std::string::npos);
  std::uint64_t last = 0;
  for (std::size_t i = 2; i < slow.messages.size(); ++i) {
    const std::uint64_t number = std::stoull(field(slow.messages[i], "seq"));
    if (number != last + 1) CHECK(slow.messages[i].find(R"("flags":["conflated"])") != std::string::npos);
    last = number;
  }
  const std::size_t seen = slow.messages.size();
  gateway.emit(Book(kBtc, ++seq, 1'000));
  wait_for(seen + 1);
  CHECK(field(slow.messages.back(), "seq") == std::to_string(seq));
  CHECK(slow.messages.back().find("conflated") == std::string::npos);
  CHECK_FALSE(slow.closed);
}
