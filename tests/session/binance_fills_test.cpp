// Requests for missing trades: what is asked, when, and what becomes of answers that are no answers.
#include <doctest/doctest.h>

#include "brokers/binance/trade_fills.hpp"
#include "tests/session/session_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::SessionFixture;
using test::set;

namespace {

struct FillFixture : SessionFixture {
  void open() {
    broker.hold_http = true;
    open_one();
  }
  /// What was asked for besides the instrument list.
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> targets;
    for (const std::string& target : broker.http_targets) {
      if (target.find("exchangeInfo") == std::string::npos) targets.push_back(target);
    }
    return targets;
  }
  [[nodiscard]] bool until_held(std::size_t number) {
    return until([&] { return broker.held.size() == number; });
  }
  void answer(std::size_t request, int status, std::string body) {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    if (status == 429) response.headers.emplace_back("Retry-After", "1");
    broker.held.at(request).second(std::move(response));
  }
};

const std::string kTrades = R"([{"id":5,"price":"1","qty":"1","time":1,"isBuyerMaker":true}])";

}  // namespace

TEST_CASE_FIXTURE(FillFixture, "binance fills: missing trades are asked for by number, and the answer is a frame like any other") {
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  CHECK(asked() == std::vector<std::string>{"/api/v3/historicalTrades?symbol=BTCUSDT&fromId=5&limit=3"});
  answer(0, 200, kTrades);
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  CHECK(host.last(FrameKind::Rest)->request == "GET /api/v3/historicalTrades?symbol=BTCUSDT&fromId=5&limit=3");
  CHECK(host.last(FrameKind::Rest)->bytes == kTrades);
}

TEST_CASE("binance fills: aggregates have a request of their own, USD-M its own path, and no request is longer than the venue allows") {
  BrokerConfig config = test::binance_config();
  const binance::Settings spot{config};
  CHECK(binance::trades_target(spot, "A&B", 10, 5'000, false) == "/api/v3/historicalTrades?symbol=A%26B&fromId=10&limit=1000");
  CHECK(binance::trades_target(spot, "BTCUSDT", 10, 12, true) == "/api/v3/trades?symbol=BTCUSDT&limit=1000");
  CHECK(spot.old_trades_weight() == 25);
  set(config, "trades", "aggregate");
  CHECK(binance::trades_target(binance::Settings{config}, "BTCUSDT", 10, 12, false) == "/api/v3/aggTrades?symbol=BTCUSDT&fromId=10&limit=3");
  CHECK(binance::Settings{config}.old_trades_weight() == 4);
  set(config, "market", "usdm");
  CHECK(binance::trades_target(binance::Settings{config}, "BTCUSDT", 10, 12, false) == "/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=10&limit=3");
  CHECK(binance::Settings{config}.old_trades_weight() == 20);
}

TEST_CASE("binance fills: the limits are the configuration's, and the documented ones where it has none") {
  BrokerConfig config = test::binance_config();
  const TradeFillLimits standard = binance::trade_fills(config);
  const TradeFillLimits without = binance::trade_fills(BrokerConfig{});
  CHECK(standard.trades_max == 10'000);
  CHECK(standard.holes_max == 16);
  CHECK(standard.timeout == 60s);
  CHECK(without.trades_max == standard.trades_max);
  CHECK(without.holes_max == standard.holes_max);
  CHECK(without.timeout == standard.timeout);
  set(config, "fill_gaps", "false");
  CHECK(binance::trade_fills(config).trades_max == 0);
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: one request is under way at a time, and of each symbol the last wish holds") {
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  session->request_trades("BINANCE:ETHUSDT", 1, 2);
  session->request_trades("BINANCE:BTCUSDT", 8, 8);
  session->request_trades("BINANCE:BTCUSDT", 8, 9);
  session->request_trades("BINANCE:NOPE", 8, 9);
  run_on(loop);
  CHECK(broker.held.size() == 1);
  answer(0, 200, kTrades);
  REQUIRE(until_held(2));
  answer(1, 503, "");
  REQUIRE(until_held(3));
  CHECK(asked()[1] == "/api/v3/historicalTrades?symbol=ETHUSDT&fromId=1&limit=2");
  CHECK(asked()[2] == "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=8&limit=2");
  answer(2, 200, kTrades);
  run_on(loop);
  CHECK(broker.held.size() == 3);
  CHECK(host.count_of(FrameKind::Rest) == 2);
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: 429 stops them until its Retry-After, then the same is asked again") {
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  answer(0, 429, "");
  REQUIRE(until_held(2));
  CHECK(asked()[0] == asked()[1]);
  const auto& times = broker.http_times_ns;
  CHECK(times[times.size() - 1] - times[times.size() - 2] >= std::chrono::nanoseconds{1s}.count());
  CHECK(host.counters().rate_limited == 1);
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: where old trades are refused by number, the newest ones have to do from then on") {
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  answer(0, 401, R"({"code":-2014,"msg":"API-key format invalid."})");
  REQUIRE(until_held(2));
  CHECK(asked()[1] == "/api/v3/trades?symbol=BTCUSDT&limit=1000");
  answer(1, 400, R"({"code":-1121,"msg":"Invalid symbol."})");
  run_on(loop);
  CHECK(broker.held.size() == 2);
  session->request_trades("BINANCE:ETHUSDT", 5, 7);
  REQUIRE(until_held(3));
  CHECK(asked()[2] == "/api/v3/trades?symbol=ETHUSDT&limit=1000");
  CHECK(host.in_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: a wish that had to wait for longer than fill_timeout is not sent any more") {
  set(config, "fill_timeout", "10ms");
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  session->request_trades("BINANCE:ETHUSDT", 5, 7);
  run_on(loop);
  answer(0, 200, kTrades);
  run_on(loop);
  CHECK(broker.held.size() == 1);
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: books keep a part of the weight for their snapshots") {
  set(config, "weight_limit", "500");
  set(config, "weight_share", "100");
  open();
  host.shifted_clock.set(UtcTime{1'767'225'600'000'000'000});  // a minute begins, after the list has cost 20
  constexpr std::size_t kAsked = 12;                           // 25 each, and 4 snapshots of 50 stay free of the 500
  for (std::uint64_t i = 0; i < kAsked; ++i) {
    session->request_trades("BINANCE:BTCUSDT", i, i);
    REQUIRE(until_held(i + 1));
    answer(i, 200, "[]");
  }
  session->request_trades("BINANCE:BTCUSDT", kAsked, kAsked);
  run_on(loop, 50ms);
  CHECK(broker.held.size() == kAsked);
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: switched off, nothing is asked for; and nothing comes after the end") {
  set(config, "fill_gaps", "false");
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  run_on(loop);
  CHECK(broker.held.empty());
}

TEST_CASE_FIXTURE(FillFixture, "binance fills: an answer that comes while the connection is lost is passed on, and none after the end") {
  open();
  session->request_trades("BINANCE:BTCUSDT", 5, 7);
  REQUIRE(until_held(1));
  broker.refusals = 1'000;
  broker.peer().connection->cut();
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) == 1; }));
  answer(0, 200, kTrades);
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  session->request_trades("BINANCE:BTCUSDT", 6, 6);
  REQUIRE(until_held(2));
  session->stop();
  answer(1, 200, kTrades);
  session->request_trades("BINANCE:BTCUSDT", 7, 7);
  run_on(loop);
  CHECK(host.count_of(FrameKind::Rest) == 1);
  CHECK(broker.held.size() == 2);
}
