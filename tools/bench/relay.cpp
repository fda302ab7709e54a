// Part 3: how long a record takes from the broker's socket through the whole gateway, in each of its modes, to a subscriber's socket, beside a bare
// TCP relay between the same two ends.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tools/bench/comparison.hpp"
#include "tools/bench/gateway_host.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/relay_receiver.hpp"
#include "tools/bench/relay_venue.hpp"
#include "tools/bench/svg_plot.hpp"
#include "tools/bench/tcp_relay.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

using Route = RelayVenue::Route;

constexpr std::array<double, 4> kRates = {1'000, 2'000, 20'000, 100'000};  // records a second
constexpr std::size_t kWarmUpShare = 10;                                   // the first tenth of each round is not counted

/// How the gateway divides its work, and waits.
struct Mode {
  const char* name;
  const char* pipeline;  // in YAML
};
constexpr std::array<Mode, 3> kModes = {{{"inline", "mode: inline"}, {"threads", "mode: threads"}, {"spin", "mode: inline, wait: spin"}}};

std::string gateway_yaml(std::uint16_t venue, const Mode& mode) {
  return fmt::format(R"(server: {{listen: "127.0.0.1:0"}}
pipeline: {{{}}}
brokers:
  binance:
    adapter: binance
    ws_url: ws://127.0.0.1:{}
    rest_url: http://127.0.0.1:{}
    stale_after: 24h
    ping_timeout: 24h
    data_timeout: 0s
    audit_interval: 0s
subscriptions:
  - {{channels: [trade, quote], symbols: ["BINANCE:BTCUSDT"]}}
)",
                     mode.pipeline, venue, venue);
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::nan("");
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

/// One round over one route: p50, p99 and p99.9 in microseconds, and records that did not come.
class RelayRound {
 public:
  RelayRound(std::uint64_t& number, double seconds) : number_(number), seconds_(seconds) {}

  std::vector<double> measure(RelayVenue& venue, Route route, RelayReceiver& receiver, double rate) {
    const auto count = std::max<std::size_t>(static_cast<std::size_t>(rate * seconds_), 2 * kWarmUpShare);
    receiver.expect(number_, count);
    venue.send(route, number_, count, rate, sent_ns_);
    number_ += count;
    wait_for([&] { return receiver.received() == count || receiver.closed(); });
    const std::vector<std::int64_t> arrived_ns = receiver.arrivals();
    std::vector<double> latency_us;
    double lost = 0;
    for (std::size_t i = count / kWarmUpShare; i < count; ++i) {
      if (arrived_ns[i] == 0) {
        ++lost;
      } else {
        latency_us.push_back(static_cast<double>(arrived_ns[i] - sent_ns_[i]) / 1e3);
      }
    }
    std::sort(latency_us.begin(), latency_us.end());
    return {percentile(latency_us, 0.5), percentile(latency_us, 0.99), percentile(latency_us, 0.999), lost};
  }

 private:
  std::uint64_t& number_;
  double seconds_;
  std::vector<std::int64_t> sent_ns_;
};

/// A round through a gateway that lives for this round alone: one that spins would take a core from the others.
std::vector<double> measure_gateway(RelayRound& round, const Mode& mode, double rate) {
  std::vector<double> nothing(4, std::numeric_limits<double>::infinity());
  RelayVenue venue;
  GatewayHost gateway{gateway_yaml(venue.port(), mode)};
  if (!gateway.problem().empty()) {
    fmt::print(stderr, "relay: the gateway did not start: {}\n", gateway.problem());
    return nothing;
  }
  if (!wait_for([&] { return venue.ready(Route::Gateway); })) {
    fmt::print(stderr, "relay: the gateway did not connect to the broker\n");
    return nothing;
  }
  RelayReceiver subscriber{fmt::format("ws://127.0.0.1:{}/ws", gateway.port()),
                           {R"("bid_size":")", R"("quantity":")"},
                           R"({"op":"subscribe","id":1,"channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})"};
  if (!wait_for([&] { return subscriber.live(); })) {
    fmt::print(stderr, "relay: the gateway did not answer the subscriber\n");
    return nothing;
  }
  return round.measure(venue, Route::Gateway, subscriber, rate);
}

}  // namespace

bool run_relay(const Options& options) {
  RelayVenue venue;
  TcpRelay relay{venue.port()};
  RelayReceiver bare{fmt::format("ws://127.0.0.1:{}{}", relay.port(), RelayVenue::kBarePath), {R"("B":")", R"("q":")"}, {}};
  if (!wait_for([&] { return venue.ready(Route::Bare) && bare.live(); })) {
    fmt::print(stderr, "relay: the bare connection to the broker did not come up\n");
    return false;
  }
  fmt::print("relay: {} s a round, latency in microseconds\n\n", options.seconds);
  std::uint64_t number = 1'000'003;
  RelayRound round{number, options.seconds};
  Table table{{"records/s", "relay", "p50", "p99", "p99.9", "p50 ratio", "p99 ratio", "lost"}};
  SvgPlot plot("From the broker's socket to a subscriber's", "records a second", "microseconds");
  const std::array<const char*, 1 + kModes.size()> names = {"bare TCP", "inline", "threads", "spin"};
  for (const double rate : kRates) {
    Comparison comparison;
    comparison.add([&] { return round.measure(venue, Route::Bare, bare, rate); });
    for (const Mode& mode : kModes) comparison.add([&round, &mode, rate] { return measure_gateway(round, mode, rate); });
    comparison.run(options.rounds);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto us = [&](std::size_t value) { return fmt::format("{:.0f}", comparison.median_of(i, value)); };
      const auto ratio = [&](std::size_t value) { return fmt::format("{:.2f}", comparison.ratio(i, 0, value)); };
      table.add({fmt::format("{:.0f}", rate), names[i], us(0), us(1), us(2), ratio(0), ratio(1), us(3)});
      if (const double p50 = comparison.median_of(i, 0); p50 > 0) plot.add(fmt::format("{}, p50", names[i]), rate, p50);
    }
  }
  table.print();
  if (options.plot.empty() || plot.write(options.plot)) return true;
  fmt::print(stderr, "relay: {} cannot be written\n", options.plot);
  return false;
}

}  // namespace tidegate::bench
