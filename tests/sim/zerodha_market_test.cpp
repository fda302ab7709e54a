// The generated market under times that the test chooses, and what of it reaches a client.
#include "tools/sim/zerodha/market.hpp"

#include <map>
#include <set>

#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

constexpr std::int64_t kUtcUs = 1'790'000'000'400'000;
namespace at = sim::zerodha::at;

std::uint32_t field(std::string_view body, std::size_t offset) { return kite::get_u32(body.data() + offset); }

kite::Market market_of(std::uint64_t seed, double moves) {
  kite::MarketOptions options;
  options.seed = seed;
  options.exchange.moves_per_step = moves;
  return {kite::generated_rows(60), options, kUtcUs};
}

std::string full_state(const kite::Market& market) {
  std::string out;
  for (std::size_t i = 0; i < 60; ++i) out += market.packet(i, kite::Mode::Full);
  return out;
}

}  // namespace

TEST_CASE("kite market: tokens are exchange token times 256 plus segment, each once, and every kind is there") {
  const auto rows = kite::generated_rows(9'000);
  REQUIRE(rows.size() == 9'000);
  std::set<std::uint32_t> tokens;
  std::set<std::string> names;
  std::map<std::uint32_t, std::size_t> segments;
  for (const auto& row : rows) {
    CHECK(tokens.insert(row.token).second);
    CHECK(names.insert(row.exchange + ":" + row.symbol).second);
    ++segments[kite::segment_of(row.token)];
    CHECK((row.segment == "INDICES") == kite::is_index(row.token));
    CHECK(row.price > 0);
  }
  for (const std::uint32_t segment : {1, 2, 3, 4, 5, 6, 7, 9}) CHECK(segments[segment] > 0);
  CHECK(tokens.count(738561) == 1);
  CHECK(tokens.count(265) == 1);
}

TEST_CASE("kite market: the same seed moves the same way, another seed otherwise") {
  auto one = market_of(7, 1), two = market_of(7, 1), three = market_of(8, 1);
  for (int step = 0; step < 50; ++step) {
    one.step(kUtcUs);
    two.step(kUtcUs);
    three.step(kUtcUs);
  }
  CHECK(full_state(one) == full_state(two));
  CHECK(full_state(one) != full_state(three));
}

TEST_CASE("kite market: a packet is said to have changed exactly when its bytes other than the time have, and less changes in lesser modes") {
  auto market = market_of(1, 0.5);
  std::array<std::size_t, 3> changes{};
  for (int step = 0; step < 100; ++step) {
    std::vector<std::string> before;
    for (std::size_t i = 0; i < 60; ++i) before.emplace_back(market.packet(i, kite::Mode::Full));
    market.step(kUtcUs + step * 250'000);
    for (std::size_t i = 0; i < 60; ++i) {
      for (const auto mode : {kite::Mode::Ltp, kite::Mode::Quote, kite::Mode::Full}) {
        const auto now = market.packet(i, mode);
        const bool differs = before[i].substr(0, now.size()) != now;
        if (differs) CHECK(market.changed(i, mode));
        if (market.changed(i, mode)) ++changes[static_cast<std::size_t>(mode)];
        if (mode == kite::Mode::Ltp) CHECK(market.changed(i, mode) == differs);
      }
    }
  }
  CHECK(changes[0] > 0);
  CHECK(changes[0] < changes[1]);
  CHECK(changes[1] < changes[2]);
}

TEST_CASE("kite market: prices, times, totals and books stay plausible") {
  auto market = market_of(3, 2);
  const auto rows = kite::generated_rows(60);
  std::vector<std::uint32_t> volumes(60);
  for (int step = 1; step <= 300; ++step) {
    const std::int64_t now = kUtcUs + step * 250'000;
    market.step(now);
    for (std::size_t i = 0; i < 60; ++i) {
      const auto body = market.packet(i, kite::Mode::Full);
      CHECK(field(body, at::kToken) == rows[i].token);
      const std::uint32_t last = field(body, at::kLast);
      CHECK(last > 0);
      CHECK(last % rows[i].tick == rows[i].price % rows[i].tick);
      if (kite::is_index(rows[i].token)) {
        CHECK(field(body, at::kIndexLow) <= last);
        CHECK(field(body, at::kIndexHigh) >= last);
        CHECK(field(body, at::kIndexChange) == last - field(body, at::kIndexClose));
        continue;
      }
      if (rows[i].untraded) continue;
      const std::int64_t stamp = field(body, at::kTime);
      CHECK(stamp * 1'000'000 + 300'000 <= now);
      CHECK(field(body, at::kTradeTime) <= stamp);
      CHECK(field(body, at::kLow) <= last);
      CHECK(field(body, at::kHigh) >= last);
      CHECK(field(body, at::kVolume) >= volumes[i]);
      volumes[i] = field(body, at::kVolume);
      std::uint64_t buy = 0;
      for (std::size_t level = 0; level < kite::kDepthLevels; ++level) {
        const std::size_t bid = at::kBids + level * at::kLevelBytes, ask = at::kAsks + level * at::kLevelBytes;
        buy += field(body, bid);
        CHECK(field(body, bid + at::kLevelPrice) < field(body, ask + at::kLevelPrice));
        CHECK(field(body, bid) > 0);
        CHECK(kite::get_u16(body.data() + bid + at::kLevelOrders) > 0);
        CHECK(kite::get_u16(body.data() + bid + at::kLevelOrders + 2) == 0);
      }
      CHECK(buy < field(body, at::kTotalBuy));
    }
  }
}

TEST_CASE("kite market: an untraded instrument has its last price and close and nothing else, and never moves") {
  auto market = market_of(1, 4);
  const auto rows = kite::generated_rows(60);
  const auto untraded = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.untraded; });
  REQUIRE(untraded != rows.end());
  const std::size_t place = market.find(untraded->token);
  const std::string before{market.packet(place, kite::Mode::Full)};
  for (int step = 0; step < 20; ++step) {
    market.step(kUtcUs + step * 250'000);
    CHECK_FALSE(market.changed(place, kite::Mode::Full));
  }
  CHECK(before == market.packet(place, kite::Mode::Full));
  CHECK(field(before, at::kLast) == untraded->price);
  CHECK(field(before, at::kClose) != 0);
  for (const std::size_t offset : {at::kVolume, at::kTotalBuy, at::kTotalSell, at::kOpen, at::kHigh, at::kLow, at::kTradeTime}) {
    CHECK(field(before, offset) == 0);
  }
  CHECK(before.substr(at::kBids) == std::string(120, '\0'));
}

TEST_CASE("kite sim: data comes batched, in order of subscription, and only what a mode shows") {
  auto options = still_options();
  options.updates_per_second = 10'000;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"mode","v":["full",[408065,738561]]})");
  client.send(R"({"a":"mode","v":["ltp",[256265]]})");
  sim.until([&] { return client.data.size() >= 6; });
  for (std::size_t i = 2; i < client.data.size(); ++i) {
    std::vector<std::string_view> bodies;
    REQUIRE(kite::split_message(client.data[i], bodies));
    REQUIRE(bodies.size() >= 2);
    CHECK(kite::token_of(bodies[0]) == kInfy);
    CHECK(bodies[0].size() == 184);
    CHECK(kite::token_of(bodies[1]) == kReliance);
    if (bodies.size() == 3) CHECK(bodies[2].size() == 8);
  }
  CHECK(sim.server.counters().messages_sent >= client.data.size());
}

TEST_CASE("kite sim: at rate 0 everything moves with every flush") {
  auto options = still_options();
  options.rate = 0;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"mode","v":["full",[738561,408065]]})");
  sim.until([&] { return client.data.size() >= 4; });
  CHECK(client.bodies().size() == 2 * client.data.size());
}
