// The generated market: all that it says of one symbol must agree.
#include <algorithm>
#include <set>

#include "tests/sim/test_venue.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

struct Quote {
  std::int64_t bid, bid_size, ask, ask_size;
};

std::map<std::int64_t, Quote> quotes_by_id(const TestClient& client, std::string_view stream) {
  std::map<std::int64_t, Quote> quotes;
  for (const std::string& text : client.data(stream)) {
    const auto quote = parse(text);
    quotes[quote["u"].GetInt64()] = {e8(quote["b"]), e8(quote["B"]), e8(quote["a"]), e8(quote["A"])};
  }
  return quotes;
}

void check_top(const ReferenceBook& book, const Quote& quote) {
  CHECK(book.bids.rbegin()->first == quote.bid);
  CHECK(book.bids.rbegin()->second == quote.bid_size);
  CHECK(book.asks.begin()->first == quote.ask);
  CHECK(book.asks.begin()->second == quote.ask_size);
}

venue::VenueOptions busy() {
  auto options = TestVenue::small();
  options.generator.rate = 20;
  return options;
}

}  // namespace

TEST_CASE("sim market: a spot book kept from snapshot and diffs equals bookTicker at every common id over 10,000 steps") {
  TestVenue sim{busy()};
  auto& client = sim.connect("/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker");
  sim.run(500);
  ReferenceBook book;
  book.load(sim.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").body);
  CHECK(book.bids.size() > 900);
  CHECK(book.asks.size() > 900);
  sim.run(100'000);
  const auto quotes = quotes_by_id(client, "btcusdt@bookTicker");
  std::size_t applied = 0;
  std::size_t compared = 0;
  std::int64_t last = 0;
  for (const std::string& text : client.data("btcusdt@depth@100ms")) {
    const auto event = parse(text);
    const std::int64_t first_id = event["U"].GetInt64();
    const std::int64_t last_id = event["u"].GetInt64();
    REQUIRE(first_id <= last_id);
    if (last != 0) REQUIRE(first_id == last + 1);
    last = last_id;
    if (last_id <= book.id) continue;
    REQUIRE(first_id <= book.id + 1);
    book.apply(event);
    ++applied;
    REQUIRE(book.bids.rbegin()->first < book.asks.begin()->first);
    if (const auto quote = quotes.find(book.id); quote != quotes.end()) {
      check_top(book, quote->second);
      ++compared;
    }
  }
  CHECK(applied > 900);
  CHECK(compared > applied / 4);
  // The venue's own book at the end is the one that was kept.
  sim.run(200);
  const auto* market = sim->generated()->market(venue::Market::Spot, "BTCUSDT");
  CHECK(market->book().levels(venue::BookSide::Bid).size() > 900);
}

TEST_CASE("sim market: a USD-M book joins by pu, ids have holes and pu always names the event before") {
  TestVenue sim{busy()};
  auto& client = sim.connect("/public/stream?streams=ethusdt@depth@100ms/ethusdt@bookTicker");
  sim.run(500);
  ReferenceBook book;
  book.load(sim.get("/fapi/v1/depth?symbol=ETHUSDT&limit=1000").body);
  sim.run(100'000);
  const auto quotes = quotes_by_id(client, "ethusdt@bookTicker");
  std::int64_t last = 0;
  std::size_t compared = 0;
  std::size_t holes = 0;
  bool joined = false;
  for (const std::string& text : client.data("ethusdt@depth@100ms")) {
    const auto event = parse(text);
    if (last != 0) REQUIRE(event["pu"].GetInt64() == last);
    holes += last != 0 && event["U"].GetInt64() > last + 1 ? 1 : 0;
    last = event["u"].GetInt64();
    if (last <= book.id && !joined) continue;
    if (!joined) REQUIRE(event["pu"].GetInt64() <= book.id);
    joined = true;
    book.apply(event);
    if (const auto quote = quotes.find(book.id); quote != quotes.end()) {
      check_top(book, quote->second);
      ++compared;
    }
  }
  CHECK(joined);
  CHECK(compared > 100);
  CHECK(holes > 100);
}

TEST_CASE("sim market: trade ids are consecutive, aggregate trades cover them, candles and tickers are their sums") {
  TestVenue sim{busy()};
  auto& client = sim.connect("/stream?streams=ethusdt@trade/ethusdt@aggTrade/ethusdt@kline_1s/ethusdt@miniTicker");
  sim.run(20'000);
  std::int64_t last_id = 0;
  std::map<std::int64_t, std::int64_t> volume_of_second;
  std::map<std::int64_t, std::int64_t> quantity_of_trade;
  for (const std::string& text : client.data("ethusdt@trade")) {
    const auto trade = parse(text);
    const std::int64_t id = trade["t"].GetInt64();
    if (last_id != 0) REQUIRE(id == last_id + 1);
    last_id = id;
    quantity_of_trade[id] = e8(trade["q"]);
    volume_of_second[trade["T"].GetInt64() / 1000 * 1000] += e8(trade["q"]);
  }
  CHECK(quantity_of_trade.size() > 1000);
  for (const std::string& text : client.data("ethusdt@aggTrade")) {
    const auto aggregate = parse(text);
    std::int64_t sum = 0;
    for (std::int64_t id = aggregate["f"].GetInt64(); id <= aggregate["l"].GetInt64(); ++id) sum += quantity_of_trade.at(id);
    REQUIRE(sum == e8(aggregate["q"]));
  }
  std::set<std::int64_t> closed;
  for (const std::string& text : client.data("ethusdt@kline_1s")) {
    const auto event = parse(text);
    const auto& candle = event["k"];
    if (!candle["x"].GetBool()) continue;
    const std::int64_t open = candle["t"].GetInt64();
    CHECK(candle["T"].GetInt64() == open + 999);
    REQUIRE(closed.insert(open).second);                                      // the final frame comes once
    if (closed.size() > 1) CHECK(e8(candle["v"]) == volume_of_second[open]);  // the first second began before we listened
  }
  CHECK(closed.size() >= 18);
  CHECK(client.count("ethusdt@miniTicker") >= 19);
}

TEST_CASE("sim market: the same seed tells the same story, another seed another") {
  const auto story = [](std::uint64_t seed) {
    auto options = busy();
    options.generator.seed = seed;
    TestVenue sim{std::move(options)};
    auto& client = sim.connect("/stream?streams=btcusdt@trade/ethusdt@depth@100ms/btcusdt@bookTicker/btcusdt@kline_1m/btcusdt@ticker");
    sim.run(5'000);
    return client.texts;
  };
  const auto first = story(3);
  CHECK(first.size() > 500);
  CHECK(first == story(3));
  CHECK(first != story(4));
}

TEST_CASE("sim market: what is subscribed does not change what happens") {
  const auto trades = [](std::string_view also) {
    TestVenue sim{busy()};
    auto& client = sim.connect("/stream?streams=btcusdt@trade");
    if (!also.empty()) sim.subscribe(client, also);
    sim.run(3'000);
    return client.data("btcusdt@trade");
  };
  CHECK(trades("") == trades("ethusdt@depth20@100ms"));
}

TEST_CASE("sim market: the default rate is about twenty trades and quotes a second of each symbol") {
  TestVenue sim;
  auto& client = sim.connect("/stream?streams=btcusdt@trade/btcusdt@bookTicker");
  sim.run(60'000);
  CHECK(client.texts.size() > 60 * 12);
  CHECK(client.texts.size() < 60 * 30);
}

TEST_CASE("sim market: partial depth is the top of the book at its id, spot without symbol, USD-M like a diff") {
  TestVenue sim{busy()};
  auto& spot = sim.connect("/stream?streams=btcusdt@depth5@100ms/btcusdt@bookTicker");
  auto& usdm = sim.connect("/public/stream?streams=btcusdt@depth5@100ms");
  sim.run(5'000);
  const auto quotes = quotes_by_id(spot, "btcusdt@bookTicker");
  std::size_t compared = 0;
  for (const std::string& text : spot.data("btcusdt@depth5@100ms")) {
    const auto top = parse(text);
    CHECK_FALSE(top.HasMember("s"));
    CHECK(top["bids"].Size() == 5);
    CHECK(e8(top["bids"][0][0]) > e8(top["bids"][1][0]));
    CHECK(e8(top["asks"][0][0]) < e8(top["asks"][1][0]));
    const auto quote = quotes.find(top["lastUpdateId"].GetInt64());
    if (quote == quotes.end()) continue;
    CHECK(e8(top["bids"][0][0]) == quote->second.bid);
    CHECK(e8(top["asks"][0][1]) == quote->second.ask_size);
    ++compared;
  }
  CHECK(compared > 10);
  REQUIRE(usdm.count("btcusdt@depth5@100ms") > 10);
  const auto event = parse(usdm.data("btcusdt@depth5@100ms").back());
  CHECK(text_of(event["e"]) == "\"depthUpdate\"");
  CHECK(event["b"].Size() == 5);
  CHECK(event.HasMember("pu"));
}

TEST_CASE("sim market: payloads have the venue's form: spot eight decimals, USD-M its own and a spaced candle") {
  TestVenue sim{busy()};
  auto& spot = sim.connect("/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@ticker/!miniTicker@arr/btcusdt@avgPrice/btcusdt@ticker_1h");
  auto& books = sim.connect("/public/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth");
  auto& prices = sim.connect("/market/stream?streams=btcusdt@aggTrade/btcusdt@kline_1m/btcusdt@markPrice@1s/!miniTicker@arr/btcusdt@ticker");
  sim.run(5'000);
  const auto trade = parse(spot.data("btcusdt@trade").front());
  CHECK(std::string{trade["p"].GetString()}.find('.') == trade["p"].GetStringLength() - 9);
  const auto quote = parse(spot.data("btcusdt@bookTicker").front());
  CHECK_FALSE(quote.HasMember("e"));
  CHECK_FALSE(quote.HasMember("E"));
  CHECK(parse(spot.data("!miniTicker@arr").front()).IsArray());
  CHECK(parse(spot.data("btcusdt@ticker").front()).HasMember("x"));
  CHECK(std::string{parse(spot.data("btcusdt@ticker_1h").front())["e"].GetString()} == "1hTicker");
  CHECK(spot.count("btcusdt@avgPrice") > 0);

  CHECK(std::string{parse(books.data("btcusdt@trade").front())["X"].GetString()} == "MARKET");
  const auto futures_quote = parse(books.data("btcusdt@bookTicker").front());
  CHECK(std::string{futures_quote["b"].GetString()}.find('.') == futures_quote["b"].GetStringLength() - 3);
  CHECK(futures_quote["st"].GetInt() == 1);
  for (const std::string& text : books.data("btcusdt@depth")) {
    const auto event = parse(text);
    for (rapidjson::SizeType i = 1; i < event["b"].Size(); ++i) REQUIRE(e8(event["b"][i - 1][0]) < e8(event["b"][i][0]));
  }
  CHECK(prices.data("btcusdt@kline_1m").front().find("\"t\":") != std::string::npos);
  CHECK(prices.data("btcusdt@kline_1m").front().find(", \"T\":") != std::string::npos);
  CHECK(parse(prices.data("btcusdt@aggTrade").front()).HasMember("nq"));
  CHECK(parse(prices.data("btcusdt@markPrice@1s").front()).HasMember("ap"));
  CHECK(prices.count("!miniTicker@arr") > 0);
  CHECK_FALSE(parse(prices.data("btcusdt@ticker").front()).HasMember("b"));
}

TEST_CASE("sim market: a connection may ask for microseconds") {
  TestVenue sim{busy()};
  auto& client = sim.connect("/stream?streams=btcusdt@trade&timeUnit=MICROSECOND");
  auto& usual = sim.connect("/stream?streams=btcusdt@trade");
  sim.run(1'000);
  CHECK(parse(client.data("btcusdt@trade").front())["T"].GetInt64() / 1000 == parse(usual.data("btcusdt@trade").front())["T"].GetInt64());
}

TEST_CASE("sim market: shuffled keys and unknown members change no value") {
  auto options = busy();
  options.shuffle_keys = true;
  TestVenue sim{std::move(options)};
  TestVenue plain{busy()};
  auto& client = sim.connect("/stream?streams=btcusdt@trade");
  auto& usual = plain.connect("/stream?streams=btcusdt@trade");
  sim.run(2'000);
  plain.run(2'000);
  REQUIRE(client.texts.size() == usual.texts.size());
  bool other_order = false;
  for (std::size_t i = 0; i < client.texts.size(); ++i) {
    auto shuffled = parse(client.texts[i]);
    const auto expected = parse(usual.texts[i]);
    CHECK(shuffled["data"].HasMember("zz"));
    shuffled["data"].RemoveMember("zz");
    CHECK(shuffled == expected);
    other_order |= text_of(shuffled) != usual.texts[i];
  }
  CHECK(other_order);
}

TEST_CASE("sim market: many symbols, known and invented, all trade") {
  venue::VenueOptions options = TestVenue::small();
  options.generator.symbols = 60;
  TestVenue sim{std::move(options)};
  auto& client = sim.connect("/stream?streams=!miniTicker@arr");
  sim.run(30'000);
  std::set<std::string> symbols;
  for (const std::string& text : client.data("!miniTicker@arr")) {
    const auto all = parse(text);
    for (const auto& each : all.GetArray()) symbols.insert(each["s"].GetString());
  }
  CHECK(symbols.size() == 60);
}
