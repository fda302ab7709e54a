// What connections cost in memory: the gateway's server in a process of its own, empty and with thousands of idle subscribers.
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "tools/bench/child_process.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/distributor_host.hpp"
#include "tools/bench/fanout/subscribers.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/wait_for.hpp"
#include "tools/common/resident_memory.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 2> kSizes = {1'000, 10'000};
constexpr std::size_t kMemorySymbols = 10;  // to each of which everybody subscribes
constexpr std::chrono::seconds kSettles{1};
constexpr std::chrono::seconds kLimit{120};

/// What the server's process says when asked.
struct Answer {
  std::uint16_t port = 0;
  std::size_t subscribers = 0, answered = 0;  // connected; requests answered with a result
  std::size_t resident_kib = 0;
};

void serve(const Socket& parent) {
  raise_descriptor_limit();
  DistributorHost host(kMemorySymbols);
  for (char question = 0; read_value(parent, question);) {
    const GatewayCounters& counters = host.telemetry().gateway;
    write_value(parent, Answer{host.port(), counters.subscribers_accepted, counters.requests_received, tools::resident_kib()});
  }
}

Answer ask(const ChildProcess& server) {
  Answer answer;
  if (!write_value(server.socket(), 'a') || !read_value(server.socket(), answer)) return {};
  return answer;
}

}  // namespace

bool run_memory(const Options& options) {
  fmt::print("memory: resident memory of the server's process; each subscriber to trades of {} symbols, nothing is published\n\n", kMemorySymbols);
  Table table{{"subscribers", "resident: MiB", "above empty: MiB", "for each: bytes"}};
  const std::size_t descriptors = raise_descriptor_limit();
  for (const std::size_t size : kSizes) {
    if (size + 100 > descriptors) {
      fmt::print(stderr, "memory: {} subscribers need more than the {} descriptors that a process may have here; left out\n", size, descriptors);
      continue;
    }
    std::vector<double> above;
    double resident = 0, empty = 0;
    for (int round = 0; round < options.rounds; ++round) {
      Subscribers subscribers;
      const ChildProcess server(serve);
      const Answer before = ask(server);
      if (before.port == 0 || !subscribers.connect(before.port, {"/ws", DistributorHost::subscribe_request(kMemorySymbols)}, size)) return false;
      Answer after;
      const auto all_there = [&] {
        after = ask(server);
        return after.subscribers == size && after.answered == size;
      };
      if (!wait_for(all_there, kLimit)) {
        fmt::print(stderr, "memory: {} of {} subscribers were accepted, {} answered\n", after.subscribers, size, after.answered);
        return false;
      }
      std::this_thread::sleep_for(kSettles);
      after = ask(server);
      empty = static_cast<double>(before.resident_kib) / 1024;
      resident = static_cast<double>(after.resident_kib) / 1024;
      above.push_back(resident - empty);
    }
    const double each = median(above) * 1024 * 1024 / static_cast<double>(size);
    if (size == kSizes.front()) table.add({"0", fmt::format("{:.1f}", empty), "0", ""});
    table.add(
        {fmt::format("{}", size), fmt::format("{:.1f}", empty + median(above)), fmt::format("{:.1f}", median(above)), fmt::format("{:.0f}", each)});
  }
  table.print();
  return true;
}

}  // namespace tidegate::bench
