// A stream that has died among others that live is told from an instrument that is quiet by nature.
#include "normalizer/rhythm.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "normalizer/normalizer.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/utc.hpp"
#include "tests/support/venue_hours.hpp"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::utc;
using Texts = std::vector<std::string>;

constexpr Duration kAtLeast = 60s;

MonoTime at(Duration since_start) { return MonoTime{1'000'000'000} + since_start; }

/// Beats every `interval` for `duration`; returns the time of the last one.
MonoTime beat_for(Rhythm& rhythm, MonoTime from, Duration interval, Duration duration) {
  MonoTime now = from;
  for (; now - from <= duration; now = now + interval) rhythm.beat(now);
  return rhythm.last();
}

/// Each frame is one trade of the instrument whose name is the frame's text.
class NamedTradeDecoder final : public Decoder {
 public:
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override {
    TradeUpdate trade;
    trade.instrument = {.segment = 0, .token = 0, .text = frame.bytes};
    trade.price = Decimal{100, 0};
    trade.quantity = Decimal{1, 0};
    trade.numbered = true;
    trade.trade_id = ++id_;
    sink.on_trade(trade);
    return {1, 0, 0, 0, {}};
  }

 private:
  std::uint64_t id_ = 0;
};

class StateCollector final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    if (record.kind == RecordKind::State) lines.push_back(std::string{to_text(as<State>(record).state)} + ": " + as<State>(record).reason);
  }
  std::vector<std::string> lines;
};

/// Two instruments of one connection, of which one at a time is watched here.
struct Market {
  explicit Market(NormalizerOptions options = {}, UtcTime begin = utc(2026, 11, 26, 5, 0)) : normalizer(clock, telemetry, out, options) {
    clock.set_utc(begin);
    telemetry.brokers.emplace_back().name = "zerodha";
    normalizer.add_broker(std::make_unique<NamedTradeDecoder>());
    normalizer.set_calendars(calendars);
    std::vector<Instrument> list;
    for (const char* name : {"RELIANCE", "TCS"}) {
      Instrument instrument;
      instrument.venue = "NSE";
      instrument.name = instrument.native.text = name;
      list.push_back(instrument);
    }
    const auto catalog = Catalog::with_list(nullptr, BrokerId{0}, list);
    normalizer.set_catalog(catalog);
    std::vector<Want> wants;
    for (const Instrument& instrument : list) wants.push_back({catalog->resolve(instrument.name).instrument, Channel::Trade, 0, instrument.symbol()});
    normalizer.set_wanted(wants);
  }

  void trade(const char* name) {
    RawFrame frame;
    frame.kind = FrameKind::Text;
    frame.session = 1;
    frame.bytes = name;
    frame.received = clock.utc();
    frame.received_mono = clock.mono();
    normalizer.on_frame(frame);
  }
  /// A second at a time; those named trade in each.
  void run(Duration duration, const std::vector<const char*>& names) {
    for (Duration gone{}; gone < duration; gone += 1s) {
      clock.advance(1s);
      for (const char* name : names) trade(name);
      normalizer.do_work(clock.mono());
    }
  }
  Texts take() { return std::exchange(out.lines, {}); }
  [[nodiscard]] std::uint64_t found() const { return telemetry.brokers[0].counters.streams_fell_silent.load(); }

  test::ManualClock clock;
  Telemetry telemetry;
  StateCollector out;
  Calendars calendars = test::venue_hours();
  Normalizer normalizer;
};

constexpr const char* kFellSilent = "silent: nothing for 61 s; it had not paused for more than 1000 ms, and others of its connection go on";

}  // namespace

TEST_CASE("rhythm: a silence is none as long as it is not ten times the longest pause of late, and not shorter than asked for") {
  Rhythm rhythm;
  const MonoTime last = beat_for(rhythm, at(0s), 10s, 10min);
  CHECK(rhythm.longest_pause() == 10s);
  CHECK_FALSE(rhythm.broken(last + 100s, kAtLeast));
  CHECK(rhythm.broken(last + 101s, kAtLeast));
  Rhythm lively;
  const MonoTime end = beat_for(lively, at(0s), 100ms, 10s);
  CHECK_FALSE(lively.broken(end + 60s, kAtLeast));
  CHECK(lively.broken(end + 61s, kAtLeast));
}

TEST_CASE("rhythm: a few records say nothing of how often they come") {
  Rhythm rhythm;
  const MonoTime last = beat_for(rhythm, at(0s), 1s, std::chrono::seconds{Rhythm::kBeatsMin - 2});
  CHECK_FALSE(rhythm.broken(last + 24h, kAtLeast));
  rhythm.beat(last + 1s);
  CHECK(rhythm.broken(last + 24h, kAtLeast));
}

TEST_CASE("rhythm: a long pause is forgotten after twenty minutes, and what was before a longer one too") {
  Rhythm rhythm;
  beat_for(rhythm, at(0s), 1s, 1min);
  beat_for(rhythm, at(3min), 1s, 30min);
  CHECK(rhythm.longest_pause() == 1s);
  rhythm.beat(at(3h));
  CHECK_FALSE(rhythm.broken(at(30h), kAtLeast));
}

TEST_CASE("rhythm: an interruption is no pause") {
  Rhythm rhythm;
  const MonoTime last = beat_for(rhythm, at(0s), 1s, 1min);
  rhythm.interrupt();
  CHECK_FALSE(rhythm.broken(last + 1h, kAtLeast));
  rhythm.beat(last + 5min);
  CHECK(rhythm.longest_pause() == 1s);
}

TEST_CASE("rhythm: a stream that dies while others of its connection go on is told to be silent once, and live with its next record") {
  Market market;
  market.run(2min, {"RELIANCE", "TCS"});
  CHECK(market.take() == Texts{"live: data", "live: data"});
  market.run(60s, {"TCS"});
  CHECK(market.take().empty());
  market.run(10min, {"TCS"});
  CHECK(market.take() == Texts{kFellSilent});
  CHECK(market.found() == 1);
  market.trade("RELIANCE");
  CHECK(market.take() == Texts{"live: data"});
}

TEST_CASE("rhythm: where all streams of a connection are silent no stream is blamed") {
  Market market;
  market.run(2min, {"RELIANCE", "TCS"});
  market.take();
  market.run(1h, {});
  CHECK(market.take().empty());
}

TEST_CASE("rhythm: nothing is told while the market is closed, nor of the night when it has opened") {
  Market market{{}, utc(2026, 11, 26, 9, 55)};  // closes at ten
  market.run(5min, {"RELIANCE", "TCS"});
  market.take();
  market.run(18h, {"TCS"});  // it opened at 3:45, the other one has not moved yet
  CHECK(market.take().empty());
}

TEST_CASE("rhythm: with quiet_after of zero nothing is watched") {
  NormalizerOptions options;
  options.quiet_after = {};
  Market market{options};
  market.run(2min, {"RELIANCE", "TCS"});
  market.take();
  market.run(1h, {"TCS"});
  CHECK(market.take().empty());
}

}  // namespace tidegate
