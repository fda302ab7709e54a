#include <doctest/doctest.h>

#include "tests/ibkr/streams_fixture.hpp"
#include "tools/bench/allocations.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// Two streams that were lively for a minute.
struct LivelyFixture : StreamsFixture {
  explicit LivelyFixture(const ibkr::StreamSettings& settings = {}) : StreamsFixture(settings) {
    want(1);
    want(2);
    ready();
    run_with_data(1min, {1, 2});
    broker.commands.clear();
  }
};

}  // namespace

TEST_CASE("ibkr streams: a lively stream that falls silent is asked for again, then less and less often") {
  LivelyFixture f({.renewal = 10h, .life = 11h});
  f.run_with_data(2min + 55s, {2});
  CHECK(f.broker.commands.empty());
  f.run_with_data(10s, {2});
  REQUIRE(f.broker.commands.size() == 1);
  CHECK(f.broker.commands[0].starts_with("smd+1001+"));
  CHECK(f.streams.counts().suspicions == 1);
  f.run_with_data(6min - 10s, {2});
  CHECK(f.streams.counts().suspicions == 1);
  f.run_with_data(20s, {2});
  CHECK(f.streams.counts().suspicions == 2);
  f.run_with_data(2h, {2});
  CHECK(f.streams.counts().suspicions == 5);  // after 12, 24 and 48 minutes
  CHECK(f.verdicts == 0);
}

TEST_CASE("ibkr streams: patience comes back with steady data") {
  LivelyFixture f({.renewal = 10h, .life = 11h});
  f.run_with_data(3min + 5s, {2});
  CHECK(f.streams.counts().suspicions == 1);
  f.run_with_data(1h, {1, 2});
  f.run_with_data(3min + 5s, {2});
  CHECK(f.streams.counts().suspicions == 2);
}

TEST_CASE("ibkr streams: a stream that never had a rhythm is not missed") {
  StreamsFixture f({.renewal = 10h, .life = 11h});
  f.want(1);
  f.want(2);
  f.ready();
  f.data(1);
  for (int i = 0; i < 20; ++i) {
    f.run_with_data(4min, {2});
    f.data(1);
  }
  CHECK(f.streams.counts().suspicions == 0);
}

TEST_CASE("ibkr streams: one that never answered is asked for again once") {
  StreamsFixture f({.renewal = 10h, .life = 11h});
  f.want(1);
  f.ready();
  f.run(2min + 59s);
  CHECK(f.take_commands().size() == 1);
  f.run(2s);
  CHECK(f.take_commands().size() == 1);
  f.run(1h);
  CHECK(f.take_commands().empty());
  CHECK(f.streams.counts().asked == 1);
  CHECK(f.streams.counts().alive == 0);
}

TEST_CASE("ibkr streams: a probe asks one stream anew, for the fields it had") {
  StreamsFixture f;
  CHECK(f.streams.probe_commands().empty());
  f.want(1);
  f.ready();
  f.run(1s);
  const auto asked = f.take_commands();
  REQUIRE(asked.size() == 1);
  CHECK(f.streams.probe_commands() == std::vector<std::string>{"umd+1001+{}", asked.front()});
}

TEST_CASE("ibkr streams: answers to renewals are no sign of life") {
  StreamsFixture f({.renewal = 60s, .life = 5min});
  f.want(1);
  f.ready();
  f.run_with_data(20s, {1});
  for (int i = 0; i < 14; ++i) {
    const std::size_t before = f.broker.commands.size();
    while (f.broker.commands.size() == before) f.run(1s);
    f.data(1);
    f.data(1);
  }
  CHECK(f.streams.counts().suspicions == 2);
  CHECK(f.verdicts >= 1);
}

TEST_CASE("ibkr streams: closed markets are not silent") {
  for (const std::string_view closing : {R"({"6509":"ZB","topic":"smd+1001"})", R"({"6509":"Y"})", R"({"31":"C12.50","topic":"smd+1001"})"}) {
    LivelyFixture f({.renewal = 10h, .life = 11h});
    f.data(1, closing);
    f.data(2, closing);
    f.run(8h);
    CHECK(f.streams.counts().suspicions == 0);
    CHECK(f.verdicts == 0);
    // The next day it has to show its rhythm again.
    f.run_with_data(10s, {1, 2}, R"({"6509":"RB","31":"12.51"})");
    f.run(4min);
    CHECK(f.streams.counts().suspicions == 2);
    CHECK(f.verdicts >= 1);
  }
}

TEST_CASE("ibkr streams: silence of everything that was lively is told, each time after twice as long") {
  LivelyFixture f({.data_timeout = 90s});
  f.run(85s);
  CHECK(f.verdicts == 0);
  CHECK(f.streams.probe_commands().front() == "umd+1001+{}");
  f.run(10s);
  CHECK(f.verdicts == 1);
  f.run(170s);
  CHECK(f.verdicts == 1);
  f.run(10s);
  CHECK(f.verdicts == 2);
  f.run(6min);
  CHECK(f.verdicts == 3);
  SUBCASE("data ends it") {
    f.run_with_data(10min, {2});
    CHECK(f.verdicts == 3);
    CHECK(f.streams.probe_commands().front() == "umd+1002+{}");
  }
  SUBCASE("what was lively is missed on the next connection as well") {
    f.lost();
    f.ready();
    f.data(1);
    f.data(2);
    f.run(1h);
    CHECK(f.verdicts > 3);
  }
}

TEST_CASE("ibkr streams: silence after hours of steady data is told like any other") {
  LivelyFixture f({.data_timeout = 90s});
  f.run_with_data(2h, {1, 2});
  f.run(5min);
  CHECK(f.verdicts == 2);
}

TEST_CASE("ibkr streams: it is told as well when nothing at all answers, and not while nothing is asked for") {
  StreamsFixture f;
  f.ready();
  f.run(1h);
  CHECK(f.verdicts == 0);
  f.want(1);
  f.want(2);
  f.run(95s);
  CHECK(f.verdicts == 1);
  f.data(1);
  f.run(1h);
  CHECK(f.verdicts == 1);
  f.lost();
  f.run(1h);
  CHECK(f.verdicts == 1);
}

TEST_CASE("ibkr streams: data of streams that are not held, and topics of other kinds, change nothing") {
  StreamsFixture f;
  f.want(1);
  f.want(1, Channel::OrderBook);
  f.ready();
  for (const std::string_view topic : {"", "smd", "smd+", "smd+9", "sbd", "sbd+DU1", "sbd+DU1+9", "system", "str", "xyz+1001", "umd+1001"}) {
    f.streams.on_data(topic, "{}", f.now);
  }
  CHECK(f.streams.counts().alive == 0);
  f.streams.on_data("sbd+DU1+1001", "{}", f.now);
  CHECK(f.streams.counts().alive == 1);
  f.streams.on_data("smd+1001", "{}", f.now);
  CHECK(f.streams.counts().alive == 2);
  f.streams.hold();
  f.streams.on_data("smd+1001", "{}", f.now);
  CHECK(f.streams.counts().alive == 0);
}

TEST_CASE("ibkr streams: a message that comes allocates nothing") {
  StreamsFixture f;
  f.want(1);
  f.want(1, Channel::OrderBook);
  f.ready();
  const std::uint64_t before = bench::heap_calls();
  for (int i = 0; i < 100; ++i) {
    f.now = f.now + 500ms;
    f.streams.on_data("smd+1001", R"({"server_id":"q0","conid":1001,"_updated":1,"6119":"q0","6509":"RpB","31":"271.67","topic":"smd+1001"})", f.now);
    f.streams.on_data("sbd+DU1234567890123+1001", R"({"topic":"sbd+DU1234567890123+1001","data":[]})", f.now);
    f.streams.on_data("smd+1234567890123456@ISLAND", "{}", f.now);
  }
  CHECK(bench::heap_calls() == before);
  CHECK(f.streams.counts().alive == 2);
}
