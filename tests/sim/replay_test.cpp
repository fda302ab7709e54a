// Recorded frames, played again.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/recording/frames_file.hpp"
#include "tests/sim/test_venue.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// A frames file that lives as long as the test.
class Recorded {
 public:
  explicit Recorded(const std::vector<std::string>& lines) {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() / ("tidegate-replay-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + ".jsonl");
    std::ofstream out{path_};
    for (const std::string& line : lines) out << line << '\n';
  }
  ~Recorded() { std::filesystem::remove(path_); }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string ws(std::int64_t ms, std::string_view frame) {
  return "{\"rx_ns\":" + std::to_string(1'700'000'000'000'000'000 + ms * kMs) + ",\"kind\":\"ws\",\"frame\":" + std::string{frame} + "}";
}
std::string trade(int id) {
  return R"({"stream":"abcusdt@trade","data":{"e":"trade","E":1,"s":"ABCUSDT","t":)" + std::to_string(id) +
         R"(,"p":"1.50","q":"2.0","T":1,"m":true}})";
}
std::string diff(int first, int last, std::string_view bid = R"(["1.0","2"])") {
  return R"({"stream":"abcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"ABCUSDT","U":)" + std::to_string(first) + R"(,"u":)" +
         std::to_string(last) + R"(,"b":[)" + std::string{bid} + R"(],"a":[]}})";
}
const std::string kSnapshot =
    R"({"rx_ns":1700000000050000000,"kind":"rest","req":"GET /api/v3/depth?symbol=ABCUSDT&limit=1000","status":200,"frame":{"lastUpdateId":12,"bids":[["1.0","5"],["0.9","1"]],"asks":[["1.1","7"]]}})";

venue::VenueOptions replay_options(const std::string& path, double rate = 1) {
  auto options = TestVenue::small();
  options.recording = std::make_unique<venue::Recording>();
  const std::string problem = venue::examine(path, *options.recording);
  REQUIRE_MESSAGE(problem.empty(), problem);
  options.generator.serves = options.recording->usdm ? venue::Serves::Usdm : venue::Serves::Spot;
  options.rest.serves = options.generator.serves;
  options.replay.path = path;
  options.replay.rate = rate;
  return options;
}

const Recorded& basic() {
  static const Recorded kFile{
      {ws(0, diff(8, 10)), kSnapshot, ws(100, trade(1)), ws(200, diff(11, 14, R"(["1.0","6"])")), ws(300, trade(2)), ws(1000, trade(3))}};
  return kFile;
}

}  // namespace

TEST_CASE("sim replay: frames come in their recorded rhythm, byte for byte, once subscriptions have settled") {
  TestVenue sim{replay_options(basic().path())};
  auto& client = sim.connect("/stream");
  sim.subscribe(client, "abcusdt@trade");
  sim.run(800);
  sim.subscribe(client, "abcusdt@depth@100ms");
  client.texts.clear();
  sim.run(980);
  CHECK(client.texts.empty());
  sim.run(40);
  CHECK(client.texts == std::vector<std::string>{diff(8, 10)});
  sim.run(320);
  CHECK(client.texts.size() == 4);
  sim.run(600);
  CHECK(client.texts.size() == 4);
  sim.run(200);
  CHECK(client.texts == std::vector<std::string>{diff(8, 10), trade(1), diff(11, 14, R"(["1.0","6"])"), trade(2), trade(3)});
  CHECK(sim->replay()->state() == venue::ReplayFeed::State::Ended);
  sim.run(30'000);
  CHECK(client.texts.size() == 5);
  CHECK(client.pings.size() == 1);
}

TEST_CASE("sim replay: a faster rate shortens the waits, rate 0 waits for the sockets alone") {
  TestVenue quick{replay_options(basic().path(), 10)};
  auto& client = quick.connect("/stream?streams=abcusdt@trade");
  quick.run(1'000);
  quick.run(110);
  CHECK(client.texts.size() == 3);

  TestVenue unpaced{replay_options(basic().path(), 0)};
  auto& full = unpaced.connect("/stream?streams=abcusdt@trade");
  full.queued = 2U << 20U;
  unpaced.run(2'000);
  CHECK(full.texts.empty());
  full.queued = 0;
  unpaced.run(10);
  CHECK(full.texts.size() == 3);
}

TEST_CASE("sim replay: raw connections get frames without their envelope") {
  TestVenue sim{replay_options(basic().path(), 0)};
  auto& client = sim.connect("/ws/abcusdt@trade");
  sim.run(1'010);
  REQUIRE(client.texts.size() == 3);
  CHECK(client.texts[0] == R"({"e":"trade","E":1,"s":"ABCUSDT","t":1,"p":"1.50","q":"2.0","T":1,"m":true})");
}

TEST_CASE("sim replay: a stream the file does not hold is served by its sibling, once, its text unchanged") {
  TestVenue sim{replay_options(basic().path(), 0)};
  auto& client = sim.connect("/stream?streams=abcusdt@aggTrade/abcusdt@trade/abcusdt@depth/abcusdt@kline_1m/other@trade");
  sim.run(1'010);
  CHECK(client.texts == std::vector<std::string>{diff(8, 10), trade(1), diff(11, 14, R"(["1.0","6"])"), trade(2), trade(3)});
}

TEST_CASE("sim replay: the first depth answer is the recorded one, held until the first event of the symbol was sent") {
  TestVenue sim{replay_options(basic().path())};
  auto& client = sim.connect("/stream?streams=abcusdt@depth@100ms");
  venue::RestAnswer answer;
  answer.status = 0;
  sim->on_rest({"GET", "/api/v3/depth?symbol=ABCUSDT&limit=1000", "127.0.0.1"}, sim.now(),
               [&answer](venue::RestAnswer given) { answer = std::move(given); });
  sim.run(980);
  CHECK(answer.status == 0);
  CHECK(client.texts.empty());
  sim.run(40);
  CHECK(client.texts.size() == 1);
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"lastUpdateId":12,"bids":[["1.0","5"],["0.9","1"]],"asks":[["1.1","7"]]})");
  CHECK(header(answer, "X-MBX-USED-WEIGHT-1M") == "50");
  sim.run(1'000);
  CHECK(sim.get("/api/v3/depth?symbol=ABCUSDT&limit=1").body == R"({"lastUpdateId":14,"bids":[["1.0","6"]],"asks":[["1.1","7"]]})");
}

TEST_CASE("sim replay: without a recorded snapshot the book starts empty right before the first event") {
  const Recorded spot{{ws(0, diff(8, 10)), ws(10, diff(11, 12, R"(["1.0","3"])"))}};
  TestVenue sim{replay_options(spot.path(), 0)};
  CHECK(sim.get("/api/v3/depth?symbol=ABCUSDT").body == R"({"lastUpdateId":7,"bids":[],"asks":[]})");
  sim.connect("/stream?streams=abcusdt@depth@100ms");
  sim.run(1'010);
  CHECK(sim.get("/api/v3/depth?symbol=ABCUSDT").body == R"({"lastUpdateId":12,"bids":[["1.0","3"]],"asks":[]})");
  CHECK(sim.get("/api/v3/depth?symbol=OTHER").status == 400);

  const Recorded usdm{
      {ws(0, R"({"stream":"abcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"ABCUSDT","U":8,"u":10,"pu":4,"b":[],"a":[]}})")}};
  TestVenue futures{replay_options(usdm.path(), 0)};
  CHECK(parse(futures.get("/fapi/v1/depth?symbol=ABCUSDT").body)["lastUpdateId"].GetInt64() == 4);
  CHECK(futures.get("/api/v3/depth?symbol=ABCUSDT").status == 404);
}

TEST_CASE("sim replay: exchangeInfo lists the file's symbols with the finest steps seen") {
  TestVenue sim{replay_options(basic().path())};
  const auto info = parse(sim.get("/api/v3/exchangeInfo").body);
  REQUIRE(info["symbols"].Size() == 1);
  const auto& symbol = info["symbols"][0];
  CHECK(std::string{symbol["symbol"].GetString()} == "ABCUSDT");
  CHECK(std::string{symbol["baseAsset"].GetString()} == "ABC");
  CHECK(std::string{symbol["quoteAsset"].GetString()} == "USDT");
  CHECK(std::string{symbol["filters"][0]["tickSize"].GetString()} == "0.10000000");
  CHECK(std::string{symbol["filters"][1]["stepSize"].GetString()} == "1.00000000");
}

TEST_CASE("sim replay: frames without a receive time come a tenth of a second apart") {
  const std::string start = R"({"rx_ns":null,"kind":"ws","frame":)";
  const Recorded file{{start + trade(1) + "}", start + trade(2) + "}", start + trade(3) + "}"}};
  TestVenue sim{replay_options(file.path())};
  auto& client = sim.connect("/stream?streams=abcusdt@trade");
  sim.run(1'090);
  CHECK(client.texts.size() == 1);
  sim.run(100);
  CHECK(client.texts.size() == 2);
  sim.run(100);
  CHECK(client.texts.size() == 3);
}

TEST_CASE("sim replay: bad lines are counted, control answers are not played, frames of no stream reach every subscriber") {
  const Recorded file{{"rubbish", ws(0, R"({"result":null,"id":1})"), R"({"rx_ns":null,"kind":"ws","text":"<html>"})",
                       R"({"rx_ns":null,"kind":"ws","hex":"00ff"})", ws(5, trade(1))}};
  auto options = replay_options(file.path(), 0);
  CHECK(options.recording->bad_lines == 1);
  CHECK(options.recording->first_problem == "line 1: not one JSON object");
  TestVenue sim{std::move(options)};
  auto& client = sim.connect("/stream?streams=abcusdt@trade");
  sim.run(1'010);
  CHECK(client.texts == std::vector<std::string>{"<html>", trade(1)});
  CHECK(client.binaries.size() == 1);
  venue::Recording nothing;
  CHECK_FALSE(venue::examine("/nonexistent/file.jsonl", nothing).empty());
}

TEST_CASE("sim replay: a loop closes every connection before it starts again") {
  auto options = replay_options(basic().path(), 0);
  options.replay.loop = true;
  TestVenue sim{std::move(options)};
  auto& client = sim.connect("/stream?streams=abcusdt@trade");
  sim.run(1'010);
  CHECK(client.texts.size() == 3);
  CHECK(client.close_code == 1001);
  sim.disconnect(client);
  auto& again = sim.connect("/stream?streams=abcusdt@trade");
  sim.run(1'010);
  CHECK(again.texts.size() == 3);
}

TEST_CASE("sim replay: faults act on recorded frames as on generated ones") {
  TestVenue sim{replay_options(basic().path(), 0)};
  auto& client = sim.connect("/stream?streams=abcusdt@trade/abcusdt@depth@100ms");
  sim.inject("lost-diff");
  sim.inject("reorder=abcusdt@trade");
  sim.run(1'010);
  CHECK(client.texts == std::vector<std::string>{diff(11, 14, R"(["1.0","6"])"), trade(2), trade(1), trade(3)});
}

TEST_CASE("sim replay: every frame of a real recording comes once and in order, and the kept book is the expected one") {
  const auto root = shared_fixture("binance");
  if (skipped_without(root)) return;
  for (const std::string name : {"spot_btcusdt_2024-08-08.jsonl.gz", "usdm_4symbols_2021-07-22.jsonl.gz", "spot_10symbols_2021-04-05.jsonl.gz"}) {
    CAPTURE(name);
    const std::string path = (root / "captures" / name).string();
    auto options = replay_options(path, 0);
    std::string names;
    for (const auto& [stream, count] : options.recording->streams) names += (names.empty() ? "" : "/") + stream;
    const bool usdm = options.recording->usdm;
    CHECK(usdm == (name.compare(0, 4, "usdm") == 0));
    TestVenue sim{std::move(options)};
    auto& books = sim.connect((usdm ? "/public/stream?streams=" : "/stream?streams=") + names);
    auto& prices = sim.connect((usdm ? "/market/stream?streams=" : "/stream?streams=btcusdt@kline_1s&x=") + names);
    sim.run(3'000);
    REQUIRE(sim->replay()->state() == venue::ReplayFeed::State::Ended);
    FramesFile file{path};
    RecordedFrame frame;
    std::size_t next_book = 0, next_price = 0, differing = 0;
    while (file.next(frame) == FramesFile::Read::Frame) {
      if (frame.kind != RecordedKind::Text) continue;
      if (next_book < books.texts.size() && books.texts[next_book] == frame.bytes) {
        ++next_book;
      } else if (next_price < prices.texts.size() && prices.texts[next_price] == frame.bytes) {
        ++next_price;
      } else {
        ++differing;
      }
    }
    CHECK(differing == 0);
    CHECK(next_book == books.texts.size());
    CHECK(next_price == prices.texts.size());

    std::ifstream expected_file{root / "expected" / "books.json"};
    const std::string expected_text{std::istreambuf_iterator<char>{expected_file}, {}};
    const auto expected = parse(expected_text);
    for (const auto& [symbol, book] : expected[name.c_str()]["symbols"].GetObject()) {
      CAPTURE(symbol.GetString());
      if (!book["synced"].GetBool()) continue;
      const std::string target = std::string{usdm ? "/fapi/v1" : "/api/v3"} + "/depth?limit=1000&symbol=" + symbol.GetString();
      REQUIRE(parse(sim.get(target).body)["lastUpdateId"] == book["snapshot_id"]);
      const auto kept = parse(sim.get(target).body);
      CHECK(kept["lastUpdateId"] == book["final_u"]);
      for (rapidjson::SizeType i = 0; i < 5; ++i) {
        CHECK(e8(kept["bids"][i][0]) == e8(book["top"]["bids"][i][0]));
        CHECK(e8(kept["bids"][i][1]) == e8(book["top"]["bids"][i][1]));
        CHECK(e8(kept["asks"][i][0]) == e8(book["top"]["asks"][i][0]));
        CHECK(e8(kept["asks"][i][1]) == e8(book["top"]["asks"][i][1]));
      }
    }
  }
}
