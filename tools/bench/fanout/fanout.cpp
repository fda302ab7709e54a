// Part 4: CPU of the server for each delivery, from a record in the gateway to its bytes in every subscriber's socket, beside raw servers that write
// bytes made before, and beside other makers' servers.
#include <fmt/core.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/external_server.hpp"
#include "tools/bench/fanout/raw_server.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/sockets.hpp"
#include "tools/bench/svg_plot.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kDescriptorsSpare = 100;
constexpr std::size_t kManyDeliveries = 100'000;  // in one turn
constexpr Pace kFast{std::chrono::nanoseconds{10'000}, std::chrono::nanoseconds{100'000}, 2};
constexpr std::size_t kSymbolsInTurn = 100;  // of fanout-symbols

/// Everybody who sends the same records, and their subscribers.
class Field {
 public:
  Field(std::size_t subscribers, std::size_t symbols, bool others)
      : others_(others ? start_external_servers(symbols) : std::vector<NamedServer>{}),
        raw_(symbols),
        tidegate_(symbols),
        contest_(subscribers, symbols) {
    contest_.add("raw, one write a record", raw_, raw_subscribers_, [this] { raw_.set_writes(RawServer::Writes::EachRecord); });
    contest_.add("raw, gathering", raw_, raw_subscribers_, [this] { raw_.set_writes(RawServer::Writes::EachTurn); });
    contest_.add("Tidegate", tidegate_, tidegate_subscribers_, [this] { tidegate_.set_late(TidegateServer::Late::WritesEachTurn); });
    if (others_.empty()) return;
    contest_.add("Tidegate, gathering when late", tidegate_, tidegate_subscribers_, [this] { tidegate_.set_late(TidegateServer::Late::Gathers); });
    for (std::size_t i = 0; i < others_.size(); ++i) contest_.add(others_[i].name, *others_[i].server, others_subscribers_[i]);
  }

  [[nodiscard]] Contest& contest() { return contest_; }

 private:
  // In this order: processes begin before threads do.
  Subscribers raw_subscribers_, tidegate_subscribers_;
  std::array<Subscribers, kExternalServersMax> others_subscribers_;
  std::vector<NamedServer> others_;
  RawServer raw_;
  TidegateServer tidegate_;
  Contest contest_;
};

/// Whether so many connections can be had at all; says so where not.
bool allowed(std::size_t subscribers) {
  const std::size_t descriptors = raise_descriptor_limit();
  if (subscribers + kDescriptorsSpare <= descriptors) return true;
  fmt::print(stderr, "fanout: {} subscribers need more than the {} descriptors that a process may have here; left out\n", subscribers, descriptors);
  return false;
}

/// The table, and for a plot the CPU of each contender by size.
struct Report {
  Table table{{"subscribers", "records a turn", "server", "CPU: us", "to one write a record", "to gathering", "p50: us", "p99: us"}};
  std::map<std::size_t, SvgPlot> plots;  // by records a turn
  bool complete = true;

  void add(std::size_t subscribers, std::size_t burst, const std::vector<Contest::Result>& results) {
    SvgPlot& plot = plots
                        .try_emplace(burst, fmt::format("CPU for a delivery, {} record{} a turn", burst, burst == 1 ? "" : "s"), "subscribers",
                                     "microseconds of the server's CPU")
                        .first->second;
    for (const Contest::Result& result : results) {
      complete = complete && result.complete;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), result.name + (result.complete ? "" : " (incomplete)"),
                 fmt::format("{:.2f}", result.cpu_us), fmt::format("{:.2f}", result.to_first), fmt::format("{:.2f}", result.to_second),
                 fmt::format("{:.0f}", result.p50_us), fmt::format("{:.0f}", result.p99_us)});
      plot.add(result.name, static_cast<double>(subscribers), result.cpu_us);
    }
  }
  bool finish() const {
    table.print();
    if (!complete) fmt::print("some rounds did not deliver every record once\n");
    return complete;
  }
};

}  // namespace

bool run_fanout(const Options& options) {
  fmt::print("fanout: server CPU for one delivery, {} s a round\n\n", options.seconds);
  Report report;
  for (const std::size_t subscribers : options.subscribers) {
    if (!allowed(subscribers)) continue;
    Field field(subscribers, 1, options.others);
    if (!field.contest().prepare()) return false;
    for (const std::size_t burst : options.bursts) {
      Pace pace = subscribers * burst > kManyDeliveries ? kFast : Pace{};
      pace.shortest_turn = options.shortest_turn();
      report.add(subscribers, burst, field.contest().run(burst, options.rounds, options.round_time(), pace));
    }
  }
  if (!options.plots.empty()) {
    for (const auto& [burst, plot] : report.plots) {
      const std::string file = fmt::format("{}/fanout-{}.svg", options.plots, burst);
      if (!plot.write(file)) fmt::print(stderr, "fanout: {} cannot be written\n", file);
    }
  }
  return report.finish();
}

bool run_fanout_symbols(const Options& options) {
  fmt::print("fanout-symbols: {0} symbols, each subscriber to all of them, {0} records a turn; {1} s a round\n\n", kSymbolsInTurn, options.seconds);
  Report report;
  for (const std::size_t subscribers : options.symbol_subscribers) {
    if (!allowed(subscribers)) continue;
    Field field(subscribers, kSymbolsInTurn, options.others);
    if (!field.contest().prepare()) return false;
    report.add(subscribers, kSymbolsInTurn, field.contest().run(kSymbolsInTurn, options.rounds, options.round_time(), kFast));
  }
  return report.finish();
}

}  // namespace tidegate::bench
