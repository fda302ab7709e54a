// Everything that can go wrong, at random, for as long as one likes: the promises of the protocol hold, and whatever was lost is told.
//
// environment: TIDEGATE_CHAOS_SEEDS: "7", or "1-10" (unset: 1)
//              TIDEGATE_CHAOS_SECONDS: of each seed (unset: 15)
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/chaos/run.hpp"

namespace tidegate::chaos {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr std::size_t kMemoryGrowthMaxKib = 64U << 10U;

std::string environment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

void print(const Report& report, std::uint64_t seeds, std::chrono::seconds duration) {
  std::vector<double> sorted = report.recoveries;
  std::sort(sorted.begin(), sorted.end());
  std::uint64_t faults = 0;
  std::printf("\n| fault | times |\n| --- | --- |\n");
  for (const auto& [name, count] : report.faults) {
    std::printf("| %s | %llu |\n", name.c_str(), static_cast<unsigned long long>(count));
    faults += count;
  }
  std::printf("\n%llu seeds of %lld s: %llu faults, %zu recoveries (median %.2f s, 95%% within %.2f s, worst %.2f s: %s)\n",
              static_cast<unsigned long long>(seeds), static_cast<long long>(duration.count()), static_cast<unsigned long long>(faults),
              sorted.size(), sorted.empty() ? 0 : sorted[sorted.size() / 2], sorted.empty() ? 0 : sorted[sorted.size() * 95 / 100],
              sorted.empty() ? 0 : sorted.back(), report.slowest.c_str());
  std::printf(
      "%llu records to subscribers, %llu of them replayed; %llu gaps told, of %llu numbers, %llu of them filled later; %llu streams told stale; %zu "
      "KiB of growth\n",
      static_cast<unsigned long long>(report.totals.records), static_cast<unsigned long long>(report.totals.replayed),
      static_cast<unsigned long long>(report.totals.gaps), static_cast<unsigned long long>(report.totals.numbers_lost),
      static_cast<unsigned long long>(report.totals.filled), static_cast<unsigned long long>(report.totals.told_stale), report.memory_growth_kib);
  std::printf("promises broken: %zu\n", report.broken.size());
  std::fflush(stdout);
}

}  // namespace

TEST_CASE("chaos: whatever happens to brokers, network, disk and clock, no promise of the protocol is broken") {
  const std::string seeds = environment("TIDEGATE_CHAOS_SEEDS", "1");
  const std::chrono::seconds duration{std::atoi(environment("TIDEGATE_CHAOS_SECONDS", "15").c_str())};
  const std::uint64_t first = std::strtoull(seeds.c_str(), nullptr, 10);
  const std::size_t dash = seeds.find('-');
  const std::uint64_t last = dash == std::string::npos ? first : std::strtoull(seeds.c_str() + dash + 1, nullptr, 10);
  REQUIRE(first <= last);
  Report all;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Run run{seed};
    const Report report = run.run(duration);
    all.add(report);
    std::printf("seed %llu: %zu recoveries, %zu promises broken\n", static_cast<unsigned long long>(seed), report.recoveries.size(),
                report.broken.size());
    for (const std::string& what : report.broken) std::printf("  %s\n", what.c_str());
    std::fflush(stdout);
  }
  print(all, last + 1 - first, duration);
  CHECK(all.broken.empty());
  CHECK(all.recoveries.size() > 0);
  CHECK(all.totals.records > 0);
  if (!kSanitized) CHECK(all.memory_growth_kib < kMemoryGrowthMaxKib);
}

}  // namespace tidegate::chaos
