// Wishes become codes and batches over REST; refusals are taken apart until they mean one instrument.
#include <doctest/doctest.h>

#include "tests/session/xts_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::run_on;
using test::set_xts;
using test::XtsFixture;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};
constexpr InstrumentId kThird{3};
constexpr std::string_view kSubscription = "/instruments/subscription";
constexpr std::string_view kQuotes = "/instruments/quotes";

struct Five : XtsFixture {
  void wish_five() {
    wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS"), want(3, Channel::Ticker, "NSE:INFY"),
          want(4, Channel::Ticker, "NSE:SBIN"), want(5, Channel::Ticker, "NSE:ICICIBANK")});
  }
  [[nodiscard]] std::vector<std::string> bodies(std::string_view method) const {
    std::vector<std::string> all;
    for (const auto& call : xts.calls) {
      if (call.method == method && call.path == kSubscription) all.push_back(call.body);
    }
    return all;
  }
  [[nodiscard]] std::map<std::uint32_t, std::uint16_t> refusals() const {
    std::map<std::uint32_t, std::uint16_t> codes;
    for (const RawFrame& frame : host.frames) {
      if (frame.kind == FrameKind::Refused) codes[frame.instrument.value()] = frame.code;
    }
    return codes;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Five, "xts subscriptions: one code in a request, in batches") {
  set_xts(config, "subscribe_batch", "2");
  start();
  wish_five();
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 5; }));
  const auto sent = bodies("POST");
  REQUIRE(sent.size() == 3);
  CHECK(
      sent[0] ==
      R"({"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":11536},{"exchangeSegment":1,"exchangeInstrumentID":1594}],"xtsMessageCode":1501})");
  CHECK(host.last(FrameKind::Rest)->request == "POST /apimarketdata/instruments/subscription");
  CHECK(host.count_of(FrameKind::Rest) == 3);
  CHECK(xts.calls_of("POST", kQuotes) == 0);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: each channel has its code") {
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Trade, "NSE:TCS"), want(3, Channel::Quote, "NSE:INFY"),
        want(4, Channel::OrderBook, "NSE:SBIN"), want(5, Channel::Candle1m, "NSE:ICICIBANK"), want(6, Channel::Ticker, "NFO:NIFTY26JANFUT"),
        want(7, Channel::Ticker, "NSE:NIFTY 50"), want(8, Channel::Candle1m, "NSE:NIFTY 50")});
  const Carried expected = {"1501 1_2885",  "1501 1_11536", "1501 1_1594",  "1502 1_3045", "1505 1_4963",
                            "1501 2_53001", "1510 2_53001", "1501 1_26000", "1505 1_26000"};
  REQUIRE(until_carried(expected));
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 8; }));
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: options choose the ticker's codes") {
  set_xts(config, "ticker_code", "last_price");
  set_xts(config, "open_interest", "false");
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(6, Channel::Ticker, "NFO:NIFTY26JANFUT"), want(6, Channel::Quote, "NFO:NIFTY26JANFUT")});
  REQUIRE(until_carried({"1512 1_2885", "1512 2_53001", "1501 2_53001"}));
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: what the list lacks, and what an index or XTS has not, is refused in words") {
  start();
  wish({want(1, Channel::Ticker, "NSE:NOSUCH"), want(2, Channel::Trade, "NSE:NIFTY 50"), want(3, Channel::Candle5m, "NSE:TCS"),
        want(4, Channel::Ticker, "NSE:SBIN")});
  REQUIRE(until_carried({"1501 1_3045"}));
  CHECK(refusals() == std::map<std::uint32_t, std::uint16_t>{{1, 4011}, {2, 4012}, {3, 4012}});
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: a batch that is refused whole is split until the bad instrument is found") {
  xts.instruments_unknown = {"1_3045"};
  start();
  wish_five();
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 4; }));
  REQUIRE(until([&] { return host.refused(InstrumentId{4}, Channel::Ticker) == 1; }));
  CHECK(refusals() == std::map<std::uint32_t, std::uint16_t>{{4, 4031}});
  CHECK(host.last(FrameKind::Refused)->bytes == "Instrument not found");
  CHECK(xts.carried.size() == 4);
  run_on(loop, 30ms);
  CHECK(host.count_of(FrameKind::Refused) == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: already subscribed is as good as accepted, with quotes as the snapshot") {
  start();
  REQUIRE(until([&] { return host.list_count == 1 && xts.logins == 1; }));
  SUBCASE("one") {
    xts.carried = {"1501 1_2885"};
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
    REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
    CHECK(bodies("POST").size() == 1);
  }
  SUBCASE("one of five") {
    xts.carried = {"1501 1_1594"};
    wish_five();
    REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 5; }));
  }
  SUBCASE("all of five") {
    xts.carried = {"1501 1_2885", "1501 1_11536", "1501 1_1594", "1501 1_3045", "1501 1_4963"};
    wish_five();
    REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 5; }));
  }
  REQUIRE(until([&] { return xts.calls_of("POST", kQuotes) >= 1; }));
  REQUIRE(until([&] {
    return std::any_of(host.frames.begin(), host.frames.end(),
                       [](const RawFrame& frame) { return frame.kind == FrameKind::Rest && frame.request.ends_with("quotes"); });
  }));
  CHECK(host.count_of(FrameKind::Refused) == 0);
  CHECK(host.counters().requests_refused == 0);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: the broker's limit is told in its words, and what waits comes in when there is room") {
  xts.limit = 3;
  SUBCASE("the broker counts for us") {}
  SUBCASE("it does not") { xts.tells_remaining = false; }
  start();
  wish_five();
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 3 && host.count_of(FrameKind::Refused) == 2; }));
  for (const auto& [instrument, code] : refusals()) CHECK(code == 4015);
  if (!xts.tells_remaining) CHECK(host.last(FrameKind::Refused)->bytes.starts_with("Exceeded Instrument Subscription Limit of 3"));
  const std::size_t requests = bodies("POST").size();
  run_on(loop, 40ms);
  CHECK(bodies("POST").size() == requests);
  const std::map<std::uint32_t, std::string> names = {{1, "NSE:RELIANCE"}, {2, "NSE:TCS"}, {3, "NSE:INFY"}, {4, "NSE:SBIN"}, {5, "NSE:ICICIBANK"}};
  std::vector<Want> wants;
  bool dropped = false;
  for (const auto& [id, name] : names) {
    if (!dropped && host.accepted(InstrumentId{id}, Channel::Ticker) == 1) {
      dropped = true;
    } else {
      wants.push_back(want(id, Channel::Ticker, name));
    }
  }
  wish(wants);
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 4; }));
  CHECK(xts.carried.size() == 3);
  CHECK(host.count_of(FrameKind::Refused) == 2);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: instruments_max is kept before the broker is asked") {
  set_xts(config, "instruments_max", "2");
  start();
  wish_five();
  REQUIRE(until([&] { return host.count_of(FrameKind::Accepted) == 2 && host.count_of(FrameKind::Refused) == 3; }));
  CHECK(host.last(FrameKind::Refused)->code == 4015);
  CHECK(host.last(FrameKind::Refused)->bytes.find("instruments_max") != std::string::npos);
  CHECK(xts.carried.size() == 2);
  CHECK(host.counters().requests_refused == 0);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: a slow-down or a broken answer is waited out, and asked again") {
  SUBCASE("429") { xts.next_subscription_answers = {test::xts_error(429, "e-apirl-0004", "Rate limit exceeded for user U1")}; }
  SUBCASE("a gateway's page") { xts.next_subscription_answers = {{.status = 502, .content_type = "text/html", .body = "<html>Bad Gateway</html>"}}; }
  SUBCASE("no answer of XTS") { xts.next_subscription_answers = {{.status = 404, .content_type = "text/html", .body = "<html>Cannot POST</html>"}}; }
  SUBCASE("plain text") { xts.next_subscription_answers = {{.status = 503, .content_type = "text/plain", .body = "busy"}}; }
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  CHECK(bodies("POST").size() == 2);
  CHECK(host.count_of(FrameKind::Refused) == 0);
  CHECK(xts.logins == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: a Retry-After holds up every call") {
  net::HttpResponse later = test::xts_error(429, "e-apirl-0004", "Rate limit exceeded for user U1");
  later.headers.emplace_back("Retry-After", "3600");
  xts.next_subscription_answers = {later};
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return bodies("POST").size() == 1; }));
  const std::size_t calls = xts.calls.size();
  wish_five();
  run_on(loop, 60ms);
  CHECK(xts.calls.size() == calls);
  CHECK(host.counters().rate_limited == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: fewer snapshots than asked for are asked for as quotes") {
  xts.gives_quotes = false;
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Candle1m, "NSE:TCS")});
  REQUIRE(until([&] { return host.count_of(FrameKind::Rest) == 1; }));
  run_on(loop, 20ms);
  CHECK(xts.calls_of("POST", kQuotes) == 1);  // a candle has none
  CHECK(host.last(FrameKind::Rest)->request == "POST /apimarketdata/instruments/quotes");
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: the new code is there before the old one goes, and nobody is asked twice") {
  open_one();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(1, Channel::OrderBook, "NSE:RELIANCE"), want(1, Channel::Quote, "NSE:RELIANCE")});
  REQUIRE(until_carried({"1502 1_2885"}));
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::OrderBook) == 1; }));
  CHECK(host.accepted(kFirst, Channel::Ticker) == 1);
  CHECK(host.accepted(kFirst, Channel::Quote) == 1);
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until_carried({"1501 1_2885"}));
  std::vector<std::string> order;
  for (const auto& call : xts.calls) {
    if (call.path == kSubscription) order.push_back(call.method + call.body.substr(call.body.size() - 5, 4));
  }
  CHECK(order == std::vector<std::string>{"POST1501", "POST1502", "PUT1501", "POST1501", "PUT1502"});
  CHECK(host.accepted(kFirst, Channel::Ticker) == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: a book that the broker refuses takes nothing else with it") {
  xts.codes_refused = {"1502 1_2885"};
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(1, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
  REQUIRE(until([&] { return host.refused(kFirst, Channel::OrderBook) == 1; }));
  CHECK(host.refused(kFirst, Channel::Ticker) == 0);
  CHECK(xts.carried == Carried{"1501 1_2885"});
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: unsubscribing is done whatever the broker says") {
  open_one();
  xts.next_subscription_answers = {test::xts_error(400, "e-session-0010", "Instrument not subscribed")};
  wish({want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return bodies("PUT").size() + bodies("POST").size() == 3; }));
  REQUIRE(until([&] { return xts.calls_of("PUT", kSubscription) == 1; }));
  run_on(loop, 40ms);
  CHECK(xts.calls_of("PUT", kSubscription) == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: an answer that belongs to an earlier login changes nothing") {
  xts.hold_subscription_answers = true;
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  REQUIRE(until([&] { return xts.held.size() == 1; }));
  xts.other_login();
  xts.cut_all();
  REQUIRE(until([&] { return xts.logins == 2 && xts.held.size() == 2; }));
  xts.held[0]();
  run_on(loop, 40ms);
  CHECK(host.count_of(FrameKind::Accepted) == 0);
  CHECK(host.count_of(FrameKind::Rest) == 0);
  xts.held[1]();
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::Ticker) == 1; }));
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: a wish that goes while its request is under way is unsubscribed afterwards") {
  xts.hold_subscription_answers = true;
  start();
  wish({want(1, Channel::Ticker, "NSE:RELIANCE"), want(2, Channel::Ticker, "NSE:TCS")});
  REQUIRE(until([&] { return xts.held.size() == 1; }));
  wish({want(2, Channel::Ticker, "NSE:TCS")});
  xts.hold_subscription_answers = false;
  xts.held[0]();
  REQUIRE(until_carried({"1501 1_11536"}));
  CHECK(host.accepted(kFirst, Channel::Ticker) == 0);
  CHECK(host.accepted(kSecond, Channel::Ticker) == 1);
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: partial messages get a base when the gateway lost frames, full ones need none") {
  bool partial = true;
  SUBCASE("partial") { set_xts(config, "broadcast_mode", "partial"); }
  SUBCASE("full") { partial = false; }
  start();
  wish({want(1, Channel::OrderBook, "NSE:RELIANCE")});
  REQUIRE(until([&] { return host.accepted(kFirst, Channel::OrderBook) == 1; }));
  session->request_snapshot("NSE:RELIANCE");
  session->request_snapshot("NSE:NOSUCH");
  if (partial) REQUIRE(until([&] { return xts.calls_of("POST", kQuotes) == 1; }));
  run_on(loop, 30ms);
  CHECK(xts.calls_of("POST", kQuotes) == (partial ? 1 : 0));
}

TEST_CASE_FIXTURE(Five, "xts subscriptions: hostile answers blame nobody and end nothing") {
  std::string deep(20'000, '[');
  xts.next_subscription_answers = {{.status = 200, .content_type = "application/json", .body = deep},
                                   {.status = 200, .content_type = "application/json", .body = "[1,2]"},
                                   {.status = 200, .content_type = "application/json", .body = ""}};
  start();
  wish({want(3, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return host.accepted(kThird, Channel::Ticker) == 1; }));
  CHECK(host.count_of(FrameKind::Refused) == 0);
}
