// Streams that several brokers could serve, as their subscribers see them: one count, one source at a time, every joint told.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

constexpr BrokerId kKite{0}, kXts{1};
constexpr const char* kNames[] = {"zerodha", "xts"};

class Script final : public Decoder {
 public:
  std::function<void(UpdateSink&)> next;
  Decoded decode(const RawFrame&, UpdateSink& sink) override {
    next(sink);
    return {};
  }
};

/// Records as "quote 3 xts gap_before 100/101", "gap 2-2 failover", "live xts: moved from ...".
class Lines final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    const std::string source = kNames[record.source.value()];
    const std::string head = std::string{to_text(record.channel)} + " " + std::to_string(record.seq) + " " + source +
                             (has(record.flags, Flags::GapBefore) ? " gap_before" : "");
    switch (record.kind) {
      case RecordKind::State: {
        const auto& state = as<State>(record);
        lines.push_back(std::string{to_text(state.state)} + " " + source + ": " + state.reason +
                        (state.code == 0 ? "" : " " + std::to_string(state.code)));
        break;
      }
      case RecordKind::Gap: {
        constexpr const char* kCauses[] = {"upstream", "slow_client", "failover"};
        const auto& gap = as<Gap>(record);
        lines.push_back("gap " + std::to_string(record.seq) + "-" + std::to_string(gap.to_seq) + " " + kCauses[static_cast<std::size_t>(gap.cause)]);
        break;
      }
      case RecordKind::Quote:
        lines.push_back(head + " " + to_text(record.price(as<Quote>(record).bid.price)) + "/" + to_text(record.price(as<Quote>(record).ask.price)));
        break;
      case RecordKind::Trade:
        lines.push_back(head + " " + to_text(record.price(as<Trade>(record).price)) + " #" + std::to_string(as<Trade>(record).trade_id));
        break;
      case RecordKind::Ticker: {
        std::string text = head;
        for (const TickerField field : {TickerField::Price, TickerField::Volume, TickerField::OpenInterest}) {
          const Decimal value = as<Ticker>(record).value(field);
          text += " " + (value.present() ? to_text(value) : "-");
        }
        lines.push_back(text);
        break;
      }
      case RecordKind::Depth:
        lines.push_back(head + " " + to_text(record.price(as<Depth>(record).bids()[0].price)));
        break;
      case RecordKind::InstrumentStatus:
        lines.push_back(head + " " + std::string{to_text(as<InstrumentStatus>(record).state)});
        break;
      default:
        break;
    }
  }
  Texts take() { return std::exchange(lines, {}); }
  Texts lines;
};

/// NSE:RELIANCE at zerodha and xts, in this order.
struct Fixture {
  explicit Fixture(FailoverRule failover = {Standby::Hot, 2s, 60s, {}}, Channel channel = Channel::Quote, bool alike = false)
      : rule(failover), channel_(channel), numbered_alike(alike) {
    std::shared_ptr<const Catalog> catalog;
    for (std::uint16_t i = 0; i < 2; ++i) {
      telemetry.brokers.emplace_back().name = kNames[i];
      auto owned = std::make_unique<Script>();
      scripts.push_back(owned.get());
      normalizer.add_broker(std::move(owned));
      Instrument instrument;
      instrument.venue = "NSE";
      instrument.name = instrument.native.text = "RELIANCE";
      catalog = Catalog::with_list(catalog.get(), BrokerId{i}, std::vector{instrument});
    }
    id = catalog->resolve("NSE:RELIANCE").instrument;
    normalizer.set_catalog(catalog);
    normalizer.on_source_wishes = [this](const std::vector<SourceWish>& wishes) {
      for (const SourceWish& wish : wishes) holders = wish.brokers;
      pending_plan = true;
    };
    normalizer.on_source_reports = [this](std::vector<SourceReport> made) { reports = std::move(made); };
    holders = rule.standby == Standby::Hot ? std::vector{kKite, kXts} : std::vector{kKite};
    normalizer.set_wanted({{id, channel, kDefaultDepth, "NSE:RELIANCE"}});
    apply_plan();
    for (const BrokerId broker : {kKite, kXts}) status(broker, BrokerState::Live);
    for (const BrokerId broker : holders) event(broker, FrameKind::Accepted);
  }

  void apply_plan() {
    SourcePlan plan{id, channel_, rule, {}, order, numbered_alike};
    for (const BrokerId broker : {kKite, kXts}) plan.ranked.push_back({broker, std::find(holders.begin(), holders.end(), broker) != holders.end()});
    if (order != 0) std::swap(plan.ranked[0], plan.ranked[1]);
    normalizer.set_sources({plan});
    pending_plan = false;
  }
  RawFrame frame(BrokerId broker, FrameKind kind, const std::string& bytes = "") {
    RawFrame frame;
    frame.kind = kind;
    frame.broker = broker;
    frame.session = sessions[broker.value()];
    frame.received = clock.utc();
    frame.received_mono = clock.mono();
    frame.channel = channel_;
    frame.instrument = id;
    frame.bytes = bytes;
    return frame;
  }
  void event(BrokerId broker, FrameKind kind, const std::string& bytes = "") { normalizer.on_frame(frame(broker, kind, bytes)); }
  void status(BrokerId broker, BrokerState state, const std::string& reason = "") {
    RawFrame told = frame(broker, FrameKind::Status, reason);
    told.broker_state = state;
    normalizer.on_frame(told);
  }
  void lose(BrokerId broker, const std::string& why = "closed by peer (1006)") {
    event(broker, FrameKind::Closed, why);
    status(broker, BrokerState::Reconnecting, why);
  }
  void reopen(BrokerId broker) {
    ++sessions[broker.value()];
    status(broker, BrokerState::Live);
    event(broker, FrameKind::Accepted);
  }
  void data(BrokerId broker, const std::function<void(UpdateSink&)>& script) {
    scripts[broker.value()]->next = script;
    normalizer.on_frame(frame(broker, FrameKind::Text));
  }
  void quote(BrokerId broker, std::int64_t bid) {
    data(broker, [&](UpdateSink& sink) { sink.on_quote({kShare, {bid, 0}, {5, 0}, {bid + 1, 0}, {6, 0}, 0, {}, kNoTime}); });
  }
  void ticker(BrokerId broker, const std::vector<std::pair<TickerField, std::int64_t>>& values) {
    data(broker, [&](UpdateSink& sink) {
      TickerUpdate update;
      update.instrument = kShare;
      for (const auto& [field, value] : values) update.set(field, {value, 0});
      sink.on_ticker(update);
    });
  }
  void trade(BrokerId broker, std::uint64_t number) {
    data(broker, [&](UpdateSink& sink) {
      sink.on_trade({kShare, {static_cast<std::int64_t>(number), 0}, {1, 0}, Side::Buy, number, true, {}, clock.utc()});
    });
  }
  void snapshot_trade(BrokerId broker, std::int64_t price, std::int64_t day_volume) {
    data(broker, [&](UpdateSink& sink) {
      TradeUpdate update;
      update.instrument = kShare;
      update.price = {price, 0};
      update.quantity = {1, 0};
      update.derived = true;
      update.evidence.day_volume = day_volume;
      sink.on_trade(update);
    });
  }
  void pass(Duration time) {
    for (Duration done{}; done < time; done += 100ms) {
      clock.advance(100ms);
      normalizer.do_work(clock.mono());
      if (pending_plan) apply_plan();
    }
  }

  static constexpr NativeRef kShare{.segment = 0, .token = 0, .text = "RELIANCE"};
  FailoverRule rule;
  Channel channel_;
  bool numbered_alike;
  std::uint32_t order = 0;
  test::ManualClock clock;
  Telemetry telemetry;
  Lines out;
  Normalizer normalizer{clock, telemetry, out, {}};
  std::vector<Script*> scripts;
  InstrumentId id;
  std::uint32_t sessions[2] = {1, 1};
  std::vector<BrokerId> holders;
  bool pending_plan = false;
  std::vector<SourceReport> reports;
};

}  // namespace

TEST_CASE("failover: after a lost connection the standby goes on under the same count, and the joint is told before its first record") {
  Fixture f;
  f.quote(kKite, 100);
  f.quote(kXts, 100);  // heard by nobody
  f.quote(kKite, 101);
  CHECK(f.out.take() == Texts{"live zerodha: data", "quote 1 zerodha 100/101", "quote 2 zerodha 101/102"});
  f.lose(kKite);
  CHECK(f.out.take() == Texts{"stale zerodha: closed by peer (1006) 4030"});
  f.pass(1900ms);
  f.quote(kXts, 102);
  CHECK(f.out.take().empty());
  f.pass(100ms);
  f.quote(kXts, 103);
  f.quote(kXts, 104);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "gap 3-3 failover",
                              "quote 4 xts gap_before 103/104", "quote 5 xts 104/105"});
  CHECK(f.telemetry.brokers[0].counters.failovers == 1);
  CHECK(f.telemetry.brokers[1].counters.gaps == 0);
}

TEST_CASE("failover: the preferred broker has its stream back after return_after, with a gap and its reason again") {
  Fixture f{{Standby::Hot, 0s, 10s, {}}};
  f.quote(kKite, 100);
  f.lose(kKite);
  f.quote(kXts, 101);
  f.reopen(kKite);
  f.quote(kKite, 102);  // well, but only just
  f.out.take();
  for (int i = 0; i < 19; ++i) {
    f.pass(500ms);
    f.quote(kXts, 110 + i);
    f.quote(kKite, 110 + i);
  }
  const Texts meanwhile = f.out.take();
  CHECK(meanwhile.size() == 19);
  CHECK(std::all_of(meanwhile.begin(), meanwhile.end(), [](const std::string& line) { return line.find(" xts ") != std::string::npos; }));
  f.pass(1s);
  f.quote(kXts, 140);
  f.quote(kKite, 141);
  f.quote(kXts, 142);
  CHECK(f.out.take() == Texts{"quote 23 xts 140/141", "live zerodha: moved from xts to zerodha: zerodha has been well for long enough",
                              "gap 24-24 failover", "quote 25 zerodha gap_before 141/142"});
  CHECK(f.telemetry.brokers[0].counters.returns == 1);
  CHECK(f.telemetry.brokers[0].counters.failovers == 1);
}

TEST_CASE("failover: a frozen broker on an open connection is left once the standby has moved for so long alone") {
  Fixture f;
  f.quote(kKite, 100);
  f.quote(kXts, 100);
  f.out.take();
  Texts lines;
  int passed = 0;
  while (lines.empty() && passed < 20) {
    f.pass(500ms);
    ++passed;
    f.quote(kXts, 100 + passed);
    lines = f.out.take();
  }
  CHECK(passed == 5);  // 0.5 s until its first movement, and 2 s
  CHECK(lines ==
        Texts{"live xts: moved from zerodha to xts: zerodha is silent while xts goes on", "gap 2-2 failover", "quote 3 xts gap_before 105/106"});
}

TEST_CASE("failover: a refused subscription is no failure while another broker may give it") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.event(kKite, FrameKind::Refused, "no such instrument");
  CHECK(f.out.take().empty());
  f.pass(100ms);
  CHECK(f.holders == std::vector{kKite, kXts});
  f.event(kXts, FrameKind::Accepted);
  f.quote(kXts, 100);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha refused it: no such instrument", "quote 1 xts 100/101"});
}

TEST_CASE("failover: when all have refused the stream has failed, in the words of the one that should have served") {
  Fixture f;
  f.event(kXts, FrameKind::Refused, "limit reached");
  CHECK(f.out.take().empty());
  f.event(kKite, FrameKind::Refused, "no such instrument");
  CHECK(f.out.take() == Texts{"failed zerodha: no such instrument 4031"});
}

TEST_CASE("failover: a right that is withdrawn from a stream in flow makes it stale until the standby's next record") {
  Fixture f;
  f.quote(kKite, 100);
  f.out.take();
  f.data(kKite, [](UpdateSink& sink) { sink.on_availability({Fixture::kShare, DataAccess::NotEntitled, "no market data subscription"}); });
  CHECK(f.out.take() == Texts{"stale zerodha: no market data subscription 4013"});
  f.quote(kXts, 101);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha refused it: no market data subscription", "gap 2-2 failover",
                              "quote 3 xts gap_before 101/102"});
}

TEST_CASE("failover: a broker that waits for its login from the start is replaced, and nothing that was never there is called lost") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.status(kKite, BrokerState::AuthRequired, "log in");
  f.pass(200ms);
  CHECK(f.holders == std::vector{kKite, kXts});
  f.event(kXts, FrameKind::Accepted);
  f.quote(kXts, 100);
  CHECK(f.out.take().empty());
  // zerodha had accepted before: it counts as lost from the moment it says so
  f.pass(2s);
  f.quote(kXts, 101);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is auth_required: log in", "quote 1 xts 101/102"});
}

TEST_CASE("failover: a stream that waits for its first data is silent at the standby as it would be at its own broker") {
  Fixture f;
  f.event(kKite, FrameKind::Refused, "no such instrument");
  f.pass(100ms);  // nothing to lose: it moves without a record
  CHECK(f.telemetry.brokers[0].counters.failovers == 1);
  f.pass(10s);
  CHECK(f.out.take() == Texts{"silent xts: the broker accepted the subscription and has sent no data yet"});
}

TEST_CASE("failover: no field of the old source goes on in the new one's ticker") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::Ticker};
  f.ticker(kKite, {{TickerField::Price, 100}, {TickerField::Volume, 5000}, {TickerField::OpenInterest, 7}});
  f.ticker(kXts, {{TickerField::Price, 100}, {TickerField::Volume, 4990}});
  f.lose(kKite);
  f.out.take();
  f.ticker(kXts, {{TickerField::Price, 101}});
  f.ticker(kXts, {{TickerField::Volume, 4995}});
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "gap 2-2 failover",
                              "ticker 3 xts gap_before 101 - -", "ticker 4 xts 101 4995 -"});
}

TEST_CASE("failover: what a snapshot of one broker proves against one of the other is nothing") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::Trade};
  f.snapshot_trade(kKite, 100, 5000);
  f.snapshot_trade(kKite, 101, 5010);
  f.lose(kKite);
  CHECK(f.out.take() == Texts{"live zerodha: data", "trade 1 zerodha 101 #0", "stale zerodha: closed by peer (1006) 4030"});
  f.snapshot_trade(kXts, 101, 6000);  // counts otherwise: no trade
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)"});
  f.snapshot_trade(kXts, 102, 6001);
  CHECK(f.out.take() == Texts{"gap 2-2 failover", "trade 3 xts gap_before 102 #0"});
}

TEST_CASE("failover: trades that two brokers number each for itself have a joint that nothing proves") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::Trade};
  f.trade(kKite, 11);
  f.lose(kKite);
  f.out.take();
  f.trade(kXts, 12);
  f.trade(kXts, 13);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "gap 2-2 failover",
                              "trade 3 xts gap_before 12 #12", "trade 4 xts 13 #13"});
}

TEST_CASE("failover: where both give the venue's own numbers they prove the joint, or say exactly what is missing") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::Trade, true};
  f.trade(kKite, 11);
  f.lose(kKite);
  f.out.take();
  f.trade(kXts, 11);
  f.trade(kXts, 12);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "trade 2 xts 12 #12"});
  f.lose(kXts);
  f.reopen(kKite);
  f.out.take();
  f.trade(kKite, 16);
  CHECK(f.out.take() == Texts{"live zerodha: moved from xts to zerodha: xts is reconnecting: closed by peer (1006)", "gap 3-5 failover",
                              "trade 6 zerodha gap_before 16 #16"});
}

TEST_CASE("failover: a book begins anew with the new source's own, to the depth that is wanted") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::OrderBook};
  const auto book = [&f](BrokerId broker, std::int64_t bid, std::int64_t last_id) {
    f.data(broker, [&](UpdateSink& sink) {
      DepthUpdate update;
      update.instrument = Fixture::kShare;
      update.kind = DepthKind::TopLevels;
      update.last_id = last_id;
      const LevelUpdate bids[] = {{{bid, 0}, {1, 0}}};
      const LevelUpdate asks[] = {{{bid + 1, 0}, {1, 0}}};
      update.bids = bids;
      update.asks = asks;
      sink.on_depth(update);
    });
  };
  book(kKite, 100, 900);
  book(kXts, 200, 5);
  f.lose(kKite);
  f.out.take();
  book(kXts, 101, 6);  // a smaller number than the other broker's is no repetition
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "gap 2-2 failover",
                              "orderbook 3 xts gap_before 101"});
}

TEST_CASE("failover: whether an instrument is traded is said by the broker that serves") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}, Channel::Status};
  const auto state = [&f](BrokerId broker, TradingState trading) {
    f.data(broker, [&](UpdateSink& sink) { sink.on_instrument_status({Fixture::kShare, trading, "", {}, kNoTime}); });
  };
  state(kKite, TradingState::Trading);
  state(kXts, TradingState::Halted);
  f.lose(kKite);
  CHECK(f.out.take() == Texts{"live zerodha: data", "status 1 zerodha trading", "stale zerodha: closed by peer (1006) 4030"});
  state(kXts, TradingState::Halted);
  CHECK(f.out.take() == Texts{"live xts: moved from zerodha to xts: zerodha is reconnecting: closed by peer (1006)", "gap 2-2 failover",
                              "status 3 xts gap_before halted"});
}

TEST_CASE("failover: a standby's lost connection is nothing to subscribers") {
  Fixture f;
  f.quote(kKite, 100);
  f.quote(kXts, 100);
  f.out.take();
  f.lose(kXts);
  f.quote(kKite, 101);
  CHECK(f.out.take() == Texts{"quote 2 zerodha 101/102"});
}

TEST_CASE("failover: where nobody else has data the stream is stale, and goes on at its own broker with a gap of the broker's") {
  Fixture f;
  f.quote(kKite, 100);
  f.lose(kKite);
  f.lose(kXts);
  f.pass(60s);
  f.reopen(kKite);
  f.quote(kKite, 101);
  CHECK(f.out.take() == Texts{"live zerodha: data", "quote 1 zerodha 100/101", "stale zerodha: closed by peer (1006) 4030", "live zerodha: data",
                              "gap 2-2 upstream", "quote 3 zerodha gap_before 101/102"});
  CHECK(f.telemetry.brokers[0].counters.failovers == 0);
}

TEST_CASE("failover: a standby that disagrees is passed over, counted and reported in words") {
  Fixture f{{Standby::Hot, 2s, 60s, Decimal{5, -1}}};
  for (int i = 0; i < 6; ++i) {
    f.quote(kKite, 10'000 + i);
    f.quote(kXts, 11'000 + i);
    f.pass(500ms);
  }
  CHECK(f.telemetry.brokers[1].counters.disagreements == 1);
  REQUIRE(f.reports.size() == 2);
  CHECK(f.reports[1].disagreeing == 1);
  CHECK(f.reports[1].disagreement == "NSE:RELIANCE quote: xts 11003, zerodha 10003");
  CHECK(f.reports[0].serving == 1);
  f.out.take();
  f.lose(kKite);
  f.pass(5s);
  f.quote(kXts, 11'010);
  CHECK(f.out.take() == Texts{"stale zerodha: closed by peer (1006) 4030"});
  CHECK(f.telemetry.brokers[0].counters.failovers == 0);
}

TEST_CASE("failover: reports say how many streams are served by another broker than they should be") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}};
  f.quote(kKite, 100);
  f.pass(100ms);
  REQUIRE(f.reports.size() == 2);
  CHECK(f.reports[0] == SourceReport{1, 0, 0, ""});
  f.lose(kKite);
  f.quote(kXts, 101);
  f.pass(100ms);
  CHECK(f.reports[0] == SourceReport{0, 1, 0, ""});
  CHECK(f.reports[1] == SourceReport{1, 0, 0, ""});
}

TEST_CASE("failover: an administrator's order moves a healthy stream between two records") {
  Fixture f;
  f.quote(kKite, 100);
  f.quote(kXts, 100);
  f.order = 1;
  f.apply_plan();
  f.quote(kKite, 101);
  f.quote(kXts, 102);
  f.quote(kKite, 103);
  CHECK(f.out.take() == Texts{"live zerodha: data", "quote 1 zerodha 100/101", "quote 2 zerodha 101/102",
                              "live xts: moved from zerodha to xts: an administrator asked for it", "gap 3-3 failover",
                              "quote 4 xts gap_before 102/103"});
  CHECK(f.telemetry.brokers[1].counters.ordered_moves == 1);
}

TEST_CASE("failover: a stream that nobody wants any more begins at the preferred broker again, and keeps its count") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}};
  f.quote(kKite, 100);
  f.lose(kKite);
  f.quote(kXts, 101);
  f.out.take();
  f.normalizer.set_wanted({});
  f.normalizer.set_wanted({{f.id, Channel::Quote, 0, "NSE:RELIANCE"}});
  f.apply_plan();
  f.reopen(kKite);
  f.quote(kXts, 102);
  f.quote(kKite, 103);
  CHECK(f.out.take() == Texts{"live zerodha: data", "quote 4 zerodha 103/104"});
}

}  // namespace tidegate
