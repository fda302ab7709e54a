// Part 4: CPU of the server's thread for each delivery, beside a raw server that writes the same bytes.
#include <fmt/core.h>

#include <array>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout_plan.hpp"
#include "tools/bench/fanout_readers.hpp"
#include "tools/bench/fanout_servers.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 4> kSubscribers = {1, 10, 100, 1'000};
constexpr std::array<std::size_t, 2> kBursts = {1, 32};
constexpr std::size_t kDescriptorsSpare = 100;

}  // namespace

bool run_fanout(const Options& options) {
  const std::size_t descriptors = raise_descriptor_limit();
  fmt::print("fanout: server CPU for one delivery of {} bytes, {} s a round\n\n", kFrameBytes, options.seconds);
  Table table{{"subscribers", "records a turn", "raw, one write a record: us", "raw, gathering per turn: ratio", "Tidegate: us", "Tidegate: ratio",
               "to gathering"}};
  bool complete = true;
  for (const std::size_t subscribers : kSubscribers) {
    if (4 * subscribers + kDescriptorsSpare > descriptors) {  // both ends of both servers are here
      fmt::print(stderr, "fanout: {} subscribers need more descriptors than the {} allowed; left out\n", subscribers, descriptors);
      continue;
    }
    GatewayServer ours;
    RawServer raw;
    Readers readers;
    for (std::size_t i = 0; i < subscribers; ++i) {
      if (readers.connect(ours.port(), true) && readers.connect(raw.port(), false) && raw.accept()) continue;
      fmt::print(stderr, "fanout: subscriber {} did not get its connections\n", i);
      return false;
    }
    // The server learns that a connection is open only after its client does.
    if (!wait_for([&] { return ours.connections() == subscribers; })) {
      fmt::print(stderr, "fanout: {} of {} subscribers were accepted\n", ours.connections(), subscribers);
      return false;
    }
    for (const std::size_t burst : kBursts) {
      const FanoutRun run = plan_fanout(subscribers, burst, options.round_time());
      Comparison comparison;
      const auto contend = [&](auto server) { return comparison.add([&, server] { return measure_fanout(readers, subscribers, run, server); }); };
      const std::size_t each = contend([&](const FanoutRun& r) { return raw.run(r, RawServer::Writes::EachRecord); });
      const std::size_t gathered = contend([&](const FanoutRun& r) { return raw.run(r, RawServer::Writes::EachTurn); });
      const std::size_t gateway = contend([&](const FanoutRun& r) { return ours.run(r); });
      comparison.run(options.rounds);
      for (const std::size_t contender : {each, gathered, gateway}) complete = complete && comparison.median_of(contender, 1) == 0;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), fmt::format("{:.2f}", comparison.median_of(each, 0)),
                 fmt::format("{:.2f}", comparison.ratio(gathered, each, 0)), fmt::format("{:.2f}", comparison.median_of(gateway, 0)),
                 fmt::format("{:.2f}", comparison.ratio(gateway, each, 0)), fmt::format("{:.2f}", comparison.ratio(gateway, gathered, 0))});
    }
  }
  table.print();
  if (!complete) fmt::print("fanout: some rounds did not deliver every byte\n");
  return complete;
}

}  // namespace tidegate::bench
