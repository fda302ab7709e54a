// What the venue can do to us, each fault in turn and two hundred at random: the gateway comes back by itself with the same subscriptions, and
// subscribers are told of every break.
#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/stream_watch.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using Json = rapidjson::Value;

/// Time-outs short enough for a test, long enough for a busy machine.
constexpr const char* kShort =
    ", stale_after: 1500ms, ack_timeout: 1500ms, ping_timeout: 3s, data_timeout: 1500ms, handshake_timeout: 2s, slow_down_wait: 50ms, refused_wait: "
    "50ms, "
    "rate_limit_wait: 200ms, snapshot_interval: 50ms, rest_timeout: 2s, audit_interval: 500ms, connect_attempts: 100000, weight_limit: 1000000, "
    "weight_share: 100, frames_per_second: 4";

sim::BinanceOptions nervous_market() {
  sim::BinanceOptions options;
  options.symbols = 2;
  options.rate = 5;
  options.ping_interval = std::chrono::milliseconds{500};
  options.connects_max = 1'000'000;
  options.rest_latency = std::chrono::milliseconds{2};
  return options;
}

const std::multiset<std::string> kWanted = {"btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms",
                                            "ethusdt@trade", "ethusdt@bookTicker", "ethusdt@depth@100ms"};

const std::vector<std::string> kStreams = {"BINANCE:BTCUSDT trade", "BINANCE:BTCUSDT quote", "BINANCE:BTCUSDT orderbook",
                                           "BINANCE:ETHUSDT trade", "BINANCE:ETHUSDT quote", "BINANCE:ETHUSDT orderbook"};

/// A gateway whose one subscriber keeps three channels of two symbols, and what it was told.
struct Storm : test::StreamWatch {
  test::Venue venue{nervous_market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue, kShort)};
  SubscriberClient client{gateway.port()};

  Storm() {
    client.keep = false;
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["trade","quote","orderbook"])", R"(["BINANCE:BTCUSDT","BINANCE:ETHUSDT"])");
    wait_until_flowing();
  }

  /// Every stream delivers, and the venue holds exactly what is wanted.
  void wait_until_flowing() {
    const auto before = data;
    client.wait_until("every stream flows again", [&] { return all_flow(kStreams, before); });
    client.wait_until("the venue holds what is wanted", [&] { return venue.streams() == kWanted; });
  }
};

struct Fault {
  std::string text;
  bool breaks;  // the subscriber must be told: a connection or a book was lost
};

const std::vector<Fault> kFaults = {
    {"drop", true},        {"close=1001", true},     {"silence=5", true},     {"half-open=8", true}, {"slow=5", false},         {"bad-frame", false},
    {"not-json", false},   {"unknown-event", false}, {"binary-frame", false}, {"lost-diff", true},   {"duplicate-diff", false}, {"burst=500", false},
    {"shutdown=3", false}, {"max-age", true},        {"1008", true},
};

// Under a sanitizer the same storm, shorter.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kStormFaults = 30;
#else
constexpr int kStormFaults = 200;
#endif

}  // namespace

TEST_CASE("faults: the gateway comes back from each one with the same subscriptions, and breaks are told") {
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.text);
    Storm storm;
    const std::uint64_t told = storm.breaks_told;
    storm.venue.inject(fault.text);
    if (fault.breaks) {
      storm.client.wait_until("the break is told (" + fault.text + ")", [&] { return storm.breaks_told > told; });
    }
    storm.wait_until_flowing();
    storm.check_promises();
  }
}

TEST_CASE("faults: a refused upgrade, a slow handshake and lost answers delay the return but do not prevent it") {
  for (const std::string fault : {"refuse-upgrade=503:1", "refuse-upgrade=429:1", "slow-handshake=300", "ack-lost", "ack-delay=300", "http-429=1",
                                  "http-503", "rest-slow=300", "stale-snapshot"}) {
    CAPTURE(fault);
    Storm storm;
    storm.venue.inject(fault);
    storm.venue.inject("drop");
    storm.client.wait_until("the break is told", [&] { return storm.breaks_told > 0; });
    storm.wait_until_flowing();
    storm.check_promises();
  }
}

TEST_CASE("faults: two hundred in a row, at random, leave the same subscriptions and no silent hole") {
  Storm storm;
  std::mt19937_64 random{20261120};
  std::uint64_t breaks = 0;
  for (int i = 0; i < kStormFaults; ++i) {
    // The slow ones (silence, half-open) are found by time-outs; a few of them are enough.
    const std::size_t choice = random() % 12 == 0 ? 2 + random() % 2 : random() % kFaults.size();
    const Fault& fault = kFaults[choice == 2 || choice == 3 ? (random() % 4 == 0 ? choice : 0) : choice];
    CAPTURE(i);
    CAPTURE(fault.text);
    const std::uint64_t told = storm.breaks_told;
    storm.venue.inject(fault.text);
    if (fault.breaks) {
      ++breaks;
      storm.client.wait_until("the break is told (" + fault.text + ")", [&] { return storm.breaks_told > told; });
    }
    storm.wait_until_flowing();
  }
  storm.check_promises();
  MESSAGE(kStormFaults << " faults, " << breaks << " of them breaks, " << storm.breaks_told << " streams told stale, " << storm.sums.gaps
                       << " gaps announced");
}

}  // namespace tidegate
