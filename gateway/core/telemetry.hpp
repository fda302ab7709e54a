// What the gateway measures of itself, in one place: counters and latency histograms. Any thread may write.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>

#include "gateway/core/counters.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// Durations in buckets of powers of two from 1 microsecond to about 67 s. Negative ones (clock skew) count in the first bucket.
class LatencyHistogram {
 public:
  static constexpr std::size_t kBuckets = 28;  // bucket i holds durations up to bound(i); the last holds all the rest

  /// Upper bound of bucket i, for i < kBuckets - 1.
  static constexpr Duration bound(std::size_t i) { return Duration{std::int64_t{1000} << i}; }

  void record(Duration duration) {
    const auto us = duration.count() <= 1000 ? 0 : static_cast<std::uint64_t>(duration.count() - 1) / 1000;
    std::size_t bucket = 0;
    while (bucket < kBuckets - 1 && (us >> bucket) != 0) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(duration.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t sum_ns() const { return sum_ns_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::int64_t> sum_ns_{0};
};

struct BrokerTelemetry {
  std::string name;
  BrokerCounters counters;
  std::atomic<std::int64_t> credential_expires_unix_s{0};  // 0: not known, or never
  LatencyHistogram exchange_to_receive;
  LatencyHistogram receive_to_normalized;
};

struct Telemetry {
  std::deque<BrokerTelemetry> brokers;  // by BrokerId; filled before any thread starts
  GatewayCounters gateway;
  LatencyHistogram normalized_to_written;
};

}  // namespace tidegate
