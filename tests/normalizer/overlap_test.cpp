// A connection's successor takes over: what both sockets carried is emitted once, and what neither did is told.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "tests/normalizer/calling_decoder.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::CallingDecoder;

/// What a subscriber would see: "trade 3 #7" (seq, id), "gap 3-4", "stale".
class Told final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    const std::string seq = std::to_string(record.seq);
    switch (record.kind) {
      case RecordKind::Trade:
        return add("trade " + seq + " #" + std::to_string(as<Trade>(record).trade_id));
      case RecordKind::Quote:
        return add("quote " + seq + " " + to_text(record.price(as<Quote>(record).bid.price)));
      case RecordKind::Ticker:
        return add("ticker " + seq + " " + to_text(as<Ticker>(record).value(TickerField::Price)));
      case RecordKind::Depth:
        return add("book " + seq + " " + std::to_string(as<Depth>(record).bid_count));
      case RecordKind::Gap:
        return add("gap " + seq + "-" + std::to_string(as<Gap>(record).to_seq));
      case RecordKind::State:
        return add(as<State>(record).state == StreamState::Stale ? "stale" : "live");
      default:
        return add("?");
    }
  }
  std::vector<std::string> take() { return std::exchange(texts_, {}); }

 private:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  std::vector<std::string> texts_;
};

using Seen = std::vector<std::string>;

struct TwoSockets {
  test::ManualClock clock;
  Telemetry telemetry;
  Told out;
  Normalizer normalizer{clock, telemetry, out, {}};
  CallingDecoder* decoder = nullptr;
  int snapshots_asked = 0;
  InstrumentId btc{};
  std::uint32_t session = 1;

  TwoSockets() {
    telemetry.brokers.emplace_back().name = "binance";
    auto owned = std::make_unique<CallingDecoder>();
    decoder = owned.get();
    normalizer.add_broker(std::move(owned));
    normalizer.request_snapshot = [this](BrokerId, const std::string&) { ++snapshots_asked; };
    Instrument instrument;
    instrument.venue = "BINANCE";
    instrument.name = instrument.native.text = "BTCUSDT";
    const auto catalog = Catalog::with_list(nullptr, BrokerId{0}, std::vector{instrument});
    btc = catalog->resolve("BTCUSDT").instrument;
    normalizer.set_catalog(catalog);
    want({Channel::Trade, Channel::Quote, Channel::Ticker, Channel::OrderBook});
  }
  void want(const std::vector<Channel>& channels) {
    std::vector<Want> wants;
    for (const Channel channel : channels) wants.push_back({btc, channel, 20, "BINANCE:BTCUSDT"});
    normalizer.set_wanted(wants);
  }

  void event(FrameKind kind, std::uint16_t code = 0) {
    RawFrame frame;
    frame.kind = kind;
    frame.session = session;
    frame.received_mono = clock.mono();
    frame.code = code;
    normalizer.on_frame(frame);
  }
  void succeeding() { event(FrameKind::Succeeding); }
  /// All that follows comes from the successor.
  void take_over(std::uint16_t joint = kJointProven) {
    ++session;
    event(FrameKind::TakenOver, joint);
  }
  void data(const std::function<void(UpdateSink&)>& script) {
    decoder->next = script;
    event(FrameKind::Text);
  }
  void trade(std::uint64_t id) {
    data([&](UpdateSink& sink) { sink.on_trade({{0, 0, "BTCUSDT"}, {100, 0}, {5, 0}, Side::Buy, id, true, {}, kNoTime}); });
  }
  void quote(std::uint64_t id, std::int64_t bid) {
    data([&](UpdateSink& sink) { sink.on_quote({{0, 0, "BTCUSDT"}, {bid, 0}, {1, 0}, {bid + 1, 0}, {1, 0}, id, {}, kNoTime}); });
  }
  void ticker(std::int64_t price, UtcTime time = kNoTime) {
    data([&](UpdateSink& sink) {
      TickerUpdate update;
      update.instrument.text = "BTCUSDT";
      update.set(TickerField::Price, {price, 0});
      update.ts_event = time;
      sink.on_ticker(update);
    });
  }
  void depth(DepthKind kind, std::int64_t first, std::int64_t last, std::int64_t bid, ChainRule chain = ChainRule::FirstFollowsLast) {
    data([&](UpdateSink& sink) {
      const std::vector<LevelUpdate> bids = {{{bid, 0}, {1, 0}, kNoOrders}}, asks = {{{1'000, 0}, {1, 0}, kNoOrders}};
      DepthUpdate update;
      update.instrument.text = "BTCUSDT";
      update.kind = kind;
      update.chain = chain;
      update.first_id = first;
      update.previous_id = first - 1;
      update.last_id = last;
      update.bids = bids;
      update.asks = asks;
      sink.on_depth(update);
    });
  }
  [[nodiscard]] std::uint64_t repeats() const { return telemetry.brokers[0].counters.duplicates; }
};

}  // namespace

TEST_CASE("overlap: numbered trades join by their numbers, and each comes once") {
  TwoSockets s;
  s.trade(10);
  s.succeeding();
  s.trade(11);
  s.trade(12);
  s.take_over();
  for (std::uint64_t id = 11; id < 15; ++id) s.trade(id);
  CHECK(s.out.take() == Seen{"live", "trade 1 #10", "trade 2 #11", "trade 3 #12", "trade 4 #13", "trade 5 #14"});
  CHECK(s.repeats() == 2);
}

TEST_CASE("overlap: a successor that is far behind repeats nothing, however much it is") {
  TwoSockets s;
  s.trade(100'000);
  s.succeeding();
  s.take_over();
  for (std::uint64_t id = 70'000; id <= 100'001; ++id) s.trade(id);
  CHECK(s.out.take() == Seen{"live", "trade 1 #100000", "trade 2 #100001"});
}

TEST_CASE("overlap: numbered trades that neither socket brought are a gap of exactly so many") {
  TwoSockets s;
  s.trade(10);
  s.succeeding();
  s.take_over();
  s.trade(14);
  CHECK(s.out.take() == Seen{"live", "trade 1 #10", "gap 2-4", "trade 5 #14"});
}

TEST_CASE("overlap: quotes go on behind the highest number") {
  TwoSockets s;
  s.quote(100, 1);
  s.succeeding();
  s.quote(105, 2);
  s.take_over();
  s.quote(99, 9);
  s.quote(105, 2);
  s.quote(106, 3);
  CHECK(s.out.take() == Seen{"live", "quote 1 1", "quote 2 2", "quote 3 3"});
}

TEST_CASE("overlap: a kept book goes on without another snapshot") {
  TwoSockets s;
  ChainRule chain = ChainRule::FirstFollowsLast;
  SUBCASE("spot") { chain = ChainRule::FirstFollowsLast; }
  SUBCASE("usdm") { chain = ChainRule::PreviousEqualsLast; }
  s.depth(DepthKind::Delta, 9, 10, 1, chain);
  REQUIRE(s.snapshots_asked == 1);
  s.depth(DepthKind::Snapshot, 0, 10, 1, chain);
  s.depth(DepthKind::Delta, 11, 12, 2, chain);
  s.succeeding();
  s.depth(DepthKind::Delta, 13, 14, 3, chain);
  s.out.take();
  s.take_over();
  s.depth(DepthKind::Delta, 11, 12, 2, chain);
  s.depth(DepthKind::Delta, 13, 14, 3, chain);
  s.depth(DepthKind::Delta, 15, 16, 4, chain);
  const Seen seen = s.out.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen.front().ends_with(" 4"));  // levels
  CHECK(s.snapshots_asked == 1);
  CHECK(s.repeats() == 2);
}

TEST_CASE("overlap: a kept book with a hole at the joint is rebuilt, and says so") {
  TwoSockets s;
  s.depth(DepthKind::Delta, 9, 10, 1);
  s.depth(DepthKind::Snapshot, 0, 10, 1);
  s.succeeding();
  s.take_over();
  s.out.take();
  s.depth(DepthKind::Delta, 13, 14, 3);
  CHECK(s.out.take() == Seen{"stale"});
  CHECK(s.snapshots_asked == 2);
}

TEST_CASE("overlap: what has no number is known by its content, once for each time it came") {
  TwoSockets s;
  s.ticker(1);
  s.succeeding();
  s.ticker(2);
  s.ticker(3);
  s.ticker(2);
  s.take_over();
  s.ticker(2);
  s.ticker(3);
  s.ticker(2);
  s.ticker(3);
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "ticker 2 2", "ticker 3 3", "ticker 4 2", "ticker 5 3"});
  CHECK(s.repeats() == 3);
}

TEST_CASE("overlap: what a broker sends again to each new subscriber is known too, once") {
  TwoSockets s;
  s.ticker(1);
  s.clock.advance(1h);
  s.succeeding();
  s.take_over();
  s.ticker(1);
  s.ticker(1);
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "ticker 2 1"});
}

TEST_CASE("overlap: what is older by the exchange's clock than what was told is dropped") {
  TwoSockets s;
  s.ticker(1, UtcTime{100});
  s.succeeding();
  s.ticker(2, UtcTime{200});
  s.take_over();
  s.ticker(7, UtcTime{150});
  s.ticker(3, UtcTime{200});
  s.ticker(4, UtcTime{300});
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "ticker 2 2", "ticker 3 3", "ticker 4 4"});
}

TEST_CASE("overlap: the same content long after is another message") {
  TwoSockets s;
  s.ticker(1);
  s.succeeding();
  s.ticker(2);
  s.take_over();
  s.clock.advance(5s);
  s.ticker(2);
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "ticker 2 2", "ticker 3 2"});
}

TEST_CASE("overlap: whole books without numbers are known by their content, numbered ones by their numbers") {
  TwoSockets s;
  s.depth(DepthKind::TopLevels, 0, 0, 1);
  s.succeeding();
  s.depth(DepthKind::TopLevels, 0, 0, 2);
  s.take_over();
  s.depth(DepthKind::TopLevels, 0, 0, 2);
  s.depth(DepthKind::TopLevels, 0, 0, 3);
  CHECK(s.out.take() == Seen{"live", "book 1 1", "book 2 1", "book 3 1"});

  TwoSockets numbered;
  numbered.depth(DepthKind::TopLevels, 0, 50, 1);
  numbered.succeeding();
  numbered.take_over();
  numbered.depth(DepthKind::TopLevels, 0, 49, 1);
  numbered.depth(DepthKind::TopLevels, 0, 50, 1);
  numbered.depth(DepthKind::TopLevels, 0, 51, 1);
  CHECK(numbered.out.take() == Seen{"live", "book 1 1", "book 2 1"});
}

TEST_CASE("overlap: where the old socket was cut, a message that came before proves the joint, and its lack is told") {
  SUBCASE("unknown") {
    TwoSockets s;
    s.ticker(1);
    s.quote(10, 1);
    s.trade(1);
    s.succeeding();
    s.out.take();
    s.take_over(0);
    s.ticker(2);
    s.quote(11, 2);
    s.trade(2);  // its number says enough
    CHECK(s.out.take() == Seen{"gap 2-2", "ticker 3 2", "gap 2-2", "quote 3 2", "trade 2 #2"});
  }
  SUBCASE("proven") {
    TwoSockets s;
    s.quote(10, 1);
    s.succeeding();
    s.ticker(1);
    s.out.take();
    s.take_over(0);
    s.ticker(1);
    s.ticker(2);
    s.quote(10, 1);
    s.quote(11, 2);
    CHECK(s.out.take() == Seen{"ticker 2 2", "quote 2 2"});
  }
  SUBCASE("a kept book's numbers prove it") {
    TwoSockets s;
    s.depth(DepthKind::Delta, 9, 10, 1);
    s.depth(DepthKind::Snapshot, 0, 10, 1);
    s.succeeding();
    s.take_over(0);
    s.out.take();
    s.depth(DepthKind::Delta, 11, 12, 3);
    const Seen seen = s.out.take();
    REQUIRE(seen.size() == 1);
    CHECK(seen.front().starts_with("book "));
  }
}

TEST_CASE("overlap: an old hole is not closed by a proven joint") {
  TwoSockets s;
  s.ticker(1);
  s.succeeding();
  s.event(FrameKind::Overflow);
  s.take_over(0);
  s.ticker(1);
  s.ticker(2);
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "gap 2-2", "ticker 3 2"});
}

TEST_CASE("overlap: an old socket lost too early is told as a loss, and still nothing is repeated") {
  TwoSockets s;
  s.trade(10);
  s.quote(10, 1);
  s.succeeding();
  s.trade(11);
  s.out.take();
  s.event(FrameKind::Closed);
  s.take_over(0);
  CHECK(s.out.take() == Seen{"stale", "stale"});
  s.trade(11);
  s.trade(12);
  s.quote(10, 1);
  s.quote(11, 2);
  CHECK(s.out.take() == Seen{"live", "trade 3 #12", "live", "gap 2-2", "quote 3 2"});
}

TEST_CASE("overlap: a successor that is put off leaves everything as it was") {
  TwoSockets s;
  s.ticker(1);
  s.succeeding();
  s.ticker(2);
  s.event(FrameKind::PutOff);
  s.ticker(2);
  s.trade(1);
  s.out.take();
  s.event(FrameKind::Closed);
  CHECK(s.out.take().size() == 2);  // both streams: an ordinary loss
}

TEST_CASE("overlap: a stream that began on the old socket meanwhile is told once") {
  TwoSockets s;
  s.want({Channel::Trade});
  s.succeeding();
  s.want({Channel::Trade, Channel::Ticker});
  s.ticker(1);
  s.ticker(2);
  s.take_over();
  s.ticker(1);
  s.ticker(2);
  s.ticker(3);
  CHECK(s.out.take() == Seen{"live", "ticker 1 1", "ticker 2 2", "ticker 3 3"});
}

TEST_CASE("overlap: other connections' streams are not touched") {
  TwoSockets s;
  s.ticker(1);
  s.succeeding();
  RawFrame frame;
  frame.kind = FrameKind::TakenOver;
  frame.connection = ConnectionId{7};
  frame.session = 9;
  s.normalizer.on_frame(frame);
  s.out.take();
  s.event(FrameKind::Closed);
  CHECK(s.out.take() == Seen{"stale"});
}

TEST_CASE("overlap: quotes that are numbered anew on the successor come back with a gap") {
  TwoSockets s;
  s.quote(1'000, 1);
  s.succeeding();
  s.take_over();
  s.out.take();
  for (std::uint64_t id = 1; id <= 100; ++id) {
    s.clock.advance(100ms);
    s.quote(id, 2);
    s.normalizer.do_work(s.clock.mono());
  }
  s.clock.advance(200ms);
  s.normalizer.do_work(s.clock.mono());
  CHECK(s.out.take().empty());
  s.quote(101, 3);
  CHECK(s.out.take() == Seen{"gap 2-2", "quote 3 3"});
}

TEST_CASE("overlap: connections that are renewed again and again go on in one count") {
  TwoSockets s;
  std::uint64_t id = 0;
  for (int renewal = 0; renewal < 20; ++renewal) {
    s.trade(++id);
    s.quote(id, 5);
    s.ticker(1, UtcTime{renewal});  // nothing of it is remembered but its content
    s.succeeding();
    s.ticker(2);
    s.ticker(3);
    s.take_over();
    s.trade(id);
    s.quote(id, 5);
    s.ticker(2);
    s.ticker(3);
  }
  const Seen seen = s.out.take();
  CHECK(seen.size() == 3 + 100);
  CHECK(seen.back() == "ticker 60 3");
  CHECK(s.repeats() == 80);
}

}  // namespace tidegate
