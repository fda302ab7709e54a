// The whole gateway against the simulated venue: what a subscriber sees on a good day.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/end_to_end/recording_sums.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using Json = rapidjson::Value;

constexpr const char* kAllChannels = R"(["trade","quote","ticker","orderbook","candle_1m"])";

sim::BinanceOptions market() {
  sim::BinanceOptions options;
  options.symbols = 4;
  options.rate = 5;
  return options;
}

/// Everything a subscriber is promised, on the messages it got.
void check_promises(const SubscriberClient& client) {
  REQUIRE(client.messages().size() > 1);
  CHECK(SubscriberClient::is(client.messages().front(), "welcome"));
  test::MessageSums sums;
  std::map<std::string, std::string> states;
  for (const auto& message : client.messages()) {
    sums.add(message);
    const std::string type{SubscriberClient::text(message, "type")};
    if (type == "state")
      states[std::string{SubscriberClient::text(message, "symbol")} + std::string{SubscriberClient::text(message, "channel")}] =
          SubscriberClient::text(message, "state");
    if (type == "trade" || type == "quote" || type == "ticker" || type == "orderbook") {
      CHECK(states[std::string{SubscriberClient::text(message, "symbol")} + type] == "live");
    }
  }
  CHECK(sums.holes == 0);
  CHECK(sums.gaps == 0);
}

void subscribe_and_see(const std::string& pipeline) {
  test::Venue venue{market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue, "", pipeline)};
  SubscriberClient client{gateway.port()};
  client.subscribe(kAllChannels, R"(["BINANCE:BTCUSDT","BINANCE-USDM:ETHUSDT"])");
  const Json& result = client.wait_for("the result", [](const Json& m) { return SubscriberClient::is(m, "result"); });
  CHECK(result["id"].GetInt() == 1);
  CHECK(result["results"].Size() == 10);
  for (const auto& one : result["results"].GetArray()) CHECK(SubscriberClient::text(one, "state") == "pending");
  for (const char* symbol : {"BINANCE:BTCUSDT", "BINANCE-USDM:ETHUSDT"}) {
    for (const char* type : {"trade", "quote", "ticker", "orderbook", "candle"}) {
      client.wait_for(std::string{symbol} + " sends " + type, [&](const Json& m) {
        return SubscriberClient::is(m, type) && SubscriberClient::text(m, "symbol") == symbol && m["seq"].GetUint64() >= 2;
      });
    }
  }
  check_promises(client);
}

}  // namespace

TEST_CASE("gateway: every channel of spot and futures reaches a subscriber, in order and without holes (one loop)") {
  subscribe_and_see("{mode: inline}");
}

TEST_CASE("gateway: every channel of spot and futures reaches a subscriber, in order and without holes (threads)") {
  subscribe_and_see("{mode: threads}");
}

TEST_CASE("gateway: a second subscriber begins with the last value, flagged snapshot, and goes on where it stands") {
  test::Venue venue{market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue)};
  SubscriberClient first{gateway.port()};
  first.subscribe(R"(["quote"])", R"(["BINANCE:BTCUSDT"])");
  first.wait_for("quotes flow", [](const Json& m) { return SubscriberClient::is(m, "quote"); });

  SubscriberClient second{gateway.port()};
  second.subscribe(R"(["quote"])", R"(["BINANCE:BTCUSDT"])");
  const Json& result = second.wait_for("the result", [](const Json& m) { return SubscriberClient::is(m, "result"); });
  CHECK(SubscriberClient::text(result["results"][0], "state") == "live");
  const Json& snapshot = second.wait_for("the snapshot", [](const Json& m) { return SubscriberClient::is(m, "quote"); });
  CHECK(SubscriberClient::has_flag(snapshot, "snapshot"));
  const std::uint64_t seq = snapshot["seq"].GetUint64();
  const Json& next = second.wait_for("a live quote", [&](const Json& m) { return SubscriberClient::is(m, "quote") && m["seq"].GetUint64() > seq; });
  CHECK(next["seq"].GetUint64() == seq + 1);
  CHECK_FALSE(SubscriberClient::has_flag(next, "snapshot"));
}

TEST_CASE("gateway: the first subscriber of a stream subscribes upstream once, and the last one leaves after the linger") {
  test::Venue venue{market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue)};
  SubscriberClient client{gateway.port()};
  {
    SubscriberClient other{gateway.port()};
    other.subscribe(R"(["trade"])", R"(["BINANCE:BTCUSDT"])");
    client.subscribe(R"(["trade"])", R"(["BINANCE:BTCUSDT"])");
    client.wait_for("trades flow", [](const Json& m) { return SubscriberClient::is(m, "trade"); });
    CHECK(venue.streams() == std::multiset<std::string>{"btcusdt@trade"});
  }
  client.send(R"({"op":"unsubscribe_all","id":2})");
  client.wait_until("the stream is given back", [&] { return venue.streams().empty(); });
  client.subscribe(R"(["trade"])", R"(["BINANCE:BTCUSDT"])");
  const std::size_t seen = client.messages().size();
  client.wait_for(
      "trades flow again", [](const Json& m) { return SubscriberClient::is(m, "trade"); }, seen);
}

TEST_CASE("gateway: a bare name of two venues is refused with both, one of a single venue is taken") {
  test::Venue venue{market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["trade"])", R"(["BTCUSDT","NOSUCH"])");
  // The lists may still be on their way: the refusal is then a state instead of a result.
  const auto refused = [](const std::string& symbol) {
    return [symbol](const Json& m) {
      const auto fits = [&](const Json& one) {
        return SubscriberClient::text(one, "symbol") == symbol && one.HasMember("code") && one["code"].GetInt() == 4011;
      };
      if (SubscriberClient::is(m, "state")) return fits(m);
      if (!SubscriberClient::is(m, "result")) return false;
      for (const auto& one : m["results"].GetArray()) {
        if (fits(one)) return true;
      }
      return false;
    };
  };
  client.wait_for("the ambiguous name is refused", refused("BTCUSDT"));
  client.wait_for("the unknown name is refused", refused("NOSUCH"));
}

TEST_CASE("gateway: stopping tells every subscriber and closes with 4050") {
  test::Venue venue{market()};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue)};
  SubscriberClient client{gateway.port()};
  client.subscribe(kAllChannels, R"(["BINANCE:BTCUSDT"])");
  client.wait_for("quotes flow", [](const Json& m) { return SubscriberClient::is(m, "quote"); });
  client.expects_close = true;
  gateway.begin_stop();
  client.wait_for("the notice", [](const Json& m) { return SubscriberClient::is(m, "notice") && SubscriberClient::text(m, "kind") == "shutdown"; });
  client.wait_until("the connection is closed", [&] { return client.closed(); });
  CHECK(client.closing().code == 4050);
  gateway.stop();
}

}  // namespace tidegate
