// The whole gateway with a broker that has no whole list: from a name that a subscriber writes, over the question to the broker, to data.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "tests/gateway/asked_broker.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::GatewayUnderTest;
using test::PlayedBroker;
using test::SubscriberClient;
using Json = rapidjson::Value;
using Texts = std::vector<std::string>;

std::string yaml(const std::string& more = "", const std::string& brokers = "", const std::string& mode = "inline") {
  return "server: {listen: '127.0.0.1:0'}\nlog: {level: error}\npipeline: {mode: " + mode + "}\n" + more +
         "brokers:\n  ask: {adapter: asked, linger: 20ms}\n" + brokers;
}

/// A gateway that has the list of each of its brokers.
struct Fixture {
  PlayedBroker broker{"ask"};
  std::unique_ptr<GatewayUnderTest> gateway;

  Fixture() {
    broker.meanings = {{"NASDAQ:AAPL", {"NASDAQ:AAPL"}},
                       {"SMART:AAPL", {"NASDAQ:AAPL"}},
                       {"AAPL", {"NASDAQ:AAPL"}},
                       {"NYSE:RY", {"NYSE:RY"}},
                       {"SMART:RY", {"NYSE:RY", "NASDAQ:RY"}}};
  }
  void start(const std::string& text) { gateway = std::make_unique<GatewayUnderTest>(text, test::played_adapters()); }
};

auto ticker_of(std::string symbol) {
  return [symbol = std::move(symbol)](const Json& m) { return SubscriberClient::is(m, "ticker") && SubscriberClient::text(m, "symbol") == symbol; };
}
auto failure_of(std::string symbol) {
  return [symbol = std::move(symbol)](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == symbol && SubscriberClient::text(m, "state") == "failed";
  };
}

/// Sends and returns the first result of the answer.
const Json& ask(SubscriberClient& client, const std::string& op, const std::string& symbols) {
  const std::size_t before = client.messages().size();
  client.send(R"({"op":")" + op + R"(","channels":["ticker"],"symbols":[)" + symbols + "]}");
  return client.wait_for(
      "the result", [](const Json& m) { return SubscriberClient::is(m, "result"); }, before)["results"][0];
}

}  // namespace

TEST_CASE("look-up: a name that no list holds is asked for; the wish waits, and data flows once the broker has answered") {
  for (const char* mode : {"inline", "threads"}) {
    CAPTURE(mode);
    Fixture f;
    f.broker.reachable = false;
    f.start(yaml("", "", mode));
    SubscriberClient client{f.gateway->port()};
    CHECK(SubscriberClient::text(ask(client, "subscribe", R"("NASDAQ:AAPL")"), "state") == "pending");
    client.wait_until("the broker is asked", [&] { return !f.broker.look_ups().empty(); });
    CHECK(f.broker.wanted().empty());
    f.broker.become_reachable();
    client.wait_for("data", ticker_of("NASDAQ:AAPL"));
    CHECK(f.broker.look_ups() == std::vector<Texts>{{"NASDAQ:AAPL"}});
    CHECK(f.broker.wanted() == Texts{"NASDAQ:AAPL@ticker"});
    CHECK(f.gateway->counters().messages_unresolved == 0);
  }
}

TEST_CASE("look-up: an unknown name fails with 4011, and a client that insists makes no further question") {
  Fixture f;
  f.start(yaml());
  SubscriberClient client{f.gateway->port()};
  CHECK(SubscriberClient::text(ask(client, "subscribe", R"("NASDAQ:NOPE")"), "state") == "pending");
  const Json& failed = client.wait_for("the failure", failure_of("NASDAQ:NOPE"));
  CHECK(failed["code"].GetInt() == 4011);
  CHECK(SubscriberClient::text(failed, "hint").find("brokers were asked") != std::string_view::npos);
  for (int i = 0; i < 3; ++i) {
    const Json& again = ask(client, "subscribe", R"("NASDAQ:NOPE")");
    CHECK(SubscriberClient::text(again, "state") == "failed");
    CHECK(again["code"].GetInt() == 4011);
    CHECK(SubscriberClient::text(again, "hint").find("brokers were asked") != std::string_view::npos);
  }
  ask(client, "subscribe", R"("NASDAQ:AAPL")");  // whatever was asked before has been answered when this is
  client.wait_for("data", ticker_of("NASDAQ:AAPL"));
  CHECK(f.broker.look_ups() == std::vector<Texts>{{"NASDAQ:NOPE"}, {"NASDAQ:AAPL"}});
}

TEST_CASE("look-up: a name that the broker finds ambiguous fails with its candidates, then and later") {
  Fixture f;
  f.start(yaml());
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("SMART:RY")");
  const Json& failed = client.wait_for("the failure", failure_of("SMART:RY"));
  CHECK(failed["code"].GetInt() == 4011);
  CHECK(SubscriberClient::text(failed, "reason") == "ambiguous symbol");
  CHECK(SubscriberClient::text(failed, "hint") == "one of: NASDAQ:RY NYSE:RY");
  const Json& again = ask(client, "subscribe", R"("SMART:RY")");
  CHECK(SubscriberClient::text(again, "message") == "ambiguous symbol");
  CHECK(SubscriberClient::text(again, "hint") == "one of: NASDAQ:RY NYSE:RY");
  ask(client, "subscribe", R"("NYSE:RY")");
  client.wait_for("data", ticker_of("NYSE:RY"));
  CHECK(f.broker.look_ups().size() == 1);
}

TEST_CASE("look-up: another name of an instrument gives that instrument, and takes it away again") {
  for (const std::string name : {"SMART:AAPL", "AAPL"}) {
    CAPTURE(name);
    Fixture f;
    f.start(yaml());
    SubscriberClient client{f.gateway->port()};
    ask(client, "subscribe", '"' + name + '"');
    const Json& resolved = client.wait_for("its meaning", [](const Json& m) { return SubscriberClient::is(m, "resolved"); });
    CHECK(SubscriberClient::text(resolved, "requested") == name);
    CHECK(SubscriberClient::text(resolved, "symbol") == "NASDAQ:AAPL");
    client.wait_for("data", ticker_of("NASDAQ:AAPL"));
    const Json& again = ask(client, "subscribe", '"' + name + '"');
    CHECK(SubscriberClient::text(again, "symbol") == "NASDAQ:AAPL");
    CHECK(SubscriberClient::text(again, "requested") == name);
    const Json& closed = ask(client, "unsubscribe", '"' + name + '"');
    CHECK(SubscriberClient::text(closed, "symbol") == "NASDAQ:AAPL");
    CHECK(SubscriberClient::text(closed, "state") == "closed");
    client.wait_until("nothing is wanted", [&] { return f.broker.wanted().empty(); });
    CHECK(f.broker.look_ups().size() == 1);
  }
}

TEST_CASE("look-up: subscribers who wait for one name make one question, and the names of one request go in one call") {
  Fixture f;
  f.broker.reachable = false;
  f.start(yaml());
  SubscriberClient first{f.gateway->port()}, second{f.gateway->port()};
  ask(first, "subscribe", R"("NASDAQ:AAPL","NYSE:RY","NASDAQ:NOPE")");
  CHECK(SubscriberClient::text(ask(second, "subscribe", R"("NASDAQ:AAPL")"), "state") == "pending");
  f.broker.become_reachable();
  first.wait_for("data", ticker_of("NASDAQ:AAPL"));
  first.wait_for("data", ticker_of("NYSE:RY"));
  first.wait_for("the failure", failure_of("NASDAQ:NOPE"));
  second.wait_for("data", ticker_of("NASDAQ:AAPL"));
  CHECK(f.broker.look_ups() == std::vector<Texts>{{"NASDAQ:AAPL", "NYSE:RY", "NASDAQ:NOPE"}});
}

TEST_CASE("look-up: while the broker cannot be asked a wish is pending, is listed, and can be taken back") {
  Fixture f;
  f.broker.reachable = false;
  f.start(yaml());
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("NASDAQ:AAPL","NYSE:RY")");
  client.send(R"({"op":"list"})");
  const Json& listed = client.wait_for("the list", [](const Json& m) { return SubscriberClient::is(m, "subscriptions"); });
  REQUIRE(listed["subscriptions"].Size() == 2);
  CHECK(SubscriberClient::text(listed["subscriptions"][0], "state") == "pending");
  CHECK(SubscriberClient::text(ask(client, "unsubscribe", R"("NASDAQ:AAPL")"), "state") == "closed");
  f.broker.become_reachable();
  client.wait_for("the other's data", ticker_of("NYSE:RY"));
  CHECK(f.broker.wanted() == Texts{"NYSE:RY@ticker"});
}

TEST_CASE("look-up: standing subscriptions are asked for without a subscriber") {
  Fixture f;
  f.start(yaml("subscriptions:\n  - {channels: [ticker], symbols: ['SMART:AAPL', 'NYSE:RY']}\n"));
  SubscriberClient client{f.gateway->port()};
  client.wait_until("both are wanted", [&] { return f.broker.wanted() == Texts{"NASDAQ:AAPL@ticker", "NYSE:RY@ticker"}; });
  CHECK(f.broker.look_ups() == std::vector<Texts>{{"SMART:AAPL", "NYSE:RY"}});
}

TEST_CASE("look-up: what was found stays when another broker's list comes again") {
  Fixture f;
  PlayedBroker other{"list"};
  other.list = {"COINS:BTC"};
  f.start(yaml("", "  list: {adapter: listed}\n"));
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("SMART:AAPL")");
  client.wait_for("data", ticker_of("NASDAQ:AAPL"));
  other.tell_list({"COINS:ETH"});
  client.wait_until("the new list is there", [&] {
    const Json& result = ask(client, "subscribe", R"("COINS:ETH")");
    return SubscriberClient::text(result, "state") != "failed";
  });
  SubscriberClient second{f.gateway->port()};
  CHECK(SubscriberClient::text(ask(second, "subscribe", R"("SMART:AAPL")"), "symbol") == "NASDAQ:AAPL");
  second.wait_for("data", ticker_of("NASDAQ:AAPL"));
  CHECK(f.broker.look_ups() == std::vector<Texts>{{"SMART:AAPL"}});
}

TEST_CASE("look-up: names that a whole list holds, and names that nobody may know, are not asked for") {
  Fixture f;
  PlayedBroker other{"list"};
  other.list = {"COINS:BTC", "NASDAQ:MSFT"};
  f.start(yaml("", "  list: {adapter: listed}\n"));
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("BTC","NASDAQ:MSFT")");
  client.wait_for("data", ticker_of("COINS:BTC"));
  client.wait_for("data", ticker_of("NASDAQ:MSFT"));
  const Json& refused = ask(client, "subscribe", R"("COINS:NOPE")");
  CHECK(SubscriberClient::text(refused, "state") == "failed");
  CHECK(SubscriberClient::text(refused, "hint").find("asked") == std::string_view::npos);
  CHECK(SubscriberClient::text(ask(client, "unsubscribe", R"("NASDAQ:NOPE")"), "state") == "failed");
  ask(client, "subscribe", R"("NYSE:RY")");
  client.wait_for("data", ticker_of("NYSE:RY"));
  CHECK(f.broker.look_ups() == std::vector<Texts>{{"NYSE:RY"}});
}

TEST_CASE("look-up: an instrument that only a broker without a list may serve is asked for there, though another lists it") {
  Fixture f;
  PlayedBroker other{"list"};
  other.list = {"NASDAQ:AAPL"};
  f.start(yaml("routing:\n  - {venues: [NASDAQ], brokers: [ask]}\n", "  list: {adapter: listed}\n"));
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("AAPL")");
  client.wait_for("data", ticker_of("NASDAQ:AAPL"));
  CHECK(f.broker.wanted() == Texts{"NASDAQ:AAPL@ticker"});
  CHECK(other.wanted().empty());
}

TEST_CASE("look-up: HTTP asks for nothing, and knows the names that were asked for") {
  Fixture f;
  f.start(yaml());
  net::EventLoop loop;
  net::HttpClient http;
  const auto get = [&](const std::string& target) {
    std::string body;
    bool done = false;
    net::HttpCall call;
    call.url = "http://127.0.0.1:" + std::to_string(f.gateway->port()) + target;
    http.send(std::move(call), loop, [&](net::HttpAnswer&& answer) {
      body = std::move(answer.body);
      done = true;
    });
    while (!done) loop.run_for(std::chrono::milliseconds{5});
    return body;
  };
  CHECK(get("/v1/snapshot?symbols=SMART:AAPL") == R"({"snapshots":[],"missing":["SMART:AAPL"]})");
  SubscriberClient client{f.gateway->port()};
  ask(client, "subscribe", R"("SMART:AAPL")");
  client.wait_for("data", ticker_of("NASDAQ:AAPL"));
  CHECK(get("/v1/snapshot?symbols=SMART:AAPL").find(R"("symbol":"NASDAQ:AAPL")") != std::string::npos);
  CHECK(get("/v1/instruments?query=AAPL").find(R"("symbol":"NASDAQ:AAPL")") != std::string::npos);
  CHECK(f.broker.look_ups().size() == 1);
}

}  // namespace tidegate
