// Planned ends of connections under load: a gateway that renews its connections again and again tells its subscriber what one that never does tells.
#include <doctest/doctest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/venue.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using Json = rapidjson::Value;

const std::vector<std::string> kChannels = {"trade", "quote", "orderbook", "ticker", "candle_1s"};

/// A subscriber that keeps what each stream told, apart from counts and our own times, and believes nothing.
class StrictSubscriber {
 public:
  explicit StrictSubscriber(std::uint16_t port) : client(port) {
    client.keep = false;
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["trade","quote","orderbook","ticker","candle_1s"])", R"(["BINANCE:BTCUSDT","BINANCE:ETHUSDT","BINANCE:BNBUSDT"])");
  }

  SubscriberClient client;
  std::map<std::string, std::vector<std::string>> told;  // by stream
  std::map<std::string, std::uint64_t> trade_ids;        // last one, by symbol
  std::uint64_t messages = 0, gaps = 0, holes = 0, breaks = 0, trades_missing = 0;
  std::set<std::string> broker_states;

  [[nodiscard]] bool all_flow() const {
    return told.size() == 3 * kChannels.size() && std::all_of(told.begin(), told.end(), [](const auto& stream) { return stream.second.size() >= 3; });
  }
  void check_promises() const {
    CHECK(gaps == 0);
    CHECK(holes == 0);
    CHECK(breaks == 0);
    CHECK(trades_missing == 0);
    CHECK_FALSE(broker_states.contains("reconnecting"));
    CHECK_FALSE(broker_states.contains("stale"));
    CHECK_FALSE(broker_states.contains("down"));
  }

 private:
  void see(const Json& message) {
    const std::string type{SubscriberClient::text(message, "type")};
    if (type == "gap") ++gaps;
    if (type == "state" && SubscriberClient::text(message, "state") != "live") ++breaks;
    if (type == "status" && SubscriberClient::text(message, "broker") == "binance")
      broker_states.insert(std::string{SubscriberClient::text(message, "state")});
    if (type == "gap" || !message.HasMember("seq")) return;
    ++messages;
    const std::string stream = std::string{SubscriberClient::text(message, "symbol")} + " " + type;
    std::uint64_t& last = last_seq_[stream];
    if (last != 0 && message["seq"].GetUint64() != last + 1) ++holes;
    last = message["seq"].GetUint64();
    if (type == "trade") see_trade(message);
    if (!SubscriberClient::has_flag(message, "snapshot")) told[stream].push_back(content(message));
  }
  void see_trade(const Json& message) {
    const std::uint64_t id = std::stoull(std::string{SubscriberClient::text(message, "trade_id")});
    std::uint64_t& last = trade_ids[std::string{SubscriberClient::text(message, "symbol")}];
    if (last != 0 && id != last + 1) ++trades_missing;
    last = id;
  }
  static std::string content(const Json& message) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer{text};
    writer.StartObject();
    for (const auto& [name, value] : message.GetObject()) {
      const std::string_view key{name.GetString(), name.GetStringLength()};
      if (key == "seq" || key == "received" || key == "published") continue;
      writer.Key(name.GetString());
      value.Accept(writer);
    }
    writer.EndObject();
    return text.GetString();
  }
  std::map<std::string, std::uint64_t> last_seq_;
};

/// Where `part` begins in `whole`, by its first messages; they need not be unique alone.
std::size_t begin_in(const std::vector<std::string>& whole, const std::vector<std::string>& part) {
  const std::size_t length = std::min<std::size_t>(part.size(), 100);
  const auto at = std::search(whole.begin(), whole.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(length));
  return static_cast<std::size_t>(at - whole.begin());
}

/// Every stream of both: from where the later one began, the same messages.
void check_equal(const StrictSubscriber& earlier, const StrictSubscriber& later) {
  for (const auto& [stream, told] : later.told) {
    CAPTURE(stream);
    const std::vector<std::string>& truth = earlier.told.at(stream);
    const std::size_t begin = begin_in(truth, told);
    REQUIRE(begin < truth.size());
    const std::size_t common = std::min(truth.size() - begin, told.size());
    CHECK(std::equal(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(common), truth.begin() + static_cast<std::ptrdiff_t>(begin)));
    CHECK(common + 1'000 > told.size());  // the two were read at somewhat different times
  }
}

sim::BinanceOptions busy_market() {
  sim::BinanceOptions options;
  options.symbols = 3;
  options.rate = 20;  // about 800 trades and quotes a second of each symbol
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
  StrictSubscriber truth{steady.port()};
  truth.client.wait_until("every stream flows", [&] { return truth.all_flow(); });

  test::GatewayUnderTest renewed{test::gateway_yaml(venue, kQuick + keys, pipeline)};
  StrictSubscriber subscriber{renewed.port()};
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
  truth.client.run_for(std::chrono::milliseconds{200});

  subscriber.check_promises();
  CHECK(counters.gaps == 0);
  CHECK(counters.book_resyncs == 0);
  CHECK(counters.frames_dropped == 0);
  CHECK(counters.renewals_put_off == 0);
  check_equal(truth, subscriber);
  MESSAGE(counters.renewals.load() << " renewals, " << subscriber.messages << " messages, " << counters.duplicates.load() << " duplicates dropped");
}

}  // namespace

TEST_CASE("renewal: shortened 24-hour ends under load lose and repeat nothing (one loop)") {
  renew_under_load(busy_market(), ", max_age: 400ms, renewal_jitter: 100ms", "{mode: inline}", 8);
}

TEST_CASE("renewal: shortened 24-hour ends under load lose and repeat nothing (threads)") {
  renew_under_load(busy_market(), ", max_age: 400ms, renewal_jitter: 100ms", "{mode: threads}", 8);
}

TEST_CASE("renewal: a venue whose connections do not send the same bytes is judged by numbers and contents") {
  sim::BinanceOptions market = busy_market();
  market.shuffle_keys = true;
  renew_under_load(market, ", max_age: 800ms, renewal_jitter: 0s, renewal_settle: 500ms", "{mode: inline}", 4);
}

}  // namespace tidegate
