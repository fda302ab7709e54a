#include "brokers/binance/rest_gate.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::binance {
namespace {

constexpr std::int64_t kMinuteNs = std::chrono::nanoseconds{std::chrono::minutes{1}}.count();
/// Past the turn of the minute by our clock, since the venue's may be behind.
constexpr Duration kMinuteMargin = std::chrono::milliseconds{500};

std::int64_t minute_of(UtcTime utc) { return utc.ns / kMinuteNs; }

}  // namespace

Duration RestGate::pause(MonoTime now) const { return std::max(paused_until_ - now, Duration::zero()); }

Duration RestGate::wait(UtcTime utc, MonoTime now, std::int64_t weight) const {
  if (const Duration paused = pause(now); paused > Duration::zero()) return paused;
  // A budget below a single request would stop everything for good: one request a minute always goes.
  if (minute_of(utc) != minute_ || used_ == 0 || used_ + weight <= budget_) return Duration::zero();
  return Duration{kMinuteNs - utc.ns % kMinuteNs} + kMinuteMargin;
}

void RestGate::spend(UtcTime utc, std::int64_t weight) {
  if (minute_of(utc) != minute_) used_ = 0;
  minute_ = minute_of(utc);
  used_ += weight;
}

// A count that an earlier minute's request brought says nothing about this one.
void RestGate::reported(UtcTime sent, UtcTime utc, std::int64_t used) {
  if (minute_of(sent) == minute_of(utc) && minute_of(utc) == minute_) used_ = std::max(used_, used);
}

void RestGate::pause_until(MonoTime until) { paused_until_ = std::max(paused_until_, until); }

}  // namespace tidegate::binance
