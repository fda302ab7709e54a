// One share at two brokers, both simulated, with real sockets: one of them freezes, is cut or refuses, and subscribers go on with the other under one
// count; then the preferred one comes back.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/stream_watch.hpp"
#include "tests/end_to_end/xts.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using Json = rapidjson::Value;

const std::vector<std::string> kStreams = {"NSE:RELIANCE quote", "NSE:RELIANCE ticker", "NSE:RELIANCE orderbook", "NSE:RELIANCE trade"};

/// What a subscriber was told at each joint of two sources.
class JointWatch {
 public:
  void see(const Json& message) {
    watch_.see(message);
    const std::string symbol{SubscriberClient::text(message, "symbol")};
    if (symbol.empty()) return;
    const std::string type{SubscriberClient::text(message, "type")};
    const std::string channel{SubscriberClient::text(message, "channel")};
    const std::string stream = symbol + " " + (channel.empty() ? type : channel);
    Since& since = since_[stream];
    if (type == "state") {
      since.moved_to = SubscriberClient::text(message, "reason").substr(0, 11) == "moved from " ? SubscriberClient::text(message, "broker") : "";
      since.reason = SubscriberClient::text(message, "reason");
    } else if (type == "gap") {
      since.failover_gap = SubscriberClient::text(message, "cause") == "failover";
    } else if (message.HasMember("seq")) {
      const std::string broker{SubscriberClient::text(message, "broker")};
      std::string& serving = brokers_[stream];
      if (!serving.empty() && serving != broker) {
        const bool told = since.moved_to == broker && since.failover_gap && SubscriberClient::has_flag(message, "gap_before");
        told ? ++joints_ : ++untold_;
        reasons_.push_back(since.reason);
      }
      serving = broker;
      since = {};
    }
  }
  /// Every stream has got something since `before`, all of it lately from this broker.
  [[nodiscard]] bool all_from(const std::string& broker, const std::map<std::string, std::uint64_t>& before) const {
    return watch_.all_flow(kStreams, before) && std::all_of(kStreams.begin(), kStreams.end(), [&](const std::string& stream) {
             const auto found = brokers_.find(stream);
             return found != brokers_.end() && found->second == broker;
           });
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& data() const { return watch_.data; }
  [[nodiscard]] std::size_t joints() const { return joints_; }
  [[nodiscard]] bool any_reason_holds(const std::string& words) const {
    return std::any_of(reasons_.begin(), reasons_.end(), [&](const std::string& reason) { return reason.find(words) != std::string::npos; });
  }
  void check_promises() const {
    watch_.check_promises();
    CHECK(untold_ == 0);
  }

 private:
  struct Since {  // since the stream's last record
    std::string moved_to;
    std::string reason;
    bool failover_gap = false;
  };
  test::StreamWatch watch_;
  std::map<std::string, std::string> brokers_;
  std::map<std::string, Since> since_;
  std::vector<std::string> reasons_;
  std::size_t joints_ = 0;
  std::size_t untold_ = 0;
};

/// Both brokers, a gateway that prefers zerodha for NSE, and one subscriber of every channel that both have.
struct Scene {
  explicit Scene(const std::string& rule, const std::string& mode = "inline")
      : gateway("server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: " + mode + "}\nbrokers:\n" +
                kite.yaml() + xts.yaml() + "routing:\n  - {venues: [NSE], brokers: [zerodha, xts], " + rule + "}\n"),
        client(gateway.port()) {
    client.on_json = [this](const Json& message) { watch.see(message); };
    client.subscribe(R"(["quote","ticker","orderbook","trade"])", R"(["NSE:RELIANCE"])");
    until_from("zerodha");
  }
  void until_from(const std::string& broker) {
    const auto before = watch.data();
    client.wait_until("every stream flows from " + broker, [&] { return watch.all_from(broker, before); });
  }

  test::Kite kite;
  test::Xts xts;
  test::GatewayUnderTest gateway;
  JointWatch watch;
  SubscriberClient client;
};

constexpr std::size_t kZerodha = 0;

}  // namespace

TEST_CASE("failover: with the preferred broker frozen, subscribers go on with the hot standby, and come back when it is well") {
  for (const char* const mode : {"inline", "threads"}) {
    CAPTURE(mode);
    Scene scene{"standby: hot, failover_after: 1s, return_after: 1s", mode};
    scene.client.wait_until("the standby holds the subscriptions", [&] { return !scene.xts.subscriptions().empty(); });
    const std::size_t joints = scene.watch.joints();
    scene.kite.inject("silence=600");
    scene.until_from("xts");
    CHECK(scene.watch.joints() >= joints + kStreams.size());
    CHECK(scene.gateway.counters(kZerodha).failovers >= kStreams.size());
    scene.kite.inject("resume");
    scene.kite.inject("drop");
    scene.until_from("zerodha");
    CHECK(scene.gateway.counters(kZerodha).returns >= kStreams.size());
    scene.watch.check_promises();
  }
}

TEST_CASE("failover: with the preferred broker gone, a warm standby subscribes and serves until the other has been well for long enough") {
  Scene scene{"failover_after: 300ms, return_after: 500ms"};
  scene.client.wait_until("the standby holds nothing", [&] { return scene.xts.subscriptions().empty(); });
  scene.kite.inject("refuse=503");
  scene.kite.inject("drop");
  scene.until_from("xts");
  CHECK(scene.watch.any_reason_holds("moved from zerodha to xts: zerodha is reconnecting"));
  scene.kite.inject("resume");
  scene.until_from("zerodha");
  CHECK(scene.watch.any_reason_holds("moved from xts to zerodha: zerodha has been well for long enough"));
  scene.client.wait_until("the standby holds nothing again", [&] { return scene.xts.subscriptions().empty(); });
  scene.watch.check_promises();
}

TEST_CASE("failover: a preferred broker that is dead on an open socket is replaced by a warm standby without any key but the ranks") {
  Scene scene{"standby: warm"};
  scene.kite.inject("dead=600");
  scene.until_from("xts");
  scene.watch.check_promises();
}

TEST_CASE("failover: a login that expires is no end of the data") {
  Scene scene{"standby: hot, failover_after: 300ms, return_after: 500ms"};
  scene.kite.inject("expire_and_drop");
  scene.until_from("xts");
  CHECK(scene.watch.any_reason_holds("zerodha is auth_required"));
  scene.watch.check_promises();
}

TEST_CASE("failover: a standby whose prices are too far away is not used, and is reported") {
  Scene scene{"standby: hot, failover_after: 0s, return_after: 10m, tolerance: 0.0001%"};
  scene.client.wait_until("the disagreement is counted", [&] { return scene.gateway.counters(1).disagreements != 0; });
  scene.watch.check_promises();
}

}  // namespace tidegate
