// An hour of an XTS deployment's life in a few seconds: pings, a token that ends and is renewed, revoked tokens, a competing login, every fault of
// the simulated broker. Intervals are shortened in proportion; at the end the subscriptions at the broker are those that are wanted.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/stream_watch.hpp"
#include "tests/end_to_end/xts.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using test::Xts;
using Json = rapidjson::Value;
using Set = Xts::Subscriptions;

const Set kWanted = {{1501, 1, 1594}, {1501, 1, 26000}, {1502, 1, 2885}, {1505, 1, 2885}};

const std::vector<std::string> kStreams = {"NSE:RELIANCE ticker", "NSE:RELIANCE quote", "NSE:RELIANCE orderbook", "NSE:RELIANCE candle_1m",
                                           "NSE:RELIANCE trade",  "NSE:INFY ticker",    "NSE:INFY quote",         "NSE:NIFTY 50 ticker"};

/// A gateway whose one subscriber keeps every channel of a share, two of another and an index, and what it was told.
struct Hour : test::StreamWatch {
  Xts xts;
  test::GatewayUnderTest gateway;
  SubscriberClient client{gateway.port()};

  Hour(const sim::XtsOptions& options, const std::string& broker_keys) : xts(options), gateway(test::xts_gateway_yaml(xts, broker_keys)) {
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["ticker","quote","orderbook","candle_1m","trade"])", R"(["NSE:RELIANCE"])");
    client.subscribe(R"(["ticker","quote"])", R"(["NSE:INFY"])");
    client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50"])");
    wait_until_whole();
  }

  /// All that is wanted is held at the broker, and flows.
  void wait_until_whole() {
    client.wait_until("everything is subscribed", [&] { return xts.subscriptions() == kWanted; });
    const auto before = data;
    client.wait_until("every stream flows", [&] { return all_flow(kStreams, before); });
  }
};

}  // namespace

TEST_CASE("xts: an hour with ping cycles, renewed tokens and revoked ones leaves every subscription whole") {
  sim::XtsOptions options = Xts::quick();
  options.token_lifetime = std::chrono::seconds{3};
  options.ping_interval = std::chrono::milliseconds{25};  // a thousandth of what servers say
  options.ping_timeout = std::chrono::seconds{1};
  Hour hour{options, ", renew_before: 1s, relogin_interval: 100ms, login_at: ''"};

  const std::uint64_t logins = hour.xts.counters().logins;
  hour.client.wait_until("the token was renewed before its end", [&] { return hour.xts.counters().logins > logins; });
  hour.wait_until_whole();

  const std::uint64_t pings = hour.xts.counters().pings_received;
  hour.client.wait_until("the pings of an hour, one for each of the server's intervals",
                         [&] { return hour.xts.counters().pings_received >= pings + 144; });
  hour.wait_until_whole();

  hour.xts.inject("token_revoked");
  hour.wait_until_whole();
  hour.check_promises();
  CHECK(hour.failures.empty());
  CHECK(hour.gateway.counters().frames_bad == 0);
}

TEST_CASE("xts: a competing login is told once with code 4033 and never fought over, and the session is taken back when that is configured") {
  Hour hour{Xts::quick(), ", competing_wait: 2s"};
  const std::uint64_t logins = hour.xts.counters().logins;
  hour.xts.inject("competing");
  hour.client.wait_for("the broker is down", [](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == "xts" && SubscriberClient::text(m, "state") == "down";
  });
  hour.client.wait_until("each stream is told", [&] { return hour.failures[4033] == kStreams.size(); });
  CHECK(hour.xts.counters().logins <= logins + 1);  // the other program's own
  hour.wait_until_whole();
  CHECK(hour.failures[4033] == kStreams.size());
  hour.check_promises();
}

namespace {

struct Fault {
  std::string text;
  bool breaks;        // the socket is lost, and the subscriber must be told
  bool asks = false;  // only something that is asked for meets it: a revoked token makes the gateway ask
};

const std::vector<Fault> kFaults = {
    {"drop", true},
    {"close", true},
    {"close=1011", true},
    {"namespace_disconnect", true},
    {"server_disconnect", true},
    {"server_ping", false},
    {"refuse=503,2", true, true},
    {"rest_503=2", true, true},
    {"rest_429=2", true, true},
    {"html_404=1", true, true},
    {"plain_text=1", true, true},
    {"already_subscribed=2", true, true},
    {"token_revoked", true},
    {"malformed_json", false},
    {"malformed_packed", false},
    {"unknown_event", false},
    {"property_burst=50", false},
    {"duplicate", false},
    {"mixed_shapes", false},
    {"object_argument", false},
    {"bare_quotes", false},
    {"no_quotes", false},
    {"silence", true},
    {"dead", true},
    {"no_pong", true},
};

}  // namespace

TEST_CASE("xts: each fault of the broker is told where it breaks something, and ends with every subscription whole") {
  Hour hour{Xts::quick(), ", relogin_interval: 1ms"};
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.text);
    const std::uint64_t told = hour.breaks_told;
    hour.xts.inject(fault.text);
    if (fault.asks) hour.xts.inject("token_revoked");
    if (fault.breaks) hour.client.wait_until("the break is told (" + fault.text + ")", [&] { return hour.breaks_told > told; });
    hour.xts.inject("resume");
    hour.wait_until_whole();
    if (!fault.breaks) CHECK(hour.breaks_told == told);
  }
  hour.check_promises();
  CHECK(hour.failures.empty());
}

}  // namespace tidegate
