// What the ticker can do to us: the gateway comes back by itself with the same instruments in the same modes, and subscribers are told of every
// break.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/stream_watch.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::Kite;
using test::SubscriberClient;
using Json = rapidjson::Value;
using Mode = Kite::Mode;

const std::map<std::uint32_t, Mode> kWanted = {{256265, Mode::Quote}, {738561, Mode::Full}, {408065, Mode::Full}, {2953217, Mode::Quote}};
const std::vector<std::string> kStreams = {"NSE:NIFTY 50 ticker",    "NSE:TCS ticker", "NSE:RELIANCE quote",
                                           "NSE:RELIANCE orderbook", "NSE:INFY quote", "NSE:INFY orderbook"};

sim::ZerodhaOptions market() {
  sim::ZerodhaOptions options = Kite::quick();
  options.rate = 0;  // every instrument in every flush, so that each stream is seen to flow
  return options;
}

/// A gateway whose one subscriber keeps instruments in two modes, and what it was told.
struct Storm : test::StreamWatch {
  Kite kite{market()};
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};

  Storm() {
    client.keep = false;
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["ticker"])", R"(["NSE:NIFTY 50","NSE:TCS"])");
    client.subscribe(R"(["quote","orderbook"])", R"(["NSE:RELIANCE","NSE:INFY"])");
    wait_until_flowing();
  }

  void wait_until_flowing() {
    const auto before = data;
    client.wait_until("every stream flows again", [&] { return all_flow(kStreams, before); });
    client.wait_until("the broker holds what is wanted", [&] { return kite.modes() == kWanted; });
  }
};

struct Fault {
  std::string text;
  bool breaks;            // a connection was lost, and the subscriber must be told
  std::uint64_t bad = 0;  // frames counted as bad
};

const std::vector<Fault> kFaults = {
    {"drop", true},
    {"close=1001", true},
    {"close=1000", true},
    {"silence", true},
    {"dead", true},
    {"slow=1", false},
    {"truncated", false, 1},
    {"wrong_count", false, 1},
    {"trailing", false},
    {"unknown_length", false},
    {"legacy164", false},
    {"zero_length", false},
    {"duplicate", false},
    {"big", false},
    {"text_flood=200", false},
    {"error_text=Something is wrong", false},
    {"message=Hello", false},
    {"order", false},
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kStormFaults = 20;
#else
constexpr int kStormFaults = 100;
#endif

}  // namespace

TEST_CASE("zerodha faults: the gateway comes back from each one with the same instruments and modes, and breaks are told") {
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.text);
    Storm storm;
    const std::uint64_t told = storm.breaks_told;
    storm.kite.inject(fault.text);
    if (fault.breaks) {
      storm.client.wait_until("the break is told (" + fault.text + ")", [&] { return storm.breaks_told > told; });
    }
    storm.wait_until_flowing();
    storm.client.wait_until("bad frames are counted", [&] { return storm.gateway.counters().frames_bad == fault.bad; });
    if (!fault.breaks) CHECK(storm.breaks_told == told);
    storm.check_promises();
  }
}

TEST_CASE("zerodha faults: a quiet market with heartbeats is asked for an answer, and not cut while it gives one") {
  sim::ZerodhaOptions options = Kite::quick();
  options.updates_per_second = 0;  // snapshots only, as after the close
  Kite kite{options};
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote"])", R"(["NSE:RELIANCE"])");
  client.wait_until("it was asked twice", [&] { return kite.counters().unsubscribe_commands >= 2; });
  CHECK(kite.counters().connections_accepted == 1);
  CHECK(gateway.counters().disconnects == 0);
  CHECK(kite.modes() == std::map<std::uint32_t, Mode>{{738561, Mode::Full}});
}

TEST_CASE("zerodha faults: refused upgrades delay the return but do not prevent it") {
  for (const std::string fault : {"refuse=429,1", "refuse=400,1", "refuse=503,2", "refuse=502,1"}) {
    CAPTURE(fault);
    Storm storm;
    storm.kite.inject(fault);
    storm.kite.inject("drop");
    storm.client.wait_until("the break is told", [&] { return storm.breaks_told > 0; });
    storm.wait_until_flowing();
    storm.check_promises();
  }
}

TEST_CASE("zerodha faults: an instrument that the broker does not know is told silent") {
  Kite kite{market()};
  kite.inject("token_unknown=341249");
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite, "", "instruments: [{symbol: 'NSE:HDFCBANK', ids: {zerodha: 341249}}]\n")};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote"])", R"(["NSE:HDFCBANK"])");
  const Json& state = client.wait_for("the silence", [](const Json& m) {
    return SubscriberClient::is(m, "state") && SubscriberClient::text(m, "symbol") == "NSE:HDFCBANK" &&
           SubscriberClient::text(m, "state") == "silent";
  });
  CHECK_FALSE(SubscriberClient::text(state, "reason").empty());
}

TEST_CASE("zerodha faults: the list does not come at first, and subscriptions made meanwhile are served once it does") {
  Kite kite{market()};
  kite.inject("rest_503=2");
  test::GatewayUnderTest gateway{test::kite_gateway_yaml(kite)};
  SubscriberClient client{gateway.port()};
  client.subscribe(R"(["quote"])", R"(["NSE:RELIANCE"])");
  client.wait_for("the quote", [](const Json& m) { return SubscriberClient::is(m, "quote"); });
}

TEST_CASE("zerodha faults: a hundred in a row, at random, leave the same instruments and modes and no silent hole") {
  Storm storm;
  std::mt19937_64 random{20261120};
  std::uint64_t breaks = 0;
  for (int i = 0; i < kStormFaults; ++i) {
    // The ones that time-outs find are slow; a few of them are enough.
    const Fault* fault = &kFaults[random() % kFaults.size()];
    if ((fault->text == "silence" || fault->text == "dead" || fault->text == "slow=1") && random() % 4 != 0) fault = &kFaults[0];
    CAPTURE(i);
    CAPTURE(fault->text);
    const std::uint64_t told = storm.breaks_told;
    storm.kite.inject(fault->text);
    if (fault->breaks) {
      ++breaks;
      storm.client.wait_until("the break is told (" + fault->text + ")", [&] { return storm.breaks_told > told; });
    }
    if (fault->text.starts_with("slow")) storm.kite.inject("resume");
    storm.wait_until_flowing();
  }
  storm.check_promises();
  MESSAGE(kStormFaults << " faults, " << breaks << " of them breaks, " << storm.breaks_told << " streams told stale, " << storm.sums.gaps
                       << " gaps announced");
}

}  // namespace tidegate
