#include "tools/bench/fanout/contest.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

constexpr int kTries = 100;
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

void Contest::add(std::string name, FanoutServer& server, Audience& audience, std::function<void()> before) {
  contenders_.push_back({std::move(name), &server, &audience, std::move(before)});
}

bool Contest::prepare() {
  const Audience* connected = nullptr;
  for (const Contender& contender : contenders_) {
    if (std::exchange(connected, contender.audience) == contender.audience) continue;
    contender.server->expect(subscribers_);
    if (contender.server->port() == 0 || !contender.audience->connect(contender.server->port(), contender.server->greeting(symbols_), subscribers_)) {
      fmt::print(stderr, "{}: not all of {} subscribers got their connections\n", contender.name, subscribers_);
      return false;
    }
    if (!reaches_all(contender)) return false;
  }
  return true;
}

/// A server may be slower to subscribe than we are to connect: records are sent until one reaches everybody.
bool Contest::reaches_all(const Contender& contender) const {
  const FanoutRun once{1, symbols_, symbols_, {}};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = settled_deliveries(contender);
    contender.server->publish(once);
    if (settled_deliveries(contender) == before + subscribers_ * symbols_) return true;
  }
  fmt::print(stderr, "{} does not reach its {} subscribers\n", contender.name, subscribers_);
  return false;
}

/// Deliveries, once no more come.
std::uint64_t Contest::settled_deliveries(const Contender& contender) {
  for (std::uint64_t before = contender.audience->deliveries();;) {
    std::this_thread::sleep_for(kPause);
    if (std::exchange(before, contender.audience->deliveries()) == before) return before;
  }
}

std::vector<double> Contest::measure(const Contender& contender, const FanoutRun& run) const {
  contender.before();
  contender.audience->ages().clear();
  const std::size_t deliveries = run.turns * run.burst * subscribers_;
  const std::uint64_t target = contender.audience->deliveries() + deliveries;
  const std::int64_t begin_ns = contender.server->cpu_ns();
  contender.server->publish(run);
  const bool complete = wait_for([&] { return contender.audience->deliveries() >= target; }) && contender.audience->deliveries() == target;
  const auto cpu_ns = static_cast<double>(contender.server->cpu_ns() - begin_ns);
  const DurationBuckets& ages = contender.audience->ages();
  return {cpu_ns / 1e3 / static_cast<double>(deliveries), ages.percentile_us(0.5), ages.percentile_us(0.99), complete ? 0.0 : 1.0};
}

std::vector<Contest::Result> Contest::run(std::size_t burst, int rounds, std::chrono::nanoseconds round_time, const Pace& pace) {
  FanoutRun run;
  run.burst = burst;
  run.symbols = symbols_;
  run.interval = std::max(pace.per_delivery * static_cast<std::int64_t>(subscribers_ * burst), pace.shortest_turn);
  run.turns = std::max<std::size_t>(static_cast<std::size_t>(round_time / run.interval), pace.fewest_turns);
  Comparison comparison;
  for (const Contender& contender : contenders_) comparison.add([&] { return measure(contender, run); });
  comparison.run(rounds);
  std::vector<Result> results;
  for (std::size_t i = 0; i < contenders_.size(); ++i) {
    results.push_back({contenders_[i].name, comparison.median_of(i, 0), comparison.ratio(i, 0, 0),
                       comparison.ratio(i, std::min<std::size_t>(1, contenders_.size() - 1), 0), comparison.median_of(i, 1),
                       comparison.median_of(i, 2), comparison.total_of(i, 3) == 0});
  }
  return results;
}

}  // namespace tidegate::bench
