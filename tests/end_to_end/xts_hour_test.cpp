// An hour of an XTS deployment's life in a few seconds: pings, a token that ends and is renewed, revoked tokens, a competing login, every fault of
// the simulated broker. Intervals are shortened in proportion; at the end the subscriptions at the broker are those that are wanted.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/recording_sums.hpp"
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

void subscribe_all(SubscriberClient& client) {
  client.subscribe(R"(["ticker","quote","orderbook","candle_1m","trade"])", R"(["NSE:RELIANCE"])");
  client.subscribe(R"(["ticker","quote"])", R"(["NSE:INFY"])");
  client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50"])");
}

auto data_of(std::string symbol, std::string type) {
  return [symbol = std::move(symbol), type = std::move(type)](const Json& m) {
    return SubscriberClient::is(m, type) && SubscriberClient::text(m, "symbol") == symbol;
  };
}

/// All that is wanted is held at the broker, and flows.
void wait_until_whole(SubscriberClient& client, Xts& xts) {
  client.wait_until("everything is subscribed", [&] { return xts.subscriptions() == kWanted; });
  const std::size_t before = client.messages().size();
  client.wait_for("RELIANCE flows", data_of("NSE:RELIANCE", "quote"), before);
  client.wait_for("INFY flows", data_of("NSE:INFY", "quote"), before);
  client.wait_for("the index flows", data_of("NSE:NIFTY 50", "ticker"), before);
}

/// No number is missing without a gap, none comes twice, and what is stale is silent.
class Watcher {
 public:
  void operator()(const Json& m) {
    const std::string type{SubscriberClient::text(m, "type")}, key = key_of(m, type);
    if (type == "state") {
      if (SubscriberClient::text(m, "state") == "failed" && m.HasMember("code")) ++failures[m["code"].GetInt()];
      return;
    }
    if (type == "gap") {
      next_[key] = m["to_seq"].GetUint64() + 1;
      ++gaps;
      return;
    }
    if (!m.HasMember("seq")) return;
    const std::uint64_t seq = m["seq"].GetUint64();
    const auto it = next_.find(key);
    if (it != next_.end() && seq != it->second && !SubscriberClient::has_flag(m, "snapshot") && !SubscriberClient::has_flag(m, "conflated")) ++holes;
    next_[key] = seq + 1;
  }

  std::size_t holes = 0;
  std::size_t gaps = 0;
  std::map<int, std::size_t> failures;  // by code

 private:
  static std::string key_of(const Json& m, const std::string& type) {
    std::string channel{SubscriberClient::text(m, "channel")};
    if (channel.empty()) channel = type == "candle" ? "candle_1m" : type;
    return std::string{SubscriberClient::text(m, "symbol")} + " " + channel;
  }
  std::map<std::string, std::uint64_t> next_;
};

}  // namespace

TEST_CASE("xts: an hour with ping cycles, renewed tokens and revoked ones leaves every subscription whole") {
  sim::XtsOptions options = Xts::quick();
  options.token_lifetime = std::chrono::seconds{3};
  options.ping_interval = std::chrono::milliseconds{25};  // a thousandth of what servers say
  options.ping_timeout = std::chrono::seconds{1};
  Xts xts{options};
  test::GatewayUnderTest gateway{test::xts_gateway_yaml(xts, ", renew_before: 1s, relogin_interval: 100ms, login_at: ''")};
  SubscriberClient client{gateway.port()};
  Watcher watcher;
  client.on_json = [&](const Json& m) { watcher(m); };
  subscribe_all(client);
  wait_until_whole(client, xts);

  const std::uint64_t logins = xts.counters().logins;
  client.wait_until("the token was renewed before its end", [&] { return xts.counters().logins > logins; });
  wait_until_whole(client, xts);

  const std::uint64_t pings = xts.counters().pings_received;
  client.wait_until("the pings of an hour, one for each of the server's intervals", [&] { return xts.counters().pings_received >= pings + 144; });
  wait_until_whole(client, xts);

  xts.inject("token_revoked");
  wait_until_whole(client, xts);
  CHECK(watcher.holes == 0);
  CHECK(watcher.failures.empty());
  CHECK(gateway.counters().frames_bad == 0);
}

TEST_CASE("xts: a competing login is told once with code 4033 and never fought over, and the session is taken back when that is configured") {
  Xts xts;
  test::GatewayUnderTest gateway{test::xts_gateway_yaml(xts, ", competing_wait: 2s")};
  SubscriberClient client{gateway.port()};
  Watcher watcher;
  client.on_json = [&](const Json& m) { watcher(m); };
  subscribe_all(client);
  wait_until_whole(client, xts);
  const std::uint64_t logins = xts.counters().logins;
  xts.inject("competing");
  client.wait_for("the broker is down", [](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == "xts" && SubscriberClient::text(m, "state") == "down";
  });
  client.wait_until("each stream is told", [&] { return watcher.failures[4033] == 8; });
  CHECK(xts.counters().logins <= logins + 1);  // the other program's own
  wait_until_whole(client, xts);
  CHECK(watcher.failures[4033] == 8);
  CHECK(watcher.holes == 0);
}

TEST_CASE("xts: each fault of the broker ends with every subscription whole, and no silent hole") {
  sim::XtsOptions options = Xts::quick();
  options.packets_per_event = 2;
  Xts xts{options};
  test::GatewayUnderTest gateway{test::xts_gateway_yaml(xts, ", relogin_interval: 1ms")};
  SubscriberClient client{gateway.port()};
  Watcher watcher;
  client.on_json = [&](const Json& m) { watcher(m); };
  subscribe_all(client);
  wait_until_whole(client, xts);
  const std::string faults[] = {"drop",
                                "close",
                                "close=1011",
                                "namespace_disconnect",
                                "server_disconnect",
                                "server_ping",
                                "refuse=503,2",
                                "rest_503=2",
                                "rest_429=2",
                                "html_404=1",
                                "plain_text=1",
                                "already_subscribed=2",
                                "token_revoked",
                                "malformed_json",
                                "malformed_packed",
                                "unknown_event",
                                "property_burst=50",
                                "duplicate",
                                "mixed_shapes",
                                "object_argument",
                                "bare_quotes",
                                "no_quotes",
                                "silence=2",
                                "dead=2",
                                "no_pong"};
  for (const std::string& fault : faults) {
    CAPTURE(fault);
    xts.inject(fault);
    if (fault == "rest_503=2" || fault == "rest_429=2" || fault == "html_404=1" || fault == "plain_text=1" || fault == "already_subscribed=2") {
      xts.inject("token_revoked");  // so that something is asked for
    }
    if (fault == "no_pong") {
      const std::uint64_t disconnects = gateway.counters().disconnects;
      client.wait_until("the silent peer is given up", [&] { return gateway.counters().disconnects > disconnects; });
    }
    xts.inject("resume");
    wait_until_whole(client, xts);
  }
  CHECK(watcher.holes == 0);
  CHECK(watcher.failures.empty());
}

}  // namespace tidegate
