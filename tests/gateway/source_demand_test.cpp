// Who is asked for a stream that several brokers could serve.
#include "gateway/source_demand.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/upstream.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

std::vector<std::string> venues_here(const BrokerConfig& broker) { return {broker.rest_url}; }
bool serves_everything(const BrokerConfig&, const Instrument&, Channel) { return true; }
bool serves_but_candles(const BrokerConfig&, const Instrument&, Channel channel) { return !is_candle(channel); }

const Adapter kFull{.name = "full", .venues = venues_here, .serves = serves_everything};
const Adapter kLean{.name = "lean", .venues = venues_here, .serves = serves_but_candles};

constexpr BrokerId kA{0}, kB{1}, kC{2};

/// Brokers a (full) and b (lean) for NSE in this order, c for BINANCE. a lists RELIANCE and TCS, b RELIANCE, as soon as their lists have come.
struct Fixture {
  explicit Fixture(Standby standby) {
    for (const auto& [name, venue] : {std::pair{"a", "NSE"}, std::pair{"b", "NSE"}, std::pair{"c", "BINANCE"}}) {
      BrokerConfig broker;
      broker.name = name;
      broker.id = BrokerId{static_cast<std::uint16_t>(config.brokers.size())};
      broker.rest_url = venue;
      config.brokers.push_back(broker);
    }
    config.routing = {{{"NSE"}, {"a", "b"}, {standby, {}, {}, {}}}};
    upstream.emplace(config, std::vector<const Adapter*>{&kFull, &kLean, &kFull}, clock, counters,
                     [this](std::vector<Want>, std::vector<WantedSet> by_broker, std::vector<SourcePlan> made) {
                       demanded = std::move(by_broker);
                       plans = std::move(made);
                       ++sent;
                     });
  }
  void list(BrokerId broker, const char* venue, const std::vector<const char*>& names) {
    std::vector<Instrument> instruments;
    for (const char* const name : names) {
      Instrument& instrument = instruments.emplace_back();
      instrument.venue = venue;
      instrument.name = instrument.native.text = name;
    }
    catalog = Catalog::with_list(catalog.get(), broker, instruments);
    upstream->set_catalog(catalog, broker);
  }
  void list_all() {
    list(kA, "NSE", {"RELIANCE", "TCS"});
    list(kB, "NSE", {"RELIANCE"});
    list(kC, "BINANCE", {"BTCUSDT"});
  }
  [[nodiscard]] Want want(const char* symbol, Channel channel = Channel::Quote) const {
    return {catalog->resolve(symbol).instrument, channel, 0, symbol};
  }
  /// Symbols that a broker is asked for now.
  [[nodiscard]] std::vector<std::string> asked(BrokerId broker) const {
    std::vector<std::string> symbols;
    for (const Want& want : demanded[broker.value()].wants) symbols.push_back(want.symbol);
    return symbols;
  }

  Config config;
  test::ManualClock clock;
  GatewayCounters counters;
  std::vector<WantedSet> demanded;
  std::vector<SourcePlan> plans;
  int sent = 0;
  std::shared_ptr<const Catalog> catalog;
  std::optional<Upstream> upstream;
};

using Symbols = std::vector<std::string>;

}  // namespace

TEST_CASE("source demand: hot asks every ranked broker that lists and serves a stream") {
  Fixture f{Standby::Hot};
  f.list_all();
  f.upstream->on_demand({f.want("NSE:RELIANCE"), f.want("NSE:TCS"), f.want("NSE:RELIANCE", Channel::Candle1m), f.want("BINANCE:BTCUSDT")});
  CHECK(f.asked(kA) == Symbols{"NSE:RELIANCE", "NSE:TCS", "NSE:RELIANCE"});
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});
  CHECK(f.asked(kC) == Symbols{"BINANCE:BTCUSDT"});
  REQUIRE(f.plans.size() == 3);  // of the ruled venue, even where one broker alone has the stream
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kA, true}, {kB, true}});
  CHECK(f.plans[1].ranked == std::vector<RankedSource>{{kA, true}});
  CHECK_FALSE(f.plans[0].numbered_alike);
}

TEST_CASE("source demand: warm asks the best one, and others as the normalizer wishes") {
  Fixture f{Standby::Warm};
  f.list_all();
  f.upstream->on_demand({f.want("NSE:RELIANCE"), f.want("NSE:TCS")});
  CHECK(f.asked(kB).empty());
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kA, true}, {kB, false}});
  const std::uint64_t generation = f.demanded[0].generation;
  const InstrumentId reliance = f.want("NSE:RELIANCE").instrument;
  f.upstream->take_source_wishes({{reliance, Channel::Quote, {kA, kB}}});
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});
  CHECK(f.demanded[0].generation > generation);
  const int sent = f.sent;
  f.upstream->take_source_wishes({{reliance, Channel::Quote, {kA, kB}}, {reliance, Channel::Trade, {kB}}});
  CHECK(f.sent == sent);  // nothing new, and a stream that nobody wants
  f.upstream->on_demand({f.want("NSE:RELIANCE")});
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});  // a changed demand leaves the others where they were
  f.upstream->take_source_wishes({{reliance, Channel::Quote, {kA}}});
  CHECK(f.asked(kB).empty());
  f.upstream->on_demand({});
  f.upstream->on_demand({f.want("NSE:RELIANCE")});
  CHECK(f.asked(kB).empty());
}

TEST_CASE("source demand: a better broker whose list comes later is asked as well, and the one that serves stays asked") {
  Fixture f{Standby::Warm};
  f.list(kB, "NSE", {"RELIANCE"});
  f.upstream->on_demand({f.want("NSE:RELIANCE")});
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});
  f.list(kA, "NSE", {"RELIANCE"});
  CHECK(f.asked(kA) == Symbols{"NSE:RELIANCE"});
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});
  const int sent = f.sent;
  f.list(kC, "BINANCE", {"BTCUSDT"});
  CHECK(f.sent == sent);
}

TEST_CASE("source demand: without a rule of several brokers a new list sends nothing again") {
  Fixture f{Standby::Warm};
  f.config.routing.clear();
  Fixture g{Standby::Hot};
  g.config.routing = {{{"NSE"}, {"a"}}};
  for (Fixture* each : {&f, &g}) {
    each->upstream.emplace(each->config, std::vector<const Adapter*>{&kFull, &kLean, &kFull}, each->clock, each->counters,
                           [each](std::vector<Want>, std::vector<WantedSet> by_broker, std::vector<SourcePlan> made) {
                             each->demanded = std::move(by_broker);
                             each->plans = std::move(made);
                             ++each->sent;
                           });
    each->list(kA, "NSE", {"RELIANCE"});
    each->upstream->on_demand({each->want("NSE:RELIANCE")});
    each->list(kB, "NSE", {"RELIANCE"});
    CHECK(each->sent == 1);
    CHECK(each->plans.empty());
  }
}

TEST_CASE("source demand: an administrator's order puts a broker first, for a venue or a symbol, until it is taken back") {
  Fixture f{Standby::Warm};
  f.list_all();
  f.upstream->on_demand({f.want("NSE:RELIANCE"), f.want("NSE:TCS")});
  const distributor::SourceOrder taken = f.upstream->order_source("RELIANCE", kB);
  CHECK(taken.problem.empty());
  CHECK(taken.target == "NSE:RELIANCE");
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kB, true}, {kA, true}});
  CHECK(f.plans[0].order != 0);
  CHECK(f.plans[1].order == 0);
  const std::uint32_t number = f.plans[0].order;
  CHECK(f.upstream->order_source("NSE", kA).problem.empty());
  CHECK(f.plans[0].ranked.front().broker == kB);  // the symbol's own order counts
  CHECK(f.plans[0].order == number);
  CHECK(f.plans[1].order > number);
  CHECK(
      f.upstream->routing_json() ==
      R"({"routing":[{"venue":"NSE","brokers":["a","b"],"standby":"warm"}],"orders":[{"target":"NSE","broker":"a"},{"target":"NSE:RELIANCE","broker":"b"}]})");
  CHECK(f.upstream->take_back_order("NSE:RELIANCE"));
  CHECK_FALSE(f.upstream->take_back_order("NSE:RELIANCE"));
  CHECK(f.plans[0].ranked.front().broker == kA);
}

TEST_CASE("source demand: orders that cannot be are refused with a reason") {
  Fixture f{Standby::Warm};
  f.list_all();
  CHECK(f.upstream->order_source("BINANCE", kC).problem.find("no rule") != std::string::npos);
  CHECK(f.upstream->order_source("BINANCE:BTCUSDT", kC).problem.find("no rule") != std::string::npos);
  CHECK(f.upstream->order_source("NSE", kC).problem.find("not in the venue's rule") != std::string::npos);
  CHECK(f.upstream->order_source("NSE:TCS", kB).problem.find("does not list") != std::string::npos);
  CHECK(f.upstream->order_source("nonsense", kA).problem.find("no rule") != std::string::npos);
}

TEST_CASE("source demand: after a reload with another first broker, the old one is asked until the stream has moved") {
  Fixture f{Standby::Warm};
  f.list_all();
  f.upstream->on_demand({f.want("NSE:RELIANCE"), f.want("BINANCE:BTCUSDT")});
  Config next = f.config;
  next.routing = {{{"NSE"}, {"b"}, {}}};
  const std::vector<bool> nobody(3, false);
  CHECK(f.upstream->reconfigure(next, {&kFull, &kLean, &kFull}, {nobody, {}, {}}).empty());
  REQUIRE(f.plans.size() == 1);  // the other stream has one source as before
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kB, true}, {kA, true}});
  CHECK(f.plans[0].order != 0);
  CHECK(f.asked(kA) == Symbols{"NSE:RELIANCE"});
  CHECK(f.asked(kC) == Symbols{"BINANCE:BTCUSDT"});
  f.upstream->take_source_wishes({{f.want("NSE:RELIANCE").instrument, Channel::Quote, {kB}}});
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kB, true}});
  CHECK(f.asked(kA).empty());
  const std::uint32_t order = f.plans[0].order;
  CHECK(f.upstream->reconfigure(next, {&kFull, &kLean, &kFull}, {nobody, {}, {}}).empty());
  CHECK(f.plans[0].order == order);  // the same once more moves nothing
}

TEST_CASE("source demand: after a reload without a broker the next one has its streams, and what nobody serves is told") {
  Fixture f{Standby::Warm};
  f.list_all();
  f.upstream->on_demand({f.want("NSE:RELIANCE"), f.want("NSE:TCS")});
  CHECK(f.upstream->order_source("NSE", kA).problem.empty());
  Config next = f.config;
  next.routing.clear();
  const std::vector<Want> unserved = f.upstream->reconfigure(next, {&kFull, &kLean, &kFull}, {{true, false, false}, {kA}, {}});
  REQUIRE(unserved.size() == 1);
  CHECK(unserved[0].symbol == "NSE:TCS");
  CHECK(f.asked(kA).empty());
  CHECK(f.asked(kB) == Symbols{"NSE:RELIANCE"});
  REQUIRE(f.plans.size() == 1);
  CHECK(f.plans[0].ranked == std::vector<RankedSource>{{kB, true}});
  CHECK(f.plans[0].order == 0);  // its old source is gone: that alone is why it moves
  CHECK(f.upstream->routing_json().find("\"orders\":[]") != std::string::npos);
  CHECK(f.upstream->brokers_json().find("\"a\"") == std::string::npos);
  CHECK_FALSE(f.upstream->may_yet_be_listed("NSE:WIPRO"));
  CHECK(f.upstream->check(f.want("NSE:RELIANCE").instrument, Channel::Candle1m).code == 4012);
}

TEST_CASE("source demand: brokers' reports show how the streams stand that several could serve") {
  Fixture f{Standby::Hot};
  CHECK(f.upstream->brokers_json().find("sources") == std::string::npos);
  f.upstream->set_source_reports({{3, 0, 0, ""}, {0, 2, 1, "NSE:RELIANCE quote: b 2, a 1"}, {}});
  const std::string json = f.upstream->brokers_json();
  CHECK(json.find(R"("sources":{"serving":3,"served_elsewhere":0,"disagreeing":0})") != std::string::npos);
  CHECK(json.find(R"("sources":{"serving":0,"served_elsewhere":2,"disagreeing":1,"disagreement":"NSE:RELIANCE quote: b 2, a 1"})") !=
        std::string::npos);
}

}  // namespace tidegate
