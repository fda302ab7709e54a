// Connections that an administrator, or a reload with other credentials, has made anew: each successor is opened before its predecessor is left.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

#include "gateway/access/authenticator.hpp"
#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/reloadable.hpp"
#include "tests/end_to_end/strict_subscriber.hpp"
#include "tests/end_to_end/venue.hpp"

namespace tidegate {
namespace {

using test::ReloadableGateway;
using test::StrictSubscriber;

/// Tokens of an administrator, whose token is "root-token".
class Admin {
 public:
  Admin() { std::ofstream{path()} << "tokens:\n  - {sha256: " << digest_text(token_digest("root-token")) << ", user: root, roles: [admin]}\n"; }
  [[nodiscard]] std::string server() const {
    return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}, auth: {tokens_file: '" + path() + "'}}\nlog: {level: error}\n";
  }
  [[nodiscard]] static test::HttpAnswered renew(const ReloadableGateway& gateway, const std::string& broker) {
    return test::call(gateway.port(), "POST", "/v1/admin/brokers/" + broker + "/renew", "root-token");
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_.path() / "tokens.yaml").string(); }
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("renewal by an administrator: Binance's connections are made anew under load, and nothing is lost") {
  const Admin admin;
  sim::BinanceOptions market;
  market.symbols = 2;
  test::Venue venue{market};
  ReloadableGateway gateway{admin.server() + "pipeline: {mode: threads}\nbrokers:\n" + venue.yaml(", max_age: 0s, renewal_settle: 300ms"),
                            all_adapters()};
  StrictSubscriber subscriber{gateway.port(), R"(["trade","quote","orderbook"])", R"(["BINANCE:BTCUSDT","BINANCE:ETHUSDT"])", 6};
  subscriber.client.wait_until("every stream flows", [&] { return subscriber.all_flow(); });
  CHECK(Admin::renew(gateway, "binance").status == 202);
  CHECK(Admin::renew(gateway, "binance").status == 429);
  CHECK(Admin::renew(gateway, "nobody").status == 404);
  const BrokerCounters& counters = gateway.gateway().counters();
  subscriber.client.wait_until("the connection was renewed", [&] { return counters.renewals >= 1; });
  const std::uint64_t until = subscriber.messages + 200;
  subscriber.client.wait_until("it flows on", [&] { return subscriber.messages >= until; });
  subscriber.check_promises();
  CHECK(counters.gaps == 0);
}

TEST_CASE("renewal by an administrator: a broker that cannot refuses with a hint, and stays as it is") {
  const Admin admin;
  test::TradingVenue venue{{"ACME"}};
  ReloadableGateway gateway{admin.server() + "brokers:\n" + venue.section("toy")};
  test::TradeWatch watch{gateway.port()};
  watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  watch.wait_for_trades("TOY:ACME");
  const test::HttpAnswered answer = Admin::renew(gateway, "toy");
  CHECK(answer.status == 409);
  CHECK(answer.body.find("reconnect") != std::string::npos);
  watch.wait_for_trades("TOY:ACME");
  CHECK(watch.of("TOY:ACME").losses == 0);
  CHECK(Admin::renew(gateway, "toy").status == 409);  // a refusal costs no wait
}

TEST_CASE("renewal: a broker that begins anew in the middle of one leaves both sockets, and its streams go on behind a gap") {
  const Admin admin;
  sim::BinanceOptions market;
  market.symbols = 1;
  test::Venue venue{market};
  const auto yaml = [&](const std::string& keys) {
    return admin.server() + "pipeline: {mode: threads}\nbrokers:\n" + venue.yaml(", max_age: 0s, renewal_settle: 10s" + keys);
  };
  ReloadableGateway gateway{yaml(""), all_adapters()};
  StrictSubscriber subscriber{gateway.port(), R"(["trade","quote","orderbook"])", R"(["BINANCE:BTCUSDT"])", 3};
  subscriber.client.wait_until("every stream flows", [&] { return subscriber.all_flow(); });
  venue.inject("ack-delay=60000");  // the successor carries nothing for so long
  CHECK(Admin::renew(gateway, "binance").status == 202);
  subscriber.client.wait_until("the renewal is under way", [&] {
    return test::call(gateway.port(), "GET", "/v1/brokers").body.find("its successor is being opened") != std::string::npos;
  });
  CHECK(gateway.reload(yaml(", renewal_jitter: 1s")).changes.find(R"("changed":["binance","futures"])") != std::string::npos);
  subscriber.client.wait_until("each stream tells its gap", [&] { return subscriber.gaps >= 3; });
  const std::uint64_t until = subscriber.messages + 200;
  subscriber.client.wait_until("it flows on", [&] { return subscriber.messages >= until; });
  CHECK(subscriber.gaps == 3);
  CHECK(subscriber.holes == subscriber.gaps);  // every hole is one that was told
  CHECK(gateway.gateway().counters().renewals == 0);
}

TEST_CASE("renewal by a reload: other credentials alone are taken up without a break where the broker allows it") {
  const Admin admin;
  test::Kite kite;
  const auto yaml = [&](const std::string& token) {
    return admin.server() + "pipeline: {mode: threads}\nbrokers:\n" + kite.yaml(", renewal_settle: 300ms", "api_key: key, access_token: " + token);
  };
  ReloadableGateway gateway{yaml("monday"), all_adapters()};
  StrictSubscriber subscriber{gateway.port(), R"(["quote","orderbook"])", R"(["NSE:RELIANCE","NSE:INFY"])", 4};
  subscriber.client.wait_until("every stream flows", [&] { return subscriber.all_flow(); });
  const distributor::Reloaded reloaded = gateway.reload(yaml("tuesday"));
  CHECK(reloaded.problem.empty());
  CHECK(reloaded.changes.find(R"("renewed":["zerodha"])") != std::string::npos);
  const BrokerCounters& counters = gateway.gateway().counters();
  subscriber.client.wait_until("the connection was renewed", [&] { return counters.renewals >= 1; });
  const std::uint64_t until = subscriber.messages + 100;
  subscriber.client.wait_until("it flows on", [&] { return subscriber.messages >= until; });
  std::set<std::string> tokens;
  for (const sim::ZerodhaConnection& connection : kite.connections()) tokens.insert(connection.access_token);
  CHECK(tokens.contains("tuesday"));
  subscriber.check_promises();
}

}  // namespace tidegate
