// Planned ends of connections under load: a gateway that renews its connections again and again tells its subscriber what one that never does tells.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/end_to_end/strict_subscriber.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/support/gateway_under_test.hpp"

namespace tidegate {
namespace {

using test::StrictSubscriber;

// Two gateways, a venue and two subscribers on few cores: a sanitizer slows them all down.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kRate = 2;
#else
constexpr double kRate = 20;  // about 800 trades and quotes a second of each symbol
#endif

StrictSubscriber subscribe(const test::GatewayUnderTest& gateway) {
  return {gateway.port(), R"(["trade","quote","orderbook","ticker","candle_1s"])", R"(["BINANCE:BTCUSDT","BINANCE:ETHUSDT","BINANCE:BNBUSDT"])", 15};
}

sim::BinanceOptions busy_market() {
  sim::BinanceOptions options;
  options.symbols = 3;
  options.rate = kRate;
  options.connects_max = 1'000'000;
  return options;
}

constexpr const char* kQuick =
    ", frames_per_second: 1000, connect_attempts: 100000, weight_limit: 1000000, weight_share: 100, snapshot_interval: 50ms";

/// Two gateways at one venue: the second one's connections end by plan, in ways that `inject` may bring about.
void renew_under_load(const sim::BinanceOptions& market, const std::string& keys, const std::string& pipeline, std::uint64_t renewals,
                      const std::function<void(test::Venue&, std::uint64_t)>& inject = {}) {
  test::Venue venue{market};
  test::GatewayUnderTest steady{test::gateway_yaml(venue, std::string{kQuick} + ", max_age: 0s")};
  StrictSubscriber truth = subscribe(steady);
  truth.client.wait_until("every stream flows", [&] { return truth.all_flow(); });

  test::GatewayUnderTest renewed{test::gateway_yaml(venue, kQuick + keys, pipeline)};
  StrictSubscriber subscriber = subscribe(renewed);
  const BrokerCounters& counters = renewed.counters();
  std::uint64_t injected = 0;
  subscriber.client.wait_until("the connection was renewed " + std::to_string(renewals) + " times", [&] {
    truth.client.run_for(std::chrono::milliseconds{5});
    if (inject && subscriber.all_flow() && counters.renewals == injected && injected < renewals) inject(venue, injected++);
    return counters.renewals >= renewals && subscriber.all_flow();
  });
  const std::uint64_t until = subscriber.messages + 2'000;
  subscriber.client.wait_until("it flows on", [&] {
    truth.client.run_for(std::chrono::milliseconds{5});
    return subscriber.messages >= until;
  });
  test::catch_up(truth, subscriber);

  subscriber.check_promises();
  CHECK(counters.gaps == 0);
  CHECK(counters.book_resyncs == 0);
  CHECK(counters.frames_dropped == 0);
  test::check_equal(truth, subscriber);
  MESSAGE(counters.renewals.load() << " renewals, " << counters.renewals_put_off.load() << " put off, " << subscriber.messages << " messages, "
                                   << counters.duplicates.load() << " duplicates dropped");
}

}  // namespace

TEST_CASE("renewal: shortened 24-hour ends under load lose and repeat nothing (one loop)") {
  renew_under_load(busy_market(), ", max_age: 400ms, renewal_jitter: 100ms", "{mode: inline}", 8);
}

TEST_CASE("renewal: shortened 24-hour ends under load lose and repeat nothing (threads)") {
  renew_under_load(busy_market(), ", max_age: 400ms, renewal_jitter: 100ms", "{mode: threads}", 8);
}

TEST_CASE("renewal: announced shutdowns under load lose and repeat nothing") {
  renew_under_load(busy_market(), ", max_age: 0s", "{mode: inline}", 3, [](test::Venue& venue, std::uint64_t) { venue.inject("shutdown=30"); });
}

TEST_CASE("renewal: a venue whose connections do not send the same bytes is judged by numbers and contents") {
  sim::BinanceOptions market = busy_market();
  market.shuffle_keys = true;
  renew_under_load(market, ", max_age: 800ms, renewal_jitter: 0s, renewal_settle: 500ms", "{mode: inline}", 4);
}

}  // namespace tidegate
