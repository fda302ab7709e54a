// What is known over restarts.
#include <fstream>
#include <iterator>

#include "tests/ibkr_contracts/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

const std::string kApple = shares_of("AAPL", share("265598", "NASDAQ", true) + "," + share("38708077", "MEXI", false));
constexpr std::chrono::hours kDay{24};

std::filesystem::path file_in(const TemporaryFolder& folder) { return folder.path() / "ibkr-contracts.json"; }

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void script_apple(ContractsFixture& broker) { broker.script[path(kStocks, "AAPL")] = {200, kApple}; }

void script_es(ContractsFixture& broker) {
  broker.script[path(kSearch, "ES")] = {200, std::string{kEsSearch}};
  broker.script[path(kInfo, "11004968&sectype=FUT&month=DEC26")] = {200, "[" + future_row("515416632", "ES", "CME", "20261218") + "]"};
}

}  // namespace

TEST_CASE("ibkr contract cache: after a restart everything is known as it was, texts and ambiguous ones too, without a request") {
  const TemporaryFolder folder;
  ContractsFixture broker{folder.path().string()};
  script_apple(broker);
  script_es(broker);
  broker.contracts->go();
  broker.symbols("SMART:AAPL");
  broker.symbols("AAPL");
  broker.symbols("ESZ6");
  const auto before = broker.contracts->known();
  broker.contracts->stop();
  broker.paths.clear();
  broker.begin();
  const auto after = broker.contracts->known();
  REQUIRE(after.size() == 3);
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].symbol() == before[i].symbol());
    CHECK(after[i].native.token == before[i].native.token);
    CHECK(after[i].kind == before[i].kind);
    CHECK(after[i].expiry == before[i].expiry);
  }
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  CHECK(broker.symbols("AAPL") == Texts{"NASDAQ:AAPL", "MEXI:AAPL"});
  CHECK(broker.symbols("ESZ6") == Texts{"CME:ESZ26"});
  CHECK(broker.paths.empty());
  CHECK_FALSE(broker.contracts->find("CME:ESZ26")->prepared);
}

TEST_CASE("ibkr contract cache: an old answer serves, and is asked for again once it is wanted") {
  const TemporaryFolder folder;
  ContractsFixture broker{folder.path().string()};
  script_apple(broker);
  broker.contracts->go();
  broker.symbols("SMART:AAPL");
  broker.contracts->want({"NASDAQ:AAPL"});
  run_on(broker.loop, std::chrono::milliseconds{5});
  CHECK(broker.asked(path(kStocks, "AAPL")) == 1);

  broker.host.shifted_clock.shift += 31 * kDay;
  broker.contracts->want({"NASDAQ:AAPL"});
  broker.until([&] { return broker.asked(path(kStocks, "AAPL")) == 2; });
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  broker.until([&] { return broker.asked(path(kStocks, "AAPL")) == 3; });  // the text itself
  run_on(broker.loop, std::chrono::milliseconds{10});
  broker.contracts->want({"NASDAQ:AAPL"});
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  run_on(broker.loop, std::chrono::milliseconds{10});
  CHECK(broker.asked(path(kStocks, "AAPL")) == 3);
  CHECK(broker.answers.size() == 3);
  CHECK(broker.changed == 0);
}

TEST_CASE("ibkr contract cache: what the broker no longer knows is kept for another while") {
  ContractsFixture broker;
  script_apple(broker);
  broker.contracts->go();
  broker.symbols("NASDAQ:AAPL");
  broker.script[path(kStocks, "AAPL")] = {200, R"({"AAPL":[]})"};
  broker.script[path(kSearch, "AAPL")] = {200, "[]"};
  broker.host.shifted_clock.shift += 31 * kDay;
  broker.contracts->want({"NASDAQ:AAPL"});
  broker.until([&] { return broker.asked(path(kSearch, "AAPL")) == 1; });
  run_on(broker.loop, std::chrono::milliseconds{10});
  broker.contracts->want({"NASDAQ:AAPL"});
  run_on(broker.loop, std::chrono::milliseconds{10});
  CHECK(broker.asked(path(kStocks, "AAPL")) == 2);
  CHECK(broker.contracts->find("NASDAQ:AAPL").has_value());
}

TEST_CASE("ibkr contract cache: a symbol that was given to another contract moves, and the whole list is told again") {
  ContractsFixture broker;
  script_apple(broker);
  broker.contracts->go();
  broker.symbols("SMART:AAPL");
  broker.script[path(kStocks, "AAPL")] = {200, shares_of("AAPL", share("77", "NASDAQ", true))};
  broker.host.shifted_clock.shift += 31 * kDay;
  broker.contracts->want({"NASDAQ:AAPL"});
  broker.until([&] { return broker.changed == 1; });
  CHECK(broker.contracts->find("NASDAQ:AAPL")->native.token == 77);
  CHECK(broker.contracts->known().size() == 1);
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
}

TEST_CASE("ibkr contract cache: a contract keeps its symbol when another one of that name comes") {
  ContractsFixture broker;
  broker.script[path(kStocks, "SAME")] = {200, shares_of("SAME", share("5", "NASDAQ", true))};
  broker.contracts->go();
  CHECK(broker.symbols("SAME") == Texts{"NASDAQ:SAME"});
  broker.script[path(kStocks, "SAME")] = {200, shares_of("SAME", share("5", "NASDAQ", true) + "," + share("6", "NASDAQ", true))};
  CHECK(broker.symbols("SMART:SAME") == Texts{"NASDAQ:SAME", "NASDAQ:SAME#6"});
  CHECK(broker.symbols("NASDAQ:SAME") == Texts{"NASDAQ:SAME"});
  CHECK(broker.changed == 0);
}

TEST_CASE("ibkr contract cache: futures go two days after they expired, and are not asked for before") {
  const TemporaryFolder folder;
  ContractsFixture broker{folder.path().string()};
  script_es(broker);
  broker.contracts->go();
  broker.symbols("CME:ESZ6");
  broker.contracts->want({"CME:ESZ26"});
  broker.host.shifted_clock.set(UtcTime{1'797'703'200'000'000'000});  // 2026-12-19 18:00
  broker.contracts->stop();
  broker.begin();
  CHECK(broker.contracts->find("CME:ESZ26").has_value());
  broker.host.shifted_clock.set(UtcTime{1'797'768'000'000'000'000});  // 2026-12-20 12:00
  broker.contracts->go();
  broker.until([&] { return broker.changed == 1; });
  CHECK_FALSE(broker.contracts->find("CME:ESZ26").has_value());
  CHECK(broker.contracts->known().empty());
}

TEST_CASE("ibkr contract cache: whatever is broken in the file, nothing of it is taken, and it is written anew") {
  const TemporaryFolder folder;
  {
    ContractsFixture broker{folder.path().string()};
    script_apple(broker);
    broker.contracts->go();
    broker.symbols("SMART:AAPL");
  }
  const std::string good = read(file_in(folder));
  REQUIRE(ibkr::read_book(good).has_value());
  const auto broken = [&good](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  std::vector<std::string> bad = {"",
                                  "[]",
                                  "{}",
                                  "\xff\xfe",
                                  broken(R"("format":1)", R"("format":2)"),
                                  broken("265598", "-1"),
                                  broken("265598", "\"x\""),
                                  broken("NASDAQ", "NAS DAQ"),
                                  broken("NASDAQ", "N\\n"),
                                  broken("\"cash\"", "\"option\""),
                                  broken("\"cash\"", "\"future\""),
                                  broken("\"cash\"", "7"),
                                  broken("\"AAPL\"", "\"A,B\""),
                                  broken("\"SMART:AAPL\"", "\"NASDAQ:AAPL\""),
                                  broken("[265598]", "[4]"),
                                  broken("[265598]", "[]"),
                                  broken("\"asked\":1", "\"asked\":9999999999999999"),
                                  broken("\"asked\":1", "\"asked\":-1"),
                                  std::string(2'000'000, '[')};
  for (std::size_t size = 0; size < good.size(); ++size) bad.push_back(good.substr(0, size));
  for (const std::string& text : bad) CHECK_MESSAGE(!ibkr::read_book(text), text.substr(0, 300));

  std::ofstream{file_in(folder)} << bad[4];
  ContractsFixture broker{folder.path().string()};
  CHECK(broker.contracts->known().empty());
  script_apple(broker);
  broker.contracts->go();
  broker.symbols("SMART:AAPL");
  broker.until([&] { return ibkr::read_book(read(file_in(folder))).has_value(); });
}

TEST_CASE("ibkr contract cache: names with every mark that symbols have can be read again") {
  ContractsFixture broker;
  const std::string name = "A .-&'+/_$*!=z";
  broker.script[path(kStocks, "A%20.-%26%27%2B%2F_%24%2A%21%3Dz")] = {200, shares_of(name, share("5", "N", false) + "," + share("6", "N", false))};
  broker.contracts->go();
  CHECK(broker.symbols(name).size() == 2);
  ibkr::ContractBook book;
  for (const Instrument& instrument : broker.contracts->known()) REQUIRE(book.restore({instrument, {}, UtcTime{1'000'000'000}}));
  const auto again = ibkr::read_book(ibkr::to_json(book));
  REQUIRE(again.has_value());
  CHECK(again->contracts().size() == 2);
  CHECK(again->find_symbol("N:" + name + "#6") != nullptr);
}

TEST_CASE("ibkr contract cache: a disk that takes nothing costs nothing but the next start's requests") {
  const TemporaryFolder folder;
  std::ofstream{folder.path() / "file"} << "in the way";
  ContractsFixture broker{(folder.path() / "file").string()};
  script_apple(broker);
  broker.contracts->go();
  CHECK(broker.symbols("SMART:AAPL") == Texts{"NASDAQ:AAPL"});
  run_on(broker.loop, std::chrono::milliseconds{10});
  CHECK(broker.symbols("AAPL").size() == 2);
}
