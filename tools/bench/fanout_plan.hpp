// One round of one server: how fast it goes, and what it took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/fanout_servers.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {

// The pace: well below what one core can write, so that readers keep up and no socket fills.
inline constexpr std::chrono::nanoseconds kPerDelivery{20'000};
inline constexpr std::chrono::nanoseconds kShortestTurn{100'000};
inline constexpr std::size_t kFewestTurns = 5;

inline FanoutRun plan_fanout(std::size_t subscribers, std::size_t burst, std::chrono::nanoseconds time) {
  FanoutRun run;
  run.burst = burst;
  run.interval = std::max(kPerDelivery * static_cast<std::int64_t>(subscribers * burst), kShortestTurn);
  run.turns = std::max<std::size_t>(static_cast<std::size_t>(time / run.interval), kFewestTurns);
  return run;
}

/// Runs one server's round; microseconds of CPU a delivery, and whether every byte reached the readers.
template <class Readers, class Server>
std::vector<double> measure_fanout(const Readers& readers, std::size_t subscribers, const FanoutRun& run, Server server) {
  const std::size_t deliveries = run.turns * run.burst * subscribers;
  const std::uint64_t target = readers.bytes() + deliveries * kFrameBytes;
  const auto cpu_ns = static_cast<double>(server(run));
  const bool complete = wait_for([&] { return readers.bytes() >= target; });
  return {cpu_ns / 1e3 / static_cast<double>(deliveries), complete && readers.bytes() == target ? 0.0 : 1.0};
}

}  // namespace tidegate::bench
