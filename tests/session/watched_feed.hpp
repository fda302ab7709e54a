// Time, and one connection's clocks and hours as Connection uses them, without a socket: days of it take milliseconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "brokers/common/liveness.hpp"
#include "brokers/common/market_hours.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/utc.hpp"
#include "tests/support/venue_hours.hpp"

namespace tidegate::test {

struct WatchedFeed {
  WatchedFeed(const common::LivenessLimits& limits, UtcTime begin, const common::VenueSet& venues) : liveness(limits) {
    clock.set_utc(begin);
    hours.set_venues(venues);
    open();
  }

  /// Goes on for so long, while heartbeats and data come that often; zero: not at all.
  void run(Duration duration, Duration heartbeat_every, Duration data_every = Duration::zero()) {
    const MonoTime end = clock.mono() + duration;
    MonoTime heartbeat = next(heartbeat_every, end), data = next(data_every, end);
    while (clock.mono() < end) {
      const MonoTime now = std::min({look_at, heartbeat, data, end});
      clock.advance(now - clock.mono());
      if (now == heartbeat) {
        liveness.on_heartbeat(now);
        heartbeat = next(heartbeat_every, end);
      }
      if (now == data) {
        liveness.on_data(now);
        data = next(data_every, end);
      }
      if (now >= look_at) look();
    }
  }

  void open() {
    liveness.opened(clock.mono());
    liveness.expect_data(true, clock.mono());
    look();
  }

  ManualClock clock;
  Calendars calendars = venue_hours();
  common::Liveness liveness;
  common::MarketHours hours{calendars};
  MonoTime look_at;
  int probes = 0;                 // silence of data: a broker is asked
  int cuts = 0;                   // silence of everything, or of heartbeats
  std::optional<MonoTime> found;  // when the last of both was found

 private:
  [[nodiscard]] MonoTime next(Duration every, MonoTime end) const {
    return every > Duration::zero() ? clock.mono() + every : end + every + Duration{1};
  }

  void look() {
    const MonoTime now = clock.mono();
    const common::MarketHours::Look look = hours.look(clock.utc());
    liveness.market_open(look.data_expected, look.closed_until, now);
    const common::Liveness::Check check = liveness.check(now);
    look_at = now + std::max(std::min(check.again_in, look.again_in), Duration{1});
    if (check.verdict == common::Liveness::Verdict::Alive) return;
    found = now;
    (check.verdict == common::Liveness::Verdict::NoData ? probes : cuts)++;
    open();
  }
};

}  // namespace tidegate::test
