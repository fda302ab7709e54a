// Lines of the toy broker: each kind, each quirk, each piece of each.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/paths.hpp"
#include "tests/toy_broker/decoder.hpp"
#include "tests/toy_broker/lines.hpp"

using namespace tidegate;

namespace {

std::string fixture(std::string_view name) {
  std::ifstream file{test::source_dir() / "tests" / "toy_broker" / "fixtures" / name, std::ios::binary};
  REQUIRE(file);
  return {std::istreambuf_iterator<char>{file}, {}};
}

class TradeSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override {
    ++trades;
    name = update.instrument.text;
    last = update;
  }
  void on_quote(const QuoteUpdate&) override { FAIL("no quotes"); }
  void on_depth(const DepthUpdate&) override { FAIL("no books"); }
  void on_ticker(const TickerUpdate&) override { FAIL("no tickers"); }
  void on_candle(const CandleUpdate&) override { FAIL("no candles"); }
  void on_availability(const AvailabilityUpdate&) override { FAIL("no availability"); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { FAIL("no status"); }
  void on_account(const AccountUpdate&) override { FAIL("no account"); }
  void on_market_status(const MarketStatusUpdate&) override { FAIL("no market status"); }

  int trades = 0;
  std::string name;
  TradeUpdate last;
};

Decoded decode(std::string bytes, TradeSink& sink) {
  RawFrame frame;
  frame.bytes = std::move(bytes);
  return toy::LineDecoder{}.decode(frame, sink);
}

}  // namespace

TEST_CASE("toy broker decoder: a trade line is a trade with every digit, at the exchange's time") {
  TradeSink sink;
  CHECK(decode(fixture("trade.txt"), sink).updates == 1);
  CHECK(sink.name == "ACME");
  CHECK(sink.last.price == Decimal{125, -1});
  CHECK(sink.last.quantity == Decimal{100, 0});
  CHECK(sink.last.ts_event == UtcTime::from_milliseconds(1'700'000'000'123));
  CHECK(sink.last.side == Side::Unknown);
}

TEST_CASE("toy broker decoder: lines for the session are control, unknown words are ignored, and a bad trade names its field") {
  TradeSink sink;
  for (const char* name : {"instrument.txt", "instrument_without_tick.txt", "end.txt", "refusal.txt", "heartbeat.txt"}) {
    CHECK_MESSAGE(decode(fixture(name), sink).control == 1, name);
  }
  CHECK(decode(fixture("unknown_word.txt"), sink).ignored == 1);
  const Decoded bad = decode(fixture("trade_comma.txt"), sink);
  CHECK(bad.bad == 1);
  CHECK(bad.error.reason == Reason::BadDecimal);
  CHECK(bad.error.field == "price");
  CHECK(sink.trades == 0);
}

TEST_CASE("toy broker decoder: no piece of a trade is a trade, but one cut within its time's digits") {
  const std::string trade = fixture("trade.txt");
  for (std::size_t size = 0; size < trade.size(); ++size) {
    TradeSink sink;
    const Decoded decoded = decode(trade.substr(0, size), sink);
    CHECK(decoded.updates + decoded.bad + decoded.ignored == 1);
    CHECK(decoded.updates == (size > trade.rfind(' ') + 1 ? 1 : 0));
  }
}

TEST_CASE("toy broker decoder: every value of a line is checked") {
  for (const char* line : {"T acme 1 1 1", "T ABCDEFGHIJKLM 1 1 1", "T ACME -1 1 1", "T ACME 1 1e9 1", "T ACME 1 1 -1", "T ACME 1 1 1.5",
                           "T ACME 1 1 1 1", "T ACME 1 1 99999999999999999999", "T  1 1 1", "T ACME 99999999999999999999 1 1"}) {
    CHECK_MESSAGE(!toy::read_trade(line).ok(), line);
  }
  CHECK_FALSE(toy::read_instrument("I ACME").ok());
  CHECK_FALSE(toy::read_instrument("I ACME x").ok());
  CHECK_FALSE(toy::read_instrument(fixture("instrument_without_tick.txt"))->tick_size.present());
  CHECK(toy::read_refusal(fixture("refusal.txt"))->words == "no such name");
}
