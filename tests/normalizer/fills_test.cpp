// Holes in a broker's trade numbers: told at once, asked for, and filled under the numbers they were told as, each once.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "normalizer/open_holes.hpp"
#include "tests/normalizer/calling_decoder.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::CallingDecoder;
using Seen = std::vector<std::string>;

/// What a subscriber would see of trades: "3 #7" (seq, id), "3 #7 replayed", "gap 3-4".
class Told final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    const std::string seq = std::to_string(record.seq);
    if (record.kind == RecordKind::Gap) texts_.push_back("gap " + seq + "-" + std::to_string(as<Gap>(record).to_seq));
    if (record.kind != RecordKind::Trade) return;
    last = as<Trade>(record);
    texts_.push_back(seq + " #" + std::to_string(last.trade_id) + (has(record.flags, Flags::Replayed) ? " replayed" : ""));
  }
  Seen take() { return std::exchange(texts_, {}); }
  Trade last = make_record<Trade>(kNoInstrument, Channel::Trade);

 private:
  Seen texts_;
};

constexpr TradeFillLimits kLimits{.trades_max = 50, .holes_max = 3, .timeout = 60s, .page = 10};

struct Holes {
  explicit Holes(const TradeFillLimits& limits = kLimits, std::size_t brokers = 1) {
    std::vector<Instrument> list(2);
    list[0].venue = list[1].venue = "BINANCE";
    list[0].name = list[0].native.text = "BTCUSDT";
    list[1].name = list[1].native.text = "ETHUSDT";
    std::shared_ptr<const Catalog> catalog;
    for (std::size_t i = 0; i < brokers; ++i) {
      telemetry.brokers.emplace_back().name = "broker " + std::to_string(i);
      auto made = std::make_unique<CallingDecoder>();
      decoders.push_back(made.get());
      normalizer.add_broker(std::move(made), limits);
      catalog = Catalog::with_list(catalog.get(), BrokerId{static_cast<std::uint16_t>(i)}, list);
    }
    btc = catalog->resolve("BTCUSDT").instrument;
    normalizer.set_catalog(catalog);
    normalizer.request_trades = [this](BrokerId broker, const std::string& symbol, std::uint64_t first, std::uint64_t last) {
      asked.push_back(std::to_string(broker.value()) + " " + symbol + " " + std::to_string(first) + "-" + std::to_string(last));
    };
    want(true);
  }

  void want(bool wanted) {
    std::vector<Want> wants;
    if (wanted) wants.push_back({btc, Channel::Trade, 0, "BINANCE:BTCUSDT"});
    normalizer.set_wanted(wants);
  }
  RawFrame frame(FrameKind kind, std::uint16_t broker = 0) {
    RawFrame made;
    made.kind = kind;
    made.broker = BrokerId{broker};
    made.session = 1;
    made.channel = Channel::Trade;
    made.instrument = btc;
    made.received = clock.utc();
    made.received_mono = clock.mono();
    return made;
  }
  void trade(std::uint64_t id, Flags flags = Flags::None, std::string_view symbol = "BTCUSDT", std::uint16_t broker = 0) {
    decoders[broker]->next = [&](UpdateSink& sink) {
      sink.on_trade({{0, 0, symbol}, {static_cast<std::int64_t>(id), -1}, {5, 0}, Side::Sell, id, true, flags, UtcTime{7'000'000}});
    };
    normalizer.on_frame(frame(has(flags, Flags::Replayed) ? FrameKind::Rest : FrameKind::Text, broker));
  }
  void fetched(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t id = first; id <= last; ++id) trade(id, Flags::Replayed);
  }
  /// What is asked for when so much time has passed.
  Seen asks(Duration later = 100ms) {
    clock.advance(later);
    normalizer.do_work(clock.mono());
    return std::exchange(asked, {});
  }
  const BrokerCounters& counters(std::size_t broker = 0) { return telemetry.brokers[broker].counters; }

  test::ManualClock clock;
  Telemetry telemetry;
  Told out;
  Normalizer normalizer{clock, telemetry, out, {}};
  std::vector<CallingDecoder*> decoders;
  InstrumentId btc;
  Seen asked;
};

}  // namespace

TEST_CASE("open holes: each missing number is found once, with the number it was told as") {
  OpenHoles holes;
  holes.open(100, 3, 7, MonoTime{1});
  holes.open(110, 2, 20, MonoTime{2});
  CHECK_FALSE(holes.fill(99));
  CHECK_FALSE(holes.fill(103));
  CHECK_FALSE(holes.fill(0));
  CHECK_FALSE(holes.fill(UINT64_MAX));
  CHECK(holes.fill(101)->seq == 8);
  CHECK_FALSE(holes.fill(101));
  CHECK(holes.fill(111)->seq == 21);
  CHECK_FALSE(holes.fill(100)->whole);
  CHECK(holes.fill(102)->whole);
  CHECK(holes.size() == 1);
  CHECK(holes.first_deadline() == MonoTime{2});
  const auto ended = holes.close_oldest();
  CHECK(ended.size == 2);
  CHECK(ended.missing == 1);
  CHECK(holes.empty());
}

TEST_CASE("open holes: what is missing is named from the first number on, over several holes, as far as one request goes") {
  OpenHoles holes;
  holes.open(100, 3, 7, MonoTime{1});
  holes.open(110, 2, 20, MonoTime{2});
  holes.open(200, 50, 90, MonoTime{3});
  const auto range = [&](std::uint64_t from, std::uint64_t span) {
    const auto ids = holes.missing(from, span);
    return ids ? std::to_string(ids->first) + "-" + std::to_string(ids->last) : "none";
  };
  CHECK(range(0, 10) == "100-102");
  CHECK(range(0, 11) == "100-110");
  CHECK(range(0, 1'000) == "100-249");
  CHECK(range(103, 20) == "110-111");
  CHECK(range(220, 10) == "220-229");
  CHECK(range(245, 10) == "245-249");
  CHECK(range(250, 10) == "none");
  CHECK(holes.fill(100));
  CHECK(holes.fill(102));
  CHECK(range(0, 2) == "101-101");
  CHECK(range(102, 5) == "110-111");
}

TEST_CASE_FIXTURE(Holes, "fills: what a cut connection missed is told, asked for, and comes under the numbers it was told as") {
  trade(100);
  normalizer.on_frame(frame(FrameKind::Closed));
  trade(104);
  CHECK(out.take() == Seen{"1 #100", "gap 2-4", "5 #104"});
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 101-103"});
  trade(105);
  fetched(101, 103);
  trade(106);
  CHECK(out.take() == Seen{"6 #105", "2 #101 replayed", "3 #102 replayed", "4 #103 replayed", "7 #106"});
  CHECK(asks(10s).empty());
  CHECK(counters().holes_filled == 1);
  CHECK(counters().trades_filled == 3);
  CHECK(counters().trade_requests == 1);
  CHECK(counters().gaps == 1);
}

TEST_CASE_FIXTURE(Holes, "fills: a fetched trade is the broker's whole trade, and changes nothing of the stream") {
  trade(100);
  trade(102);
  clock.advance(3s);
  trade(101, Flags::Replayed);
  CHECK(out.last.header.price(out.last.price) == Decimal{101, -1});
  CHECK(static_cast<Side>(out.last.side) == Side::Sell);
  CHECK(out.last.header.ts_event == UtcTime{7'000'000});
  CHECK(out.last.header.ts_received == clock.utc());
  CHECK(out.last.header.source == BrokerId{0});
  out.take();
  trade(103);
  CHECK(out.take() == Seen{"4 #103"});
  CHECK_FALSE(has(out.last.header.flags, Flags::GapBefore));
}

TEST_CASE_FIXTURE(Holes, "fills: numbers that nobody misses are dropped and counted, in whatever order and however often they come") {
  trade(100);
  trade(104);
  out.take();
  for (const std::uint64_t id : {103, 99, 102, 100, 103, 104, 105, 101, 101}) trade(id, Flags::Replayed);
  CHECK(out.take() == Seen{"4 #103 replayed", "3 #102 replayed", "2 #101 replayed"});
  CHECK(counters().trades_unneeded == 6);
  CHECK(counters().holes_filled == 1);
  trade(101, Flags::Replayed, "ETHUSDT");
  trade(101, Flags::Replayed, "NOPE");
  trade(101, Flags::Replayed | Flags::Aggregated);
  CHECK(out.take().empty());
  CHECK(counters().messages_unresolved == 1);
  CHECK(counters().trades_unneeded == 8);
}

TEST_CASE_FIXTURE(Holes, "fills: aggregates do not fill holes of single trades") {
  trade(100);
  trade(102);
  out.take();
  trade(101, Flags::Replayed | Flags::Aggregated);
  CHECK(out.take().empty());
  CHECK(counters().trades_unneeded == 1);
}

TEST_CASE_FIXTURE(Holes, "fills: a trade that comes late on the stream itself fills its hole") {
  trade(100);
  trade(102);
  trade(101);
  trade(101);
  CHECK(out.take() == Seen{"1 #100", "gap 2-2", "3 #102", "2 #101 replayed"});
  CHECK(counters().duplicates == 1);
  CHECK(asks(10s).empty());
}

TEST_CASE_FIXTURE(Holes, "fills: a large hole is asked for part by part, the next as soon as something came, and anew where something did not") {
  trade(100);
  trade(126);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 101-110"});
  CHECK(asks().empty());
  fetched(101, 104);
  fetched(106, 110);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 111-120"});
  fetched(111, 120);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 121-125"});
  fetched(121, 125);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 105-105"});
  CHECK(asks(900ms).empty());
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 105-105"});
  CHECK(asks(1'900ms).empty());
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 105-105"});
  fetched(105, 105);
  CHECK(asks(10s).empty());
  CHECK(counters().holes_filled == 1);
}

TEST_CASE_FIXTURE(Holes, "fills: holes that come while an answer is under way are asked for together") {
  trade(100);
  trade(102);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 101-101"});
  trade(104);
  trade(107);
  fetched(101, 101);
  CHECK(asks() == Seen{"0 BINANCE:BTCUSDT 103-106"});
  out.take();
  fetched(102, 107);
  CHECK(out.take() == Seen{"4 #103 replayed", "6 #105 replayed", "7 #106 replayed"});
}

TEST_CASE_FIXTURE(Holes, "fills: what does not come in time stays missing, and is counted by how much of it came") {
  trade(100);
  trade(103);
  clock.advance(10s);
  trade(106);
  asks();
  fetched(101, 101);
  out.take();
  asks(50s);
  CHECK(counters().holes_filled_partly == 1);
  fetched(102, 102);
  CHECK(out.take().empty());
  asks(10s);
  CHECK(counters().holes_given_up == 1);
  fetched(104, 105);
  CHECK(out.take().empty());
  CHECK(counters().trades_unneeded == 3);
  CHECK(asks(10s).empty());
}

TEST_CASE_FIXTURE(Holes, "fills: a hole of too many trades stays told, and of too many holes the oldest does") {
  trade(100);
  trade(152);
  CHECK(asks().empty());
  CHECK(counters().holes_too_large == 1);
  for (const std::uint64_t id : {154, 156, 158, 160}) trade(id);
  CHECK(counters().holes_given_up == 1);
  out.take();
  fetched(151, 159);
  CHECK(out.take() == Seen{"56 #155 replayed", "58 #157 replayed", "60 #159 replayed"});
}

TEST_CASE("fills: a broker without limits is asked for nothing") {
  Holes holes{TradeFillLimits{}};
  holes.trade(100);
  holes.trade(102);
  CHECK(holes.asks(10s).empty());
  holes.out.take();
  holes.fetched(101, 101);
  CHECK(holes.out.take().empty());
  CHECK(holes.counters().holes_too_large == 0);
}

TEST_CASE_FIXTURE(Holes, "fills: a jump that no number explains, such as a venue that counts anew, has nothing to be filled with") {
  trade(5'000'000);
  trade(5'000'002);
  trade(7);
  CHECK(out.take() == Seen{"1 #5000000", "gap 2-2", "3 #5000002", "gap 4-4", "5 #7"});
  CHECK(counters().holes_given_up == 1);
  fetched(5'000'001, 5'000'001);
  CHECK(out.take().empty());
  CHECK(asks(10s).empty());
}

TEST_CASE_FIXTURE(Holes, "fills: an answer for a stream that was left meanwhile fills nothing, even if it is wanted again") {
  trade(100);
  trade(102);
  out.take();
  want(false);
  fetched(101, 101);
  want(true);
  fetched(101, 101);
  CHECK(asks(10s).empty());
  trade(110);
  fetched(101, 109);
  CHECK(out.take() == Seen{"4 #110"});
  CHECK(counters().holes_given_up == 1);
}

namespace {

/// Two brokers of one adapter; the first serves, the other one's records are only looked at.
struct TwoBrokers : Holes {
  explicit TwoBrokers(bool alike) : Holes(kLimits, 2) {
    SourcePlan plan{btc, Channel::Trade, {Standby::Hot, 0s, 60s, {}}, {{BrokerId{0}, true}, {BrokerId{1}, true}}, 0, alike};
    normalizer.set_sources({plan});
    for (std::uint16_t broker = 0; broker < 2; ++broker) {
      RawFrame live = frame(FrameKind::Status, broker);
      live.broker_state = BrokerState::Live;
      normalizer.on_frame(live);
      normalizer.on_frame(frame(FrameKind::Accepted, broker));
    }
    both(100);
    trade(102);
    out.take();
    asks();
    normalizer.on_frame(frame(FrameKind::Closed));
    clock.advance(1s);
    asked.clear();
  }
  void both(std::uint64_t id) {
    trade(id);
    trade(id, Flags::None, "BTCUSDT", 1);
  }
};

}  // namespace

TEST_CASE("fills: where another broker that numbers alike takes over, it is asked for all that is missing") {
  TwoBrokers brokers{true};
  brokers.trade(105, Flags::None, "BTCUSDT", 1);
  CHECK(brokers.out.take() == Seen{"gap 4-5", "6 #105"});
  CHECK(brokers.asks() == Seen{"1 BINANCE:BTCUSDT 101-104"});
  brokers.fetched(101, 104);  // the old one's answer, too late
  CHECK(brokers.out.take().empty());
  for (const std::uint64_t id : {101, 102, 103, 104}) brokers.trade(id, Flags::Replayed, "BTCUSDT", 1);
  CHECK(brokers.out.take() == Seen{"2 #101 replayed", "4 #103 replayed", "5 #104 replayed"});
  CHECK(brokers.out.last.header.source == BrokerId{1});
}

TEST_CASE("fills: where another broker with numbers of its own takes over, what the old one missed stays missing") {
  TwoBrokers brokers{false};
  brokers.trade(7, Flags::None, "BTCUSDT", 1);
  CHECK(brokers.out.take() == Seen{"gap 4-4", "5 #7"});
  CHECK(brokers.counters().holes_given_up == 1);
  brokers.fetched(101, 101);
  brokers.trade(101, Flags::Replayed, "BTCUSDT", 1);
  CHECK(brokers.out.take().empty());
  CHECK(brokers.asks(10s).empty());
}

TEST_CASE_FIXTURE(Holes, "fills: an answer that comes while the connection is lost fills its hole all the same") {
  trade(100);
  trade(102);
  asks();
  normalizer.on_frame(frame(FrameKind::Closed));
  out.take();
  fetched(101, 101);
  CHECK(out.take() == Seen{"2 #101 replayed"});
  trade(104);
  CHECK(out.take() == Seen{"gap 4-4", "5 #104"});
}

}  // namespace tidegate
