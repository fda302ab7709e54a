#include <doctest/doctest.h>

#include "tests/session/session_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::ScriptedBroker;
using test::SessionFixture;
using test::set;

namespace {

struct BookFixture : SessionFixture {
  BookFixture() { set(config, "snapshot_interval", "0s"); }
  void open_books(std::size_t number) {
    start();
    std::vector<Want> wants;
    std::set<std::string> streams;
    for (std::size_t i = 0; i < number; ++i) {
      wants.push_back(want(static_cast<std::uint32_t>(i), Channel::OrderBook, "BINANCE:" + broker.symbols[i], kFullDepth));
    }
    wish(wants);
    REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == number; }));
  }
  [[nodiscard]] std::size_t depth_requests() const {
    return static_cast<std::size_t>(std::count_if(broker.http_targets.begin(), broker.http_targets.end(),
                                                  [](const auto& target) { return target.starts_with("/api/v3/depth"); }));
  }
};

}  // namespace

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: one is fetched and pushed on the connection that carries the book") {
  open_books(1);
  session->request_snapshot("BINANCE:BTCUSDT");
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  const RawFrame& rest = *host.last(FrameKind::Rest);
  CHECK(rest.request == "GET /api/v3/depth?symbol=BTCUSDT&limit=1000");
  CHECK(rest.bytes == ScriptedBroker::depth("").body);
  CHECK(rest.connection == ConnectionId{0});
  CHECK(rest.session == 1);
  CHECK(host.counters().rest_requests == 2);
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: nothing is asked for a book that is not carried") {
  open_books(1);
  session->request_snapshot("BINANCE:ETHUSDT");
  session->request_snapshot("BINANCE:NOPE");
  session->request_snapshot("");
  run_on(loop);
  CHECK(depth_requests() == 0);
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: one request is under way per symbol, and the next keeps the interval") {
  set(config, "snapshot_interval", "200ms");
  broker.hold_http = true;
  open_books(1);
  for (int i = 0; i < 5; ++i) session->request_snapshot("BINANCE:BTCUSDT");
  REQUIRE(until([&] { return broker.held.size() == 1; }));
  run_on(loop, 30ms);
  CHECK(depth_requests() == 1);
  broker.held.front().second(ScriptedBroker::depth(""));
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  session->request_snapshot("BINANCE:BTCUSDT");
  REQUIRE(until([&] { return broker.held.size() == 2; }));
  const auto& times = broker.http_times_ns;
  CHECK(times[times.size() - 1] - times[times.size() - 2] >= std::chrono::nanoseconds{150ms}.count());
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: 429 stops all of them until its Retry-After, then all come") {
  net::HttpResponse slow;
  slow.status = 429;
  slow.headers.emplace_back("Retry-After", "1");
  slow.body = R"({"code":-1003,"msg":"Too much request weight used"})";
  broker.http_first = {slow};
  broker.http_first_path = "/depth";
  set(config, "snapshots_in_flight", "1");
  open_books(3);
  for (int i = 0; i < 3; ++i) session->request_snapshot("BINANCE:" + broker.symbols[static_cast<std::size_t>(i)]);
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 3; }));
  CHECK(depth_requests() == 4);
  const auto& times = broker.http_times_ns;
  CHECK(times[times.size() - 3] - times[times.size() - 4] >= std::chrono::nanoseconds{1s}.count());
  CHECK(host.counters().rate_limited == 1);
  CHECK(host.in_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: a failed request is repeated, a refused one is told upwards") {
  net::HttpResponse failure;
  failure.status = 502;
  net::HttpResponse refused;
  refused.status = 400;
  refused.body = R"({"code":-1121,"msg":"Invalid symbol."})";
  broker.http_first = {failure, failure};
  broker.http_first_path = "/depth";
  open_books(2);
  session->request_snapshot("BINANCE:BTCUSDT");
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  CHECK(depth_requests() == 3);
  broker.http_first = {refused};
  session->request_snapshot("BINANCE:ETHUSDT");
  REQUIRE(until([&] { return host.count_of(FrameKind::Refused) == 1; }));
  CHECK(host.last(FrameKind::Refused)->instrument == InstrumentId{1});
  CHECK(host.last(FrameKind::Refused)->bytes.find("Invalid symbol") != std::string::npos);
  run_on(loop);
  CHECK(depth_requests() == 4);
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: an answer for a session that ended is dropped, the one asked for since is fetched") {
  broker.hold_http = true;
  open_books(1);
  session->request_snapshot("BINANCE:BTCUSDT");
  REQUIRE(until([&] { return broker.held.size() == 1; }));
  broker.peer().connection->cut();
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 2; }));
  session->request_snapshot("BINANCE:BTCUSDT");
  broker.held[0].second(ScriptedBroker::depth(""));
  REQUIRE(until([&] { return broker.held.size() == 2; }));
  CHECK(host.count_of(FrameKind::Rest) == 0);
  broker.held[1].second(ScriptedBroker::depth(""));
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  CHECK(host.last(FrameKind::Rest)->session == 2);
}

TEST_CASE_FIXTURE(BookFixture, "binance snapshots: partial books ask for none") {
  set(config, "book", "partial");
  start();
  wish({want(1, Channel::OrderBook, "BINANCE:BTCUSDT", 10)});
  REQUIRE(until_carried({"btcusdt@depth10@100ms"}));
  session->request_snapshot("BINANCE:BTCUSDT");
  run_on(loop);
  CHECK(depth_requests() == 0);
}
