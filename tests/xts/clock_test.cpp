#include <doctest/doctest.h>

#include "brokers/xts/broker_clock.hpp"
#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using tidegate::xts::BrokerClock;

namespace {

constexpr UtcTime seconds(std::int64_t seconds) { return UtcTime{seconds * 1'000'000'000}; }
constexpr UtcTime kNow = seconds(1'765'513'000);
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kRaw1980 = 1'450'000'000;  // this moment in the clock that begins in 1980
constexpr std::int64_t kRaw1970 = 1'765'532'800;  // and in the other

}  // namespace

TEST_CASE("xts clock: without a receive time the documented base is believed") {
  BrokerClock clock{kNoTime};
  CHECK(clock.since_1980(kRaw1980) == kNow);
  CHECK(clock.since_1970(kRaw1970) == kNow);
  CHECK(clock.guesses() == 0);
}
TEST_CASE("xts clock: the documented base is no guess") {
  BrokerClock clock{kNow};
  CHECK(clock.since_1980(kRaw1980) == kNow);
  CHECK(clock.since_1970(kRaw1970) == kNow);
  CHECK(clock.since_1980(kRaw1980 - 30 * kDay) == seconds(1'765'513'000 - 30 * kDay));  // the last trade was long ago
  CHECK(clock.guesses() == 0);
}
TEST_CASE("xts clock: the reading nearer to now wins, and is counted") {
  BrokerClock clock{kNow};
  CHECK(clock.since_1980(kRaw1970) == kNow);
  CHECK(clock.guesses() == 1);
  CHECK(clock.since_1970(kRaw1980) == kNow);
  CHECK(clock.guesses() == 2);
}
TEST_CASE("xts clock: zero, negative and absurd numbers are no time") {
  BrokerClock clock{kNow};
  for (const std::int64_t raw : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{INT64_MIN}, std::int64_t{INT64_MAX}, std::int64_t{8'000'000'001}}) {
    CHECK_FALSE(clock.since_1980(raw).known());
    CHECK_FALSE(clock.since_1970(raw).known());
  }
}
TEST_CASE("xts clock: a time more than a day ahead in both readings is none") {
  BrokerClock clock{kNow};
  CHECK(clock.since_1980(kRaw1980 + kDay) == seconds(1'765'513'000 + kDay));
  CHECK_FALSE(clock.since_1980(kRaw1970 + 2 * kDay).known());
}
TEST_CASE("xts decoder: frames whose times were guessed say how many") {
  RawFrame frame = full_event(1501, touchline_nested());
  tidegate::xts::FrameDecoder decoder{{}};
  frame.received = kNow;
  CHECK(decode(decoder, frame).decoded.clock_guesses == 0);
  frame.bytes =
      full_event(1512, R"({"MessageCode":1512,"ExchangeSegment":51,"ExchangeInstrumentID":9,"LastTradedPrice":5,"LastUpdateTime":1765532800})").bytes;
  const Outcome outcome = decode(decoder, frame);
  CHECK(outcome.decoded.clock_guesses == 1);
  CHECK(outcome.lines == Lines{"ticker 51_9 at 1765513000s float price=5"});
}
