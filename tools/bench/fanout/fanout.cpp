// Part 4: CPU of the server for each delivery of one record, from a record in the gateway to its bytes in every subscriber's socket, beside raw
// servers that write bytes made before.
#include <fmt/core.h>

#include <string>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/raw_server.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kDescriptorsSpare = 100;
constexpr std::size_t kManyDeliveries = 100'000;  // in one turn
constexpr Pace kFast{std::chrono::nanoseconds{10'000}, std::chrono::nanoseconds{100'000}, 2};

}  // namespace

bool run_fanout(const Options& options) {
  const std::size_t descriptors = raise_descriptor_limit();
  fmt::print("fanout: server CPU for one delivery, {} s a round\n\n", options.seconds);
  Table table{{"subscribers", "records a turn", "server", "CPU: us", "to one write a record", "to gathering", "p50: us", "p99: us"}};
  bool complete = true;
  for (const std::size_t subscribers : options.subscribers) {
    if (subscribers + kDescriptorsSpare > descriptors) {
      fmt::print(stderr, "fanout: {} subscribers need more than the {} descriptors that a process may have here; left out\n", subscribers,
                 descriptors);
      continue;
    }
    // In this order: processes begin before threads do.
    Subscribers raw_subscribers, tidegate_subscribers;
    RawServer raw(1);
    TidegateServer tidegate(1);
    Contest contest(subscribers, 1);
    contest.add("raw, one write a record", raw, raw_subscribers, [&raw] { raw.set_writes(RawServer::Writes::EachRecord); });
    contest.add("raw, gathering", raw, raw_subscribers, [&raw] { raw.set_writes(RawServer::Writes::EachTurn); });
    contest.add("Tidegate", tidegate, tidegate_subscribers);
    if (!contest.prepare()) return false;
    for (const std::size_t burst : options.bursts) {
      const bool many = subscribers * burst > kManyDeliveries;
      for (const Contest::Result& result : contest.run(burst, options.rounds, options.round_time(), many ? kFast : Pace{})) {
        complete = complete && result.complete;
        table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), result.name + (result.complete ? "" : " (incomplete)"),
                   fmt::format("{:.2f}", result.cpu_us), fmt::format("{:.2f}", result.to_first), fmt::format("{:.2f}", result.to_second),
                   fmt::format("{:.0f}", result.p50_us), fmt::format("{:.0f}", result.p99_us)});
      }
    }
  }
  table.print();
  if (!complete) fmt::print("fanout: some rounds did not deliver every record once\n");
  return complete;
}

}  // namespace tidegate::bench
