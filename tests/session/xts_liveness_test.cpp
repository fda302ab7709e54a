// A socket that is open and silent: is the market quiet, or the feed dead?
#include <doctest/doctest.h>

#include "tests/session/xts_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::set_xts;
using test::XtsFixture;

namespace {

constexpr InstrumentId kFirst{1};

struct QuietFixture : XtsFixture {
  QuietFixture() {
    set_xts(config, "data_timeout", "20ms");
    set_xts(config, "probe_timeout", "60ms");
    set_xts(config, "ping_interval", "10ms");
  }
  /// The broker's clock at that time from now.
  [[nodiscard]] std::int64_t broker_clock(std::chrono::seconds from_now) const {
    return host.shifted_clock.utc().ns / 1'000'000'000 + from_now.count() - 315'513'000;
  }
  [[nodiscard]] std::size_t probes() const { return xts.calls_of("POST", "/instruments/quotes"); }
};

}  // namespace

TEST_CASE_FIXTURE(QuietFixture, "xts liveness: a market that brings nothing new is quiet, and the socket stays") {
  xts.updated = broker_clock(-3600s);
  open_one();
  REQUIRE(until([&] { return probes() >= 3; }));
  CHECK(host.count_of(FrameKind::Closed) == 0);
  CHECK(xts.upgrades.size() == 1);
  CHECK(xts.last_call("POST", "/instruments/quotes").body ==
        R"({"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":2885}],"xtsMessageCode":1501,"publishFormat":"JSON"})");
}

TEST_CASE_FIXTURE(QuietFixture, "xts liveness: quotes that are newer than what the socket brought prove a dead feed") {
  xts.updated = broker_clock(-3600s);
  open_one();
  xts.updated = broker_clock(60s);
  REQUIRE(until([&] { return host.count_of(FrameKind::Closed) >= 1; }));
  CHECK(host.last(FrameKind::Closed)->bytes == "connection lost: the broker has newer data than the socket brought");
  xts.updated = broker_clock(-3600s);
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) >= 2; }));
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(QuietFixture, "xts liveness: a probe that is not answered ends the connection, one that is put off does not") {
  xts.updated = broker_clock(-3600s);
  open_one();
  SUBCASE("no usable answer") {
    for (int i = 0; i < 20; ++i) xts.next_quotes_answers.push_back({.status = 502, .content_type = "text/html", .body = "<html>"});
    REQUIRE(until([&] { return host.count_of(FrameKind::Closed) >= 1; }));
    CHECK(host.last(FrameKind::Closed)->bytes.find("not even when it was asked for") != std::string::npos);
  }
  SUBCASE("slow down") {
    for (int i = 0; i < 3; ++i) xts.next_quotes_answers.push_back(test::xts_error(429, "e-apirl-0004", "Rate limit exceeded for user U1"));
    REQUIRE(until([&] { return probes() >= 4; }));
    CHECK(host.count_of(FrameKind::Closed) == 0);
  }
}

TEST_CASE_FIXTURE(QuietFixture, "xts liveness: data keeps the probes away") {
  set_xts(config, "data_timeout", "400ms");
  open_one();
  for (int i = 0; i < 50; ++i) {
    xts.send_all(test::data_event(1501, "1_2885"));
    run_on(loop, 10ms);
  }
  CHECK(probes() == 0);
}

TEST_CASE_FIXTURE(QuietFixture, "xts liveness: several instruments are asked about at once, others at the next probe") {
  set_xts(config, "quotes_batch", "2");
  xts.updated = broker_clock(-3600s);
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS"), want(3, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return probes() >= 2; }));
  std::string asked;
  for (const auto& call : xts.calls) {
    if (call.path == "/instruments/quotes") asked += call.body;
  }
  for (const char* id : {":2885}", ":11536}", ":1594}"}) CHECK(asked.find(id) != std::string::npos);
}
