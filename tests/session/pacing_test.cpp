#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "brokers/binance/rest_gate.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/liveness.hpp"
#include "brokers/common/pacer.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using namespace tidegate::common;

TEST_CASE("backoff: each wait lies between zero and a ceiling that doubles up to the maximum") {
  Backoff backoff{100ms, 1s, 7};
  for (const Duration ceiling : {Duration{100ms}, Duration{200ms}, Duration{400ms}, Duration{800ms}, Duration{1s}, Duration{1s}}) {
    CHECK(backoff.ceiling() == ceiling);
    const Duration wait = backoff.next();
    CHECK(wait >= 0ms);
    CHECK(wait <= ceiling);
  }
  for (int i = 0; i < 10'000; ++i) CHECK(backoff.next() <= 1s);
}

TEST_CASE("backoff: jitter uses the whole range, so that many connections do not return together") {
  int low = 0;
  int high = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    Backoff backoff{1s, 30s, seed};
    const Duration wait = backoff.next();
    if (wait < 250ms) ++low;
    if (wait > 750ms) ++high;
  }
  CHECK(low > 150);
  CHECK(high > 150);
}

TEST_CASE("backoff: one seed always gives the same waits, and a reset starts over") {
  Backoff one{100ms, 10s, 42};
  Backoff two{100ms, 10s, 42};
  for (int i = 0; i < 20; ++i) CHECK(one.next() == two.next());
  one.reset();
  CHECK(one.failures() == 0);
  CHECK(one.ceiling() == 100ms);
}

TEST_CASE("backoff: huge settings do not overflow") {
  Backoff backoff{Duration{INT64_MAX / 2}, Duration::max(), 1};
  for (int i = 0; i < 100; ++i) CHECK(backoff.next() >= 0ms);
}

TEST_CASE("pacer: no window of the given length ever holds more than the limit, and no turn is wasted") {
  constexpr std::size_t kLimit = 4;
  std::mt19937 random{5};
  SlidingWindow window{kLimit, 1s};
  std::vector<MonoTime> taken;
  MonoTime now{1};
  while (taken.size() < 2'000) {
    now = now + Duration{std::uniform_int_distribution<std::int64_t>{0, 400'000'000}(random)};
    if (window.wait(now) > 0ns) {
      now = now + window.wait(now);
      REQUIRE(window.wait(now) == 0ns);
    }
    window.take(now);
    taken.push_back(now);
  }
  for (std::size_t i = kLimit; i < taken.size(); ++i) CHECK(taken[i] - taken[i - kLimit] > 1s);
}

TEST_CASE("pacer: a pong that is owed goes before requests, and counts") {
  SendPacer pacer{2, 1s};
  const MonoTime now{1};
  pacer.owe_pong("a");
  CHECK_FALSE(pacer.take_frame(now));
  CHECK(pacer.take_pong(now) == "a");
  CHECK(pacer.take_frame(now));
  CHECK_FALSE(pacer.take_frame(now));
  pacer.owe_pong("b");
  CHECK_FALSE(pacer.take_pong(now).has_value());
  const MonoTime later = now + pacer.wait(now);
  CHECK_FALSE(pacer.take_frame(later));
  CHECK(pacer.take_pong(later) == "b");
}

TEST_CASE("pacer: of a flood of pings only the newest few are answered") {
  SendPacer pacer{1, 1s};
  for (int i = 0; i < 1'000; ++i) pacer.owe_pong(std::to_string(i));
  MonoTime now{1};
  std::string last;
  int answered = 0;
  while (pacer.pong_owed()) {
    if (const auto pong = pacer.take_pong(now)) {
      last = *pong;
      ++answered;
    }
    now = now + 2s;
  }
  CHECK(answered < 10);
  CHECK(last == "999");
}

TEST_CASE("liveness: silence of all bytes is found after the limit, and heartbeats end it") {
  Liveness liveness{{.bytes = 30s, .heartbeat = 60s, .data = {}}};
  const MonoTime start{1};
  liveness.opened(start);
  CHECK(liveness.check(start).again_in == 30s);
  liveness.on_heartbeat(start + 20s);
  CHECK(liveness.check(start + 40s).verdict == Liveness::Verdict::Alive);
  CHECK(liveness.check(start + 50s).verdict == Liveness::Verdict::NoBytes);
}

TEST_CASE("liveness: data without heartbeats is not enough, heartbeats without data neither") {
  Liveness liveness{{.bytes = 30s, .heartbeat = 60s, .data = 45s}};
  const MonoTime start{1};
  liveness.opened(start);
  liveness.expect_data(true, start);
  for (int second = 0; second < 60; ++second) {
    liveness.on_data(start + std::chrono::seconds{second});
    CHECK(liveness.check(start + std::chrono::seconds{second}).verdict == Liveness::Verdict::Alive);
  }
  CHECK(liveness.check(start + 60s).verdict == Liveness::Verdict::NoHeartbeat);
  liveness.opened(start);
  liveness.expect_data(true, start);
  liveness.on_heartbeat(start + 20s);
  liveness.on_heartbeat(start + 40s);
  CHECK(liveness.check(start + 44s).verdict == Liveness::Verdict::Alive);
  CHECK(liveness.check(start + 45s).verdict == Liveness::Verdict::NoData);
}

TEST_CASE("liveness: nothing subscribed, no data expected") {
  Liveness liveness{{.bytes = {}, .heartbeat = {}, .data = 10s}};
  const MonoTime start{1};
  liveness.opened(start);
  CHECK(liveness.check(start + 1h).verdict == Liveness::Verdict::Alive);
  liveness.expect_data(true, start + 1h);
  CHECK(liveness.check(start + 1h + 5s).verdict == Liveness::Verdict::Alive);
  CHECK(liveness.check(start + 1h + 10s).verdict == Liveness::Verdict::NoData);
}

TEST_CASE("liveness: a quiet market is not cut for ever, and after steady data the short limit is back") {
  Liveness liveness{{.bytes = {}, .heartbeat = {}, .data = 10s}};
  MonoTime now{1};
  int cuts = 0;
  for (const MonoTime end = now + 2h; now < end;) {
    liveness.opened(now);
    liveness.expect_data(true, now);
    Liveness::Check check;
    do {
      check = liveness.check(now);
      now = now + std::max(check.again_in, Duration{1ms});
    } while (check.verdict == Liveness::Verdict::Alive && now < end);
    ++cuts;
  }
  CHECK(cuts < 20);
  liveness.opened(now);
  liveness.expect_data(true, now);
  for (int second = 0; second < 200; ++second) {
    now = now + 1s;
    liveness.on_data(now);
    CHECK(liveness.check(now).verdict == Liveness::Verdict::Alive);
  }
  CHECK(liveness.check(now + 10s).verdict == Liveness::Verdict::NoData);
}

TEST_CASE("rest gate: the weight of a clock minute stays within the budget, and the venue's own count is believed") {
  binance::RestGate gate;
  gate.set_budget(100);
  const UtcTime minute{std::chrono::nanoseconds{1000min}.count()};
  const UtcTime later{minute.ns + std::chrono::nanoseconds{10s}.count()};
  const MonoTime now{1};
  CHECK(gate.wait(minute, now, 50) == 0ns);
  gate.spend(minute, 50);
  CHECK(gate.wait(minute, now, 50) == 0ns);
  gate.spend(minute, 50);
  CHECK(gate.wait(later, now, 50) > 50s);
  CHECK(gate.wait(later, now, 50) < 60s);
  const UtcTime next{minute.ns + std::chrono::nanoseconds{1min}.count()};
  CHECK(gate.wait(next, now, 50) == 0ns);
  gate.spend(next, 50);
  gate.reported(next, next, 90);  // somebody else on this address
  CHECK(gate.wait(next, now, 50) > 0ns);
  gate.reported(minute, next, 5'000);  // of the minute before
  CHECK(gate.wait(UtcTime{next.ns + 60'000'000'000}, now, 50) == 0ns);
}

TEST_CASE("rest gate: a pause holds up everything, and a budget below one request still lets one through a minute") {
  binance::RestGate gate;
  gate.set_budget(10);
  const UtcTime minute{std::chrono::nanoseconds{1000min}.count()};
  const MonoTime now{1};
  CHECK(gate.wait(minute, now, 50) == 0ns);
  gate.spend(minute, 50);
  CHECK(gate.wait(minute, now, 50) > 0ns);
  gate.pause_until(now + 17s);
  gate.pause_until(now + 5s);
  CHECK(gate.pause(now) == 17s);
  CHECK(gate.wait(UtcTime{minute.ns + 60'000'000'000}, now, 5) == 17s);
  CHECK(gate.pause(now + 17s) == 0ns);
}
