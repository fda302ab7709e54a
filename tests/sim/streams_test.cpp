#include "tools/sim/binance/streams.hpp"

#include <doctest/doctest.h>

#include "tools/sim/binance/candles.hpp"

using namespace tidegate::sim::binance;

TEST_CASE("sim streams: the paths of both markets are known, others are not") {
  StreamTarget target;
  CHECK(parse_target(Serves::Both, "/ws", target));
  CHECK(target.market == Market::Spot);
  CHECK_FALSE(target.combined);
  target = {};
  CHECK(parse_target(Serves::Both, "/ws/btcusdt@trade/ethusdt@kline_1d@%2B08:00", target));
  CHECK(target.streams == std::vector<std::string>{"btcusdt@trade", "ethusdt@kline_1d@+08:00"});
  target = {};
  CHECK(parse_target(Serves::Both, "/stream?streams=a@trade%2Fb@trade&timeUnit=microsecond", target));
  CHECK(target.combined);
  CHECK(target.microseconds);
  CHECK(target.streams == std::vector<std::string>{"a@trade", "b@trade"});
  target = {};
  CHECK(parse_target(Serves::Both, "/market/stream?streams=", target));
  CHECK(target.market == Market::Usdm);
  CHECK(target.route == Route::Market);
  CHECK(target.streams.empty());
  target = {};
  CHECK(parse_target(Serves::Usdm, "/stream", target));
  CHECK(target.market == Market::Usdm);
  CHECK(target.route == Route::Public);
  for (const char* path : {"/", "/wss", "/streams", "/public", "/other/ws", "", "/stream/x"}) {
    StreamTarget unknown;
    CHECK_FALSE(parse_target(Serves::Both, path, unknown));
  }
  StreamTarget spot_only;
  CHECK_FALSE(parse_target(Serves::Spot, "/public/ws", spot_only));
}

TEST_CASE("sim streams: names are understood as each market spells them") {
  CHECK(parse_stream(Market::Spot, "btcusdt@depth").period_ms == 1000);
  CHECK(parse_stream(Market::Spot, "btcusdt@depth@100ms").period_ms == 100);
  CHECK(parse_stream(Market::Spot, "btcusdt@depth@500ms").kind == StreamKind::Other);
  CHECK(parse_stream(Market::Usdm, "btcusdt@depth").period_ms == 250);
  CHECK(parse_stream(Market::Usdm, "btcusdt@depth@0ms").kind == StreamKind::Depth);
  CHECK(parse_stream(Market::Usdm, "btcusdt@depth20@500ms").levels == 20);
  CHECK(parse_stream(Market::Spot, "btcusdt@depth50").kind == StreamKind::Other);
  CHECK(parse_stream(Market::Spot, "btcusdt@kline_1M").interval == 15);
  CHECK(parse_stream(Market::Spot, "btcusdt@kline_7m").kind == StreamKind::Other);
  CHECK(parse_stream(Market::Usdm, "btcusdt@kline_1s").kind == StreamKind::Other);
  CHECK(parse_stream(Market::Spot, "!ticker@arr").kind == StreamKind::Other);
  CHECK(parse_stream(Market::Usdm, "!ticker@arr").kind == StreamKind::AllTickers);
  CHECK(parse_stream(Market::Spot, "!ticker_4h@arr").window_minutes == 240);
  CHECK(parse_stream(Market::Spot, "btcusdt@markPrice").kind == StreamKind::Other);
  CHECK(route_of("btcusdt@depth5@100ms") == Route::Public);
  CHECK(route_of("!bookTicker") == Route::Public);
  CHECK(route_of("!miniTicker@arr") == Route::Market);
  CHECK(route_of("pqia91ma19a5s61cv6a81va65sdf19v8a65a1") == Route::Private);
}

TEST_CASE("sim streams: a recording without a stream offers its sibling") {
  CHECK(siblings("btcusdt@aggTrade") == std::vector<std::string>{"btcusdt@trade"});
  CHECK(siblings("btcusdt@depth").front() == "btcusdt@depth@100ms");
  CHECK(siblings("btcusdt@depth5").empty());
  CHECK(siblings("btcusdt@kline_1m").empty());
}

TEST_CASE("sim candles: weeks begin on Monday, months and leap years are the calendar's") {
  const std::int64_t monday = 1'789'948'800'000;  // 2026-09-21
  CHECK(interval_open(14, monday) == monday);
  CHECK(interval_open(14, monday - 1) == monday - 7 * 86'400'000LL);
  CHECK(interval_open(15, monday) == 1'788'220'800'000);  // 2026-09-01
  CHECK(interval_end(15, 1'788'220'800'000) == 1'790'812'800'000);
  CHECK(interval_end(15, 1'706'745'600'000) == 1'709'251'200'000);  // February 2024
  CHECK(interval_open(1, 1'790'000'012'345) == 1'789'999'980'000);
}
