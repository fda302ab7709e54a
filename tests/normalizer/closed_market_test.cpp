// What subscribers are told of streams that bring nothing, while their market is closed and when it opens.
#include <doctest/doctest.h>

#include <functional>
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

/// Each frame is one trade, its id in the frame's code.
class TradeDecoder final : public Decoder {
 public:
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override {
    TradeUpdate trade;
    trade.instrument = {.segment = 0, .token = 0, .text = "RELIANCE"};
    trade.price = Decimal{100, 0};
    trade.quantity = Decimal{1, 0};
    trade.numbered = true;
    trade.trade_id = frame.code;
    sink.on_trade(trade);
    return {1, 0, 0, 0, {}};
  }
};

/// States as "silent: words", trades as "trade 1", gaps as "gap".
class Collector final : public RecordSink {
 public:
  void on_record(const RecordHeader& record) override {
    if (record.kind == RecordKind::State) {
      const auto& state = as<State>(record);
      lines.push_back(std::string{to_text(state.state)} + ": " + state.reason);
    } else {
      lines.push_back(record.kind == RecordKind::Trade ? "trade " + std::to_string(record.seq) : "gap");
    }
  }
  std::vector<std::string> lines;
};

using Texts = std::vector<std::string>;

struct Fixture {
  explicit Fixture(UtcTime begin, const char* venue = "NSE") {
    clock.set_utc(begin);
    telemetry.brokers.emplace_back().name = "zerodha";
    normalizer.add_broker(std::make_unique<TradeDecoder>());
    normalizer.set_calendars(calendars);
    Instrument instrument;
    instrument.venue = venue;
    instrument.name = instrument.native.text = "RELIANCE";
    const auto catalog = Catalog::with_list(nullptr, BrokerId{0}, std::vector{instrument});
    reliance = catalog->resolve("RELIANCE").instrument;
    normalizer.set_catalog(catalog);
    normalizer.set_wanted({{reliance, Channel::Trade, 0, instrument.symbol()}});
  }

  void event(FrameKind kind, std::uint16_t code = 0) {
    RawFrame frame;
    frame.kind = kind;
    frame.session = session;
    frame.code = code;
    frame.received = clock.utc();
    frame.received_mono = clock.mono();
    frame.channel = Channel::Trade;
    frame.instrument = reliance;
    normalizer.on_frame(frame);
  }
  void trade(std::uint16_t id) { event(FrameKind::Binary, id); }
  /// Time goes on, looked at each second.
  void run(Duration duration) {
    for (Duration gone{}; gone < duration; gone += 1s) {
      clock.advance(1s);
      normalizer.do_work(clock.mono());
    }
  }
  Texts take() { return std::exchange(out.lines, {}); }

  test::ManualClock clock;
  Telemetry telemetry;
  Collector out;
  Calendars calendars = test::venue_hours();
  Normalizer normalizer{clock, telemetry, out, {}};
  InstrumentId reliance;
  std::uint32_t session = 1;
};

constexpr const char* kClosedUntilMonday = "silent: market closed until 2026-11-30T03:45:00.000Z";

}  // namespace

TEST_CASE("closed market: a stream without data is silent, until when is told, and a weekend long nothing else") {
  Fixture f(utc(2026, 11, 28, 6, 0));
  f.event(FrameKind::Asked);
  f.run(9s);
  CHECK(f.take().empty());
  f.run(2s);
  CHECK(f.take() == Texts{kClosedUntilMonday});
  f.run(40h);
  CHECK(f.take().empty());
}

TEST_CASE("closed market: data after the opening makes it live, as ever") {
  Fixture f(utc(2026, 11, 30, 3, 0));
  f.event(FrameKind::Asked);
  f.run(45min);
  f.trade(1);
  CHECK(f.take() == Texts{kClosedUntilMonday, "live: data", "trade 1"});
  f.run(24h);
  CHECK(f.take().empty());  // neither quiet nor the close is a change
}

TEST_CASE("closed market: a stream that brings nothing after the opening is told so") {
  Fixture f(utc(2026, 11, 30, 3, 0));
  f.event(FrameKind::Asked);
  f.run(46min);
  CHECK(f.take() == Texts{kClosedUntilMonday});
  f.run(2min);
  CHECK(f.take() == Texts{"silent: the market has opened: the broker was asked and has sent no data yet; it acknowledges nothing"});
  f.run(1h);
  CHECK(f.take().empty());
}

TEST_CASE("closed market: a quiet stream is told of the close, and of the next opening anew") {
  Fixture f(utc(2026, 11, 27, 9, 0));
  f.event(FrameKind::Accepted);
  f.run(11s);
  CHECK(f.take() == Texts{"silent: the broker accepted the subscription and has sent no data yet"});
  f.run(2h);
  CHECK(f.take() == Texts{kClosedUntilMonday});
}

TEST_CASE("closed market: a stream whose connection came back is not stale until the opening, and its hole is told by the first record") {
  Fixture f(utc(2026, 11, 27, 9, 59));
  f.event(FrameKind::Asked);
  f.trade(1);
  f.run(1h);
  f.take();
  f.event(FrameKind::Closed);
  CHECK(f.take() == Texts{"stale: connection to the broker lost"});
  f.run(1min);
  CHECK(f.take().empty());  // not there again
  ++f.session;
  f.event(FrameKind::Asked);
  f.run(11s);
  CHECK(f.take() == Texts{std::string{kClosedUntilMonday} + "; the last values are from before the connection was lost"});
  f.run(1h);
  f.trade(5);
  CHECK(f.take() == Texts{"live: data", "gap", "trade 5"});
}

TEST_CASE("closed market: in an open one a stream whose connection came back stays stale until data comes") {
  Fixture f(utc(2026, 11, 27, 6, 0));
  f.event(FrameKind::Asked);
  f.trade(1);
  f.event(FrameKind::Closed);
  ++f.session;
  f.event(FrameKind::Asked);
  f.take();
  f.run(1h);
  CHECK(f.take().empty());
}

TEST_CASE("closed market: a venue without a calendar is never closed") {
  Fixture f(utc(2026, 11, 28, 6, 0), "BINANCE");
  f.event(FrameKind::Accepted);
  f.run(11s);
  CHECK(f.take() == Texts{"silent: the broker accepted the subscription and has sent no data yet"});
  f.run(3h);
  CHECK(f.take().empty());
}

}  // namespace tidegate
