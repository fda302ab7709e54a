// Once everything has its size, records go out without a call of the heap: to readers that keep up, that conflate, that are slow, and into the rings.
#include <doctest/doctest.h>

#include "tests/distributor/counting_connection.hpp"
#include "tests/distributor/hub_fixture.hpp"
#include "tools/bench/allocations.hpp"

using namespace tidegate;
using namespace tidegate::test;

TEST_CASE("steady state: records leave, conflate, wait and join the rings without the heap") {
  DistributorOptions options = test_options();
  options.outbox_bytes = 20'000;
  options.replay.stream_bytes = 8'192;
  options.slow_reader_timeout = std::chrono::hours{1};
  HubFixture fixture(options);
  CountingConnection quick(1'000'000), timed(1'000'000), latest(2'000), slow(200);
  const std::pair<CountingConnection*, const char*> readers[] = {{&quick, "none"}, {&timed, "10ms"}, {&latest, "latest"}, {&slow, "none"}};
  for (const auto& [connection, conflate] : readers) {
    const distributor::Hub::Scope scope(fixture.hub);
    distributor::Subscriber& subscriber = fixture.hub.join(*connection);
    fixture.requests.on_message(
        subscriber,
        R"({"op":"subscribe","channels":["trade","quote","orderbook"],"symbols":["BINANCE:BTCUSDT"],"options":{"conflate":")" +
            std::string(conflate) + "\"}}",
        false);
  }
  std::uint64_t seq = 0;
  Book book(kBtc, 1, 5);
  const auto run = [&](int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      ++seq;
      const_cast<RecordHeader&>(book.header()).seq = seq;
      fixture.emit_in_turn(quote(kBtc, seq));
      fixture.emit_in_turn(trade(kBtc, seq));
      fixture.emit_in_turn(book);
      fixture.serve();
      for (const auto& [connection, conflate] : readers) connection->take();
      fixture.turn(std::chrono::milliseconds{1});
    }
  };
  run(20'000);
  const std::uint64_t before = bench::heap_calls();
  const std::size_t messages = quick.messages;
  const std::uint64_t conflated = fixture.telemetry.gateway.messages_conflated;
  run(5'000);
  const std::uint64_t calls = bench::heap_calls() - before;
  CHECK(quick.messages == messages + 15'000);
  CHECK(fixture.telemetry.gateway.messages_conflated > conflated + 5'000);
  CHECK(fixture.telemetry.gateway.messages_lost > 1'000);
  CHECK(fixture.telemetry.gateway.replay_evicted > 1'000);
  // The notices to the slow reader are texts, made anew; nothing else is.
  CHECK(calls <= 40 * (fixture.telemetry.gateway.readers_warned + 1));
  CHECK(slow.closed_code == 0);
  for (const auto& [connection, conflate] : readers) {
    const distributor::Hub::Scope scope(fixture.hub);
    fixture.hub.leave(*static_cast<distributor::Subscriber*>(connection->user));
  }
}
