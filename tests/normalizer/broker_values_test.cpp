// What the normalizer takes from a broker as it is: binary floats off the tick, percentages, a venue's status.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

class ScriptedDecoder final : public Decoder {
 public:
  std::function<void(UpdateSink&)> script;
  std::uint32_t clock_guesses = 0;
  Decoded decode(const RawFrame&, UpdateSink& sink) override {
    script(sink);
    Decoded decoded;
    decoded.clock_guesses = clock_guesses;
    return decoded;
  }
};

/// Keeps the records that a test looks at, whole.
class Collector final : public RecordSink {
 public:
  std::vector<Ticker> tickers;
  std::vector<MarketStatus> market_statuses;
  std::vector<Flags> book_flags;
  std::vector<std::string> trade_prices;

  void on_record(const RecordHeader& record) override {
    if (record.kind == RecordKind::Ticker) tickers.push_back(as<Ticker>(record));
    if (record.kind == RecordKind::MarketStatus) market_statuses.push_back(as<MarketStatus>(record));
    if (record.kind == RecordKind::Depth) book_flags.push_back(record.flags);
    if (record.kind == RecordKind::Trade) trade_prices.push_back(to_text(record.price(as<Trade>(record).price)));
  }
};

constexpr NativeRef kReliance{1, 2885, {}};

struct Fixture {
  test::ManualClock clock;
  Telemetry telemetry;
  Collector out;
  Normalizer normalizer;
  ScriptedDecoder* decoder = nullptr;

  static NormalizerOptions everything() {
    NormalizerOptions options;
    options.everything_wanted = true;
    return options;
  }

  Fixture() : normalizer(clock, telemetry, out, everything()) {
    telemetry.brokers.emplace_back().name = "xts";
    auto owned = std::make_unique<ScriptedDecoder>();
    decoder = owned.get();
    normalizer.add_broker(std::move(owned));
    list_with_tick({5, -2});
  }
  void list_with_tick(Decimal tick_size) {
    Instrument instrument;
    instrument.venue = "NSE";
    instrument.name = "RELIANCE";
    instrument.native = {1, 2885, {}};
    instrument.tick_size = tick_size;
    normalizer.set_catalog(Catalog::with_list(nullptr, BrokerId{0}, std::vector{instrument}));
  }
  void play(std::function<void(UpdateSink&)> script) {
    decoder->script = std::move(script);
    RawFrame frame;
    frame.received = clock.utc();
    normalizer.on_frame(frame);
  }
  void trade(Decimal price, Flags flags) {
    play([&](UpdateSink& sink) {
      TradeUpdate update;
      update.instrument = kReliance;
      update.price = price;
      update.quantity = {1, 0};
      update.flags = flags;
      sink.on_trade(update);
    });
  }
  void ticker(std::initializer_list<std::pair<TickerField, Decimal>> fields) {
    play([&](UpdateSink& sink) {
      TickerUpdate update;
      update.instrument = kReliance;
      update.derive_change = true;
      for (const auto& [field, value] : fields) update.set(field, value);
      sink.on_ticker(update);
    });
  }
  [[nodiscard]] std::string last(TickerField field) const {
    const Decimal value = out.tickers.back().value(field);
    return value.present() ? to_text(value) : "-";
  }
  BrokerCounters& counters() { return telemetry.brokers[0].counters; }
};

}  // namespace

TEST_CASE("tick grid: multiples lie on it, whatever their exponents") {
  const TickGrid grid{{5, -2}};
  CHECK(grid.holds({233'985, -2}));
  CHECK(grid.holds({2'337, 0}));
  CHECK(grid.holds({23'399, -1}));
  CHECK(grid.holds({2'339'850, -3}));
  CHECK(grid.holds({0, 0}));
  CHECK(grid.holds({-10, -2}));
  CHECK(grid.holds(kAbsent));
  CHECK_FALSE(grid.holds({233'986, -2}));
  CHECK_FALSE(grid.holds({2'339'851, -3}));
  CHECK_FALSE(grid.holds({1, -120}));
  CHECK_FALSE(grid.holds({INT64_MAX, 5}));
}
TEST_CASE("tick grid: without a tick size everything lies on it") {
  CHECK(TickGrid{}.holds({233'986, -2}));
  CHECK(TickGrid{{0, 0}}.holds({233'986, -2}));
  CHECK(TickGrid{{-5, -2}}.holds({233'986, -2}));
}

TEST_CASE("normalizer: a float between ticks is published as sent, and counted") {
  Fixture f;
  f.trade({233'985, -2}, Flags::Float);
  CHECK(f.counters().prices_off_tick == 0);
  f.trade({2'339'849'999, -6}, Flags::Float);
  CHECK(f.counters().prices_off_tick == 1);
  CHECK(f.out.trade_prices == std::vector<std::string>{"2339.85", "2339.849999"});
}
TEST_CASE("normalizer: a price that was sent as text is not held against the tick size") {
  Fixture f;
  f.trade({233'986, -2}, Flags::None);
  CHECK(f.counters().prices_off_tick == 0);
}
TEST_CASE("normalizer: a new list brings a new tick size") {
  Fixture f;
  f.trade({233'990, -2}, Flags::Float);
  f.list_with_tick({1, -1});
  f.trade({233'990, -2}, Flags::Float);
  CHECK(f.counters().prices_off_tick == 0);
  f.trade({233'985, -2}, Flags::Float);
  CHECK(f.counters().prices_off_tick == 1);
}
TEST_CASE("normalizer: quotes and book levels between ticks are counted each, and a book carries its flags") {
  Fixture f;
  f.play([](UpdateSink& sink) {
    sink.on_quote({kReliance, {10'001, -2}, {1, 0}, {10'005, -2}, {1, 0}, 0, Flags::Float, kNoTime});
    const LevelUpdate bids[] = {{{10'001, -2}, {1, 0}, 1}, {{100, 0}, {1, 0}, 1}};
    const LevelUpdate asks[] = {{{10'006, -2}, {1, 0}, 1}};
    DepthUpdate depth;
    depth.instrument = kReliance;
    depth.kind = DepthKind::TopLevels;
    depth.bids = bids;
    depth.asks = asks;
    depth.flags = Flags::Float;
    sink.on_depth(depth);
    depth.flags = Flags::None;
    sink.on_depth(depth);
  });
  CHECK(f.counters().prices_off_tick == 3);
  CHECK(f.out.book_flags == std::vector<Flags>{Flags::Snapshot | Flags::Float, Flags::Snapshot});
}
TEST_CASE("normalizer: a delta's flags stay with the book that it changed") {
  Fixture f;
  f.play([](UpdateSink& sink) {
    const LevelUpdate bids[] = {{{100, 0}, {1, 0}, 1}};
    DepthUpdate depth;
    depth.instrument = kReliance;
    depth.kind = DepthKind::Delta;
    depth.first_id = depth.last_id = 5;  // waits for the snapshot
    depth.bids = bids;
    depth.flags = Flags::Float;
    sink.on_depth(depth);
    depth.kind = DepthKind::Snapshot;
    depth.last_id = 4;
    depth.flags = Flags::None;
    sink.on_depth(depth);
    depth.kind = DepthKind::Delta;
    depth.first_id = depth.last_id = 6;
    sink.on_depth(depth);
  });
  CHECK(f.out.book_flags == std::vector<Flags>{Flags::Snapshot, Flags::Float, Flags::Float});
}

TEST_CASE("normalizer: a broker's own percentage stays, and the change is derived beside it") {
  Fixture f;
  f.ticker({{TickerField::Price, {233'985, -2}}, {TickerField::ClosePrice, {23'439, -1}}, {TickerField::PriceChangePercent, {-17'278'894, -8}}});
  CHECK(f.last(TickerField::PriceChange) == "-4.05");
  CHECK(f.last(TickerField::PriceChangePercent) == "-0.17278894");
}
TEST_CASE("normalizer: without a percentage of the broker's it is derived, also after one that had it") {
  Fixture f;
  f.ticker({{TickerField::Price, {233'985, -2}}, {TickerField::ClosePrice, {23'439, -1}}, {TickerField::PriceChangePercent, {-17'278'894, -8}}});
  f.ticker({{TickerField::Price, {23'439, -1}}});
  CHECK(f.last(TickerField::PriceChange) == "0");
  CHECK(f.last(TickerField::PriceChangePercent) == "0");
}

TEST_CASE("normalizer: a venue's status becomes a record with the broker's words") {
  Fixture f;
  f.play([](UpdateSink& sink) { sink.on_market_status({"NSE", "THE NORMAL MARKET HAS OPENED", UtcTime{1'700'000'000'000'000'000}}); });
  REQUIRE(f.out.market_statuses.size() == 1);
  const MarketStatus& status = f.out.market_statuses.front();
  CHECK(std::string_view{status.venue} == "NSE");
  CHECK(std::string_view{status.message} == "THE NORMAL MARKET HAS OPENED");
  CHECK(status.header.ts_event == UtcTime{1'700'000'000'000'000'000});
  CHECK(status.header.ts_received == f.clock.utc());
}
TEST_CASE("normalizer: times read by another clock are counted") {
  Fixture f;
  f.decoder->clock_guesses = 3;
  f.play([](UpdateSink&) {});
  CHECK(f.counters().clock_guesses == 3);
}

}  // namespace tidegate
