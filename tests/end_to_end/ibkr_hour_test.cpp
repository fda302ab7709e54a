// An hour of Interactive Brokers' life in some seconds: streams that end silently, stalls behind healthy heartbeats, other programs, resets, a
// person's login, every fault of the simulated broker. Intervals are shortened in proportion.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/ibkr.hpp"
#include "tests/end_to_end/stream_watch.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::Ibkr;
using test::SubscriberClient;
using Json = rapidjson::Value;

const std::set<std::string> kWanted = {"265598", "272093", "416904", "12087792"};

const std::vector<std::string> kStreams = {"NASDAQ:AAPL ticker", "NASDAQ:AAPL quote", "NASDAQ:AAPL orderbook", "NASDAQ:MSFT ticker",
                                           "NASDAQ:MSFT quote",  "CBOE:SPX ticker",   "IDEALPRO:EUR.USD quote"};

auto broker_in(std::string state) {
  return [state = std::move(state)](const Json& m) {
    return SubscriberClient::is(m, "status") && SubscriberClient::text(m, "broker") == "ibkr" && SubscriberClient::text(m, "state") == state;
  };
}

/// Streams that live long, so that a test meets one thing at a time.
sim::IbkrOptions long_lived() {
  sim::IbkrOptions options = Ibkr::quick();
  options.stream_life = std::chrono::minutes{15};
  return options;
}

/// A gateway whose one subscriber keeps streams of four instruments, and what it was told.
struct Hour : test::StreamWatch {
  Ibkr ibkr;
  test::GatewayUnderTest gateway;
  SubscriberClient client{gateway.port()};

  explicit Hour(const sim::IbkrOptions& options, const std::string& keys = "") : ibkr(options), gateway(test::ibkr_gateway_yaml(ibkr, keys)) {
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["ticker","quote","orderbook"])", R"(["NASDAQ:AAPL"])");
    client.subscribe(R"(["ticker","quote"])", R"(["NASDAQ:MSFT"])");
    client.subscribe(R"(["ticker"])", R"(["CBOE:SPX"])");
    client.subscribe(R"(["quote"])", R"(["IDEALPRO:EUR.USD"])");
    wait_until_whole();
  }

  /// All that is wanted lives at the broker, and flows.
  void wait_until_whole() {
    client.wait_until("everything is streamed", [&] { return ibkr.streams() == kWanted; });
    const auto before = data;
    client.wait_until("every stream flows", [&] { return all_flow(kStreams, before); });
  }
  [[nodiscard]] std::uint64_t requests_of(std::string_view text) {
    const auto all = ibkr.requests();
    return static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), [text](const std::string& r) { return r.starts_with(text); }));
  }
};

}  // namespace

TEST_CASE("ibkr: forty minutes and more keep every stream alive past three of its lives, with no gap") {
  Hour hour{Ibkr::quick(), ", stream_renewal: 500ms, stream_life: 1s"};
  const std::uint64_t asked = hour.ibkr.counters().smd_commands;
  // One life is a second here: five renewals and more of each of the four.
  hour.client.wait_until("the renewals of three lives", [&] { return hour.ibkr.counters().smd_commands >= asked + 4 * 8; });
  hour.wait_until_whole();
  CHECK(hour.ibkr.counters().streams_expired == 0);
  CHECK(hour.breaks_told == 0);
  CHECK(hour.failures.empty());
  for (const Json& m : hour.client.messages()) CHECK_FALSE(SubscriberClient::is(m, "gap"));
  CHECK(hour.ibkr.counters().upgrades == 1);
  CHECK(hour.ibkr.counters().tics > 0);
  CHECK(hour.requests_of("POST /v1/api/tickle") > 2);
  CHECK(hour.gateway.counters().frames_bad == 0);
  hour.check_promises();
}

TEST_CASE("ibkr: data that stops behind healthy heartbeats is found and repaired without a subscriber's help") {
  Hour hour{long_lived(), ", data_timeout: 400ms, probe_timeout: 300ms, stream_timeout: 2s"};
  // Streams are missed once they have shown their rhythm.
  const auto before = hour.data;
  hour.client.wait_until("a rhythm", [&] { return hour.data["NASDAQ:AAPL ticker"] > before.at("NASDAQ:AAPL ticker") + 40; });
  const std::uint64_t upgrades = hour.ibkr.counters().upgrades;
  hour.ibkr.inject("silence");
  hour.client.wait_until("another connection", [&] { return hour.ibkr.counters().upgrades > upgrades; });
  hour.wait_until_whole();
  CHECK(hour.breaks_told > 0);
  CHECK(hour.failures.empty());
  hour.check_promises();
}

TEST_CASE("ibkr: one stream that ends alone is asked for again") {
  Hour hour{long_lived(), ", data_timeout: 60s, stream_timeout: 600ms"};
  const auto before = hour.data;
  hour.client.wait_until("a rhythm", [&] { return hour.data["NASDAQ:AAPL ticker"] > before.at("NASDAQ:AAPL ticker") + 20; });
  hour.ibkr.inject("expire_streams=265598");
  hour.wait_until_whole();
  CHECK(hour.ibkr.counters().upgrades == 1);
  hour.check_promises();
}

TEST_CASE("ibkr: another program's session is told once with 4033 and never fought over, and taken up when it is left") {
  Hour hour{long_lived()};
  const std::uint64_t inits = hour.requests_of("POST /v1/api/iserver/auth/ssodh/init");
  hour.ibkr.inject("competing");
  hour.client.wait_for("the broker is down", broker_in("down"));
  hour.client.wait_until("each stream is told", [&] { return hour.failures[4033] == kStreams.size(); });
  const std::uint64_t questions = hour.requests_of("POST /v1/api/iserver/auth/status");
  hour.client.wait_until("it is asked again and again", [&] { return hour.requests_of("POST /v1/api/iserver/auth/status") > questions + 4; });
  CHECK(hour.requests_of("POST /v1/api/iserver/auth/ssodh/init") == inits);
  CHECK(hour.failures[4033] == kStreams.size());
  hour.ibkr.inject("resume");
  hour.wait_until_whole();
  CHECK(hour.failures[4033] == kStreams.size());
  hour.check_promises();
}

TEST_CASE("ibkr: where it is configured, the session is taken back") {
  Hour hour{long_lived(), ", compete: true"};
  hour.ibkr.inject("competing");
  hour.wait_until_whole();
  CHECK(hour.requests_of("POST /v1/api/iserver/auth/ssodh/init") == 1);
  hour.check_promises();
}

TEST_CASE("ibkr: a session that is gone waits for a person, who is told where to log in, and goes on by itself") {
  Hour hour{long_lived()};
  hour.ibkr.inject("session_gone");
  const Json& status = hour.client.wait_for("a login is needed", broker_in("auth_required"));
  CHECK(SubscriberClient::text(status, "reason").find("log in") != std::string_view::npos);
  hour.ibkr.inject("login");
  hour.wait_until_whole();
  hour.check_promises();
}

namespace {

struct Fault {
  std::string text;
  bool breaks;  // something is lost, and the subscriber must be told
};

const std::vector<Fault> kFaults = {
    {"drop", true},
    {"close", true},
    {"close=1011", true},
    {"unauthenticated", true},
    {"unauthenticated_parts", true},
    {"nightly_reset=1", true},
    {"rest_503=3", false},
    {"rest_429=3", false},
    {"bad_utf8", false},
    {"truncated", false},
    {"unknown_topic", false},
    {"error_frame=what", false},
    {"burst=50", false},
    {"swap", false},
    {"volume_suffix", false},
    {"ntf=hello", false},
    {"blt=hello", false},
    {"order", false},
    {"dead", true},
};

}  // namespace

TEST_CASE("ibkr: each fault of the broker is told where it breaks something, and ends with every stream whole") {
  Hour hour{long_lived()};
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.text);
    const std::uint64_t told = hour.breaks_told;
    hour.ibkr.inject(fault.text);
    if (fault.breaks) hour.client.wait_until("the break is told (" + fault.text + ")", [&] { return hour.breaks_told > told; });
    hour.ibkr.inject("resume");
    hour.wait_until_whole();
    if (!fault.breaks) CHECK(hour.breaks_told == told);
  }
  hour.ibkr.inject("maintenance");
  hour.ibkr.inject("drop");
  hour.client.wait_for("maintenance passes", broker_in("reconnecting"));
  hour.ibkr.inject("resume");
  hour.wait_until_whole();
  CHECK(hour.failures.empty());
  hour.check_promises();
}

}  // namespace tidegate
