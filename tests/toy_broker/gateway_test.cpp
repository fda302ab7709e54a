// The whole gateway with a broker that it was not built with.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "brokers/registry.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/subscriber_client.hpp"
#include "tests/toy_broker/adapter.hpp"
#include "tests/toy_broker/options.hpp"
#include "tests/toy_broker/simulator_thread.hpp"

using namespace tidegate;
using test::SubscriberClient;

namespace {

using Json = SubscriberClient::Json;

constexpr std::array<const Adapter*, 1> kAdapters = {&toy::kToy};

struct ToyVenue : toy::SimulatorThread {
  ToyVenue() : SimulatorThread({"ACME 0.05", "PEAR -"}) {}

  [[nodiscard]] std::string yaml() const {
    return "server: {listen: \"127.0.0.1:0\"}\nbrokers:\n  toy: {adapter: toy, ws_url: \"ws://127.0.0.1:" + std::to_string(port()) +
           "/feed\", reconnect: {initial: 5ms, maximum: 50ms}, linger: 0s, heartbeat_timeout: 1s}\n";
  }
};

auto trade_of(std::string symbol, std::string price) {
  return [symbol = std::move(symbol), price = std::move(price)](const Json& m) {
    return SubscriberClient::is(m, "trade") && SubscriberClient::text(m, "symbol") == symbol && SubscriberClient::text(m, "price") == price;
  };
}

auto broker_in(std::string state) {
  return [state = std::move(state)](const Json& m) { return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "state") == state; };
}

auto state_of(std::string symbol, std::string state) {
  return [symbol = std::move(symbol), state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == symbol && SubscriberClient::text(m, "state") == state;
  };
}

/// Waits until the broker has so many subscriptions to a name.
void until_subscribed(ToyVenue& venue, SubscriberClient& client, const std::string& name, std::size_t count) {
  client.wait_until(name + " is subscribed", [&] { return venue.call([&](toy::Simulator& sim) { return sim.subscribed(name); }) == count; });
}

void publish(ToyVenue& venue, std::string line, std::string name = {}) {
  venue.call([&](toy::Simulator& sim) { sim.publish(line, name); });
}

}  // namespace

TEST_CASE("toy broker: a subscription reaches the broker, its trades reach the subscriber, and the end of it reaches the broker") {
  ToyVenue venue;
  test::GatewayUnderTest gateway{venue.yaml(), kAdapters};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["TOY:ACME","PEAR"])");
  until_subscribed(venue, client, "ACME", 1);
  until_subscribed(venue, client, "PEAR", 1);
  publish(venue, "T ACME 12.50 100 1700000000123", "ACME");
  publish(venue, "T PEAR 7 3 1700000000124", "PEAR");
  const Json& trade = client.wait_for("a trade", trade_of("TOY:ACME", "12.5"));
  CHECK(SubscriberClient::text(trade, "quantity") == "100");
  CHECK(SubscriberClient::text(trade, "broker") == "toy");
  CHECK(SubscriberClient::text(trade, "timestamp") == "2023-11-14T22:13:20.123Z");
  client.wait_for("the other's", trade_of("TOY:PEAR", "7"));
  client.wait_for("live", state_of("TOY:ACME", "live"));
  client.send(R"({"op":"unsubscribe","channels":["trade"],"symbols":["TOY:ACME"]})");
  until_subscribed(venue, client, "ACME", 0);
}

TEST_CASE("toy broker: a broker that drops the connection is connected to again, and subscriptions come back by themselves") {
  ToyVenue venue;
  test::GatewayUnderTest gateway{venue.yaml(), kAdapters};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  until_subscribed(venue, client, "ACME", 1);
  publish(venue, "T ACME 1 1 1700000000001", "ACME");
  client.wait_for("a trade before", trade_of("TOY:ACME", "1"));
  const std::size_t before = client.messages().size();
  venue.call([](toy::Simulator& sim) { sim.drop(); });
  client.wait_for("the loss", broker_in("reconnecting"), before);
  client.wait_for("the return", broker_in("live"), before);
  until_subscribed(venue, client, "ACME", 1);
  publish(venue, "T ACME 2 1 1700000000002", "ACME");
  client.wait_for("a trade after", trade_of("TOY:ACME", "2"), before);
  CHECK(gateway.counters().disconnects == 1);
  const auto commands = venue.call([](toy::Simulator& sim) { return sim.commands(); });
  CHECK(commands == std::vector<std::string>{"LIST", "SUB ACME", "LIST", "SUB ACME"});
}

TEST_CASE("toy broker: a bad line is counted and costs itself alone") {
  ToyVenue venue;
  test::GatewayUnderTest gateway{venue.yaml(), kAdapters};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  until_subscribed(venue, client, "ACME", 1);
  publish(venue, "T ACME 12,50 100 1700000000123", "ACME");
  publish(venue, "X what is this");
  publish(venue, "T ACME 3 1 1700000000003", "ACME");
  client.wait_for("the good one", trade_of("TOY:ACME", "3"));
  CHECK(gateway.counters().frames_bad == 1);
  CHECK(gateway.counters().bad_by_reason[static_cast<std::size_t>(Reason::BadDecimal)] == 1);
  CHECK(gateway.counters().frames_ignored == 1);
  CHECK(gateway.counters().disconnects == 0);
}

TEST_CASE("toy broker: a connection without heartbeats is replaced") {
  ToyVenue venue;
  test::GatewayUnderTest gateway{venue.yaml(), kAdapters};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  until_subscribed(venue, client, "ACME", 1);
  venue.call([](toy::Simulator& sim) { sim.set_silent(true); });
  client.wait_for("the loss", broker_in("reconnecting"));
  venue.call([](toy::Simulator& sim) { sim.set_silent(false); });
  until_subscribed(venue, client, "ACME", 1);
}

TEST_CASE("toy broker: a name that the broker refuses after all fails with its words, others are not touched") {
  ToyVenue venue;
  test::GatewayUnderTest gateway{venue.yaml(), kAdapters};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["TOY:ACME","TOY:PEAR","TOY:NOPE"])");
  const Json& result = client.wait_for("the result", [](const Json& m) { return SubscriberClient::is(m, "result"); });
  CHECK(result["results"].Size() == 3);
  until_subscribed(venue, client, "ACME", 1);
  until_subscribed(venue, client, "PEAR", 1);
  publish(venue, "E PEAR delisted today");
  const Json& failed = client.wait_for("the refusal", state_of("TOY:PEAR", "failed"));
  CHECK(SubscriberClient::text(failed, "reason").find("delisted today") != std::string_view::npos);
  publish(venue, "T ACME 4 1 1700000000004", "ACME");
  client.wait_for("the other's", trade_of("TOY:ACME", "4"));
}

TEST_CASE("toy broker: its configuration loads as it stands, and shows every key with its default") {
  const Config config = load_config(test::source_dir() / "tests" / "toy_broker" / "toy.yaml", kAdapters);
  REQUIRE(config.brokers.size() == 1);
  CHECK(config.brokers[0].ws_url == toy::kWsUrl);
  const std::string shown = print_config(config);
  const std::string text = [] {
    std::ifstream file{test::source_dir() / "tests" / "toy_broker" / "toy.yaml"};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }();
  for (const OptionSpec& option : toy::kOptions) {
    const std::string line = std::string{option.key} + ": " + std::string{option.default_text};
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
    CHECK_MESSAGE(shown.find(option.key) != std::string::npos, option.key);
  }
}

TEST_CASE("toy broker: the gateway that is shipped does not know it") { CHECK(find_adapter("toy") == nullptr); }
