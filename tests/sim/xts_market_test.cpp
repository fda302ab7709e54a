// The generated market in its three forms, which must agree with one another.
#include <algorithm>
#include <bit>
#include <cmath>

#include "tests/sim/xts_support.hpp"
#include "tests/support/manual_clock.hpp"
#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/market.hpp"
#include "tools/sim/xts/recording.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::sim::xts;

namespace {

constexpr std::int64_t kStart = 1'900'000'000'000'000;  // 2030-03-17

Market market_of(std::uint64_t seed) {
  MarketOptions options;
  options.seed = seed;
  options.exchange.always = true;
  return Market{generated_rows(40), options, kStart};
}

std::uint64_t unsigned_at(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}
double double_at(std::string_view bytes, std::size_t offset) { return std::bit_cast<double>(unsigned_at(bytes, offset, 8)); }

std::string double_text(double value) {
  std::string out;
  append_double(out, value);
  return out;
}

/// The value of one key of a partial text; empty: not there.
std::string partial_value(std::string_view text, const std::string& key) {
  const std::size_t at = text.find("," + key + ":");
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + key.size() + 2;
  return std::string{text.substr(from, text.find(',', from) - from)};
}

/// Applies a partial row list to the five levels. An empty field changes nothing.
void apply_rows(std::string_view rows, std::array<sim::BookLevel, sim::kBookLevels>& levels) {
  std::vector<std::string> fields(1);
  for (const char c : rows) {
    if (c == '|') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  REQUIRE(fields.size() % 4 == 0);
  for (std::size_t i = 0; i < fields.size(); i += 4) {
    sim::BookLevel& level = levels.at(static_cast<std::size_t>(std::stoi(fields[i])));
    if (!fields[i + 1].empty()) level.quantity = std::stoll(fields[i + 1]);
    if (!fields[i + 2].empty()) level.price = std::llround(std::stod(fields[i + 2]) * 100);
    if (!fields[i + 3].empty()) level.orders = std::stoll(fields[i + 3]);
  }
}

}  // namespace

TEST_CASE("xts market: the same seed moves the same way, another one does not") {
  Market one = market_of(7), same = market_of(7), other = market_of(8);
  for (int i = 0; i < 50; ++i) {
    for (Market* market : {&one, &same, &other}) market->step(kStart + i * 250'000);
  }
  int different = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(depth_json({one.row(i), one.figures(i), 1}) == depth_json({same.row(i), same.figures(i), 1}));
    different += depth_json({one.row(i), one.figures(i), 1}) == depth_json({other.row(i), other.figures(i), 1}) ? 0 : 1;
  }
  CHECK(different > 30);
}

TEST_CASE("xts market: trades, day figures, open interest and depth agree") {
  Market market = market_of(3);
  std::int64_t traded = 0;
  const std::size_t place = market.find(kReliance);
  REQUIRE(place != Market::kNone);
  const std::int64_t volume = market.figures(place).volume;
  for (int i = 0; i < 400; ++i) {
    market.step(kStart + i * 250'000);
    for (std::size_t each = 0; each < market.size(); ++each) {
      const sim::Figures& now = market.figures(each);
      if (market.row(each).untraded) continue;
      CHECK(now.low <= now.last);
      CHECK(now.last <= now.high);
      if (market.row(each).kind == RowKind::Index) continue;
      CHECK(now.bids[0].price < now.asks[0].price);
      CHECK(now.total_buy >= now.bids[0].quantity);
      CHECK((now.open_interest != 0) == is_derivative(market.row(each)));
    }
    // One move a step: what was traded is in the day's volume.
    if ((market.changes(place) & sim::change::kTrade) != 0) traded += market.figures(place).last_quantity;
  }
  CHECK(traded > 0);
  CHECK(market.figures(place).volume == volume + traded);
}

TEST_CASE("xts market: an untraded instrument has a last price and a close, everything else is zero") {
  Market market = market_of(1);
  const std::size_t place = market.find({2, 66'013});
  REQUIRE(place != Market::kNone);
  market.step(kStart);
  const std::string body = touchline_nested({market.row(place), market.figures(place), 1});
  CHECK(member(body, "LastTradedPrice") == "1.1");
  CHECK(member(body, "Close") != "0");
  for (const char* name : {"TotalTradedQuantity", "Open", "High", "LastTradedTime", "TotalBuyQuantity"}) CHECK(member(body, name) == "0");
}

TEST_CASE("xts market: times count from 1980 by India's clock, bars from 1970") {
  // 2023-03-02T06:08:38Z and 2025-01-06T06:32:59Z: the check values of docs/protocols/xts.md.
  CHECK(since_1980(1'677'737'318) == 1'362'224'318);
  CHECK(since_1970_india(1'736'145'179) == 1'736'164'979);
}

TEST_CASE("xts market: prices are written without zeros behind, negative and small ones too") {
  const auto text = [](std::int64_t value, int decimals) {
    std::string out;
    append_price(out, value, decimals);
    return out;
  };
  CHECK(text(233'985, 2) == "2339.85");
  CHECK(text(233'980, 2) == "2339.8");
  CHECK(text(233'900, 2) == "2339");
  CHECK(text(5, 2) == "0.05");
  CHECK(text(-5, 2) == "-0.05");
  CHECK(text(831'175, 4) == "83.1175");
  CHECK(text(0, 2) == "0");
}

TEST_CASE("xts market: an index has neither book nor volume, its average is its value") {
  Market market = market_of(1);
  const std::size_t place = market.find(kNifty);
  market.step(kStart);
  const std::string body = touchline_nested({market.row(place), market.figures(place), 1});
  CHECK(body.find(R"("BidInfo":{"Size":0,"Price":0,"TotalOrders":0,"BuyBackMarketMaker":0})") != std::string::npos);
  CHECK(member(body, "TotalTradedQuantity") == "0");
  CHECK(member(body, "AverageTradedPrice") == member(body, "LastTradedPrice"));
}

TEST_CASE("xts market: flat and nested tell the same, one of them without a Touchline and a time of the exchange") {
  Market market = market_of(2);
  market.step(kStart);
  const std::size_t place = market.find(kInfy);
  const Subject subject{market.row(place), market.figures(place), 5};
  const std::string nested = touchline_nested(subject), flat = touchline_flat(subject);
  CHECK(nested.find("\"Touchline\":{") != std::string::npos);
  CHECK(flat.find("Touchline") == std::string::npos);
  CHECK(flat.find("ExchangeTimeStamp") == std::string::npos);
  for (const char* name : {"LastTradedPrice", "TotalTradedQuantity", "PercentChange", "Close", "LastTradedTime"}) {
    CHECK(member(nested, name) == member(flat, name));
    CHECK_FALSE(member(flat, name).empty());
  }
}

TEST_CASE("xts market: partial texts, applied one after the other, come to what Full says") {
  Market market = market_of(4);
  const std::size_t place = market.find(kReliance);
  sim::Figures kept = market.figures(place);
  int empty_fields = 0;
  for (int i = 0; i < 300; ++i) {
    market.step(kStart + i * 250'000);
    const sim::Figures& now = market.figures(place);
    const std::string text = depth_partial({market.row(place), now}, market.before(place));
    REQUIRE(text.find("t:1_2885,") == 0);
    if (const auto rows = partial_value(text, "bi"); !rows.empty()) apply_rows(rows, kept.bids);
    if (const auto rows = partial_value(text, "ai"); !rows.empty()) apply_rows(rows, kept.asks);
    if (const auto last = partial_value(text, "ltp"); !last.empty()) kept.last = std::llround(std::stod(last) * 100);
    if (const auto volume = partial_value(text, "v"); !volume.empty()) kept.volume = std::stoll(volume);
    if (const auto total = partial_value(text, "tb"); !total.empty()) kept.total_buy = std::stoll(total);
    empty_fields += text.find("||") != std::string::npos ? 1 : 0;
    CHECK(kept.bids == now.bids);
    CHECK(kept.asks == now.asks);
    CHECK(kept.last == now.last);
    CHECK(kept.volume == now.volume);
    CHECK(kept.total_buy == now.total_buy);
    CHECK(partial_value(text, "c").empty());  // never changes during the day
  }
  CHECK(empty_fields > 0);
}

TEST_CASE("xts market: a partial text without a change is none") {
  Market market = market_of(4);
  const std::size_t place = market.find(kNiftyFuture);
  const sim::Figures& now = market.figures(place);
  const Subject subject{market.row(place), now};
  CHECK(touchline_partial(subject, now).empty());
  CHECK(depth_partial(subject, now).empty());
  CHECK(open_interest_partial(subject, now).empty());
  CHECK(last_price_partial(subject, now).empty());
  sim::Figures later = now;
  later.open_interest += 65;
  CHECK(open_interest_partial({market.row(place), later}, now) == "t:2_66001,o:" + std::to_string(later.open_interest));
}

TEST_CASE("xts market: packed bodies have the documented sizes and offsets, wide and narrow") {
  Market market = market_of(5);
  market.step(kStart);
  const std::size_t place = market.find(kReliance), future = market.find(kNiftyFuture);
  const sim::Figures& now = market.figures(place);
  const Subject subject{market.row(place), now, 1'600'000'000'000'003};
  const std::string wide = touchline_packed(subject, {}), narrow = touchline_packed(subject, {.narrow = true});
  REQUIRE(wide.size() == 15 + 204);
  REQUIRE(narrow.size() == 15 + 180);
  CHECK(unsigned_at(wide, 1, 2) == 1501);
  CHECK(unsigned_at(wide, 5, 4) == 2885);
  CHECK(unsigned_at(wide, 13, 2) == 204);
  const std::string_view body = std::string_view{wide}.substr(15), small = std::string_view{narrow}.substr(15);
  CHECK(unsigned_at(body, 14, 8) == subject.sequence);
  CHECK(unsigned_at(body, 32, 8) == static_cast<std::uint64_t>(since_1980(now.time_s)));
  CHECK(double_text(double_at(body, 92)) == double_text(double_at(small, 84)));
  std::string last;
  append_price(last, now.last, 2);
  CHECK(double_text(double_at(body, 92)) == last);
  CHECK(double_at(body, 48) == price_double(now.bids[0].price, 2));
  CHECK(double_at(body, 70) == price_double(now.asks[0].price, 2));
  CHECK(unsigned_at(body, 124, 8) == static_cast<std::uint64_t>(now.volume));
  CHECK(unsigned_at(small, 104, 4) == static_cast<std::uint64_t>(now.volume));
  CHECK(double_at(body, 180) == price_double(now.close, 2));
  CHECK(std::isnan(double_at(body, 188)));
  CHECK(unsigned_at(body, 202, 2) == 1);
  const std::string depth = depth_packed(subject, {}), narrow_depth = depth_packed(subject, {.narrow = true});
  CHECK(depth.size() == 15 + 432);
  CHECK(narrow_depth.size() == 15 + 368);
  CHECK(double_at(std::string_view{depth}.substr(15), 320) == price_double(now.last, 2));
  CHECK(double_at(std::string_view{narrow_depth}.substr(15), 272) == price_double(now.last, 2));
  const Subject derivative{market.row(future), market.figures(future), 1};
  CHECK(open_interest_packed(derivative, {}).size() == 15 + 70 + 8);  // "Nifty 50"
  CHECK(open_interest_packed(derivative, {.narrow = true}).size() == 15 + 62 + 8);
  CHECK(open_interest_packed(subject, {}).size() == 15 + 69);
}

TEST_CASE("xts market: compressed packets say both sizes, and several in a row are told apart") {
  Market market = market_of(5);
  market.step(kStart);
  const std::size_t place = market.find(kReliance);
  const Subject subject{market.row(place), market.figures(place), 1};
  const std::string packed = depth_packed(subject, {.deflate = true});
  CHECK(packed[0] == 1);
  CHECK(unsigned_at(packed, 13, 2) == 432);
  CHECK(unsigned_at(packed, 15, 2) == packed.size() - 17);
  std::vector<PackedPart> parts;
  CHECK(split_packed("\x04" + packed + touchline_packed(subject, {}), parts));
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].about == Subscription{1502, kReliance});
  CHECK(parts[1].about == Subscription{1501, kReliance});
  CHECK_FALSE(split_packed("\x04" + packed.substr(0, 40), parts));
  CHECK_FALSE(split_packed(packed, parts));  // without its Engine.IO byte
}

TEST_CASE("xts sim: each form of a socket gets its own events, of what its session subscribed") {
  XtsFixture sim{xts_moving_options()};
  const auto login = sim.log_in();
  XtsClient full{sim.loop, sim.url(login)}, partial{sim.loop, sim.url(login, "partial")}, packed{sim.loop, sim.url(login, "Full", kBinaryRoot)};
  for (XtsClient* client : {&full, &partial, &packed}) sim.until_joined(*client);
  for (const std::uint32_t each : {code::kTouchline, code::kDepth, code::kLastPrice})
    CHECK(sim.subscribe(login, each, {kReliance, kNifty}).status == 200);
  CHECK(sim.subscribe(login, code::kOpenInterest, {kNiftyFuture}).status == 200);
  sim.until([&] {
    return !full.arguments("1501-json-full").empty() && !full.arguments("1502-json-full").empty() && !full.arguments("1510-json-full").empty() &&
           !partial.arguments("1501-json-partial").empty() && !partial.arguments("1502-json-partial").empty() &&
           !packed.arguments("1512-json-full").empty() && packed.binaries().size() > 3;
  });
  CHECK(full.binaries().empty());
  CHECK(partial.arguments("1501-json-full").empty());
  CHECK(packed.arguments("1501-json-full").empty());
  CHECK(full.arguments("1502-json-full")[0].find(R"("ExchangeInstrumentID":2885,)") != std::string::npos);  // never of an index
  for (std::size_t i = 0; i + 1 < packed.messages.size(); ++i) {
    if (packed.messages[i].bytes.starts_with("451-")) CHECK(packed.messages[i + 1].binary);
  }
  std::vector<PackedPart> parts;
  for (const std::string& message : packed.binaries()) CHECK(split_packed(message, parts));
}

TEST_CASE("xts sim: an event may hold several packets") {
  auto options = xts_moving_options();
  options.packets_per_event = 3;
  XtsFixture sim{options};
  const auto login = sim.log_in();
  XtsClient packed{sim.loop, sim.url(login, "Full", kBinaryRoot)};
  sim.until_joined(packed);
  CHECK(sim.subscribe(login, code::kDepth, {kReliance, kInfy, kNiftyFuture, {1, 11536}}).status == 200);
  std::vector<PackedPart> parts;
  sim.until([&] {
    for (const std::string& message : packed.binaries()) {
      if (split_packed(message, parts) && parts.size() == 3) return true;
    }
    return false;
  });
}

TEST_CASE("xts sim: bars come when they end, as JSON on the binary root too") {
  auto options = xts_moving_options();
  ManualClock clock;
  XtsFixture sim{options, &clock};
  const auto login = sim.log_in();
  XtsClient full{sim.loop, sim.url(login)}, partial{sim.loop, sim.url(login, "Partial")}, packed{sim.loop, sim.url(login, "Full", kBinaryRoot)};
  for (XtsClient* client : {&full, &partial, &packed}) sim.until_joined(*client);
  CHECK(sim.subscribe(login, code::kCandle, {kReliance, kNifty}).status == 200);
  sim.until([&] {
    clock.advance(std::chrono::seconds{1});
    for (XtsClient* client : {&full, &partial, &packed}) client->send("2");
    return !full.arguments("1505-json-full").empty();
  });
  sim.until([&] { return !partial.arguments("1505-json-partial").empty() && !packed.arguments("1505-json-full").empty(); });
  const std::string bar = full.arguments("1505-json-full")[0];
  CHECK((std::stoll(member(bar, "BarTime")) + 1) % 60 == 0);  // its last second
  CHECK(partial.arguments("1505-json-partial")[0].find(",bt:" + member(bar, "BarTime") + ",") != std::string::npos);
  CHECK(packed.binaries().empty());
}

TEST_CASE("xts sim: property changes come of instruments that nobody asked for") {
  auto options = xts_still_options();
  options.property_interval = std::chrono::milliseconds{50};
  XtsFixture sim{options};
  XtsClient client{sim.loop, sim.url(sim.log_in())};
  sim.until([&] { return client.arguments("1105-json-partial").size() >= 20; });
  CHECK(client.arguments("1105-json-partial")[0] == "t:12_1140025,110:2067.75,111:516.95");
}

TEST_CASE("xts sim: names of shares, indices and contracts are those of the other simulated brokers") {
  XtsFixture sim;
  const auto instruments = sim.server.instruments();
  CHECK(instruments.size() == 60);
  const std::vector<InstrumentKey> wanted = {kReliance,    kInfy,     kNifty,     kNiftyFuture, {11, 1},
                                             {11, 500325}, {1, 3045}, {1, 11536}, {1, 1333},    {1, 26001}};
  for (const InstrumentKey& key : wanted) {
    CHECK(std::find(instruments.begin(), instruments.end(), key) != instruments.end());
  }
}
