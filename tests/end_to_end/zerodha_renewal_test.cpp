// Access tokens that are renewed while data flows: the gateway tells what one that keeps its token tells.
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/strict_subscriber.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

using test::StrictSubscriber;

std::string gateway_yaml(const test::Kite& kite, const std::string& credentials) {
  return "server: {listen: '127.0.0.1:0', limits: {outbox: 1GiB}}\nlog: {level: error}\npipeline: {mode: inline}\nbrokers:\n" +
         kite.yaml(", renewal_settle: 500ms", credentials);
}

StrictSubscriber subscribe(const test::GatewayUnderTest& gateway) {
  return {gateway.port(), R"(["quote","orderbook","ticker"])", R"(["NSE:RELIANCE","NSE:INFY","NSE:TCS"])", 9};
}

}  // namespace

TEST_CASE("zerodha renewal: access tokens renewed under load lose and repeat nothing") {
  const test::TemporaryFolder folder;
  const std::string file = (folder.path() / "kite.token").string();
  const auto write_token = [&](int number) { std::ofstream{file} << "token" << number << "\n"; };
  write_token(0);

  test::Kite kite;
  test::GatewayUnderTest steady{gateway_yaml(kite, "api_key: other, access_token: token")};
  StrictSubscriber truth = subscribe(steady);
  truth.client.wait_until("every stream flows", [&] { return truth.all_flow(); });
  test::GatewayUnderTest renewed{gateway_yaml(kite, "api_key: key, access_token: '${file:" + file + "}'")};
  StrictSubscriber subscriber = subscribe(renewed);
  const BrokerCounters& counters = renewed.counters();
  constexpr std::uint64_t kRenewals = 3;
  std::uint64_t written = 0;
  subscriber.client.wait_until("the tokens were renewed", [&] {
    truth.client.run_for(std::chrono::milliseconds{5});
    if (subscriber.all_flow() && counters.renewals == written && written < kRenewals) write_token(static_cast<int>(++written));
    return counters.renewals >= kRenewals;
  });
  const std::uint64_t until = subscriber.messages + 300;
  subscriber.client.wait_until("it flows on", [&] {
    truth.client.run_for(std::chrono::milliseconds{5});
    return subscriber.messages >= until;
  });
  test::catch_up(truth, subscriber);

  std::set<std::string> tokens;
  for (const sim::ZerodhaConnection& connection : kite.connections()) tokens.insert(connection.access_token);
  CHECK(tokens.contains("token3"));
  CHECK(counters.disconnects <= kRenewals);
  CHECK(counters.renewals_put_off == 0);
  subscriber.check_promises();
  test::check_equal(truth, subscriber);
  MESSAGE(subscriber.messages << " messages, " << counters.duplicates.load() << " duplicates dropped");
}

}  // namespace tidegate
