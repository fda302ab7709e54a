#include "brokers/common/liveness.hpp"

#include <algorithm>

namespace tidegate::common {
namespace {

constexpr int kPatienceMax = 64;  // times the configured data limit
constexpr Duration kLookAgain = std::chrono::seconds{3600};

}  // namespace

// Silence of all bytes is never tolerated beyond the broker's own heartbeat limit.
Liveness::Liveness(const LivenessLimits& limits)
    : limits_(limits),
      bytes_patience_(limits.bytes, limits.heartbeat > Duration::zero() ? limits.heartbeat : limits.bytes),
      data_patience_(limits.data, std::min(limits.data, kLookAgain) * kPatienceMax) {}

void Liveness::opened(MonoTime now) {
  bytes_at_ = heartbeat_at_ = data_at_ = now;
  data_expected_ = false;
  bytes_patience_.opened(now);
  data_patience_.opened(now);
}

void Liveness::on_bytes(MonoTime now) {
  bytes_patience_.activity(now, bytes_at_);
  bytes_at_ = now;
}

void Liveness::on_heartbeat(MonoTime now) {
  on_bytes(now);
  heartbeat_at_ = now;
}

void Liveness::on_data(MonoTime now) {
  on_bytes(now);
  data_patience_.activity(now, data_at_);
  data_at_ = now;
}

void Liveness::expect_data(bool expected, MonoTime now) {
  if (expected && !data_expected_) data_at_ = now;
  data_expected_ = expected;
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
  if (data_expected_ && exceeded(data_at_, data_patience_.limit())) {
    data_patience_.exhausted();
    return {Verdict::NoData, {}};
  }
  // Waiting for data may begin between two looks.
  if (limits_.data > Duration::zero()) again = std::min(again, limits_.data);
  return {Verdict::Alive, again};
}

}  // namespace tidegate::common
