// What texts come to, with a broker that answers.
#include "tests/ibkr_contracts/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

const std::string kApple = shares_of("AAPL", share("265598", "NASDAQ", true) + "," + share("38708077", "MEXI", false));

void script_es(ContractsFixture& broker, const std::string& december = future_row("515416632", "ES", "CME", "20261218")) {
  broker.script[path(kSearch, "ES")] = {200, std::string{kEsSearch}};
  broker.script[path(kInfo, "11004968&sectype=FUT&month=DEC26")] = {200, "[" + december + "]"};
}

}  // namespace

TEST_CASE("ibkr contracts: a share is found at its venue, and is the smart-routed stream of its conid") {
  ContractsFixture broker;
  broker.script[path(kStocks, "AAPL")] = {200, kApple};
  broker.contracts->go();
  const SymbolAnswer answer = broker.look_up("NASDAQ:AAPL");
  REQUIRE(answer.instruments.size() == 1);
  const Instrument& apple = answer.instruments[0];
  CHECK(apple.symbol() == "NASDAQ:AAPL");
  CHECK(apple.native.token == 265598);
  CHECK(apple.native.segment == 0);
  CHECK(apple.native.text.empty());
  CHECK(apple.kind == InstrumentKind::Cash);
  CHECK_FALSE(apple.tick_size.present());
  CHECK_FALSE(apple.expiry.known());
  const auto found = broker.contracts->find("NASDAQ:AAPL");
  REQUIRE(found.has_value());
  CHECK(found->native.token == 265598);
  CHECK(found->prepared);
  CHECK(broker.contracts->known().size() == 1);
  CHECK(broker.changed == 0);
}

TEST_CASE("ibkr contracts: SMART is the only listing in the United States; a bare name with several listings is ambiguous") {
  ContractsFixture broker;
  broker.script[path(kStocks, "AAPL")] = {200, kApple};
  broker.script[path(kStocks, "TWIN")] = {
      200, shares_of("TWIN", share("1", "NYSE", true) + "," + share("2", "AMEX", true) + "," + share("3", "EBS", false))};
  broker.script[path(kStocks, "ABROAD")] = {200, shares_of("ABROAD", share("4", "EBS", false))};
  broker.contracts->go();
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  CHECK(broker.symbols("AAPL") == Texts{"NASDAQ:AAPL", "MEXI:AAPL"});
  CHECK(broker.symbols("SMART:TWIN") == Texts{"NYSE:TWIN", "AMEX:TWIN"});
  CHECK(broker.symbols("TWIN") == Texts{"NYSE:TWIN", "AMEX:TWIN", "EBS:TWIN"});
  CHECK(broker.symbols("SMART:ABROAD") == Texts{"EBS:ABROAD"});
  CHECK(broker.symbols("ABROAD") == Texts{"EBS:ABROAD"});
}

TEST_CASE("ibkr contracts: an exchange that only routes to a share does not list it") {
  ContractsFixture broker;
  broker.script[path(kStocks, "AAPL")] = {200, kApple};
  broker.script[path(kSearch, "AAPL")] = {200, "[]"};
  broker.contracts->go();
  CHECK(broker.symbols("ARCA:AAPL").empty());
}

TEST_CASE("ibkr contracts: two of the same venue and name are told apart by their conids, which texts may hold") {
  ContractsFixture broker;
  broker.script[path(kStocks, "SAME")] = {200, shares_of("SAME", share("5", "NASDAQ", true) + "," + share("6", "NASDAQ", true))};
  broker.contracts->go();
  CHECK(broker.symbols("NASDAQ:SAME") == Texts{"NASDAQ:SAME#5", "NASDAQ:SAME#6"});
  CHECK(broker.symbols("NASDAQ:SAME#6") == Texts{"NASDAQ:SAME#6"});
  CHECK(broker.symbols("SAME#5") == Texts{"NASDAQ:SAME#5"});
  CHECK(broker.symbols("SMART:SAME#5") == Texts{"NASDAQ:SAME#5"});
  CHECK(broker.symbols("NASDAQ:SAME#7").empty());
}

TEST_CASE("ibkr contracts: an index is searched for where no share has its name") {
  ContractsFixture broker;
  broker.script[path(kStocks, "SPX")] = {200, R"({"SPX":[]})"};
  broker.script[path(kSearch, "SPX")] = {
      200, R"([{"conid":"416904","symbol":"SPX","description":"CBOE","sections":[{"secType":"IND","exchange":"CBOE;"},{"secType":"OPT"}]}])"};
  broker.contracts->go();
  const SymbolAnswer answer = broker.look_up("CBOE:SPX");
  REQUIRE(answer.instruments.size() == 1);
  CHECK(answer.instruments[0].kind == InstrumentKind::Index);
  CHECK(answer.instruments[0].native.token == 416904);
  CHECK(broker.symbols("SPX") == Texts{"CBOE:SPX"});
  CHECK(broker.symbols("SMART:SPX").empty());
  CHECK(broker.symbols("NYSE:SPX").empty());
}

TEST_CASE("ibkr contracts: a share hides an index of its name, unless the venue is said") {
  ContractsFixture broker;
  broker.script[path(kStocks, "DUO")] = {200, shares_of("DUO", share("7", "NYSE", true))};
  broker.script[path(kSearch, "DUO")] = {200, R"([{"conid":"8","symbol":"DUO","description":"CBOE","sections":[{"secType":"IND"}]}])"};
  broker.contracts->go();
  CHECK(broker.symbols("DUO") == Texts{"NYSE:DUO"});
  CHECK(broker.asked(path(kSearch, "DUO")) == 0);
  CHECK(broker.symbols("CBOE:DUO") == Texts{"CBOE:DUO"});
}

TEST_CASE("ibkr contracts: a currency is taken when its details name both sides") {
  ContractsFixture broker;
  const std::string row = R"({"conid":12087792,"symbol":"EUR","secType":"CASH","exchange":"IDEALPRO","currency":)";
  broker.script[path(kSearch, "EUR.USD")] = {
      200, R"([{"conid":"12087792","symbol":"EUR","description":"IDEALPRO","sections":[{"secType":"CASH","exchange":"IDEALPRO;"}]}])"};
  broker.script[path(kInfo, "12087792&sectype=CASH")] = {200, "[" + row + R"("USD"}])"};
  broker.contracts->go();
  const SymbolAnswer answer = broker.look_up("EUR.USD");
  REQUIRE(answer.instruments.size() == 1);
  CHECK(answer.instruments[0].symbol() == "IDEALPRO:EUR.USD");
  CHECK(answer.instruments[0].base == "EUR");
  CHECK(answer.instruments[0].quote == "USD");
  CHECK(answer.instruments[0].kind == InstrumentKind::Cash);
  CHECK(broker.symbols("IDEALPRO:EUR.USD") == Texts{"IDEALPRO:EUR.USD"});

  ContractsFixture other;
  other.script = broker.script;
  other.script[path(kInfo, "12087792&sectype=CASH")] = {200, "[" + row + R"("CHF"}])"};
  other.contracts->go();
  CHECK(other.symbols("IDEALPRO:EUR.USD").empty());
}

TEST_CASE("ibkr contracts: a future is found by its month however it is written, and expires") {
  ContractsFixture broker;
  script_es(broker);
  broker.contracts->go();
  const SymbolAnswer answer = broker.look_up("CME:ESZ6");
  REQUIRE(answer.instruments.size() == 1);
  CHECK(answer.instruments[0].symbol() == "CME:ESZ26");
  CHECK(answer.instruments[0].kind == InstrumentKind::Future);
  CHECK(to_rfc3339(answer.instruments[0].expiry) == "2026-12-18T00:00:00.000Z");
  for (const char* text : {"CME:ESZ26", "ESZ6", "ESZ26", "CME:ES-20261218", "ES-20261218"})
    CHECK_MESSAGE(broker.symbols(text) == Texts{"CME:ESZ26"}, text);
}

TEST_CASE("ibkr contracts: a contract month is not the month of its expiry") {
  ContractsFixture broker;
  broker.script[path(kSearch, "CL")] = {
      200, R"([{"conid":"17340715","symbol":"CL","description":"NYMEX","sections":[{"secType":"FUT","months":"DEC26;JAN27","exchange":"NYMEX"}]}])"};
  broker.script[path(kInfo, "17340715&sectype=FUT&month=DEC26")] = {200, "[" + future_row("101", "CL", "NYMEX", "20261119") + "]"};
  broker.script[path(kInfo, "17340715&sectype=FUT&month=NOV26")] = {200, "[]"};
  broker.contracts->go();
  CHECK(broker.symbols("NYMEX:CLZ6") == Texts{"NYMEX:CLZ26"});
  CHECK(broker.symbols("NYMEX:CL-20261119") == Texts{"NYMEX:CLZ26"});
}

TEST_CASE("ibkr contracts: several futures of one month are named by their days, those of one day by their conids") {
  ContractsFixture broker;
  script_es(broker, future_row("11", "ES", "CME", "20261211") + "," + future_row("12", "ES", "CME", "20261218") + "," +
                        future_row("13", "ES", "CME", "20261218") + "," + future_row("14", "ES", "QBALGO", "20261218"));
  broker.contracts->go();
  CHECK(broker.symbols("CME:ESZ6") == Texts{"CME:ES-20261211", "CME:ES-20261218#12", "CME:ES-20261218#13"});
  CHECK(broker.symbols("CME:ES-20261211") == Texts{"CME:ES-20261211"});
  CHECK(broker.symbols("QBALGO:ESZ26") == Texts{"QBALGO:ESZ26"});
}

TEST_CASE("ibkr contracts: a name that looks like a future's may be a share's") {
  ContractsFixture broker;
  broker.script[path(kSearch, "KLB")] = {200, "[]"};
  broker.script[path(kStocks, "KLBN11")] = {200, shares_of("KLBN11", share("9", "BOVESPA", false))};
  broker.contracts->go();
  CHECK(broker.symbols("BOVESPA:KLBN11") == Texts{"BOVESPA:KLBN11"});
}

TEST_CASE("ibkr contracts: a month that the broker does not list is not asked for") {
  ContractsFixture broker;
  script_es(broker);
  broker.script[path(kStocks, "ESM30")] = {200, "{}"};
  broker.script[path(kSearch, "ESM30")] = {200, "[]"};
  broker.contracts->go();
  CHECK(broker.symbols("CME:ESM30").empty());
  CHECK(broker.paths.size() == 3);
}

TEST_CASE("ibkr contracts: shares are asked for together, each text once, however often it is wished") {
  ContractsFixture broker;
  broker.contracts->look_up({"NYSE:A", "B", "SMART:A", "NYSE:A"});
  broker.contracts->look_up({"B"});
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.paths.empty());
  broker.contracts->go();
  broker.until([&] { return !broker.unanswered.empty(); });
  CHECK(broker.paths == Texts{path(kStocks, "A,B")});
  broker.unanswered[0].second(200, R"({"A":)" + company(share("1", "NYSE", true)) + R"(,"B":)" + company(share("2", "NYSE", true)) + "}");
  broker.until([&] { return broker.answers.size() == 3; });
  for (const SymbolAnswer& answer : broker.answers) CHECK(answer.instruments.size() == 1);
}

TEST_CASE("ibkr contracts: a request for shares stays short, and few requests are under way at once") {
  ContractsFixture broker;
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) texts.push_back("NYSE:WITH A LONG NAME OF MANY WORDS " + std::to_string(1000 + i));
  broker.contracts->look_up(texts);
  broker.contracts->go();
  broker.until([&] { return broker.unanswered.size() == 3; });
  run_on(broker.loop, std::chrono::milliseconds{10});
  CHECK(broker.unanswered.size() == 3);
  for (const auto& asked : broker.paths) CHECK(asked.size() < 4'000);
  broker.unanswered[0].second(200, "{}");
  broker.until([&] { return broker.unanswered.size() == 4; });
}

TEST_CASE("ibkr contracts: what is known is answered without asking, and what is unknown for a while") {
  ContractsFixture broker;
  broker.script[path(kStocks, "AAPL")] = {200, kApple};
  broker.script[path(kStocks, "NONE")] = {200, R"({"NONE":[]})"};
  broker.script[path(kSearch, "NONE")] = {200, "[]"};
  broker.contracts->go();
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  CHECK(broker.symbols("NYSE:NONE").empty());
  const std::size_t asked = broker.paths.size();
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  CHECK(broker.symbols("NASDAQ:AAPL") == Texts{"NASDAQ:AAPL"});
  CHECK(broker.symbols("NYSE:NONE").empty());
  CHECK(broker.symbols("no, name").empty());
  CHECK(broker.paths.size() == asked);
}

TEST_CASE("ibkr contracts: a derivative's underlying is searched for once in each brokerage session, before it is prepared") {
  ContractsFixture broker;
  script_es(broker);
  broker.contracts->go();
  CHECK(broker.symbols("CME:ESZ26") == Texts{"CME:ESZ26"});
  broker.contracts->want({"CME:ESZ26"});
  CHECK(broker.contracts->find("CME:ESZ26")->prepared);
  CHECK(broker.asked(path(kSearch, "ES")) == 1);

  broker.contracts->hold();
  CHECK_FALSE(broker.contracts->find("CME:ESZ26")->prepared);
  broker.contracts->go();
  broker.until([&] { return broker.prepared == 1; });
  CHECK(broker.contracts->find("CME:ESZ26")->prepared);
  CHECK(broker.asked(path(kSearch, "ES")) == 2);
  broker.contracts->want({"CME:ESZ26"});
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.asked(path(kSearch, "ES")) == 2);

  broker.contracts->want({});
  broker.contracts->go();
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.asked(path(kSearch, "ES")) == 2);
}
