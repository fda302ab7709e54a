#include "brokers/xts/broker_clock.hpp"

#include <chrono>

namespace tidegate::xts {
namespace {

constexpr std::int64_t kIndiaAhead = 19'800;  // seconds: India is 5:30 ahead of UTC, and has no summer time
constexpr std::int64_t kFrom1970 = -kIndiaAhead;
constexpr std::int64_t kFrom1980 = 315'532'800 - kIndiaAhead;  // 1980-01-01 in seconds since 1970
constexpr std::int64_t kRawMax = 8'000'000'000;                // fits nanoseconds in either clock

constexpr UtcTime utc_of(std::int64_t seconds) { return UtcTime{seconds * 1'000'000'000}; }

constexpr std::int64_t distance(UtcTime a, UtcTime b) { return a.ns > b.ns ? a.ns - b.ns : b.ns - a.ns; }

}  // namespace

UtcTime BrokerClock::since_1980(std::int64_t raw) { return read(raw, kFrom1980, kFrom1970); }
UtcTime BrokerClock::since_1970(std::int64_t raw) { return read(raw, kFrom1970, kFrom1980); }

UtcTime BrokerClock::read(std::int64_t raw, std::int64_t documented, std::int64_t other) {
  if (raw <= 0 || raw > kRawMax) return kNoTime;
  const UtcTime first = utc_of(raw + documented);
  if (!received_.known()) return first;
  const auto possible = [this](UtcTime time) { return time.ns - received_.ns <= std::chrono::nanoseconds{std::chrono::hours{24}}.count(); };
  const UtcTime second = utc_of(raw + other);
  const bool first_holds = possible(first), second_holds = possible(second);
  if (first_holds && (!second_holds || distance(first, received_) <= distance(second, received_))) return first;
  if (!second_holds) return kNoTime;
  ++guesses_;
  return second;
}

}  // namespace tidegate::xts
