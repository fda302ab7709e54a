// Part 3: how long a record takes from the broker's socket through the whole gateway to a subscriber's socket, beside a bare TCP relay between the
// same two ends.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/bench/comparison.hpp"
#include "tools/bench/gateway_host.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/relay_receiver.hpp"
#include "tools/bench/relay_venue.hpp"
#include "tools/bench/tcp_relay.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

using Route = RelayVenue::Route;

constexpr std::array<double, 2> kRates = {1'000, 20'000};  // records a second
constexpr std::size_t kWarmUpShare = 10;                   // the first tenth of each round is not counted

std::string gateway_yaml(std::uint16_t venue, bool threads) {
  return fmt::format(R"(server: {{listen: "127.0.0.1:0"}}
pipeline: {{mode: {}}}
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
                     threads ? "threads" : "inline", venue, venue);
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::nan("");
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

/// One round over one route: p50, p99 and p99.9 in microseconds, and records that did not come.
class RelayRound {
 public:
  RelayRound(RelayVenue& venue, std::uint64_t& number, double seconds) : venue_(venue), number_(number), seconds_(seconds) {}

  std::vector<double> measure(Route route, RelayReceiver& receiver, double rate) {
    const auto count = std::max<std::size_t>(static_cast<std::size_t>(rate * seconds_), 2 * kWarmUpShare);
    receiver.expect(number_, count);
    venue_.send(route, number_, count, rate, sent_ns_);
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
  RelayVenue& venue_;
  std::uint64_t& number_;
  double seconds_;
  std::vector<std::int64_t> sent_ns_;
};

}  // namespace

bool run_relay(const Options& options) {
  RelayVenue venue;
  GatewayHost gateway{gateway_yaml(venue.port(), options.threads)};
  if (!gateway.problem().empty()) {
    fmt::print(stderr, "relay: the gateway did not start: {}\n", gateway.problem());
    return false;
  }
  TcpRelay relay{venue.port()};
  RelayReceiver bare{fmt::format("ws://127.0.0.1:{}{}", relay.port(), RelayVenue::kBarePath), {R"("B":")", R"("q":")"}, {}};
  if (!wait_for([&] { return venue.ready(Route::Gateway) && venue.ready(Route::Bare) && bare.live(); })) {
    fmt::print(stderr, "relay: the connections to the broker did not come up\n");
    return false;
  }
  RelayReceiver subscriber{fmt::format("ws://127.0.0.1:{}/ws", gateway.port()),
                           {R"("bid_size":")", R"("quantity":")"},
                           R"({"op":"subscribe","id":1,"channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})"};
  if (!wait_for([&] { return subscriber.live(); })) {
    fmt::print(stderr, "relay: the gateway did not answer the subscriber\n");
    return false;
  }

  fmt::print("relay: {} mode, {} s a round, latency in microseconds\n\n", options.threads ? "threads" : "inline", options.seconds);
  std::uint64_t number = 1'000'003;
  RelayRound round{venue, number, options.seconds};
  Table table{{"records/s", "relay", "p50", "p99", "p99.9", "p50 ratio", "p99 ratio", "lost"}};
  for (const double rate : kRates) {
    Comparison comparison;
    const std::size_t base = comparison.add([&] { return round.measure(Route::Bare, bare, rate); });
    const std::size_t whole = comparison.add([&] { return round.measure(Route::Gateway, subscriber, rate); });
    comparison.run(options.rounds);
    const auto row = [&](const char* name, std::size_t contender) {
      const auto us = [&](std::size_t value) { return fmt::format("{:.0f}", comparison.median_of(contender, value)); };
      const auto ratio = [&](std::size_t value) { return fmt::format("{:.2f}", comparison.ratio(contender, base, value)); };
      table.add({fmt::format("{:.0f}", rate), name, us(0), us(1), us(2), ratio(0), ratio(1), us(3)});
    };
    row("bare TCP", base);
    row("Tidegate", whole);
  }
  table.print();
  return true;
}

}  // namespace tidegate::bench
