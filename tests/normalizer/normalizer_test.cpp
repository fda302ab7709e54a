#include "normalizer/normalizer.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

/// Plays a script instead of reading bytes: what the frame "says" is what the test wants it to say.
class ScriptedDecoder final : public Decoder {
 public:
  std::function<Decoded(UpdateSink&)> next;
  Decoded decode(const RawFrame&, UpdateSink& sink) override { return next(sink); }
};

struct Collected {
  RecordHeader header;
  std::string text;  // what the test looks at, by kind
};

class Collector final : public RecordSink {
 public:
  std::vector<Collected> records;
  void on_record(const RecordHeader& record) override {
    std::string text;
    switch (record.kind) {
      case RecordKind::Trade:
        text = to_text(record.price(as<Trade>(record).price)) + "x" + to_text(record.quantity(as<Trade>(record).quantity));
        break;
      case RecordKind::Quote: {
        const auto& quote = as<Quote>(record);
        text = quote.bid.price == kNoMantissa ? "-" : to_text(record.price(quote.bid.price)) + "x" + to_text(record.quantity(quote.bid.quantity));
        text +=
            quote.ask.price == kNoMantissa ? " -" : " " + to_text(record.price(quote.ask.price)) + "x" + to_text(record.quantity(quote.ask.quantity));
        break;
      }
      case RecordKind::Depth:
        for (const DepthLevel& level : as<Depth>(record).bids()) text += to_text(record.price(level.price)) + " ";
        text += "|";
        for (const DepthLevel& level : as<Depth>(record).asks()) text += " " + to_text(record.price(level.price));
        break;
      case RecordKind::Ticker:
        for (const TickerField field : {TickerField::Price, TickerField::PriceChange, TickerField::PriceChangePercent}) {
          const Decimal value = as<Ticker>(record).value(field);
          text += (text.empty() ? "" : " ") + (value.present() ? to_text(value) : "-");
        }
        break;
      case RecordKind::Gap:
        text = "gap " + std::to_string(record.seq) + "-" + std::to_string(as<Gap>(record).to_seq);
        break;
      case RecordKind::State:
        text = "state " + std::to_string(static_cast<int>(as<State>(record).state));
        break;
      case RecordKind::BrokerStatus:
        text = as<BrokerStatus>(record).reason;
        break;
      default:
        break;
    }
    records.push_back({record, text});
  }
  /// Texts since the last call.
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    for (const Collected& record : records) texts.push_back(record.text);
    records.clear();
    return texts;
  }
};

const std::string kLive = "state " + std::to_string(static_cast<int>(StreamState::Live));
const std::string kStale = "state " + std::to_string(static_cast<int>(StreamState::Stale));
const std::string kSilent = "state " + std::to_string(static_cast<int>(StreamState::Silent));
const std::string kFailed = "state " + std::to_string(static_cast<int>(StreamState::Failed));
using Texts = std::vector<std::string>;

struct Fixture {
  test::ManualClock clock;
  Telemetry telemetry;
  Collector out;
  Normalizer normalizer{clock, telemetry, out, {}};
  ScriptedDecoder* decoder;
  std::vector<std::string> snapshots_asked;
  InstrumentId btc;
  std::uint32_t session = 1;

  Fixture() {
    telemetry.brokers.emplace_back().name = "binance";
    auto owned = std::make_unique<ScriptedDecoder>();
    decoder = owned.get();
    normalizer.add_broker(std::move(owned));
    normalizer.request_snapshot = [this](BrokerId, const std::string& symbol) { snapshots_asked.push_back(symbol); };
    Instrument instrument;
    instrument.venue = "BINANCE";
    instrument.name = instrument.native.text = "BTCUSDT";
    const auto catalog = Catalog::with_list(nullptr, BrokerId{0}, std::vector{instrument});
    btc = catalog->resolve("BTCUSDT").instrument;
    normalizer.set_catalog(catalog);
  }

  void want(std::vector<std::pair<Channel, std::uint16_t>> channels) {
    std::vector<Want> wants;
    for (const auto& [channel, depth] : channels) wants.push_back({btc, channel, depth, "BINANCE:BTCUSDT"});
    normalizer.set_wanted(wants);
  }
  RawFrame frame(FrameKind kind, Channel channel = Channel::Trade) {
    RawFrame frame;
    frame.kind = kind;
    frame.session = session;
    frame.received = clock.utc();
    frame.received_mono = clock.mono();
    frame.channel = channel;
    frame.instrument = btc;
    return frame;
  }
  void event(FrameKind kind, Channel channel = Channel::Trade) { normalizer.on_frame(frame(kind, channel)); }
  void data(const std::function<void(UpdateSink&)>& script) {
    decoder->next = [&](UpdateSink& sink) {
      script(sink);
      return Decoded{1, 0, 0, 0, {}};
    };
    normalizer.on_frame(frame(FrameKind::Text));
  }
  void trade(std::uint64_t id, std::string_view symbol = "BTCUSDT") {
    data([&](UpdateSink& sink) {
      sink.on_trade({{0, 0, symbol}, {static_cast<std::int64_t>(id), -1}, {5, 0}, Side::Buy, id, true, {}, clock.utc()});
    });
  }
  void quote(std::uint64_t id, Decimal bid, Decimal bid_size, Decimal ask, Decimal ask_size) {
    data([&](UpdateSink& sink) { sink.on_quote({{0, 0, "BTCUSDT"}, bid, bid_size, ask, ask_size, id, {}, kNoTime}); });
  }
  void depth(DepthKind kind, std::int64_t first, std::int64_t last, std::vector<LevelUpdate> bids, std::vector<LevelUpdate> asks) {
    data([&](UpdateSink& sink) {
      DepthUpdate update;
      update.instrument.text = "BTCUSDT";
      update.kind = kind;
      update.first_id = first;
      update.last_id = last;
      update.bids = bids;
      update.asks = asks;
      sink.on_depth(update);
    });
  }
  BrokerCounters& counters() { return telemetry.brokers[0].counters; }
};

LevelUpdate level(std::int64_t price, std::int64_t quantity) { return {{price, 0}, {quantity, 0}, kNoOrders}; }

}  // namespace

TEST_CASE("normalizer: the first data makes a stream live, and counts from one") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.trade(7);
  REQUIRE(f.out.records.size() == 2);
  CHECK(f.out.records[1].header.seq == 1);
  CHECK(f.out.records[1].header.flags == Flags::None);
  CHECK(f.out.take() == Texts{kLive, "0.7x5"});
  f.trade(8);
  CHECK(f.out.records[0].header.seq == 2);
}

TEST_CASE("normalizer: what nobody wants or no list holds goes no further") {
  Fixture f;
  f.trade(1);
  f.want({{Channel::Trade, 0}});
  f.trade(2, "ETHUSDT");
  CHECK(f.out.take().empty());
  CHECK(f.counters().messages_unresolved == 1);
}

TEST_CASE("normalizer: lost trades are one gap of exactly their number, and the next trade says so") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.trade(10);
  f.trade(14);
  CHECK(f.out.records.back().header.seq == 5);
  CHECK(has(f.out.records.back().header.flags, Flags::GapBefore));
  CHECK(f.out.take() == Texts{kLive, "1x5", "gap 2-4", "1.4x5"});
  f.trade(12);
  f.trade(14);
  CHECK(f.out.take().empty());
  CHECK(f.counters().duplicates == 2);
}

TEST_CASE("normalizer: a reconnect that lost no trade announces no gap") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.trade(10);
  f.out.take();
  f.event(FrameKind::Closed);
  CHECK(f.out.take() == Texts{kStale});
  ++f.session;
  f.event(FrameKind::Opened);
  f.trade(11);
  CHECK(f.out.take() == Texts{kLive, "1.1x5"});
}

TEST_CASE("normalizer: after a reconnect unnumbered data begins with a gap, since nobody can prove there is none") {
  Fixture f;
  f.want({{Channel::Quote, 0}});
  f.quote(5, {100, 0}, {1, 0}, {101, 0}, {2, 0});
  f.event(FrameKind::Closed);
  ++f.session;
  f.quote(3, {99, 0}, {1, 0}, {101, 0}, {2, 0});
  CHECK(f.out.records.back().header.seq == 3);
  CHECK(f.out.take() == Texts{kLive, "100x1 101x2", kStale, kLive, "gap 2-2", "99x1 101x2"});
}

TEST_CASE("normalizer: frames lost in a full queue become a gap") {
  Fixture f;
  f.want({{Channel::Quote, 0}, {Channel::Trade, 0}});
  f.quote(5, {100, 0}, {1, 0}, {101, 0}, {2, 0});
  f.trade(1);
  f.out.take();
  f.event(FrameKind::Overflow);
  f.quote(9, {100, 0}, {1, 0}, {102, 0}, {2, 0});
  CHECK(f.out.take() == Texts{"gap 2-2", "100x1 102x2"});
  f.trade(2);
  CHECK(f.out.take() == Texts{"0.2x5"});
}

TEST_CASE("normalizer: an empty side of a quote is absent, prices of one quote share an exponent exactly") {
  Fixture f;
  f.want({{Channel::Quote, 0}});
  f.quote(1, {0, 0}, {0, 0}, {1015, -1}, {25, -3});
  f.quote(2, {101, 0}, {5, 0}, {1015, -1}, {25, -3});
  CHECK(f.out.take() == Texts{kLive, "- 101.5x0.025", "101x5 101.5x0.025"});
}

TEST_CASE("normalizer: an older book state does not replace a newer one") {
  Fixture f;
  f.want({{Channel::Quote, 0}});
  f.quote(5, {100, 0}, {1, 0}, {101, 0}, {2, 0});
  f.quote(4, {90, 0}, {1, 0}, {101, 0}, {2, 0});
  CHECK(f.out.take() == Texts{kLive, "100x1 101x2"});
  CHECK(f.counters().duplicates == 1);
}

TEST_CASE("normalizer: the book waits for its snapshot, joins it, and carries as many levels as are wanted") {
  Fixture f;
  f.want({{Channel::OrderBook, 2}});
  f.depth(DepthKind::Delta, 5, 6, {level(10, 1)}, {});
  CHECK(f.snapshots_asked == Texts{"BINANCE:BTCUSDT"});
  f.depth(DepthKind::Delta, 7, 7, {level(11, 1)}, {});
  CHECK(f.snapshots_asked.size() == 1);
  CHECK(f.out.take().empty());
  f.depth(DepthKind::Snapshot, 0, 6, {level(10, 1), level(9, 1), level(8, 1)}, {level(12, 1)});
  CHECK(has(f.out.records[1].header.flags, Flags::Snapshot));
  CHECK(f.out.take() == Texts{kLive, "10 9 | 12", "11 10 | 12"});
  f.want({{Channel::OrderBook, kFullDepth}});
  CHECK(has(f.out.records[0].header.flags, Flags::Snapshot));
  CHECK(f.out.take() == Texts{"11 10 9 8 | 12"});
}

TEST_CASE("normalizer: a hole in the book makes it stale at once and gone until a new snapshot joins") {
  Fixture f;
  f.want({{Channel::OrderBook, 5}});
  f.depth(DepthKind::Snapshot, 0, 6, {level(10, 1)}, {level(12, 1)});
  f.out.take();
  f.depth(DepthKind::Delta, 9, 9, {level(11, 1)}, {});
  CHECK(f.out.take() == Texts{kStale});
  CHECK(f.snapshots_asked.size() == 1);
  CHECK(f.counters().book_resyncs == 1);
  f.depth(DepthKind::Snapshot, 0, 7, {level(10, 1)}, {level(12, 1)});
  CHECK(f.counters().book_snapshots_rejected == 1);
  CHECK(f.snapshots_asked.size() == 2);
  f.depth(DepthKind::Snapshot, 0, 8, {level(10, 1)}, {level(12, 1)});
  CHECK(f.out.take() == Texts{kLive, "gap 2-2", "10 | 12", "11 10 | 12"});
}

TEST_CASE("normalizer: a snapshot that does not come is asked for again") {
  Fixture f;
  f.want({{Channel::OrderBook, 5}});
  f.event(FrameKind::Accepted, Channel::OrderBook);
  CHECK(f.snapshots_asked.size() == 1);
  f.clock.advance(std::chrono::seconds{6});
  f.normalizer.do_work(f.clock.mono());
  CHECK(f.snapshots_asked.size() == 2);
}

TEST_CASE("normalizer: a reconnect throws the book away") {
  Fixture f;
  f.want({{Channel::OrderBook, 5}});
  f.depth(DepthKind::Snapshot, 0, 6, {level(10, 1)}, {level(12, 1)});
  f.event(FrameKind::Closed);
  f.out.take();
  ++f.session;
  f.depth(DepthKind::Delta, 7, 7, {level(11, 1)}, {});
  CHECK(f.out.take().empty());
  CHECK(f.snapshots_asked.size() == 1);
}

TEST_CASE("normalizer: an accepted stream without data turns silent, and live when data comes after all") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.event(FrameKind::Accepted);
  f.clock.advance(std::chrono::seconds{9});
  f.normalizer.do_work(f.clock.mono());
  CHECK(f.out.take().empty());
  f.clock.advance(std::chrono::seconds{2});
  f.normalizer.do_work(f.clock.mono());
  CHECK(f.out.take() == Texts{kSilent});
  f.trade(1);
  CHECK(f.out.take() == Texts{kLive, "0.1x5"});
}

TEST_CASE("normalizer: a refusal fails the stream with the broker's words") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  RawFrame refused = f.frame(FrameKind::Refused);
  refused.bytes = "Invalid request: invalid stream";
  f.normalizer.on_frame(refused);
  CHECK(f.out.take() == Texts{kFailed});
}

TEST_CASE("normalizer: a stream that was dropped and wanted again goes on counting and announces no gap") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.trade(10);
  f.want({});
  f.trade(11);
  f.want({{Channel::Trade, 0}});
  f.trade(20);
  CHECK(f.out.records.back().header.seq == 2);
  CHECK(f.out.take() == Texts{kLive, "1x5", kLive, "2x5"});
}

TEST_CASE("normalizer: the closing of an old connection does not touch what its successor already carries") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.session = 2;
  f.trade(1);
  f.out.take();
  f.session = 1;
  f.event(FrameKind::Closed);
  CHECK(f.out.take().empty());
}

TEST_CASE("normalizer: bad frames are counted by reason, and what was good in them is kept") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  f.decoder->next = [&](UpdateSink& sink) {
    sink.on_trade({{0, 0, "BTCUSDT"}, {1, 0}, {5, 0}, Side::Buy, 1, true, {}, kNoTime});
    return Decoded{1, 0, 0, 2, {Reason::MissingField, "p"}};
  };
  f.normalizer.on_frame(f.frame(FrameKind::Text));
  CHECK(f.out.take() == Texts{kLive, "1x5"});
  CHECK(f.counters().frames_bad == 2);
  CHECK(f.counters().bad_by_reason[static_cast<std::size_t>(Reason::MissingField)] == 1);
}

TEST_CASE("normalizer: a broker's status passes through with its reason") {
  Fixture f;
  RawFrame status = f.frame(FrameKind::Status);
  status.broker_state = BrokerState::Reconnecting;
  status.bytes = "connection lost";
  f.normalizer.on_frame(status);
  CHECK(f.out.take() == Texts{"connection lost"});
}

namespace {

/// What a snapshot says of the last trade.
void last_trade(Fixture& f, std::int64_t price, std::int64_t volume, UtcTime time = kNoTime) {
  f.data([&](UpdateSink& sink) {
    TradeUpdate update;
    update.instrument.text = "BTCUSDT";
    update.price = {price, -2};
    update.quantity = {7, 0};
    update.ts_event = time;
    update.derived = true;
    update.evidence = {volume, time};
    sink.on_trade(update);
  });
}

void price_only(Fixture& f, std::int64_t price, Decimal close = kAbsent) {
  f.data([&](UpdateSink& sink) {
    TickerUpdate update;
    update.instrument.text = "BTCUSDT";
    update.derive_change = true;
    update.set(TickerField::Price, {price, -2});
    update.set(TickerField::ClosePrice, close);
    sink.on_ticker(update);
  });
}

}  // namespace

TEST_CASE("normalizer: a derived trade is published only when the snapshot proves it, and says that it is derived") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  last_trade(f, 10000, 500);
  CHECK(f.out.take() == Texts{kLive});  // alive, but no trade is proven
  last_trade(f, 10000, 500);
  CHECK(f.out.take().empty());
  last_trade(f, 10005, 507);
  REQUIRE(f.out.records.size() == 1);
  CHECK(has(f.out.records[0].header.flags, Flags::Derived));
  CHECK(f.out.records[0].header.seq == 1);
  CHECK(f.out.take() == Texts{"100.05x7"});
}

TEST_CASE("normalizer: a derived trade after a lost connection announces the hole that the break left") {
  Fixture f;
  f.want({{Channel::Trade, 0}});
  last_trade(f, 10000, 500);
  last_trade(f, 10005, 507);
  f.event(FrameKind::Closed);
  f.session = 2;
  f.out.take();
  last_trade(f, 10005, 507);
  CHECK(f.out.take() == Texts{kLive});
  last_trade(f, 10010, 520);
  CHECK(f.out.take() == Texts{"gap 2-2", "100.1x7"});
}

TEST_CASE("normalizer: the change of a ticker is computed from price and previous close, also when only the price came") {
  Fixture f;
  f.want({{Channel::Ticker, 0}});
  price_only(f, 49155, {64395, -2});
  price_only(f, 49255);
  REQUIRE(f.out.records.size() == 3);
  CHECK(f.out.records[1].text == "491.55 -152.4 -23.6664");
  CHECK(f.out.records[2].text == "492.55 -151.4 -23.5111");
}

TEST_CASE("normalizer: a field that a message says there is none of is no longer known") {
  Fixture f;
  f.want({{Channel::Ticker, 0}});
  price_only(f, 49155, {64395, -2});
  f.data([&](UpdateSink& sink) {
    TickerUpdate update;
    update.instrument.text = "BTCUSDT";
    update.derive_change = true;
    update.set(TickerField::Price, {49255, -2});
    update.clear(TickerField::ClosePrice);
    sink.on_ticker(update);
  });
  CHECK(f.out.records[2].text == "492.55 - -");
}

TEST_CASE("normalizer: a previous close of zero, as new listings have it, gives no change") {
  Fixture f;
  f.want({{Channel::Ticker, 0}});
  price_only(f, 49155, {0, -2});
  CHECK(f.out.records[1].text == "491.55 - -");
}

TEST_CASE("normalizer: what was asked of a broker that acknowledges nothing is silent after the time for first data, and says so") {
  Fixture f;
  f.want({{Channel::Ticker, 0}});
  f.event(FrameKind::Asked, Channel::Ticker);
  CHECK(f.out.take().empty());
  f.clock.advance(std::chrono::seconds{11});
  CHECK(f.normalizer.do_work(f.clock.mono()) == 1);
  CHECK(f.out.take() == Texts{kSilent});
}

TEST_CASE("normalizer: top levels without numbers replace each other, crossed ones too where auctions may cross them") {
  Fixture f;
  f.want({{Channel::OrderBook, 5}});
  const auto top = [&](std::int64_t bid, std::int64_t ask, bool may_cross) {
    f.data([&](UpdateSink& sink) {
      const LevelUpdate bids[] = {level(bid, 1)}, asks[] = {level(ask, 1)};
      DepthUpdate update;
      update.instrument.text = "BTCUSDT";
      update.kind = DepthKind::TopLevels;
      update.bids = bids;
      update.asks = asks;
      update.may_cross = may_cross;
      sink.on_depth(update);
    });
  };
  top(99, 101, true);
  top(99, 101, true);
  top(102, 100, true);
  CHECK(f.out.take() == Texts{kLive, "99 | 101", "99 | 101", "102 | 100"});
  top(102, 100, false);
  CHECK(f.out.take().empty());
  CHECK(f.counters().frames_bad == 1);
}

TEST_CASE("normalizer: account events are kept as received, counted, and bounded") {
  Fixture f;
  for (std::size_t i = 0; i <= Normalizer::kAccountEventsMax; ++i) {
    f.data([&](UpdateSink& sink) { sink.on_account({"order", std::to_string(i)}); });
  }
  CHECK(f.counters().account_events == Normalizer::kAccountEventsMax + 1);
  REQUIRE(f.normalizer.account_events().size() == Normalizer::kAccountEventsMax);
  CHECK(f.normalizer.account_events().front().body == "1");
  CHECK(f.normalizer.account_events().back().kind == "order");
  CHECK(f.out.take().empty());
}

}  // namespace tidegate
