#include "gateway/upstream.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/routing.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

using distributor::LookUp;
using test::ManualClock;

/// Adapters that exist only to be chosen: `venue` is the broker's rest_url, and only the first of them has candles.
std::vector<std::string> venues_of(const BrokerConfig& broker) { return {broker.rest_url}; }
bool serves_all(const BrokerConfig&, const Instrument&, Channel) { return true; }
bool serves_no_candles(const BrokerConfig&, const Instrument&, Channel channel) { return !is_candle(channel); }

/// One that has to be asked: for its own venue, which `rest_url` names, and for bare names.
bool knows_its_own(const BrokerConfig& broker, std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos || text.substr(0, colon) == broker.rest_url;
}

const Adapter kRich{.name = "rich", .venues = venues_of, .serves = serves_all};
const Adapter kPlain{.name = "plain", .venues = venues_of, .serves = serves_no_candles};
const Adapter kAsked{.name = "asked", .venues = venues_of, .serves = serves_no_candles, .may_know = knows_its_own};

Instrument listed(const char* venue, const char* name) {
  Instrument instrument;
  instrument.venue = venue;
  instrument.name = name;
  instrument.native.text = name;
  return instrument;
}

/// Brokers a (NSE, rich), b (NSE, plain), c (BINANCE, rich).
struct Fixture {
  Config config;
  std::vector<const Adapter*> adapters{&kRich, &kPlain, &kRich};
  ManualClock clock;
  GatewayCounters counters;
  std::vector<WantedSet> demanded;
  std::vector<SourcePlan> plans;
  std::shared_ptr<const Catalog> catalog;

  Fixture() {
    for (const auto& [name, venue] : {std::pair{"a", "NSE"}, std::pair{"b", "NSE"}, std::pair{"c", "BINANCE"}}) {
      BrokerConfig broker;
      broker.name = name;
      broker.id = BrokerId{static_cast<std::uint16_t>(config.brokers.size())};
      broker.rest_url = venue;
      config.brokers.push_back(broker);
    }
    catalog = Catalog::with_list(nullptr, BrokerId{0}, std::vector{listed("NSE", "RELIANCE"), listed("NSE", "TCS")});
    catalog = Catalog::with_list(catalog.get(), BrokerId{1}, std::vector{listed("NSE", "RELIANCE")});
    catalog = Catalog::with_list(catalog.get(), BrokerId{2}, std::vector{listed("BINANCE", "BTCUSDT")});
  }
  const CatalogEntry& entry(const char* symbol) { return *catalog->find(catalog->resolve(symbol).instrument); }
  Upstream upstream() {
    return {config, adapters, clock, counters, [this](std::vector<Want>, std::vector<WantedSet> by_broker, std::vector<SourcePlan> made) {
              demanded = std::move(by_broker);
              plans = std::move(made);
            }};
  }
};

}  // namespace

TEST_CASE("routing: without a rule the first configured broker that lists the instrument serves it") {
  Fixture f;
  const Routing routing{f.config, f.adapters};
  CHECK(routing.choose(f.entry("NSE:RELIANCE"), Channel::Trade) == BrokerId{0});
  CHECK(routing.choose(f.entry("BINANCE:BTCUSDT"), Channel::Trade) == BrokerId{2});
}

TEST_CASE("routing: a rule ranks the brokers of a venue, and skips those that lack the instrument or the channel") {
  Fixture f;
  f.config.routing = {{{"NSE"}, {"b", "a"}}};
  const Routing routing{f.config, f.adapters};
  CHECK(routing.choose(f.entry("NSE:RELIANCE"), Channel::Trade) == BrokerId{1});
  CHECK(routing.choose(f.entry("NSE:TCS"), Channel::Trade) == BrokerId{0});
  CHECK(routing.choose(f.entry("NSE:RELIANCE"), Channel::Candle1m) == BrokerId{0});
}

TEST_CASE("routing: a broker that the rule leaves out does not serve the venue") {
  Fixture f;
  f.config.routing = {{{"NSE"}, {"b"}}};
  const Routing routing{f.config, f.adapters};
  CHECK_FALSE(routing.choose(f.entry("NSE:TCS"), Channel::Trade).has_value());
  CHECK_FALSE(routing.choose(f.entry("NSE:RELIANCE"), Channel::Candle1m).has_value());
}

TEST_CASE("upstream: demand goes to the serving broker, with a generation that grows, and empty sets to the others") {
  Fixture f;
  Upstream upstream = f.upstream();
  upstream.set_catalog(f.catalog, BrokerId{0});
  const auto want = [&](const char* symbol) { return Want{f.entry(symbol).id, Channel::Trade, 0, symbol}; };
  upstream.on_demand({want("NSE:TCS"), want("BINANCE:BTCUSDT")});
  REQUIRE(f.demanded.size() == 3);
  CHECK(f.demanded[0].wants == std::vector{want("NSE:TCS")});
  CHECK(f.demanded[1].wants.empty());
  CHECK(f.demanded[2].wants == std::vector{want("BINANCE:BTCUSDT")});
  const std::uint64_t generation = f.demanded[0].generation;
  upstream.on_demand({});
  CHECK(f.demanded[0].generation > generation);
  CHECK(f.demanded[0].wants.empty());
}

TEST_CASE("upstream: a channel that no broker has is refused with those there are") {
  Fixture f;
  f.config.routing = {{{"NSE"}, {"b"}}};
  Upstream upstream = f.upstream();
  upstream.set_catalog(f.catalog, BrokerId{0});
  const auto answer = upstream.check(f.entry("NSE:RELIANCE").id, Channel::Candle1m);
  CHECK(answer.code == 4012);
  CHECK(answer.hint.find("trade quote") != std::string::npos);
  CHECK(upstream.check(f.entry("NSE:RELIANCE").id, Channel::Trade).code == 0);
  CHECK(upstream.check(kNoInstrument, Channel::Trade).code == 4011);
}

TEST_CASE("upstream: a name may yet be listed while a list that could hold it is missing") {
  Fixture f;
  Upstream upstream = f.upstream();
  upstream.set_catalog(f.catalog, BrokerId{0});
  CHECK(upstream.may_yet_be_listed("NSE:NEW"));  // b has not said
  CHECK(upstream.may_yet_be_listed("ANY"));
  upstream.set_catalog(f.catalog, BrokerId{1});
  CHECK_FALSE(upstream.may_yet_be_listed("NSE:NEW"));
  CHECK(upstream.may_yet_be_listed("BINANCE:NEW"));
  CHECK(upstream.may_yet_be_listed("ANY"));
  upstream.set_catalog(f.catalog, BrokerId{2});
  CHECK_FALSE(upstream.may_yet_be_listed("ANY"));
  CHECK_FALSE(upstream.may_yet_be_listed("NOWHERE:X"));
}

TEST_CASE("upstream: brokers' reports are JSON whatever words the brokers use") {
  Fixture f;
  Upstream upstream = f.upstream();
  BrokerReport report;
  report.state = BrokerState::Down;
  report.reason = "they said \"no\"\n";
  report.connections.push_back({"market-0", BrokerState::Reconnecting, "lost", kNoTime, 1, 2, 3});
  upstream.set_report(BrokerId{1}, report);
  const std::string json = upstream.brokers_json();
  CHECK(json.find(R"("name":"b","adapter":"","state":"down","reason":"they said \"no\"\n","since":null)") != std::string::npos);
  CHECK(json.find(R"({"name":"market-0","state":"reconnecting","reason":"lost","since":null,"streams":1,"wanted":2,"sessions":3})") !=
        std::string::npos);
}

TEST_CASE("upstream: a name that no list holds is asked for at the brokers that may know it, and is known to be on its way") {
  Fixture f;
  f.adapters = {&kRich, &kAsked, &kAsked};  // b may know NSE, c BINANCE
  Upstream upstream = f.upstream();
  upstream.set_catalog(f.catalog, BrokerId{0});
  CHECK(upstream.may_yet_be_listed("NSE:NEW"));  // what b knows from before has not come
  upstream.set_catalog(f.catalog, BrokerId{1});
  upstream.set_catalog(f.catalog, BrokerId{2});
  CHECK_FALSE(upstream.may_yet_be_listed("NSE:NEW"));
  CHECK(upstream.look_up("NSE:NEW") == LookUp::UnderWay);
  CHECK(upstream.look_up("BARE") == LookUp::UnderWay);
  CHECK(upstream.look_up("BARE") == LookUp::UnderWay);
  CHECK(upstream.look_up("NOWHERE:X") == LookUp::Nobody);
  CHECK(upstream.look_up("NSE:\n") == LookUp::Nobody);
  CHECK(upstream.may_yet_be_listed("NSE:NEW"));
  CHECK(upstream.take_look_ups() == std::vector<std::vector<std::string>>{{}, {"NSE:NEW", "BARE"}, {"BARE"}});
  CHECK(upstream.take_look_ups().empty());
  CHECK(f.counters.names_asked == 2);

  upstream.set_found(f.catalog, BrokerId{1}, std::vector<SymbolAnswer>{{"NSE:NEW", {}}, {"BARE", {}}});
  CHECK(upstream.look_up("NSE:NEW") == LookUp::Unknown);
  CHECK_FALSE(upstream.may_yet_be_listed("NSE:NEW"));
  CHECK(upstream.look_up("BARE") == LookUp::UnderWay);
  upstream.set_found(f.catalog, BrokerId{2}, std::vector<SymbolAnswer>{{"BARE", {}}});
  CHECK(upstream.look_up("BARE") == LookUp::Unknown);
  CHECK(f.counters.names_unknown == 2);
  f.clock.advance(std::chrono::minutes{1});
  CHECK(upstream.look_up("BARE") == LookUp::UnderWay);
  CHECK(f.counters.names_asked == 3);
}

TEST_CASE("upstream: whatever subscribers write, only some thousand names are asked for, and those refused are counted") {
  Fixture f;
  f.adapters = {&kRich, &kAsked, &kRich};
  Upstream upstream = f.upstream();
  std::size_t asked = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (upstream.look_up("NSE:" + std::to_string(i)) == LookUp::UnderWay) ++asked;
  }
  CHECK(asked > 1000);
  CHECK(asked < 5000);
  CHECK(upstream.take_look_ups()[1].size() == asked);
  CHECK(f.counters.names_refused == 20'000 - asked);
  CHECK(upstream.look_up("NSE:new") == LookUp::TooMany);
}

TEST_CASE("upstream: an instrument whose channel nobody serves is asked for where it is not listed and could be served") {
  Fixture f;
  f.adapters = {&kRich, &kAsked, &kRich};
  f.config.routing = {{{"NSE"}, {"b"}}};
  Upstream upstream = f.upstream();
  upstream.set_catalog(f.catalog, BrokerId{0});
  const InstrumentId tcs = f.entry("NSE:TCS").id;  // a lists it, and may not serve it
  CHECK(upstream.check(tcs, Channel::Trade).code == 4012);
  CHECK(upstream.look_up(tcs, Channel::Candle1m) == LookUp::Nobody);
  CHECK(upstream.look_up(f.entry("NSE:RELIANCE").id, Channel::Candle1m) == LookUp::Nobody);
  CHECK(upstream.look_up(f.entry("BINANCE:BTCUSDT").id, Channel::Trade) == LookUp::Nobody);
  CHECK(upstream.look_up(tcs, Channel::Trade) == LookUp::UnderWay);
  CHECK(upstream.take_look_ups() == std::vector<std::vector<std::string>>{{}, {"NSE:TCS"}, {}});
  f.catalog = Catalog::with_found(f.catalog.get(), BrokerId{1}, std::vector<SymbolAnswer>{{"NSE:TCS", {listed("NSE", "TCS")}}});
  upstream.set_found(f.catalog, BrokerId{1}, std::vector<SymbolAnswer>{{"NSE:TCS", {listed("NSE", "TCS")}}});
  CHECK(upstream.check(tcs, Channel::Trade).code == 0);
  CHECK(upstream.look_up(tcs, Channel::Candle1m) == LookUp::Nobody);
  CHECK(f.counters.names_unknown == 0);
}

}  // namespace tidegate
