#include "gateway/core/catalog.hpp"

#include <doctest/doctest.h>

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

}  // namespace tidegate
