// Several records in one turn: every client gets what it would get if each record went out as it came.
#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Lines = std::vector<std::string>;

namespace {

std::string request(std::string_view op, std::string_view channels, std::string_view symbols, std::string_view options = "{}") {
  return R"({"op":")" + std::string(op) + R"(","channels":[)" + std::string(channels) + R"(],"symbols":[)" + std::string(symbols) +
         R"(],"options":)" + std::string(options) + "}";
}

constexpr std::string_view kBtcName = R"("BINANCE:BTCUSDT")";
constexpr std::string_view kBoth = R"("BINANCE:BTCUSDT","BINANCE:ETHUSDT")";

DistributorOptions outbox_of(std::size_t bytes) {
  DistributorOptions options = test_options();
  options.outbox_bytes = bytes;
  return options;
}

/// A client that has subscribed, and of which what it was told so far is forgotten.
void begin(HubFixture& fixture, FakeConnection& connection, const std::string& subscribe) {
  fixture.join(connection);
  fixture.ask(connection, subscribe);
  connection.messages.clear();
  connection.take(connection.queued);
}

Lines outline_of(const FakeConnection& connection) { return outline(connection.messages); }

}  // namespace

TEST_CASE("burst: the first record of a turn goes out as it comes, and the others with whatever happens next, each client's in their order") {
  HubFixture fixture;
  FakeConnection all, trades;
  begin(fixture, all, request("subscribe", R"("trade","quote")", kBoth));
  begin(fixture, trades, request("subscribe", R"("trade")", kBtcName));
  fixture.emit_in_turn(quote(kBtc, 1));
  fixture.emit_in_turn(trade(kBtc, 1));
  fixture.emit_in_turn(trade(kEth, 1));
  fixture.emit_in_turn(quote(kBtc, 2));
  fixture.emit_in_turn(trade(kBtc, 2));
  CHECK(outline_of(all) == Lines{"quote 1"});
  CHECK(outline_of(trades) == Lines{"trade 1"});
  fixture.turn();
  CHECK(outline_of(all) == Lines{"quote 1", "trade 1", "trade 1", "quote 2", "trade 2"});
  CHECK(outline_of(trades) == Lines{"trade 1", "trade 2"});
  CHECK(fixture.telemetry.gateway.messages_encoded == 5);
  CHECK(fixture.telemetry.gateway.messages_delivered == 2 + 7);  // with the answers to the subscriptions
  for (FakeConnection* connection : {&all, &trades}) fixture.leave(*connection);
}

TEST_CASE("burst: an answer, a gap and a state stand among the records where they came") {
  HubFixture fixture;
  FakeConnection asks, listens;
  for (FakeConnection* connection : {&asks, &listens}) begin(fixture, *connection, request("subscribe", R"("trade")", kBtcName));
  fixture.emit_in_turn(trade(kBtc, 1));
  fixture.emit_in_turn(trade(kBtc, 2));
  fixture.ask(asks, R"({"op":"ping"})");
  fixture.emit_in_turn(trade(kBtc, 3));
  fixture.emit_in_turn(trade(kBtc, 4));
  fixture.emit_in_turn(gap(kBtc, Channel::Trade, 5, 6));
  fixture.emit_in_turn(trade(kBtc, 7));
  fixture.emit_in_turn(trade(kBtc, 8));
  fixture.emit_in_turn(trade(kBtc, 10));  // nobody told what became of 9
  fixture.emit_in_turn(trade(kBtc, 11));
  fixture.emit_in_turn(state(kBtc, Channel::Trade, StreamState::Stale, "quiet"));
  fixture.emit_in_turn(trade(kBtc, 12));
  fixture.emit_in_turn(trade(kBtc, 13));
  fixture.turn();
  const Lines rest = {"trade 3",  "trade 4",  "gap 5-6",     "trade 7",  "trade 8", "gap 9-9",
                      "trade 10", "trade 11", "state stale", "trade 12", "trade 13"};
  Lines expected = {"trade 1", "trade 2"};
  expected.insert(expected.end(), rest.begin(), rest.end());
  CHECK(outline_of(listens) == expected);
  expected.insert(expected.begin() + 2, "pong");
  CHECK(outline_of(asks) == expected);
  for (FakeConnection* connection : {&asks, &listens}) fixture.leave(*connection);
}

TEST_CASE("burst: who unsubscribes in the middle has got what came before, and who joins gets what comes after") {
  HubFixture fixture;
  FakeConnection stays, unsubscribes, leaves, joins;
  for (FakeConnection* connection : {&stays, &unsubscribes, &leaves}) begin(fixture, *connection, request("subscribe", R"("trade")", kBtcName));
  fixture.emit_in_turn(trade(kBtc, 1));
  fixture.emit_in_turn(trade(kBtc, 2));
  fixture.ask(unsubscribes, request("unsubscribe", R"("trade")", kBtcName));
  fixture.emit_in_turn(trade(kBtc, 3));
  fixture.emit_in_turn(trade(kBtc, 4));
  fixture.leave(leaves);
  fixture.join(joins);  // may take the place of the one that left
  fixture.ask(joins, request("subscribe", R"("trade")", kBtcName, R"({"snapshot":false})"));
  fixture.emit_in_turn(trade(kBtc, 5));
  fixture.emit_in_turn(trade(kBtc, 6));
  fixture.turn();
  CHECK(outline_of(stays) == Lines{"trade 1", "trade 2", "trade 3", "trade 4", "trade 5", "trade 6"});
  CHECK(outline_of(unsubscribes) == Lines{"trade 1", "trade 2", "result"});
  CHECK(outline_of(leaves) == Lines{"trade 1", "trade 2", "trade 3", "trade 4"});
  CHECK(outline_of(joins) == Lines{"result", "trade 5", "trade 6"});
  for (FakeConnection* connection : {&stays, &unsubscribes, &joins}) fixture.leave(*connection);
}

TEST_CASE("burst: a connection that dies while another is served gets nothing more, nor does who takes its place") {
  HubFixture fixture;
  FakeConnection first, second, third;
  for (FakeConnection* connection : {&first, &second}) begin(fixture, *connection, request("subscribe", R"("trade")", kBtcName));
  fixture.emit_in_turn(trade(kBtc, 1));
  fixture.emit_in_turn(trade(kBtc, 2));
  first.on_send = [&] { fixture.leave(second); };
  fixture.serve();
  CHECK(outline_of(first) == Lines{"trade 1", "trade 2"});
  CHECK(outline_of(second) == Lines{"trade 1"});
  first.on_send = nullptr;
  begin(fixture, third, request("subscribe", R"("trade")", kBtcName, R"({"snapshot":false})"));
  fixture.emit_in_turn(trade(kBtc, 3));
  fixture.turn();
  CHECK(outline_of(third) == Lines{"trade 3"});
  for (FakeConnection* connection : {&first, &third}) fixture.leave(*connection);
}

TEST_CASE("burst: more than an outbox holds is offered to the kernel as it comes, and what there is no room for is lost and told exactly") {
  HubFixture fixture(outbox_of(2'000));
  FakeConnection quick, slow;
  for (FakeConnection* connection : {&quick, &slow}) begin(fixture, *connection, request("subscribe", R"("trade")", kBtcName));
  quick.kernel_room = 1'500;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) fixture.emit_in_turn(trade(kBtc, seq));
  CHECK(quick.queued <= 2'000);
  CHECK(slow.queued <= 2'000);
  CHECK(slow.write_count == 1);  // it took nothing: asked once a turn
  fixture.serve();
  CHECK(quick.messages.size() == 100);
  const std::size_t came = slow.messages.size();
  CHECK(came > 3);
  CHECK(came < 10);
  slow.take(slow.queued);
  fixture.turn();
  CHECK(outline_of(slow).back() == "gap " + std::to_string(came + 1) + "-100");
  CHECK(fixture.telemetry.gateway.messages_lost == 100 - came);
  for (FakeConnection* connection : {&quick, &slow}) fixture.leave(*connection);
}

TEST_CASE("burst: who asked for conflation gets the newest value, and the others every one") {
  HubFixture fixture;
  FakeConnection timed, latest, plain;
  begin(fixture, timed, request("subscribe", R"("quote","trade")", kBtcName, R"({"conflate":"100ms"})"));
  begin(fixture, latest, request("subscribe", R"("quote")", kBtcName, R"({"conflate":"latest"})"));
  begin(fixture, plain, request("subscribe", R"("quote")", kBtcName));
  for (std::uint64_t seq = 1; seq <= 5; ++seq) fixture.emit_in_turn(quote(kBtc, seq));
  fixture.turn();
  CHECK(outline_of(timed) == Lines{"quote 1"});
  CHECK(outline_of(latest) == Lines{"quote 1"});
  CHECK(outline_of(plain) == Lines{"quote 1", "quote 2", "quote 3", "quote 4", "quote 5"});
  latest.take(latest.queued);
  fixture.turn(std::chrono::milliseconds{100});
  CHECK(outline_of(timed) == Lines{"quote 1", "quote 5"});
  CHECK(outline_of(latest) == Lines{"quote 1", "quote 5"});
  for (FakeConnection* connection : {&timed, &latest, &plain}) fixture.leave(*connection);
}

TEST_CASE("burst: of a book each client gets its own depth, encoded once for each") {
  HubFixture fixture;
  FakeConnection connections[4];
  const char* const depths[] = {"1", "5", "1", "5"};
  for (std::size_t i = 0; i < 4; ++i) {
    begin(fixture, connections[i], request("subscribe", R"("orderbook")", kBtcName, R"({"depth":)" + std::string(depths[i]) + "}"));
  }
  for (std::uint64_t seq = 1; seq <= 4; ++seq) fixture.emit_in_turn(Book(kBtc, seq, 5));
  fixture.turn();
  CHECK(fixture.telemetry.gateway.messages_encoded == 8);
  CHECK(connections[0].messages.size() == 4);
  CHECK(connections[0].messages == connections[2].messages);
  CHECK(connections[1].messages == connections[3].messages);
  for (std::size_t i = 0; i < 4; ++i) CHECK(connections[0].messages[i].size() < connections[1].messages[i].size());
  for (FakeConnection& connection : connections) fixture.leave(connection);
}

TEST_CASE("burst: more records than may be put off, and longer ones, keep their order") {
  HubFixture fixture;
  FakeConnection all, books;
  begin(fixture, all, request("subscribe", R"("trade","orderbook")", kBtcName, R"({"depth":"full"})"));
  begin(fixture, books, request("subscribe", R"("orderbook")", kBtcName, R"({"depth":"full"})"));
  Lines expected, expected_books;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    fixture.emit_in_turn(trade(kBtc, seq));
    expected.push_back("trade " + std::to_string(seq));
    if (seq % 10 != 0) continue;
    fixture.emit_in_turn(Book(kBtc, seq / 10, static_cast<std::uint16_t>(seq)));  // up to 300 levels a side
    expected.push_back("orderbook " + std::to_string(seq / 10));
    expected_books.push_back(expected.back());
  }
  fixture.turn();
  CHECK(outline_of(all) == expected);
  CHECK(outline_of(books) == expected_books);
  for (FakeConnection* connection : {&all, &books}) fixture.leave(*connection);
}

TEST_CASE("burst: over sockets, what several clients get in one piece is read as the messages that it holds") {
  Gateway gateway;
  Client first(gateway), second(gateway), quotes(gateway);
  for (Client* client : {&first, &second}) client->ask(request("subscribe", R"("trade","quote")", kBtcName, R"({"snapshot":false})"));
  quotes.ask(request("subscribe", R"("quote")", kBtcName, R"({"snapshot":false})"));
  for (Client* client : {&first, &second, &quotes}) client->messages.clear();
  Lines expected, expected_quotes;
  for (std::uint64_t seq = 1; seq <= 200; ++seq) {
    gateway.emit(quote(kBtc, seq));
    gateway.emit(trade(kBtc, seq));
    expected.push_back("quote " + std::to_string(seq));
    expected_quotes.push_back(expected.back());
    expected.push_back("trade " + std::to_string(seq));
  }
  for (Client* client : {&first, &second}) {
    client->wait(expected.size());
    CHECK(outline(client->messages) == expected);
  }
  quotes.wait(expected_quotes.size());
  CHECK(outline(quotes.messages) == expected_quotes);
  CHECK(first.messages == second.messages);
}

// ---- anything at all, twice: each record in a turn of its own, and all of a turn together ----

namespace {

struct World {
  explicit World(bool together) : fixture(options()), put_off(together) {}
  ~World() {
    for (FakeConnection& connection : connections) fixture.leave(connection);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  static DistributorOptions options() {
    DistributorOptions options = outbox_of(12'000);
    options.slow_reader_timeout = std::chrono::seconds{1};
    options.replay.stream_bytes = 8'192;
    return options;
  }

  template <class Record>
  void emit(const Record& record) {
    fixture.emit_in_turn(record);
    if (!put_off) fixture.serve();
  }
  /// Everything that clients could tell apart, and how often the kernel was asked.
  Lines seen() {
    Lines lines;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      FakeConnection& connection = connections[i];
      for (const std::string& message : connection.messages) lines.push_back(std::to_string(i) + ": " + message);
      connection.messages.clear();
      lines.push_back(std::to_string(connection.queued) + " " + std::to_string(connection.closed_code) + " " +
                      std::to_string(connection.write_count) + " " + std::to_string(connection.cut_count));
    }
#define TIDEGATE_COUNTER_LINE(name, help) lines.push_back(#name " " + std::to_string(fixture.telemetry.gateway.name));
    TIDEGATE_GATEWAY_COUNTERS(TIDEGATE_COUNTER_LINE)
#undef TIDEGATE_COUNTER_LINE
    return lines;
  }

  HubFixture fixture;
  bool put_off;
  std::deque<FakeConnection> connections;
};

/// Does the same in two worlds.
class Twins {
 public:
  explicit Twins(unsigned seed) : random_(seed) {}

  void turn() {
    for (unsigned i = 0, count = below(90); i < count; ++i) step();
    for (World* world : both()) world->fixture.serve();  // then the kernel takes what it takes
    for (std::size_t i = 0; i < apart_.connections.size(); ++i) {
      const std::size_t taken = below(3) == 0 ? 0 : below(i % 3 == 0 ? 40'000 : 1'500);
      const std::size_t room = below(4) == 0 ? below(3'000) : 0;
      for (World* world : both()) {
        world->connections[i].take(taken);
        world->connections[i].kernel_room = room;
      }
    }
    const Duration later = std::chrono::milliseconds{below(100)};
    for (World* world : both()) world->fixture.turn(later);
    REQUIRE(apart_.seen() == together_.seen());
    for (std::size_t i = 0; i < apart_.connections.size(); ++i) {
      if (apart_.connections[i].closed_code != 0 && !gone_.contains(i)) leave(i);
    }
  }
  [[nodiscard]] const GatewayCounters& counters() const { return together_.fixture.telemetry.gateway; }

 private:
  std::array<World*, 2> both() { return {&apart_, &together_}; }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  void step() {
    const unsigned what = below(400);
    if (what < 3) return join();
    if (what < 9) return ask();
    if (what == 9) return leave();
    if (what < 14) return tell();
    record();
  }

  void join() {
    if (apart_.connections.size() - gone_.size() >= 12) return;
    static constexpr const char* kFirst[] = {
        R"({"op":"ping"})",
        R"({"type":"subscribe","channels":["orderbook","trades"],"symbols":["BINANCE:BTCUSDT"]})",
        R"({"type":"SUBSCRIPTION","payload":{"action":"subscribe","topics":["market:BINANCE:BTCUSDT"]}})",
    };
    const char* const first = kFirst[below(5) % 3];
    for (World* world : both()) {
      world->fixture.join(world->connections.emplace_back());
      world->fixture.ask(world->connections.back(), first);
    }
    for (int i = 0; i < 3; ++i) ask(apart_.connections.size() - 1);
  }
  void leave() {
    if (!apart_.connections.empty()) leave(below(static_cast<unsigned>(apart_.connections.size())));
  }
  void leave(std::size_t who) {
    gone_.insert(who);
    for (World* world : both()) world->fixture.leave(world->connections[who]);
  }
  void ask() {
    if (!apart_.connections.empty()) ask(below(static_cast<unsigned>(apart_.connections.size())));
  }
  void ask(std::size_t who) {
    if (gone_.contains(who)) return;
    static constexpr const char* kChannels[] = {R"("trade")", R"("quote")", R"("orderbook")", R"("trade","quote")", R"("candle_1m")"};
    static constexpr const char* kOptions[] = {
        "{}", R"({"snapshot":false})", R"({"conflate":"50ms"})", R"({"conflate":"latest"})", R"({"allow_delayed":true})", R"({"depth":2})",
    };
    const std::string text = below(5) == 0 ? request("unsubscribe", kChannels[below(5)], kBtcName)
                                           : request("subscribe", kChannels[below(5)], below(2) == 0 ? kBtcName : kBoth, kOptions[below(6)]);
    for (World* world : both()) world->fixture.ask(world->connections[who], text);
  }
  void tell() {
    const InstrumentId instrument = below(2) == 0 ? kBtc : kEth;
    const Channel channel = below(2) == 0 ? Channel::Trade : Channel::Quote;
    const unsigned what = below(4);
    std::uint64_t& seq = seq_[{instrument.value(), channel}];
    for (World* world : both()) {
      if (what == 0) world->emit(gap(instrument, channel, seq + 1, seq + 2));
      if (what == 1) world->emit(state(instrument, channel, StreamState::Stale, "quiet"));
      if (what == 2) world->emit(state(instrument, channel, StreamState::Live));
      if (what == 3) world->emit(broker_status(BrokerState::Live));
    }
    seq += what == 0 ? 2 : 0;
  }

  template <class Record>
  void send(Record record, Flags flags) {
    record.header.flags = flags;
    for (World* world : both()) world->emit(record);
  }
  void record() {
    const InstrumentId instrument = below(3) == 0 ? kEth : kBtc;
    static constexpr Channel kKinds[] = {Channel::Trade, Channel::Quote, Channel::OrderBook, Channel::Candle1m};
    const Channel channel = kKinds[below(8) % (below(4) == 0 ? 4 : 2)];
    std::uint64_t& seq = seq_[{instrument.value(), channel}];
    seq += below(60) == 0 ? 2 : 1;  // seldom a hole that nobody explains
    Flags flags = delayed_.contains(instrument.value()) ? Flags::Delayed : Flags::None;
    if (below(300) == 0 && delayed_.erase(instrument.value()) == 0) delayed_.insert(instrument.value());
    if (below(50) == 0 && channel != Channel::Trade) flags |= Flags::Conflated;
    if (channel == Channel::Trade) return send(trade(instrument, seq), flags);
    if (channel == Channel::Quote) return send(quote(instrument, seq), flags);
    if (channel == Channel::Candle1m) {
      Candle bar = test::record<Candle>(instrument, channel, seq);
      bar.closed = below(3) == 0 ? 1 : 0;
      return send(bar, flags);
    }
    const Book book(instrument, seq, static_cast<std::uint16_t>(1 + below(8)));
    for (World* world : both()) world->emit(book);
  }

  std::mt19937 random_;
  World apart_{false}, together_{true};
  std::set<std::size_t> gone_;
  std::map<std::pair<std::uint32_t, Channel>, std::uint64_t> seq_;
  std::set<std::uint32_t> delayed_;
};

}  // namespace

TEST_CASE("burst: whatever clients and brokers do, a turn's records give everybody the same together as one by one") {
  std::uint64_t lost = 0, conflated = 0, parted = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Twins twins(seed);
    for (int turn = 0; turn < 100; ++turn) {
      CAPTURE(turn);
      twins.turn();
    }
    lost += twins.counters().messages_lost;
    conflated += twins.counters().messages_conflated;
    parted += twins.counters().subscribers_too_slow;
  }
  CHECK(lost > 1'000);
  CHECK(conflated > 1'000);
  CHECK(parted > 5);
}
