// The venue's REST on the generated market.
#include "tests/sim/test_venue.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

int error_code(const venue::RestAnswer& answer) { return parse(answer.body)["code"].GetInt(); }

}  // namespace

TEST_CASE("sim rest: depth has levels best first, clipped on spot, refused on USD-M") {
  TestVenue sim;
  const auto spot = parse(sim.get("/api/v3/depth?symbol=BTCUSDT&limit=99999").body);
  CHECK(spot["bids"].Size() > 900);
  CHECK(e8(spot["bids"][0][0]) > e8(spot["bids"][1][0]));
  CHECK(e8(spot["asks"][0][0]) < e8(spot["asks"][1][0]));
  CHECK_FALSE(spot.HasMember("E"));
  CHECK(parse(sim.get("/api/v3/depth?symbol=BTCUSDT").body)["asks"].Size() == 100);
  CHECK(parse(sim.get("/api/v1/depth?symbol=BTCUSDT&limit=5").body)["asks"].Size() == 5);
  const auto usdm = parse(sim.get("/fapi/v1/depth?symbol=BTCUSDT&limit=20").body);
  CHECK(usdm["bids"].Size() == 20);
  CHECK(usdm.HasMember("E"));
  CHECK(sim.get("/fapi/v1/depth?symbol=BTCUSDT&limit=21").status == 400);
}

TEST_CASE("sim rest: errors carry the venue's codes") {
  TestVenue sim;
  const auto unknown = sim.get("/api/v3/depth?symbol=NOPE");
  CHECK(unknown.status == 400);
  CHECK(error_code(unknown) == -1121);
  CHECK(error_code(sim.get("/api/v3/depth")) == -1102);
  CHECK(error_code(sim.get("/api/v3/depth?symbol=BTCUSDT&symbolStatus=HALT")) == -1220);
  CHECK(error_code(sim.get("/api/v3/depth?symbol=BTCUSDT&limit=x")) == -1100);
  CHECK(sim.get("/api/v3/nothing").status == 404);
  CHECK(sim.get("/").status == 404);
}

TEST_CASE("sim rest: weights add up within the clock minute, then 429, then 418 with Retry-After") {
  TestVenue sim;
  std::int64_t used = 0;
  for (const auto& [limit, weight] : {std::pair{100, 5}, {500, 25}, {1000, 50}, {5000, 250}}) {
    const auto answer = sim.get("/api/v3/depth?symbol=BTCUSDT&limit=" + std::to_string(limit));
    used += weight;
    CHECK(header(answer, "X-MBX-USED-WEIGHT-1M") == std::to_string(used));
  }
  CHECK(header(sim.get("/fapi/v1/depth?symbol=BTCUSDT&limit=1000"), "X-MBX-USED-WEIGHT-1M") == "20");
  while (used + 250 <= 6000) {
    REQUIRE(sim.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").status == 200);
    used += 250;
  }
  const auto refused = sim.get("/api/v3/depth?symbol=BTCUSDT&limit=5000");
  CHECK(refused.status == 429);
  CHECK(error_code(refused) == -1003);
  CHECK_FALSE(header(refused, "Retry-After").empty());
  int status = 429;
  for (int i = 0; i < 10 && status == 429; ++i) status = sim.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").status;
  CHECK(status == 418);
  sim.advance(60'000);
  const auto banned = sim.get("/api/v3/time");
  CHECK(banned.status == 418);
  CHECK(header(banned, "Retry-After") == "60");
  sim.advance(61'000);
  CHECK(sim.get("/api/v3/time").status == 200);
}

TEST_CASE("sim rest: exchangeInfo lists the symbols, all or those asked for") {
  TestVenue sim;
  const auto all = parse(sim.get("/api/v3/exchangeInfo").body);
  CHECK(all["symbols"].Size() == 2);
  const auto one = parse(sim.get("/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22%5D").body);
  REQUIRE(one["symbols"].Size() == 1);
  const auto& symbol = one["symbols"][0];
  CHECK(std::string{symbol["baseAsset"].GetString()} == "ETH");
  CHECK(std::string{symbol["filters"][0]["tickSize"].GetString()} == "0.01000000");
  CHECK(std::string{symbol["filters"][1]["stepSize"].GetString()} == "0.00010000");
  CHECK(error_code(sim.get("/api/v3/exchangeInfo?symbol=NOPE")) == -1121);
  CHECK(error_code(sim.get("/api/v3/exchangeInfo?symbols=rubbish")) == -1100);
  const auto usdm = parse(sim.get("/fapi/v1/exchangeInfo").body);
  CHECK(std::string{usdm["symbols"][0]["contractType"].GetString()} == "PERPETUAL");
  CHECK(std::string{usdm["symbols"][0]["filters"][0]["tickSize"].GetString()} == "0.10");
}

TEST_CASE("sim rest: aggTrades fills a hole from an id, and agrees with the stream") {
  TestVenue sim;
  auto& client = sim.connect("/stream?streams=btcusdt@aggTrade");
  sim.run(20'000);
  const auto streamed = client.data("btcusdt@aggTrade");
  REQUIRE(streamed.size() > 20);
  const auto first = parse(streamed[3]);
  const auto answer = parse(sim.get("/api/v3/aggTrades?symbol=BTCUSDT&limit=5&fromId=" + std::to_string(first["a"].GetInt64())).body);
  REQUIRE(answer.Size() == 5);
  for (rapidjson::SizeType i = 0; i < 5; ++i) {
    const auto event = parse(streamed[3 + i]);
    CHECK(answer[i]["a"] == event["a"]);
    CHECK(answer[i]["p"] == event["p"]);
    CHECK(answer[i]["q"] == event["q"]);
    CHECK(answer[i]["m"] == event["m"]);
  }
}

TEST_CASE("sim rest: historicalTrades gives trades from an id on, trades the newest ones, and both agree with the stream") {
  TestVenue sim;
  auto& client = sim.connect("/stream?streams=btcusdt@trade");
  sim.run(20'000);
  const auto streamed = client.data("btcusdt@trade");
  REQUIRE(streamed.size() > 20);
  const auto first = parse(streamed[3]);
  const auto answer = sim.get("/api/v3/historicalTrades?symbol=BTCUSDT&limit=5&fromId=" + std::to_string(first["t"].GetInt64()));
  CHECK(header(answer, "X-MBX-USED-WEIGHT-1M") == "25");
  const auto old = parse(answer.body);
  REQUIRE(old.Size() == 5);
  for (rapidjson::SizeType i = 0; i < 5; ++i) {
    const auto event = parse(streamed[3 + i]);
    CHECK(old[i]["id"] == event["t"]);
    CHECK(old[i]["price"] == event["p"]);
    CHECK(old[i]["qty"] == event["q"]);
    CHECK(old[i]["time"] == event["T"]);
    CHECK(old[i]["isBuyerMaker"] == event["m"]);
  }
  const auto newest = parse(sim.get("/api/v3/trades?symbol=BTCUSDT&limit=2&fromId=1").body);
  REQUIRE(newest.Size() == 2);
  CHECK(newest[1]["id"] == parse(streamed.back())["t"]);
}

TEST_CASE("sim rest: an answer of old trades may be spoilt in each way, once") {
  TestVenue sim;
  sim.connect("/ws");
  sim.run(20'000);
  const std::string target = "/api/v3/historicalTrades?symbol=BTCUSDT&limit=4";
  const auto sound = parse(sim.get(target).body);
  REQUIRE(sound.Size() == 4);
  const auto spoilt = [&](const std::string& how) {
    sim.inject("old-trades=" + how);
    auto body = sim.get(target).body;
    CHECK(parse(sim.get(target).body) == sound);
    return body;
  };
  CHECK(spoilt("empty") == "[]");
  CHECK(parse(spoilt("half")).Size() == 2);
  CHECK(parse(spoilt("backwards"))[0] == sound[3]);
  CHECK(parse(spoilt("twice")).Size() == 8);
  CHECK(parse(spoilt("far"))[0]["id"].GetInt64() > sound[3]["id"].GetInt64());
  CHECK(spoilt("cut").back() != ']');
  sim.inject("old-trades=no-history");
  CHECK(sim.get(target).status == 401);
  CHECK(sim.get(target).status == 401);
  CHECK(parse(sim.get("/api/v3/trades?symbol=BTCUSDT&limit=4").body).Size() == 4);
}

TEST_CASE("sim rest: candles, trades, summaries, time and ping answer in both markets") {
  TestVenue sim;
  sim.connect("/ws");
  sim.run(3'000);
  for (const std::string root : {"/api/v3", "/fapi/v1"}) {
    CHECK(sim.get(root + "/ping").body == "{}");
    CHECK(parse(sim.get(root + "/time").body)["serverTime"].GetInt64() == sim.now().utc_us / 1000);
    const auto candles = parse(sim.get(root + "/klines?symbol=ETHUSDT&interval=1m").body);
    REQUIRE(candles.Size() >= 1);
    CHECK(candles[0].Size() == 12);
    CHECK(parse(sim.get(root + "/trades?symbol=ETHUSDT&limit=3").body).Size() == 3);
    CHECK(parse(sim.get(root + "/ticker/24hr?symbol=ETHUSDT").body).HasMember("lastPrice"));
    CHECK(parse(sim.get(root + "/ticker/price").body).Size() == 2);
    CHECK(parse(sim.get(root + "/ticker/bookTicker?symbol=ETHUSDT").body).HasMember("bidQty"));
    CHECK(error_code(sim.get(root + "/klines?symbol=ETHUSDT")) == -1102);
    CHECK(error_code(sim.get(root + "/klines?symbol=ETHUSDT&interval=7m")) == -1120);
  }
  CHECK(parse(sim.get("/fapi/v1/premiumIndex?symbol=ETHUSDT").body).HasMember("markPrice"));
  CHECK(parse(sim.get("/api/v3/avgPrice?symbol=ETHUSDT").body)["mins"].GetInt() == 5);
}
