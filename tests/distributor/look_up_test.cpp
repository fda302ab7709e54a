// Names that no list holds, as the distributor has them asked for.
#include <doctest/doctest.h>

#include "tests/distributor/gateway.hpp"

namespace tidegate::test {
namespace {

using distributor::LookUp;
using Lines = std::vector<std::string>;

/// The catalog with SMART:AAPL found, and nothing for the other names.
std::shared_ptr<const Catalog> catalog_with_apple() {
  Instrument apple;
  apple.venue = "NASDAQ";
  apple.name = "AAPL";
  return Catalog::with_found(make_catalog().get(), BrokerId{1}, std::vector<SymbolAnswer>{{"SMART:AAPL", {apple}}});
}

DistributorOptions with_standing(std::vector<std::string> symbols) {
  DistributorOptions options = test_options();
  options.standing = {{{Channel::Trade}, std::move(symbols)}};
  return options;
}

}  // namespace

TEST_CASE("distributor look-up: while a name is under way its subscription is pending, then it is made or fails") {
  Gateway gateway;
  gateway.look_ups = {{"SMART:AAPL", LookUp::UnderWay}, {"NO:SUCH", LookUp::UnderWay}};
  Client client(gateway);
  CHECK(client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["SMART:AAPL","NO:SUCH"]})") ==
        R"({"type":"result","op":"subscribe","results":[{"symbol":"SMART:AAPL","channel":"trade","state":"pending"},)"
        R"({"symbol":"NO:SUCH","channel":"trade","state":"pending"}]})");
  CHECK(gateway.demands.empty());
  client.take();
  gateway.look_ups["NO:SUCH"] = LookUp::Unknown;
  gateway.distributor->on_catalog(catalog_with_apple());
  client.wait(2);
  CHECK(client.messages[0].find(R"("symbol":"NO:SUCH","channel":"trade","state":"failed")") != std::string::npos);
  CHECK(field(client.messages[0], "code") == "4011");
  CHECK(field(client.messages[0], "hint").find("asked again a minute later") != std::string::npos);
  CHECK(client.messages[1] == R"({"type":"resolved","requested":"SMART:AAPL","symbol":"NASDAQ:AAPL","channel":"trade"})");
  CHECK(gateway.demand() == Lines{"NASDAQ:AAPL@trade"});
}

TEST_CASE("distributor look-up: beyond the bound a name fails at once, and the hint says to try later") {
  Gateway gateway;
  gateway.look_ups = {{"ONE:MORE", LookUp::TooMany}};
  Client client(gateway);
  const std::string result = client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["ONE:MORE"]})");
  CHECK(field(result, "state") == "failed");
  CHECK(field(result, "code") == "4011");
  CHECK(field(result, "hint").find("try again in a minute") != std::string::npos);
}

TEST_CASE("distributor look-up: nothing is asked for a subscriber that may hold no more, nor to unsubscribe, nor for an unknown channel") {
  DistributorOptions options = test_options();
  options.subscriptions_per_connection = 1;
  Gateway gateway(options);
  gateway.look_ups = {{"A:1", LookUp::UnderWay}, {"A:2", LookUp::UnderWay}};
  Client client(gateway);
  client.ask(R"({"op":"unsubscribe","channels":["trade"],"symbols":["A:1"]})");
  client.ask(R"({"op":"subscribe","channels":["nonsense"],"symbols":["A:1"]})");
  CHECK(gateway.looked_up.empty());
  const std::string result = client.ask(R"({"op":"subscribe","channels":["trade"],"symbols":["A:1","A:2"]})");
  CHECK(result.find(R"({"symbol":"A:1","channel":"trade","state":"pending"})") != std::string::npos);
  CHECK(result.find(R"({"symbol":"A:2","channel":"trade","state":"failed","code":4014)") != std::string::npos);
  CHECK(gateway.looked_up == Lines{"A:1"});
}

TEST_CASE("distributor look-up: a channel that nobody serves waits for the broker that is asked, or fails") {
  Gateway gateway;
  gateway.availability = [](InstrumentId, Channel channel) { return channel == Channel::Status ? Availability{4012, "no", "try"} : Availability{}; };
  Client client(gateway);
  const char* const kSubscribe = R"({"op":"subscribe","channels":["status"],"symbols":["BINANCE:BTCUSDT"]})";
  CHECK(field(client.ask(kSubscribe), "code") == "4012");
  gateway.elsewhere = LookUp::UnderWay;
  CHECK(field(client.ask(kSubscribe), "state") == "pending");
  client.take();
  gateway.elsewhere = LookUp::Unknown;
  gateway.distributor->on_catalog(make_catalog());
  client.wait(1);
  CHECK(field(client.messages[0], "code") == "4012");
}

TEST_CASE("distributor look-up: standing subscriptions are asked for at the start, and again from time to time until they are there") {
  Gateway gateway(with_standing({"SMART:AAPL", "BINANCE:BTCUSDT"}));
  gateway.look_ups = {{"SMART:AAPL", LookUp::Unknown}};
  CHECK(gateway.looked_up == Lines{"SMART:AAPL"});
  gateway.advance(std::chrono::seconds{59});
  CHECK(gateway.looked_up.size() == 1);
  gateway.advance(std::chrono::seconds{1});
  CHECK(gateway.looked_up.size() == 2);
  gateway.distributor->on_catalog(catalog_with_apple());
  gateway.until([&] { return gateway.demand() == Lines{"BINANCE:BTCUSDT@trade", "NASDAQ:AAPL@trade"}; });
  gateway.advance(std::chrono::hours{1});
  CHECK(gateway.looked_up.size() == 2);
}

TEST_CASE("distributor look-up: a standing name that a missing list may hold is not asked for before that list has come") {
  Gateway gateway(with_standing({"LATE:ONE"}), nullptr);
  gateway.awaited = {"LATE:ONE"};
  gateway.distributor->on_catalog(make_catalog());
  CHECK(gateway.looked_up.empty());
  gateway.awaited.clear();
  gateway.distributor->on_catalog(make_catalog());
  CHECK(gateway.looked_up == Lines{"LATE:ONE"});
}

}  // namespace tidegate::test
