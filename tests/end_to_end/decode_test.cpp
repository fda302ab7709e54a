// `tidegate decode binance` on every shared recording gives what the expected files say.
#include <doctest/doctest.h>
#include <rapidjson/istreamwrapper.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <streambuf>

#include "gateway/decode_command.hpp"
#include "gateway/recording/frames_file.hpp"
#include "tests/end_to_end/recording_sums.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

/// Gives each line to a function as it is written: whole books of a long recording would fill memory.
class LineBuffer final : public std::streambuf {
 public:
  explicit LineBuffer(std::function<void(const std::string&)> on_line) : on_line_(std::move(on_line)) {}

 private:
  int overflow(int c) override {
    if (c == '\n') {
      on_line_(line_);
      line_.clear();
    } else {
      line_ += static_cast<char>(c);
    }
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    line_.append(text, static_cast<std::size_t>(size));
    return size;
  }
  std::function<void(const std::string&)> on_line_;
  std::string line_;
};

rapidjson::Document read_json(const std::filesystem::path& path) {
  std::ifstream file{path};
  rapidjson::IStreamWrapper stream{file};
  rapidjson::Document document;
  document.ParseStream(stream);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

}  // namespace

TEST_CASE("decode: every recording of Binance gives the expected trades, quotes, candles and final books, with no gap") {
  const auto folder = test::shared_fixture("binance");
  if (test::skipped_without(folder)) return;
  const auto expected_sums = read_json(folder / "expected" / "captures.json");
  const auto expected_books = read_json(folder / "expected" / "books.json");
  for (const auto& [file_name, expected] : expected_sums.GetObject()) {
    const std::string name = file_name.GetString();
    CAPTURE(name);
    const auto path = folder / "captures" / name;

    test::MessageSums sums;
    LineBuffer lines{[&](const std::string& line) { sums.add(line); }};
    std::ostream out{&lines};
    std::ostringstream complaints;
    REQUIRE(run_decode({"binance", path, {}, kFullDepth}, out, complaints) == 0);
    sums.finish();
    CAPTURE(complaints.str());
    CHECK(complaints.str().find("bad 0,") != std::string::npos);

    test::LineSum recorded_quotes;
    FramesFile frames{path.string()};
    for (RecordedFrame frame; frames.next(frame) == FramesFile::Read::Frame;) {
      if (frame.kind != RecordedKind::Text || frame.bytes.find("@bookTicker\"") == std::string::npos) continue;
      rapidjson::Document document;
      document.Parse(frame.bytes.c_str());
      test::add_recorded_quote(recorded_quotes, document);
    }

    const char* const trade_kind = expected.HasMember("trade") ? "trade" : "agg_trade";
    if (expected.HasMember(trade_kind)) {
      CHECK(sums.trades.count == expected[trade_kind]["count"].GetUint64());
      CHECK(sums.trades.sha.hex() == expected[trade_kind]["sha256"].GetString());
    } else {
      CHECK(sums.trades.count == 0);
    }
    CHECK(sums.quotes.count == (expected.HasMember("quote") ? expected["quote"]["count"].GetUint64() : 0));
    CHECK(sums.quotes.sha.hex() == recorded_quotes.sha.hex());
    if (expected.HasMember("kline")) {
      CHECK(sums.candles.count == expected["kline"]["count"].GetUint64());
      CHECK(sums.candles.sha.hex() == expected["kline"]["sha256"].GetString());
    }
    CHECK(sums.gaps == 0);
    CHECK(sums.holes == 0);
    if (!expected_books.HasMember(file_name)) continue;
    for (const auto& [symbol, book] : expected_books[file_name]["symbols"].GetObject()) {
      CAPTURE(symbol.GetString());
      const auto& found = sums.books[symbol.GetString()];
      CHECK(found.messages == book["applied"].GetUint64() + 1);  // the snapshot, and each delta after it
      CHECK(found.bids == book["bid_levels"].GetUint64());
      CHECK(found.asks == book["ask_levels"].GetUint64());
      CHECK(found.sha == book["sha256"].GetString());
    }
  }
}

TEST_CASE("decode: the same input gives the same bytes") {
  const auto path = test::shared_fixture("binance/captures/spot_4symbols_2021-10-11.jsonl.gz");
  if (test::skipped_without(path)) return;
  std::ostringstream first, second, complaints;
  REQUIRE(run_decode({"binance", path, {}, kDefaultDepth}, first, complaints) == 0);
  REQUIRE(run_decode({"binance", path, {}, kDefaultDepth}, second, complaints) == 0);
  CHECK(first.str() == second.str());
  CHECK(first.str().find(R"("symbol":"BINANCE:NKNUSDT")") != std::string::npos);
}

TEST_CASE("decode: an unknown broker and a missing file are complaints with exit code 2") {
  std::ostringstream out, complaints;
  CHECK(run_decode({"binanse", "x.jsonl", {}, kDefaultDepth}, out, complaints) == 2);
  CHECK(complaints.str().find("known adapters: binance") != std::string::npos);
  CHECK(run_decode({"binance", "/nonexistent/x.jsonl", {}, kDefaultDepth}, out, complaints) == 2);
}

TEST_CASE("decode: a recorded answer of old trades fills the hole that the recording has, as it did live") {
  const test::TemporaryFolder folder;
  const auto trade = [](int id) {
    return R"({"rx_ns":1,"kind":"ws","frame":{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":)" + std::to_string(id) +
           R"(,"p":"1","q":"1","T":1,"m":true}}})" + "\n";
  };
  const std::string answer =
      R"({"rx_ns":2,"kind":"rest","req":"GET /api/v3/historicalTrades?symbol=BTCUSDT&fromId=6&limit=2","status":200,"frame":)"
      R"([{"id":6,"price":"1","qty":"1","time":1,"isBuyerMaker":true},{"id":7,"price":"1","qty":"1","time":1,"isBuyerMaker":true}]})";
  std::ofstream{folder.path() / "frames.jsonl"} << trade(5) << trade(8) << answer << "\n" << trade(9);
  std::ostringstream out, complaints;
  CHECK(run_decode({"binance", folder.path() / "frames.jsonl", {}}, out, complaints) == 0);
  test::MessageSums sums;
  std::istringstream lines{out.str()};
  for (std::string line; std::getline(lines, line);) sums.add(line);
  CHECK(sums.trades.count == 5);
  CHECK(sums.gaps == 1);
  CHECK(sums.filled == 2);
  CHECK(sums.holes == 0);
}

}  // namespace tidegate
