// A weekend on which Kite sends heartbeats alone, with the limits of its adapter's defaults; and the adapter's own connection through a whole one.
#include <doctest/doctest.h>

#include "tests/session/watched_feed.hpp"
#include "tests/session/zerodha_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::KiteFixture;
using test::run_on;
using test::set_kite;
using test::utc;

namespace {

common::LivenessLimits limits_by_default() {
  const BrokerConfig config = test::kite_config();
  return {.bytes = config.stale_after, .heartbeat = config.duration("heartbeat_timeout"), .data = config.duration("data_timeout")};
}
constexpr Duration kHeartbeats = 3s;  // section 5

/// A session on a Friday, just before NSE closes.
struct FridayFixture : KiteFixture {
  FridayFixture() {
    host.market_hours = test::venue_hours();
    host.shifted_clock.set(utc(2026, 11, 27, 9, 59));
    set_kite(config, "data_timeout", "20ms");
    set_kite(config, "probe_timeout", "60ms");
    kite.heartbeat_every = 3ms;
    open_one();
    kite.start_heartbeats();
  }
  [[nodiscard]] DataExpectation expectation() const {
    return host.report.connections.empty() ? DataExpectation::Nothing : host.report.connections[0].clocks->expectation.load();
  }
  [[nodiscard]] std::size_t probes() const { return kite.commands_of("unsubscribe"); }
};

}  // namespace

TEST_CASE("zerodha weekend: three days of heartbeats alone cause no question and no reconnect, and the opening finds all as it was") {
  test::WatchedFeed feed(limits_by_default(), utc(2026, 11, 27, 9, 30), {"NSE"});
  feed.run(30min, kHeartbeats, 500ms);
  feed.run(65h + 46min, kHeartbeats);
  CHECK(feed.clock.utc() == utc(2026, 11, 30, 3, 46));
  feed.run(6h, kHeartbeats, 500ms);
  CHECK(feed.probes == 0);
  CHECK(feed.cuts == 0);
}

TEST_CASE(
    "zerodha weekend: after it a stall behind heartbeats is found within the data limit and a second, one of all bytes within the heartbeats'") {
  test::WatchedFeed feed(limits_by_default(), utc(2026, 11, 27, 11, 0), {"NSE"});
  feed.run(64h + 46min, kHeartbeats);
  feed.run(1h, kHeartbeats, 500ms);
  const MonoTime stalled = feed.clock.mono();
  feed.run(limits_by_default().data + 1s, kHeartbeats);
  REQUIRE(feed.probes == 1);
  CHECK(*feed.found - stalled <= limits_by_default().data + 1s);
  feed.run(1h, kHeartbeats, 500ms);
  const MonoTime dead = feed.clock.mono();
  feed.run(limits_by_default().heartbeat + 1s, 0s);
  REQUIRE(feed.cuts == 1);
  CHECK(*feed.found - dead <= limits_by_default().heartbeat + 1s);
}

TEST_CASE_FIXTURE(FridayFixture, "zerodha weekend: the connection is asked nothing from close to opening, and watched from then on") {
  host.shifted_clock.set(utc(2026, 11, 27, 10, 0));
  REQUIRE(until([&] { return expectation() == DataExpectation::Closed; }));
  const std::size_t asked = probes();
  for (int hour = 0; hour < 64; ++hour) {  // three data limits an hour
    host.shifted_clock.shift += 1h;
    run_on(loop, 20ms);
  }
  CHECK(expectation() == DataExpectation::Closed);
  CHECK(probes() == asked);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(kite.upgrades.size() == 1);

  SUBCASE("a quiet instrument is asked for again, and the connection stays") {
    host.shifted_clock.set(utc(2026, 11, 30, 3, 46));
    REQUIRE(until([&] { return probes() > asked; }));
    run_on(loop, 100ms);
    CHECK(host.count_of(FrameKind::Closed) == 0);
  }
  SUBCASE("a feed that answers nothing is replaced") {
    kite.answers = false;
    host.shifted_clock.set(utc(2026, 11, 30, 3, 46));
    REQUIRE(until([&] { return host.count_of(FrameKind::Closed) >= 1; }));
    CHECK(host.last(FrameKind::Closed)->bytes.find("not even when it was asked for") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(FridayFixture, "zerodha weekend: one venue that is open is enough for data to be expected") {
  kite.list = test::ScriptedKite::csv({test::ScriptedKite::row(408065, "INFY"), test::ScriptedKite::row(779521, "SBIN")});
  host.shifted_clock.set(utc(2026, 11, 28, 10, 0));
  REQUIRE(until([&] { return expectation() == DataExpectation::Closed; }));
  wish({want(1, Channel::Ticker, "NSE:INFY"), want(2, Channel::Ticker, "MCX:NOBODY")});  // refused: it counts for nothing
  run_on(loop, 40ms);
  CHECK(expectation() == DataExpectation::Closed);
  wish({});
  REQUIRE(until([&] { return expectation() == DataExpectation::Nothing; }));
}
