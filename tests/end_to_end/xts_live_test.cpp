// The whole gateway against the simulated XTS: every channel in every form of the broker's messages, three brokers at once, and one share from two of
// them.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/end_to_end/xts.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using test::Xts;
using Json = rapidjson::Value;

constexpr std::uint64_t kReliance = 2885;

auto data_of(std::string symbol, std::string type) {
  return [symbol = std::move(symbol), type = std::move(type)](const Json& m) {
    return SubscriberClient::is(m, type) && SubscriberClient::text(m, "symbol") == symbol;
  };
}

auto state_of(std::string symbol, std::string state) {
  return [symbol = std::move(symbol), state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == symbol && SubscriberClient::text(m, "state") == state;
  };
}

auto broker_in(std::string broker, std::string state) {
  return [broker = std::move(broker), state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == broker && SubscriberClient::text(m, "state") == state;
  };
}

/// Every channel of a share, a contract and an index.
void check_every_channel(SubscriberClient& client) {
  client.subscribe(R"(["ticker","quote","orderbook","trade","candle_1m"])", R"(["NSE:RELIANCE","NFO:NIFTY30DECFUT"])");
  client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50"])");
  for (const char* symbol : {"NSE:RELIANCE", "NFO:NIFTY30DECFUT"}) {
    for (const char* type : {"ticker", "quote", "orderbook", "trade", "candle"}) client.wait_for(std::string{symbol} + type, data_of(symbol, type));
  }
  client.wait_for("the index", data_of("NSE:NIFTY 50", "ticker"));
  const Json& book = client.wait_for("a book", data_of("NSE:RELIANCE", "orderbook"));
  REQUIRE(book["bids"].Size() == 5);
  CHECK(book["bids"][0].Size() == 3);  // price, size, orders
  client.wait_for("open interest", [](const Json& m) { return data_of("NFO:NIFTY30DECFUT", "ticker")(m) && m.HasMember("open_interest"); });
}

/// The keys of a message, in order, with the JSON type of each value: what a program that reads it depends on.
std::string shape_of(const Json& message) {
  std::string shape;
  for (const auto& [name, value] : message.GetObject()) {
    if (std::string_view{name.GetString()} == "flags") continue;  // compared apart
    shape += std::string{name.GetString()} + ":" + std::to_string(value.GetType()) + " ";
  }
  return shape;
}

/// Flags but for `float`, which says how the broker wrote its numbers.
std::set<std::string> flags_of(const Json& message) {
  std::set<std::string> flags;
  if (!message.HasMember("flags")) return flags;
  for (const Json& flag : message["flags"].GetArray()) flags.insert(flag.GetString());
  flags.erase("float");
  return flags;
}

}  // namespace

TEST_CASE("xts: every channel of shares, contracts and indices reaches a subscriber, whichever form the broker's messages have") {
  sim::XtsOptions options = Xts::quick();
  options.deflate = true;
  Xts xts{options};
  const std::pair<const char*, std::string> forms[] = {
      {"full", xts.yaml()},
      {"partial", xts.yaml(", broadcast_mode: partial")},
      {"polling first", xts.yaml(", poll_first: true")},
      {"packed", xts.yaml("", "xts", "/apibinarymarketdata")},
  };
  for (const auto& [name, yaml] : forms) {
    CAPTURE(name);
    test::GatewayUnderTest gateway{
        "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\nbrokers:\n" + yaml};
    SubscriberClient client{gateway.port()};
    check_every_channel(client);
    CHECK(gateway.counters().frames_bad == 0);
    CHECK(gateway.counters().messages_unresolved == 0);
  }
}

TEST_CASE("xts: the codes subscribed are those that are wanted, and leave with the last wish") {
  Xts xts;
  test::GatewayUnderTest gateway{test::xts_gateway_yaml(xts)};
  SubscriberClient client{gateway.port()};
  using Set = Xts::Subscriptions;
  client.subscribe(R"(["ticker"])", R"(["NSE:RELIANCE"])");
  client.wait_until("the touchline", [&] { return xts.subscriptions() == Set{{1501, 1, kReliance}}; });
  {
    SubscriberClient other{gateway.port()};
    other.subscribe(R"(["orderbook","candle_1m"])", R"(["NSE:RELIANCE"])");
    other.wait_for("a book", data_of("NSE:RELIANCE", "orderbook"));
    other.wait_until("depth in place of the touchline", [&] { return xts.subscriptions() == Set{{1502, 1, kReliance}, {1505, 1, kReliance}}; });
  }
  client.wait_until("the touchline again", [&] { return xts.subscriptions() == Set{{1501, 1, kReliance}}; });
  const std::size_t before = client.messages().size();
  client.wait_for("the ticker goes on", data_of("NSE:RELIANCE", "ticker"), before);
  client.send(R"({"op":"unsubscribe_all"})");
  client.wait_until("nothing is carried", [&] { return xts.subscriptions().empty(); });
}

TEST_CASE("xts: a broker's limit is told with code 4015, and the instrument comes when there is room again") {
  Xts xts;
  xts.inject("limit=1");
  test::GatewayUnderTest gateway{test::xts_gateway_yaml(xts)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote"])", R"(["NSE:RELIANCE"])");
  client.wait_for("the first", data_of("NSE:RELIANCE", "quote"));
  client.subscribe(R"(["quote"])", R"(["NSE:INFY"])");
  const Json& refused = client.wait_for("the refusal", state_of("NSE:INFY", "failed"));
  CHECK(refused["code"].GetInt() == 4015);
  client.send(R"({"op":"unsubscribe","id":2,"channels":["quote"],"symbols":["NSE:RELIANCE"]})");
  client.wait_for("the second, now that there is room", data_of("NSE:INFY", "quote"));
}

TEST_CASE("xts: NSE:RELIANCE looks the same from XTS and from Zerodha, but for the broker's name") {
  Xts xts;
  test::Kite kite;
  std::map<std::string, std::map<std::string, std::string>> shapes;  // by broker, by type
  std::map<std::string, std::map<std::string, std::set<std::string>>> flags;
  std::map<std::string, std::map<std::string, std::string>> quantities, prices;  // texts of one field each
  for (const auto& [broker, yaml] : {std::pair{std::string{"xts"}, xts.yaml()}, std::pair{std::string{"zerodha"}, kite.yaml()}}) {
    CAPTURE(broker);
    test::GatewayUnderTest gateway{
        "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\nbrokers:\n" + yaml};
    SubscriberClient client{gateway.port()};
    client.subscribe(R"(["ticker","quote","orderbook","trade"])", R"(["NSE:RELIANCE"])", R"({"depth":5})");
    client.wait_for("a trade", data_of("NSE:RELIANCE", "trade"));  // by then everything is in flow
    const std::size_t flowing = client.messages().size();
    for (const char* type : {"ticker", "quote", "orderbook", "trade"}) {
      const Json& message = client.wait_for(type, data_of("NSE:RELIANCE", type), flowing);
      CHECK(SubscriberClient::text(message, "broker") == broker);
      shapes[broker][type] = shape_of(message);
      flags[broker][type] = flags_of(message);
    }
    const Json& trade = client.wait_for("a trade", data_of("NSE:RELIANCE", "trade"));
    CHECK(std::string{SubscriberClient::text(trade, "quantity")}.find('.') == std::string::npos);  // shares, whole ones
    CHECK(SubscriberClient::text(trade, "side") == "unknown");
    const Json& book = client.wait_for("a book", data_of("NSE:RELIANCE", "orderbook"));
    CHECK(book["bids"].Size() == 5);
    CHECK(book["bids"][0].Size() == 3);
  }
  for (const char* type : {"ticker", "quote", "orderbook", "trade"}) {
    CAPTURE(std::string{type});
    CHECK(shapes["xts"][type] == shapes["zerodha"][type]);
    CHECK(flags["xts"][type] == flags["zerodha"][type]);
  }
}

TEST_CASE("xts: three brokers run in one process from one configuration, and one's trouble is not another's") {
  Xts xts;
  test::Kite kite;
  test::Venue venue{sim::BinanceOptions{}};
  test::GatewayUnderTest gateway{"routing:\n  - {venues: [NSE], brokers: [zerodha, xts]}\n  - {venues: [NFO], brokers: [xts]}\n" +
                                 test::gateway_yaml(venue) + kite.yaml() + xts.yaml()};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote","trade","ticker"])", R"(["BINANCE:BTCUSDT","NSE:RELIANCE","NFO:NIFTY30DECFUT"])");
  for (const auto& [symbol, broker] :
       {std::pair{"BINANCE:BTCUSDT", "binance"}, std::pair{"NSE:RELIANCE", "zerodha"}, std::pair{"NFO:NIFTY30DECFUT", "xts"}}) {
    CAPTURE(std::string{symbol});
    for (const char* type : {"quote", "trade", "ticker"}) {
      CHECK(SubscriberClient::text(client.wait_for(std::string{symbol} + type, data_of(symbol, type)), "broker") == broker);
    }
  }
  xts.inject("refuse=503");
  xts.inject("drop");
  client.wait_for("xts is away", broker_in("xts", "reconnecting"));
  const std::size_t before = client.messages().size();
  client.wait_for("zerodha goes on", data_of("NSE:RELIANCE", "quote"), before);
  client.wait_for("binance goes on", data_of("BINANCE:BTCUSDT", "quote"), before);
  xts.inject("resume");
  client.wait_for("xts is back", data_of("NFO:NIFTY30DECFUT", "quote"), before);
  for (std::size_t i = before; i < client.messages().size(); ++i) {
    const Json& m = client.messages()[i];
    CHECK_FALSE((SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") != "NFO:NIFTY30DECFUT"));
  }
}

}  // namespace tidegate
