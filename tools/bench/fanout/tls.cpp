// What TLS costs: CPU of the gateway's server for each delivery, beside the same server without it.
#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/polled_audience.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/fanout/tls_reader.hpp"
#include "tools/bench/options.hpp"
#include "tools/common/throwaway_certificate.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 3> kTlsSubscribers = {1, 10, 100};
constexpr std::array<std::size_t, 2> kTlsBursts = {1, 32};

std::unique_ptr<PolledAudience::Reader> open_tls_reader(std::uint16_t port, const Greeting& greeting) {
  auto reader = std::make_unique<TlsReader>(port, greeting.message);
  return reader->ok() ? std::move(reader) : nullptr;
}

}  // namespace

bool run_fanout_tls(const Options& options) {
  fmt::print("fanout-tls: server CPU for one delivery, {} s a round\n\n", options.seconds);
  const net::TlsFiles certificate = tools::throwaway_certificate();
  Table table{{"subscribers", "records a turn", "plain: us", "TLS: us", "TLS: ratio"}};
  bool complete = true;
  for (const std::size_t subscribers : kTlsSubscribers) {
    Subscribers subscribers_of_plain;
    TidegateServer plain(1);
    TidegateServer secure(1, {certificate, {}});
    PolledAudience subscribers_of_secure(open_tls_reader);
    Contest contest(subscribers, 1);
    contest.add("plain", plain, subscribers_of_plain);
    contest.add("TLS", secure, subscribers_of_secure);
    if (!contest.prepare()) return false;
    for (const std::size_t burst : kTlsBursts) {
      const std::vector<Contest::Result> results = contest.run(burst, options.rounds, options.round_time(), {});
      complete = complete && results[0].complete && results[1].complete;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), fmt::format("{:.2f}", results[0].cpu_us),
                 fmt::format("{:.2f}", results[1].cpu_us), fmt::format("{:.2f}", results[1].to_first)});
    }
  }
  table.print();
  if (!complete) fmt::print("fanout-tls: some rounds did not deliver every record once\n");
  return complete;
}

}  // namespace tidegate::bench
