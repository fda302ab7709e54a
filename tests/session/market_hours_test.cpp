// Silence while venues are closed means nothing; silence while one is open is found in time.
#include "brokers/common/market_hours.hpp"

#include <doctest/doctest.h>

#include "tests/session/watched_feed.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using common::MarketHours;
using common::VenueSet;
using test::utc;
using test::WatchedFeed;

namespace {

constexpr common::LivenessLimits kLimits{.bytes = 30s, .heartbeat = 10s, .data = 20s};

}  // namespace

TEST_CASE("market hours: data is expected a grace after the first of the venues opens, until the last closes") {
  const Calendars calendars = test::venue_hours();
  MarketHours hours(calendars);
  hours.set_venues({"NSE", "NASDAQ"});
  MarketHours::Look look = hours.look(utc(2026, 11, 26, 3, 44, 30));
  CHECK_FALSE(look.data_expected);
  CHECK(look.closed_until == utc(2026, 11, 26, 3, 45));
  CHECK(look.again_in == 30s);
  look = hours.look(utc(2026, 11, 26, 3, 45, 30));
  CHECK_FALSE(look.data_expected);
  CHECK(look.again_in == 30s);
  CHECK(hours.look(utc(2026, 11, 26, 3, 46)).data_expected);
  CHECK_FALSE(hours.look(utc(2026, 11, 26, 10, 0)).data_expected);
  CHECK(hours.look(utc(2026, 11, 26, 10, 0)).closed_until == utc(2026, 11, 26, 14, 30));
  CHECK(hours.look(utc(2026, 11, 26, 20, 59)).data_expected);
}

TEST_CASE("market hours: a venue without a calendar is always open, and so is what nothing is known of") {
  const Calendars calendars = test::venue_hours();
  MarketHours hours(calendars);
  const UtcTime sunday = utc(2026, 11, 29, 12, 0);
  CHECK(hours.look(sunday).data_expected);
  hours.set_venues({"NSE", "BINANCE"});
  CHECK(hours.look(sunday).data_expected);
  hours.set_venues({"NSE"});
  CHECK_FALSE(hours.look(sunday).data_expected);
  CHECK(common::venue_of("NSE:NIFTY 50") == "NSE");
  CHECK(common::venue_of("NIFTY").empty());
}

TEST_CASE("market hours: a clock on the wall that is set back is believed") {
  const Calendars calendars = test::venue_hours();
  MarketHours hours(calendars);
  hours.set_venues({"NSE"});
  CHECK(hours.look(utc(2026, 11, 26, 5, 0)).data_expected);
  CHECK_FALSE(hours.look(utc(2026, 11, 26, 3, 0)).data_expected);
}

TEST_CASE("liveness: a closed market owes no data, but bytes and heartbeats") {
  WatchedFeed feed(kLimits, utc(2026, 11, 28), {"NSE"});
  feed.run(24h, 3s);
  CHECK(feed.probes == 0);
  CHECK(feed.cuts == 0);
  CHECK(feed.liveness.expectation() == DataExpectation::Closed);
  CHECK(feed.liveness.clocks()->closed_until == utc(2026, 11, 30, 3, 45).ns);
  const MonoTime last = feed.clock.mono();
  feed.run(11s, 0s);
  REQUIRE(feed.cuts == 1);
  CHECK(*feed.found - last <= 11s);
}

TEST_CASE("liveness: from the opening on silence counts, a grace and the limit later it is found, not sooner") {
  WatchedFeed feed(kLimits, utc(2026, 11, 30, 3, 0), {"NSE"});
  feed.run(45min + 60s + 19s, 3s);
  CHECK(feed.probes == 0);
  feed.run(2s, 3s);
  CHECK(feed.probes == 1);
}

TEST_CASE("liveness: at the close the data of the day proves nothing, so that nobody is asked") {
  WatchedFeed feed(kLimits, utc(2026, 11, 26, 9, 0), {"NSE"});
  feed.run(60min, 3s, 500ms);
  feed.run(12h, 3s);
  CHECK(feed.probes == 0);
  CHECK(feed.liveness.expectation() == DataExpectation::Closed);
}

TEST_CASE("liveness: a market that moves although its calendar says closed is watched while it moves") {
  WatchedFeed feed(kLimits, utc(2026, 11, 28, 12, 30), {"NSE"});
  feed.run(10s, 3s, 500ms);
  CHECK(feed.liveness.expectation() == DataExpectation::Closed);  // an answer and its like
  feed.run(1h, 3s, 500ms);
  CHECK(feed.liveness.expectation() == DataExpectation::Moving);
  const MonoTime last = feed.clock.mono();
  feed.run(21s, 3s);
  REQUIRE(feed.probes == 1);
  CHECK(*feed.found - last <= 21s);
  feed.run(24h, 3s);  // it moves no more: one question was enough
  CHECK(feed.probes == 1);
  CHECK(feed.cuts == 0);
}
