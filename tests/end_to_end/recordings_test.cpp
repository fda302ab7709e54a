// Every shared recording of Binance through simulator, gateway and a subscriber's socket: the same counts, values and final books.
#include <doctest/doctest.h>
#include <rapidjson/istreamwrapper.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "gateway/recording/frames_file.hpp"
#include "tests/end_to_end/recording_sums.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;

rapidjson::Document read_json(const std::filesystem::path& path) {
  std::ifstream file{path};
  rapidjson::IStreamWrapper stream{file};
  rapidjson::Document document;
  document.ParseStream(stream);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

struct Recorded {
  std::set<std::string> symbols;
  test::LineSum quotes;
};

Recorded read_recording(const std::filesystem::path& path) {
  Recorded recorded;
  FramesFile frames{path.string()};
  for (RecordedFrame frame; frames.next(frame) == FramesFile::Read::Frame;) {
    if (frame.kind != RecordedKind::Text) continue;
    rapidjson::Document document;
    document.Parse(frame.bytes.c_str());
    recorded.symbols.insert(document["data"]["s"].GetString());
    if (frame.bytes.find("@bookTicker\"") != std::string::npos) test::add_recorded_quote(recorded.quotes, document);
  }
  return recorded;
}

void replay(const std::string& name, const rapidjson::Value& expected, const rapidjson::Document& expected_books, double rate) {
  CAPTURE(name);
  const auto path = test::shared_fixture("binance/captures") / name;
  const Recorded recorded = read_recording(path);
  const bool futures = std::string_view{expected["market"].GetString()} == "usdm";

  sim::BinanceOptions options;
  options.frames_path = path.string();
  options.rate = rate;
  test::Venue venue{options};
  test::GatewayUnderTest gateway{test::gateway_yaml(venue, ", weight_share: 100")};
  SubscriberClient client{gateway.port()};
  test::MessageSums sums;
  client.keep = false;
  client.on_json = [&](const rapidjson::Value& message) { sums.add(message); };

  std::string symbols;
  for (const std::string& symbol : recorded.symbols)
    symbols += std::string{symbols.empty() ? "" : ","} + "\"" + (futures ? "BINANCE-USDM:" : "BINANCE:") + symbol + "\"";
  client.subscribe(R"(["trade","quote","candle_1m"])", "[" + symbols + "]");
  client.subscribe(R"(["orderbook"])", "[" + symbols + "]", R"({"depth":"full"})");

  const char* const trade_kind = expected.HasMember("trade") ? "trade" : "agg_trade";
  const auto count = [&](const char* kind) { return expected.HasMember(kind) ? expected[kind]["count"].GetUint64() : 0; };
  const bool has_books = expected_books.HasMember(name.c_str());
  // A recording without a snapshot: the simulator begins with an empty book, and every delta must arrive.
  const std::uint64_t deltas = has_books ? 0 : count("depth_diff");
  client.wait_until(
      "the whole recording has come",
      [&] {
        if (sums.books.empty() || sums.trades.count < count(trade_kind) || sums.quotes.count < count("quote") || sums.candles.count < count("kline"))
          return false;
        if (!has_books) return sums.books.begin()->second.messages >= deltas + 1;
        for (const auto& [symbol, book] : expected_books[name.c_str()]["symbols"].GetObject()) {
          if (sums.books[symbol.GetString()].messages < book["applied"].GetUint64() + 1) return false;
        }
        return true;
      },
      std::chrono::seconds{240});
  sums.finish();

  CHECK(sums.trades.count == count(trade_kind));
  if (expected.HasMember(trade_kind)) CHECK(sums.trades.sha.hex() == expected[trade_kind]["sha256"].GetString());
  CHECK(sums.quotes.count == count("quote"));
  CHECK(sums.quotes.sha.hex() == recorded.quotes.sha.hex());
  CHECK(sums.candles.count == count("kline"));
  if (expected.HasMember("kline")) CHECK(sums.candles.sha.hex() == expected["kline"]["sha256"].GetString());
  if (has_books) {
    for (const auto& [symbol, book] : expected_books[name.c_str()]["symbols"].GetObject()) {
      CAPTURE(symbol.GetString());
      CHECK(sums.books[symbol.GetString()].messages == book["applied"].GetUint64() + 1);
      CHECK(sums.books[symbol.GetString()].sha == book["sha256"].GetString());
    }
  }
  if (!has_books) CHECK(sums.books.begin()->second.messages == deltas + 1);
  CHECK(sums.gaps == 0);
  CHECK(sums.holes == 0);
  const BrokerCounters& counters = gateway.counters(futures ? 1 : 0);
  CHECK(counters.frames_bad == 0);
  CHECK(counters.frames_dropped == 0);
  CHECK(counters.gaps == 0);
  MESSAGE(name << ": trades " << sums.trades.count << ", quotes " << sums.quotes.count << ", candles " << sums.candles.count << ", books "
               << sums.books.size() << ", gaps " << sums.gaps << ", dropped " << counters.frames_dropped.load());
}

// The long recordings (six minutes each) are decoded whole in decode_test; through sockets their first 1,500 lines are played here. Whole books of
// thousands of messages take minutes under a sanitizer, which has seen every kind of message by then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kPlayed[] = {"spot_4symbols_2021-10-11.jsonl.gz", "usdm_btcusdt_2024-08-08.first1500.jsonl"};
#else
constexpr const char* kPlayed[] = {"spot_btcusdt_2024-08-08.first1500.jsonl", "usdm_btcusdt_2024-08-08.first1500.jsonl",
                                   "spot_4symbols_2021-10-11.jsonl.gz",       "usdm_4symbols_2021-07-22.jsonl.gz",
                                   "spot_btc_eth_dot_2021-04-04.jsonl.gz",    "spot_10symbols_2021-04-05.jsonl.gz",
                                   "spot_btcusdt_depth_2025-12-07.jsonl.gz"};
#endif

}  // namespace

TEST_CASE("recordings: played by the simulator, each reaches a subscriber unchanged") {
  const auto folder = test::shared_fixture("binance");
  if (test::skipped_without(folder)) return;
  const auto expected = read_json(folder / "expected" / "captures.json");
  const auto books = read_json(folder / "expected" / "books.json");
  for (const char* name : kPlayed) replay(name, expected[name], books, 40);
  // The two long ones carry gigabytes of whole books: minutes, for those who ask.
  if (std::getenv("TIDEGATE_LONG_TESTS") == nullptr) return;
  for (const char* name : {"spot_btcusdt_2024-08-08.jsonl.gz", "usdm_btcusdt_2024-08-08.jsonl.gz"}) replay(name, expected[name], books, 10);
}

}  // namespace tidegate
