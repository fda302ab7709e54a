// Names under `instruments:` that come with a reload: they can be asked for at once, and no other stream of their broker notices.
#include <doctest/doctest.h>

#include <string>

#include "brokers/registry.hpp"
#include "tests/end_to_end/reloadable.hpp"
#include "tests/end_to_end/venue.hpp"

namespace tidegate {

TEST_CASE("reload: an instrument that has a new name is served under it, and its broker's other streams go on unbroken") {
  sim::BinanceOptions market;
  market.symbols = 2;
  test::Venue venue{market};
  const std::string before = "server: {listen: '127.0.0.1:0'}\nlog: {level: error}\nbrokers:\n" + venue.yaml();
  test::ReloadableGateway gateway{before, all_adapters()};
  test::SubscriberClient client{gateway.port()};
  std::uint64_t trades = 0, seq = 0, breaks = 0, renamed = 0;
  client.on_json = [&](const test::SubscriberClient::Json& message) {
    using Client = test::SubscriberClient;
    const std::string symbol{Client::text(message, "symbol")};
    if (symbol == "BINANCE:COIN" && Client::is(message, "trade")) ++renamed;
    if (symbol != "BINANCE:BTCUSDT") return;
    if (Client::is(message, "gap")) ++breaks;
    if (Client::is(message, "state") && Client::text(message, "state") != "live") ++breaks;
    if (!Client::is(message, "trade")) return;
    const std::uint64_t number = message["seq"].GetUint64();
    if (seq != 0 && number != seq + 1) ++breaks;
    seq = number;
    ++trades;
  };
  client.subscribe(R"(["trade"])", R"(["BINANCE:BTCUSDT"])");
  client.wait_until("it trades", [&] { return trades >= 20; });

  const distributor::Reloaded reloaded = gateway.reload(before + "instruments:\n  - {symbol: 'BINANCE:COIN', ids: {binance: ETHUSDT}}\n");
  CHECK_MESSAGE(reloaded.problem.empty(), reloaded.problem);
  CHECK(reloaded.changes.find(R"("relisted":["binance"])") != std::string::npos);
  client.wait_until("the list has the new name",
                    [&] { return test::call(gateway.port(), "GET", "/v1/instruments?query=COIN").body.find("BINANCE:COIN") != std::string::npos; });
  client.subscribe(R"(["trade"])", R"(["BINANCE:COIN"])");
  client.wait_until("it trades under its new name", [&] { return renamed >= 5; });
  const std::uint64_t until = trades + 20;
  client.wait_until("the other one goes on", [&] { return trades >= until; });
  CHECK(breaks == 0);
  CHECK(gateway.gateway().counters().connects == 1);
}

}  // namespace tidegate
