// What texts come to when the broker does not answer, or with nonsense.
#include "tests/ibkr_contracts/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

const std::string kOne = shares_of("A", share("1", "NYSE", true));

}  // namespace

TEST_CASE("ibkr contracts: without an answer, over the rate or with the broker in trouble, the same is asked again until it works") {
  ContractsFixture broker;
  broker.contracts->look_up({"NYSE:A"});
  broker.contracts->go();
  for (const int status : {0, 429, 503, 502, 0, 504, 429, 503, 0}) {
    broker.until([&] { return broker.unanswered.size() == 1; });
    const auto answered = broker.unanswered[0].second;
    broker.unanswered.clear();
    answered(status, "<html>");
  }
  CHECK(broker.answers.empty());
  broker.script[path(kStocks, "A")] = {200, kOne};
  broker.until([&] { return broker.unanswered.size() == 1 || broker.answers.size() == 1; });
  if (!broker.unanswered.empty()) broker.unanswered[0].second(200, kOne);
  broker.until([&] { return broker.answers.size() == 1; });
  CHECK(broker.answers[0].instruments.size() == 1);
}

TEST_CASE("ibkr contracts: answers that cannot be read are asked for again a few times, then the text is given up") {
  for (const char* body : {"<html><body>login</body></html>", "", "[", "[]", R"({"A":{}})", R"({"error":"something"})",
                           R"({"A":[{"contracts":[{"conid":"x","exchange":"NYSE"}]}]})"}) {
    ContractsFixture broker;
    broker.script[path(kStocks, "A")] = {200, body};
    broker.contracts->go();
    CHECK_MESSAGE(broker.symbols("NYSE:A").empty(), body);
    CHECK_MESSAGE(broker.asked(path(kStocks, "A")) == 5, body);
    CHECK(broker.host.counters().rest_failures == 5);
  }
}

TEST_CASE("ibkr contracts: one text's bad answer does not keep the others of its request") {
  ContractsFixture broker;
  broker.script[path(kStocks, "A,B")] = {200, R"({"A":{},"B":)" + company(share("2", "NYSE", true)) + "}"};
  broker.script[path(kStocks, "A")] = {200, kOne};
  broker.contracts->look_up({"NYSE:A", "NYSE:B"});
  broker.contracts->go();
  broker.until([&] { return broker.answers.size() == 2; });
  for (const SymbolAnswer& answer : broker.answers) CHECK_MESSAGE(answer.instruments.size() == 1, answer.text);
}

TEST_CASE("ibkr contracts: a request that is refused as a whole is asked again text by text") {
  ContractsFixture broker;
  const std::string refusal = R"({"error":"Bad Request: no such symbol","statusCode":400})";
  broker.script[path(kStocks, "A,BAD")] = {400, refusal};
  broker.script[path(kStocks, "A")] = {200, kOne};
  broker.script[path(kStocks, "BAD")] = {400, refusal};
  broker.script[path(kSearch, "BAD")] = {404, refusal};
  broker.contracts->look_up({"NYSE:A", "NYSE:BAD"});
  broker.contracts->go();
  broker.until([&] { return broker.answers.size() == 2; });
  CHECK(broker.answers[0].instruments.size() + broker.answers[1].instruments.size() == 1);
  CHECK(broker.asked(path(kStocks, "BAD")) == 1);
}

TEST_CASE("ibkr contracts: without a login nothing is asked until the next go, and late answers say nothing") {
  ContractsFixture broker;
  broker.contracts->look_up({"NYSE:A", "ES-20261218"});
  broker.contracts->go();
  broker.until([&] { return broker.unanswered.size() == 2; });
  const auto asked = broker.unanswered;
  broker.unanswered.clear();
  const bool first_is_stocks = asked[0].first.starts_with(kStocks);
  asked[first_is_stocks ? 1 : 0].second(401, "");
  asked[first_is_stocks ? 0 : 1].second(200, kOne);
  run_on(broker.loop, std::chrono::milliseconds{10});
  CHECK(broker.unanswered.empty());
  CHECK(broker.answers.empty());
  broker.script[path(kStocks, "A")] = {200, kOne};
  broker.script[path(kSearch, "ES")] = {200, "[]"};
  broker.contracts->go();
  broker.until([&] { return broker.answers.size() == 2; });
}

TEST_CASE("ibkr contracts: an answer that comes twice counts once, and none counts after the end") {
  ContractsFixture broker;
  broker.contracts->look_up({"NYSE:A"});
  broker.contracts->go();
  broker.until([&] { return broker.unanswered.size() == 1; });
  broker.unanswered[0].second(200, kOne);
  broker.unanswered[0].second(200, kOne);
  broker.until([&] { return broker.answers.size() == 1; });
  broker.contracts->look_up({"NYSE:C"});
  broker.until([&] { return broker.unanswered.size() == 2; });
  broker.contracts->stop();
  broker.unanswered[1].second(200, shares_of("C", share("3", "NYSE", true)));
  broker.contracts.reset();
  broker.unanswered[1].second(200, "{}");
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.answers.size() == 1);
}

TEST_CASE("ibkr contracts: a broker that answers at once is as good as one that answers later") {
  net::EventLoop loop;
  TestHost host{loop};
  std::vector<SymbolAnswer> answers;
  ibkr::Contracts contracts{host,
                            BrokerConfig{},
                            {},
                            [](const std::string&, const ibkr::Contracts::Answered& answered) { answered(200, kOne); },
                            {.found = [&](std::vector<SymbolAnswer> found) { answers = std::move(found); }, .changed = {}, .prepared = {}}};
  contracts.go();
  contracts.look_up({"NYSE:A"});
  CHECK(answers.empty());
  REQUIRE(run_until(loop, [&] { return answers.size() == 1; }));
  CHECK(answers[0].instruments.size() == 1);
}

TEST_CASE("ibkr contracts: more texts than can wait are answered with nothing") {
  ContractsFixture broker;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < ibkr::ContractAsker::kWaitingMax + 3; ++i) texts.push_back("NYSE:N" + std::to_string(i));
  broker.contracts->look_up(texts);
  broker.until([&] { return broker.answers.size() == 3; });
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.answers.size() == 3);
}

TEST_CASE("ibkr contracts: a derivative is prepared in the end, even if nothing about its underlying can be read") {
  ContractsFixture broker;
  broker.script[path(kSearch, "ES")] = {200, std::string{kEsSearch}};
  broker.script[path(kInfo, "11004968&sectype=FUT&month=DEC26")] = {200, "[" + future_row("5", "ES", "CME", "20261218") + "]"};
  broker.contracts->go();
  CHECK(broker.symbols("CME:ESZ26") == Texts{"CME:ESZ26"});
  broker.contracts->want({"CME:ESZ26"});
  broker.script[path(kSearch, "ES")] = {500, "trouble"};
  broker.contracts->go();
  CHECK_FALSE(broker.contracts->find("CME:ESZ26")->prepared);
  broker.until([&] { return broker.prepared == 1; });
  CHECK(broker.contracts->find("CME:ESZ26")->prepared);
  CHECK(broker.asked(path(kSearch, "ES")) == 6);
}

TEST_CASE("ibkr contracts: one name with very many contracts is cut") {
  ContractsFixture broker;
  std::string contracts;
  for (int i = 1; i <= 300; ++i) contracts += (i == 1 ? "" : ",") + share(std::to_string(i), "X" + std::to_string(i), false);
  broker.script[path(kStocks, "A")] = {200, shares_of("A", contracts)};
  broker.contracts->go();
  CHECK(broker.symbols("A").size() == ibkr::kContractsPerNameMax);
}
