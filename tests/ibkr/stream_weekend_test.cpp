// A weekend on which Interactive Brokers sends heartbeats alone: the stream keeper, with its defaults, and the hours of its venues.
#include <doctest/doctest.h>

#include "tests/ibkr/streams_fixture.hpp"
#include "tests/support/utc.hpp"
#include "tests/support/venue_hours.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// A share that trades in New York, lively until the close of a Friday.
struct WeekendFixture : StreamsFixture {
  explicit WeekendFixture(const ibkr::StreamSettings& settings = {}) : StreamsFixture(settings) {
    want(1);
    ready();
    look();
    go(5min, true);
    broker.commands.clear();
  }
  [[nodiscard]] UtcTime wall() const { return UtcTime{utc(2026, 11, 27, 20, 55).ns + (now.ns - begun.ns)}; }
  void look() {
    const Calendar& calendar = *calendars.find("NASDAQ");
    streams.look_at_hours([&](std::string_view symbol) { return symbol.starts_with("NASDAQ:") && !calendar.expects_data(wall()); }, now);
    pump();
  }
  /// In steps of half a second, with a look at the hours at each.
  void go(Duration duration, bool data) {
    for (const MonoTime end = now + duration; now < end;) {
      look();
      if (data) this->data(1);
      run(data ? Duration{500ms} : std::min<Duration>(1s, end - now));
    }
  }

  MonoTime begun = now;
  Calendars calendars = venue_hours();
};

}  // namespace

TEST_CASE("ibkr weekend: from close to opening no stream is suspected and nothing is found dead, and streams are renewed as ever") {
  WeekendFixture f;
  f.go(65h + 31min, false);
  CHECK(f.wall() == utc(2026, 11, 30, 14, 31));
  CHECK(f.streams.counts().suspicions == 0);
  CHECK(f.verdicts == 0);
  CHECK(f.broker.expired == 0);
  f.go(1h, true);
  CHECK(f.streams.counts().suspicions == 0);
  CHECK(f.verdicts == 0);
}

TEST_CASE("ibkr weekend: after the opening a stall of all streams is found within the data limit and a second") {
  const ibkr::StreamSettings settings;
  WeekendFixture f;
  f.go(65h + 31min, false);
  SUBCASE("that began with the opening") {
    f.go(settings.data_timeout - 2s, false);
    CHECK(f.verdicts == 0);
    f.go(3s, false);
    CHECK(f.verdicts == 1);
  }
  SUBCASE("that began later") {
    f.go(10min, true);
    f.go(settings.data_timeout + 1s, false);
    CHECK(f.verdicts == 1);
  }
}

TEST_CASE("ibkr weekend: a stream that moves before the opening is missed all the same when it stops") {
  WeekendFixture f;
  f.go(60h, false);  // Monday 09:00 UTC, in New York the night is not over
  f.go(20min, true);
  f.go(2min, false);
  CHECK(f.verdicts == 1);
  f.go(2h, false);
  CHECK(f.verdicts == 1);
}
