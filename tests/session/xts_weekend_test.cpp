// A weekend on which an XTS deployment answers pings alone, with the limits of its adapter's defaults; and the adapter's own connection through one.
#include <doctest/doctest.h>

#include "tests/session/watched_feed.hpp"
#include "tests/session/xts_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::set_xts;
using test::utc;
using test::XtsFixture;

namespace {

common::LivenessLimits limits_by_default() {
  const BrokerConfig config = test::xts_config();
  return {.bytes = config.stale_after, .heartbeat = {}, .data = config.duration("data_timeout")};
}
constexpr Duration kPongs = 12'500ms;  // half of what servers say, section 4.4

}  // namespace

TEST_CASE("xts weekend: three days of pongs alone cause no question and no reconnect, and the opening finds all as it was") {
  test::WatchedFeed feed(limits_by_default(), utc(2026, 11, 27, 9, 30), {"NSE"});
  feed.run(30min, kPongs, 500ms);
  feed.run(65h + 46min, kPongs);
  feed.run(6h, kPongs, 500ms);
  CHECK(feed.probes == 0);
  CHECK(feed.cuts == 0);
}

TEST_CASE("xts weekend: after it a stall behind pongs is found within the data limit and a second, one of all bytes within stale_after") {
  test::WatchedFeed feed(limits_by_default(), utc(2026, 11, 27, 11, 0), {"NSE"});
  feed.run(64h + 46min, kPongs);
  feed.run(1h, kPongs, 500ms);
  const MonoTime stalled = feed.clock.mono();
  feed.run(limits_by_default().data + 1s, kPongs);
  REQUIRE(feed.probes == 1);
  CHECK(*feed.found - stalled <= limits_by_default().data + 1s);
  feed.run(1h, kPongs, 500ms);
  const MonoTime dead = feed.clock.mono();
  feed.run(limits_by_default().bytes + 1s, 0s);
  REQUIRE(feed.cuts >= 1);
  CHECK(*feed.found - dead <= limits_by_default().bytes + 1s);
}

TEST_CASE_FIXTURE(XtsFixture, "xts weekend: the broker is asked nothing from close to opening, and watched from then on") {
  host.market_hours = test::venue_hours();
  host.shifted_clock.set(utc(2026, 11, 27, 9, 59));
  xts.token_seconds = 7 * 86'400;
  set_xts(config, "data_timeout", "20ms");
  set_xts(config, "probe_timeout", "60ms");
  set_xts(config, "ping_interval", "3ms");
  open_one();
  const auto expectation = [&] {
    return host.report.connections.empty() ? DataExpectation::Nothing : host.report.connections[0].clocks->expectation.load();
  };
  const auto probes = [&] { return xts.calls_of("POST", "/instruments/quotes"); };
  host.shifted_clock.set(utc(2026, 11, 27, 10, 0));
  REQUIRE(until([&] { return expectation() == DataExpectation::Closed; }));
  const std::size_t asked = probes();
  for (int hour = 0; hour < 64; ++hour) {
    host.shifted_clock.shift += 1h;
    run_on(loop, 20ms);
  }
  CHECK(expectation() == DataExpectation::Closed);
  CHECK(probes() == asked);
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(xts.upgrades.size() == 1);
  host.shifted_clock.set(utc(2026, 11, 30, 3, 46));
  REQUIRE(until([&] { return probes() > asked; }));
}
