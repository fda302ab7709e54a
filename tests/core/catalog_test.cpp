#include "gateway/core/catalog.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tidegate {
namespace {

constexpr BrokerId kSpot{0};
constexpr BrokerId kFutures{1};

Instrument listed(const char* venue, const char* name) {
  Instrument instrument;
  instrument.venue = venue;
  instrument.name = name;
  instrument.native.text = name;
  return instrument;
}

}  // namespace

TEST_CASE("catalog: a full symbol and a bare name of one venue resolve") {
  const auto catalog = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "BTCUSDT"), listed("BINANCE", "ETHUSDT")});
  const Resolution full = catalog->resolve("BINANCE:ETHUSDT");
  CHECK(full.instrument != kNoInstrument);
  CHECK(catalog->resolve("ETHUSDT").instrument == full.instrument);
  CHECK(catalog->find(full.instrument)->symbol == "BINANCE:ETHUSDT");
}

TEST_CASE("catalog: a bare name of two venues is ambiguous and names them") {
  auto catalog = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "BTCUSDT")});
  catalog = Catalog::with_list(catalog.get(), kFutures, std::vector{listed("BINANCE-USDM", "BTCUSDT")});
  const Resolution found = catalog->resolve("BTCUSDT");
  CHECK(found.instrument == kNoInstrument);
  CHECK(found.candidates == std::vector<std::string>{"BINANCE-USDM:BTCUSDT", "BINANCE:BTCUSDT"});
}

TEST_CASE("catalog: nothing resembles an unknown name") {
  const auto catalog = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "BTCUSDT")});
  for (const char* text : {"", "btcusdt", "BINANCE:", "BINANCE:btcusdt", ":BTCUSDT", "NSE:BTCUSDT"}) {
    CAPTURE(text);
    const Resolution found = catalog->resolve(text);
    CHECK(found.instrument == kNoInstrument);
    CHECK(found.candidates.empty());
  }
}

TEST_CASE("catalog: a refresh keeps ids, and a delisted symbol no longer resolves") {
  const auto first = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "AAA"), listed("BINANCE", "BBB")});
  const InstrumentId bbb = first->resolve("BBB").instrument;
  const auto second = Catalog::with_list(first.get(), kSpot, std::vector{listed("BINANCE", "CCC"), listed("BINANCE", "BBB")});
  CHECK(second->resolve("BBB").instrument == bbb);
  CHECK(second->resolve("AAA").instrument == kNoInstrument);
  CHECK(second->resolve("CCC").instrument.value() == 2);
  CHECK(first->resolve("AAA").instrument.value() == 0);
}

TEST_CASE("catalog: a search finds parts of symbols, beginnings first") {
  const auto catalog =
      Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "WBTCUSDT"), listed("BINANCE", "BTCUSDT"), listed("BINANCE", "ETHUSDT")});
  const auto found = catalog->search("btc", 10);
  REQUIRE(found.size() == 2);
  CHECK(found[0]->symbol == "BINANCE:BTCUSDT");
  CHECK(found[1]->symbol == "BINANCE:WBTCUSDT");
  CHECK(catalog->search("", 2).size() == 2);
}

TEST_CASE("catalog: what a broker found joins its list, and each text stands for it") {
  const auto lists = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "BTCUSDT")});
  const auto catalog = Catalog::with_found(
      lists.get(), kFutures,
      std::vector<SymbolAnswer>{{"SMART:AAPL", {listed("NASDAQ", "AAPL")}}, {"NASDAQ:MSFT", {listed("NASDAQ", "MSFT")}}, {"NO:SUCH", {}}});
  const InstrumentId apple = catalog->resolve("NASDAQ:AAPL").instrument;
  REQUIRE(apple != kNoInstrument);
  CHECK(catalog->find(apple)->symbol == "NASDAQ:AAPL");
  CHECK(catalog->find(apple)->brokers == std::vector{kFutures});
  CHECK(catalog->resolve("SMART:AAPL").instrument == apple);
  CHECK(catalog->resolve("NASDAQ:MSFT").instrument.value() == 2);
  CHECK(catalog->resolve("NO:SUCH").instrument == kNoInstrument);
  CHECK(catalog->resolve("BTCUSDT").instrument.value() == 0);
  CHECK(catalog->size() == 3);
  CHECK(lists->size() == 1);
  CHECK(catalog->search("aap", 9).size() == 1);
}

TEST_CASE("catalog: a text with several meanings is ambiguous, until the broker says otherwise") {
  auto catalog =
      Catalog::with_found(nullptr, kSpot, std::vector<SymbolAnswer>{{"SMART:RY", {listed("TSE", "RY"), listed("NYSE", "RY"), listed("NYSE", "RY")}}});
  const Resolution both = catalog->resolve("SMART:RY");
  CHECK(both.instrument == kNoInstrument);
  CHECK(both.candidates == std::vector<std::string>{"NYSE:RY", "TSE:RY"});
  catalog = Catalog::with_found(catalog.get(), kSpot, std::vector<SymbolAnswer>{{"SMART:RY", {listed("NYSE", "RY")}}});
  CHECK(catalog->find(catalog->resolve("SMART:RY").instrument)->symbol == "NYSE:RY");
  catalog = Catalog::with_found(catalog.get(), kSpot, std::vector<SymbolAnswer>{{"SMART:RY", {}}});
  CHECK(catalog->resolve("SMART:RY").instrument == kNoInstrument);
  CHECK(catalog->resolve("NYSE:RY").instrument != kNoInstrument);
}

TEST_CASE("catalog: lists of any broker keep what was found, and a text whose instruments are delisted is unknown") {
  auto catalog = Catalog::with_found(nullptr, kSpot, std::vector<SymbolAnswer>{{"SMART:AAPL", {listed("NASDAQ", "AAPL")}}});
  const InstrumentId apple = catalog->resolve("SMART:AAPL").instrument;
  catalog = Catalog::with_list(catalog.get(), kFutures, std::vector{listed("BINANCE", "BTCUSDT")});
  catalog = Catalog::with_list(catalog.get(), kFutures, std::vector<Instrument>{});
  CHECK(catalog->resolve("SMART:AAPL").instrument == apple);
  CHECK(catalog->resolve("NASDAQ:AAPL").instrument == apple);
  catalog = Catalog::with_list(catalog.get(), kSpot, std::vector<Instrument>{}, ListScope::Part);
  CHECK(catalog->resolve("SMART:AAPL").instrument == kNoInstrument);
  CHECK(catalog->resolve("SMART:AAPL").candidates.empty());
  catalog = Catalog::with_list(catalog.get(), kSpot, std::vector{listed("NASDAQ", "AAPL")}, ListScope::Part);
  CHECK(catalog->resolve("SMART:AAPL").instrument == apple);
}

TEST_CASE("catalog: a broker finds what another lists, and both have it then") {
  const auto lists = Catalog::with_list(nullptr, kSpot, std::vector{listed("NSE", "TCS"), listed("NSE", "RELIANCE")});
  Instrument known_otherwise = listed("NSE", "RELIANCE");
  known_otherwise.native = {0, 44'652'000, ""};
  auto catalog = Catalog::with_found(lists.get(), kFutures, std::vector<SymbolAnswer>{{"NSE:RELIANCE", {known_otherwise}}});
  const CatalogEntry& entry = *catalog->find(InstrumentId{1});
  CHECK(entry.brokers == std::vector{kSpot, kFutures});
  CHECK(entry.natives[1].token == 44'652'000);
  CHECK(entry.instrument.native.text == "RELIANCE");
  CHECK(lists->find(InstrumentId{1})->brokers == std::vector{kSpot});
  catalog = Catalog::with_list(catalog.get(), kSpot, std::vector<Instrument>{});
  CHECK(catalog->find(InstrumentId{1})->brokers == std::vector{kFutures});
  CHECK(catalog->resolve("NSE:TCS").instrument == kNoInstrument);
}

TEST_CASE("catalog: a part of a list says nothing of bare names; the broker's answer does, together with whole lists") {
  auto catalog = Catalog::with_list(nullptr, kSpot, std::vector{listed("MEXI", "AAPL")}, ListScope::Part);
  CHECK(catalog->resolve("MEXI:AAPL").instrument != kNoInstrument);
  CHECK(catalog->resolve("AAPL").instrument == kNoInstrument);
  catalog = Catalog::with_found(catalog.get(), kSpot, std::vector<SymbolAnswer>{{"AAPL", {listed("NASDAQ", "AAPL")}}});
  CHECK(catalog->find(catalog->resolve("AAPL").instrument)->symbol == "NASDAQ:AAPL");
  catalog = Catalog::with_list(catalog.get(), kFutures, std::vector{listed("COINS", "AAPL")});
  CHECK(catalog->resolve("AAPL").candidates == std::vector<std::string>{"COINS:AAPL", "NASDAQ:AAPL"});
  catalog = Catalog::with_list(catalog.get(), kFutures, std::vector{listed("COINS", "AAPL"), listed("NASDAQ", "AAPL")});
  CHECK(catalog->resolve("AAPL").candidates == std::vector<std::string>{"COINS:AAPL", "NASDAQ:AAPL"});
}

TEST_CASE("catalog: however much is found, numbers and names stay") {
  auto catalog = Catalog::with_list(nullptr, kSpot, std::vector{listed("BINANCE", "BTCUSDT")});
  std::size_t shared = 0;
  std::size_t most_shown = 0;
  for (int i = 0; i < 10'000; i += 10) {
    std::vector<SymbolAnswer> answers;
    for (int j = i; j < i + 10; ++j) {
      const std::string name = "N" + std::to_string(j);
      answers.push_back({"SMART:" + name, {listed("NYSE", name.c_str())}});
    }
    const auto next = Catalog::with_found(catalog.get(), kFutures, answers);
    if (next->shares_lists_with(*catalog)) ++shared;
    std::size_t shown = 0;
    std::size_t of_these = 0;
    next->for_each_found_since(*catalog, [&](const CatalogEntry& entry) {
      ++shown;
      if (entry.id.value() >= catalog->size()) ++of_these;
    });
    CHECK(of_these == 10);
    most_shown = std::max(most_shown, shown);
    catalog = next;
  }
  CHECK(shared == 1'000);      // the lists are never copied for a find,
  CHECK(most_shown < 10'000);  // and who keeps up is not shown everything again
  CHECK(catalog->size() == 10'001);
  for (const int i : {0, 1, 4'095, 4'096, 4'097, 9'999}) {
    const std::string name = "N" + std::to_string(i);
    CHECK(catalog->resolve("SMART:" + name).instrument.value() == static_cast<std::uint32_t>(i + 1));
    CHECK(catalog->find(catalog->resolve("NYSE:" + name).instrument)->symbol == "NYSE:" + name);
  }
  std::size_t seen = 0;
  catalog->for_each([&](const CatalogEntry& entry) { seen += entry.id.value() == seen ? 1 : 0; });
  CHECK(seen == catalog->size());

  // What was found is known by any broker's next find, and by the next list.
  catalog = Catalog::with_found(catalog.get(), kSpot, std::vector<SymbolAnswer>{{"N17", {listed("NYSE", "N17")}}, {"SMART:N18", {}}});
  CHECK(catalog->find(InstrumentId{18})->brokers == std::vector<BrokerId>{kFutures, kSpot});
  CHECK(catalog->resolve("N17").instrument == InstrumentId{18});
  catalog = Catalog::with_found(catalog.get(), kFutures, std::vector<SymbolAnswer>{{"SMART:N18", {}}});
  CHECK(catalog->resolve("SMART:N18").instrument == kNoInstrument);
  catalog = Catalog::with_list(catalog.get(), kSpot, std::vector{listed("BINANCE", "BTCUSDT")});
  CHECK(catalog->size() == 10'001);
  CHECK(catalog->find(InstrumentId{18})->brokers == std::vector<BrokerId>{kFutures});
  CHECK(catalog->resolve("NYSE:N9999").instrument == InstrumentId{10'000});
  CHECK(catalog->resolve("SMART:N18").instrument == kNoInstrument);
}

}  // namespace tidegate
