#include "brokers/common/liveness.hpp"

#include <algorithm>

namespace tidegate::common {
namespace {

constexpr int kPatienceMax = 64;  // times the configured data limit
constexpr Duration kLookAgain = std::chrono::seconds{3600};

void tell(std::atomic<std::int64_t>& clock, MonoTime now) { clock.store(now.ns, std::memory_order_relaxed); }

}  // namespace

// Silence of all bytes is never tolerated beyond the broker's own heartbeat limit.
Liveness::Liveness(const LivenessLimits& limits)
    : limits_(limits),
      bytes_patience_(limits.bytes, limits.heartbeat > Duration::zero() ? limits.heartbeat : limits.bytes),
      data_patience_(limits.data, std::min(limits.data, kLookAgain) * kPatienceMax) {}

void Liveness::opened(MonoTime now) {
  bytes_at_ = heartbeat_at_ = data_at_ = moving_since_ = now;
  for (std::atomic<std::int64_t>* at : {&clocks_->bytes_at, &clocks_->heartbeat_at, &clocks_->data_at}) tell(*at, now);
  data_expected_ = false;
  tell_expectation();
  bytes_patience_.opened(now);
  data_patience_.opened(now);
}

void Liveness::on_bytes(MonoTime now) {
  bytes_patience_.activity(now, bytes_at_);
  bytes_at_ = now;
  tell(clocks_->bytes_at, now);
}

void Liveness::on_heartbeat(MonoTime now) {
  on_bytes(now);
  heartbeat_at_ = now;
  tell(clocks_->heartbeat_at, now);
}

void Liveness::on_data(MonoTime now) {
  on_bytes(now);
  data_patience_.activity(now, data_at_);
  if (now - data_at_ > limits_.data / 2) moving_since_ = now;
  data_at_ = now;
  tell(clocks_->data_at, now);
}

void Liveness::expect_data(bool expected, MonoTime now) {
  if (expected && !data_expected_) due_from_ = now;
  data_expected_ = expected;
  tell_expectation();
}

void Liveness::market_open(bool open, UtcTime until, MonoTime now) {
  if (open && !market_open_) due_from_ = now;
  if (!open && market_open_) moving_since_ = now;  // what moved until the close proves nothing
  market_open_ = open;
  clocks_->closed_until.store(until.ns, std::memory_order_relaxed);
  tell_expectation();
}

DataExpectation Liveness::expectation() const {
  if (!data_expected_) return DataExpectation::Nothing;
  if (market_open_) return DataExpectation::Data;
  const bool moving = limits_.data > Duration::zero() && data_at_ - moving_since_ >= limits_.data;
  return moving ? DataExpectation::Moving : DataExpectation::Closed;
}

Liveness::Check Liveness::check(MonoTime now) {
  bytes_patience_.settle(bytes_at_);
  data_patience_.settle(data_at_);
  Duration again = kLookAgain;
  const auto exceeded = [&](MonoTime last, Duration limit) {
    if (limit <= Duration::zero()) return false;
    const Duration left = limit - (now - last);
    if (left <= Duration::zero()) return true;
    again = std::min(again, left);
    return false;
  };
  if (exceeded(bytes_at_, bytes_patience_.limit())) {
    bytes_patience_.exhausted();
    return {Verdict::NoBytes, {}};
  }
  if (exceeded(heartbeat_at_, limits_.heartbeat)) return {Verdict::NoHeartbeat, {}};
  const DataExpectation expected = expectation();
  clocks_->expectation.store(expected, std::memory_order_relaxed);
  const bool due = expected == DataExpectation::Data || expected == DataExpectation::Moving;
  if (due && exceeded(std::max(data_at_, due_from_), data_patience_.limit())) {
    data_patience_.exhausted();
    moving_since_ = now;
    tell_expectation();
    return {Verdict::NoData, {}};
  }
  // Waiting for data may begin between two looks.
  if (limits_.data > Duration::zero()) again = std::min(again, limits_.data);
  return {Verdict::Alive, again};
}

}  // namespace tidegate::common
