// Contracts in front of the simulated broker's REST.
#include "gateway/net/http_client.hpp"
#include "tests/ibkr_contracts/fixture.hpp"
#include "tools/sim/ibkr/server.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

class SimulatorFixture {
 public:
  explicit SimulatorFixture(bool logged_in = true) : server_(loop, options(logged_in)) {
    const std::string problem = server_.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
    contracts.emplace(
        host, config_, ibkr::Contracts::Settings{},
        [this](const std::string& path, ibkr::Contracts::Answered answered) {
          net::HttpCall call;
          call.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1/api" + path;
          host.http().send(std::move(call), loop, [this, answered = std::move(answered)](net::HttpAnswer&& answer) {
            statuses.push_back(answer.status);
            answered(answer.status, answer.body);
          });
        },
        ibkr::Contracts::Events{.found =
                                    [this](std::vector<SymbolAnswer> found) {
                                      for (SymbolAnswer& answer : found) answers[answer.text] = ContractsFixture::symbols(answer);
                                    },
                                .changed = {},
                                .prepared = {}});
  }

  net::EventLoop loop;
  TestHost host{loop};
  std::map<std::string, Texts> answers;
  std::vector<int> statuses;
  std::optional<ibkr::Contracts> contracts;

 private:
  static sim::IbkrOptions options(bool logged_in) {
    sim::IbkrOptions options;
    options.rest_rate = 0;
    options.logged_in = logged_in;
    return options;
  }

  BrokerConfig config_;
  sim::IbkrServer server_;
};

}  // namespace

TEST_CASE("ibkr contracts: the simulated broker's contracts are found by every form of name") {
  const std::map<std::string, Texts> expected = {
      {"NASDAQ:AAPL", {"NASDAQ:AAPL"}},
      {"SMART:AAPL", {"NASDAQ:AAPL"}},
      {"AAPL", {"NASDAQ:AAPL", "MEXI:AAPL", "EBS:AAPL"}},
      {"NYSE:IBM", {"NYSE:IBM"}},
      {"IBM", {"NYSE:IBM"}},
      {"ARCA:AAPL", {}},
      {"TWIN", {"NYSE:TWIN", "AMEX:TWIN"}},
      {"SMART:TWIN", {"NYSE:TWIN", "AMEX:TWIN"}},
      {"SMART:SAME", {"NASDAQ:SAME", "NYSE:SAME"}},
      {"NYSE:SAME", {"NYSE:SAME"}},
      {"CBOE:SPX", {"CBOE:SPX"}},
      {"SPX", {"CBOE:SPX"}},
      {"IDEALPRO:EUR.USD", {"IDEALPRO:EUR.USD"}},
      {"EUR.USD", {"IDEALPRO:EUR.USD"}},
      {"EUR.CHF", {}},
      {"CME:ESZ30", {"CME:ESZ30"}},
      {"CME:ES-20301220", {"CME:ESZ30"}},
      {"NQU30", {"CME:NQU30"}},
      {"CME:ESF30", {}},
      {"NYSE:NOSUCH", {}},
  };
  SimulatorFixture sim;
  Texts texts;
  for (const auto& [text, symbols] : expected) texts.push_back(text);
  sim.contracts->look_up(texts);
  sim.contracts->go();
  REQUIRE(run_until(sim.loop, [&] { return sim.answers.size() == expected.size(); }));
  CHECK(sim.answers == expected);
  for (const int status : sim.statuses) CHECK(status == 200);
  CHECK(sim.contracts->find("CME:ESZ30")->prepared);
  CHECK(sim.contracts->find("NASDAQ:AAPL")->native.token == 265598);
}

TEST_CASE("ibkr contracts: while nobody is logged in at the simulated broker, one refusal ends the asking") {
  SimulatorFixture sim{false};
  sim.contracts->look_up({"NASDAQ:AAPL"});
  sim.contracts->go();
  REQUIRE(run_until(sim.loop, [&] { return !sim.statuses.empty(); }));
  run_on(sim.loop);
  CHECK(sim.statuses == std::vector<int>{401});
  CHECK(sim.answers.empty());
}
