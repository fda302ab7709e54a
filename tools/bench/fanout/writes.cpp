// How the gateway writes to many sockets, by one thread or two, call by call or by lists of writes: its CPU for each delivery, and how old records
// are when they arrive.
#include <fmt/core.h>

#include <array>
#include <string>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/options.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 3> kSubscribersOfWrites = {10, 100, 1'000};
constexpr std::array<std::size_t, 2> kBurstsOfWrites = {1, 32};

/// One way to write, and its subscribers.
struct Way {
  Way(const char* way_name, std::size_t threads, bool io_uring) : name(way_name), server(1, {{}, {}, threads, io_uring}) {}

  const char* name;
  TidegateServer server;
};

}  // namespace

bool run_fanout_writes(const Options& options) {
  fmt::print("fanout-writes: server CPU for one delivery, {} s a round\n\n", options.seconds);
  Table table{{"subscribers", "records a turn", "writes", "CPU: us", "ratio", "p50: us", "p99: us"}};
  bool complete = true;
  for (const std::size_t count : kSubscribersOfWrites) {
    std::array<Subscribers, 4> subscribers;  // processes begin before threads do
    std::array<Way, 4> ways = {Way{"one thread, call by call", 1, false}, Way{"one thread, io_uring", 1, true},
                               Way{"two threads, call by call", 2, false}, Way{"two threads, io_uring", 2, true}};
    Contest contest(count, 1);
    for (std::size_t i = 0; i < ways.size(); ++i) contest.add(ways[i].name, ways[i].server, subscribers[i]);
    if (!contest.prepare()) return false;
    for (const std::size_t burst : kBurstsOfWrites) {
      for (const Contest::Result& result : contest.run(burst, options.rounds, options.round_time(), {})) {
        complete = complete && result.complete;
        table.add({fmt::format("{}", count), fmt::format("{}", burst), result.name, fmt::format("{:.2f}", result.cpu_us),
                   fmt::format("{:.2f}", result.to_first), fmt::format("{:.0f}", result.p50_us), fmt::format("{:.0f}", result.p99_us)});
      }
    }
  }
  table.print();
  if (!complete) fmt::print("fanout-writes: some rounds did not deliver every record once\n");
  return complete;
}

}  // namespace tidegate::bench
