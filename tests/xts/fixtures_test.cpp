// Messages that others pasted from live servers and documents, against the values that they state.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include "brokers/xts/decoder.hpp"
#include "tests/support/paths.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::xts;
using rapidjson::Value;

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.is_open(), path.string());
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  while (bytes.ends_with('\n')) bytes.pop_back();
  return bytes;
}

/// The updates of one frame, with what they point to.
class KeepingSink final : public UpdateSink {
 public:
  void on_trade(const TradeUpdate& update) override { trade = update; }
  void on_quote(const QuoteUpdate& update) override { quote = update; }
  void on_depth(const DepthUpdate& update) override {
    depth = true;
    bids.assign(update.bids.begin(), update.bids.end());
    asks.assign(update.asks.begin(), update.asks.end());
  }
  void on_ticker(const TickerUpdate& update) override { ticker = update; }
  void on_candle(const CandleUpdate& update) override { candle = update; }
  void on_availability(const AvailabilityUpdate&) override { FAIL("XTS does not tell what it gives"); }
  void on_instrument_status(const InstrumentStatusUpdate&) override { FAIL("XTS tells no state of an instrument"); }
  void on_account(const AccountUpdate&) override { FAIL("an account update"); }
  void on_market_status(const MarketStatusUpdate& update) override {
    status = std::string{update.message};
    status_time = update.ts_event;
  }

  std::optional<TradeUpdate> trade;
  std::optional<QuoteUpdate> quote;
  bool depth = false;
  std::vector<LevelUpdate> bids, asks;
  std::optional<TickerUpdate> ticker;
  std::optional<CandleUpdate> candle;
  std::string status;
  UtcTime status_time;
};

/// What one line expects, number for number as text.
class Expected {
 public:
  explicit Expected(const std::string& line) {
    REQUIRE_FALSE(document_.Parse<rapidjson::kParseNumbersAsStringsFlag>(line.data(), line.size()).HasParseError());
  }
  [[nodiscard]] std::string text(const char* name) const { return has(name) ? document_[name].GetString() : std::string{}; }
  [[nodiscard]] bool has(const char* name) const { return document_.HasMember(name) && !document_[name].IsNull(); }
  [[nodiscard]] bool is_null(const char* name) const { return document_.HasMember(name) && document_[name].IsNull(); }
  [[nodiscard]] std::string side(const char* name) const {
    std::string out;
    for (const Value& row : document_[name].GetArray()) out += row_text(row) + " ";
    return out;
  }
  [[nodiscard]] std::string row(const char* name) const { return row_text(document_[name]); }

 private:
  static std::string row_text(const Value& row) { return std::string{row[1].GetString()} + "@" + row[0].GetString() + "/" + row[2].GetString(); }
  rapidjson::Document document_;
};

std::string row_text(const LevelUpdate& level) {
  return test::xts::text(level.quantity) + "@" + test::xts::text(level.price) + "/" + std::to_string(level.orders);
}
std::string side_text(const std::vector<LevelUpdate>& side) {
  std::string out;
  for (const LevelUpdate& level : side) out += row_text(level) + " ";
  return out;
}

RawFrame frame_of(const std::string& event_name, const std::filesystem::path& file) {
  return text_frame(event(event_name, test::xts::as_json_text(read_file(file))));
}

void check_value(const Expected& expected, const char* name, Decimal value) {
  if (!expected.has(name)) return;
  CAPTURE(name);
  CHECK(test::xts::text(value) == expected.text(name));
}
void check_time(const Expected& expected, const char* name, UtcTime time) {
  if (!expected.has(name)) return;
  CAPTURE(name);
  CHECK(test::xts::text(time) == expected.text(name) + "s");
}

void check_trading(const Expected& expected, const KeepingSink& seen) {
  const auto value = [&](TickerField field) { return seen.ticker->values[static_cast<std::size_t>(field)]; };
  check_value(expected, "ltq", value(TickerField::LastQuantity));
  check_value(expected, "volume", value(TickerField::Volume));
  check_value(expected, "avg", value(TickerField::AveragePrice));
  check_value(expected, "total_buy", value(TickerField::TotalBuyQuantity));
  check_value(expected, "total_sell", value(TickerField::TotalSellQuantity));
  check_value(expected, "value", value(TickerField::Turnover));
  check_time(expected, "trade_utc", seen.ticker->last_trade_time);
}

void check_ticker(const Expected& expected, const KeepingSink& seen) {
  const auto value = [&](TickerField field) { return seen.ticker->values[static_cast<std::size_t>(field)]; };
  check_value(expected, "ltp", value(TickerField::Price));
  check_value(expected, "open", value(TickerField::OpenPrice));
  check_value(expected, "high", value(TickerField::HighPrice));
  check_value(expected, "low", value(TickerField::LowPrice));
  check_value(expected, "prev_close", value(TickerField::ClosePrice));
  check_value(expected, "pct", value(TickerField::PriceChangePercent));
  check_value(expected, "oi", value(TickerField::OpenInterest));
  check_time(expected, expected.has("exchange_utc") ? "exchange_utc" : "update_utc", seen.ticker->ts_event);
  check_trading(expected, seen);
}

void check_trade_and_book(const Expected& expected, const KeepingSink& seen) {
  if (expected.text("code") != "1512" && expected.has("ltq") && expected.text("instrument") != "26000") {
    REQUIRE(seen.trade);
    CHECK(test::xts::text(seen.trade->price) == expected.text("ltp"));
    CHECK(test::xts::text(seen.trade->quantity) == expected.text("ltq"));
    CHECK(std::to_string(seen.trade->evidence.day_volume) == expected.text("volume"));
    check_time(expected, "trade_utc", seen.trade->ts_event);
  }
  if (expected.has("bid"))
    CHECK((seen.quote && expected.row("bid").starts_with(test::xts::text(seen.quote->bid_size) + "@" + test::xts::text(seen.quote->bid_price))));
  if (expected.has("ask"))
    CHECK((seen.quote && expected.row("ask").starts_with(test::xts::text(seen.quote->ask_size) + "@" + test::xts::text(seen.quote->ask_price))));
  if (expected.is_null("bid") && seen.quote) CHECK_FALSE(seen.quote->bid_price.present());
  if (expected.is_null("ask") && seen.quote) CHECK_FALSE(seen.quote->ask_price.present());
  if (!expected.has("bids")) return;
  CHECK(seen.depth);
  CHECK(side_text(seen.bids) == expected.side("bids"));
  CHECK(side_text(seen.asks) == expected.side("asks"));
}

void check_candle(const Expected& expected, const CandleUpdate& candle) {
  check_value(expected, "open", candle.open);
  check_value(expected, "high", candle.high);
  check_value(expected, "low", candle.low);
  check_value(expected, "close", candle.close);
  check_value(expected, "bar_volume", candle.volume);
  check_time(expected, "bar_utc", candle.ts_event);
  CHECK(candle.open_time.ns % 60'000'000'000 == 0);
  CHECK(candle.ts_event.ns - candle.open_time.ns < 60'000'000'000);
}

void check_line(const Expected& expected, const std::filesystem::path& folder) {
  tidegate::xts::FrameDecoder decoder{{}};
  KeepingSink seen;
  if (expected.has("base")) {
    KeepingSink base;
    CHECK(decoder.decode(frame_of("1502-json-full", folder / expected.text("base")), base).bad == 0);
  }
  const Decoded decoded = decoder.decode(frame_of(expected.text("event"), folder / expected.text("file")), seen);
  const bool misleading = expected.text("file") == "partial/1501-22-docsample.txt";  // its sides are the wrong way round, and say nothing of that
  CHECK(decoded.bad == 0);
  if (expected.text("code") == "1105") {
    CHECK(decoded.ignored == 1);
    CHECK(decoded.updates == 0);
  } else if (expected.text("code") == "1505") {
    REQUIRE(seen.candle);
    check_candle(expected, *seen.candle);
  } else if (expected.text("code") == "1507") {
    CHECK(seen.status == expected.text("text"));
    check_time(expected, "event_utc", seen.status_time);
  } else {
    REQUIRE(seen.ticker);
    CHECK(std::to_string(seen.ticker->instrument.segment) == expected.text("segment"));
    CHECK(std::to_string(seen.ticker->instrument.token) == expected.text("instrument"));
    CHECK(has(seen.ticker->flags, Flags::Float) == expected.text("file").starts_with("json/"));
    check_ticker(expected, seen);
    if (!misleading) check_trade_and_book(expected, seen);
  }
}

}  // namespace

TEST_CASE("xts decoder: messages seen live and in documents decode to the values that they state") {
  const auto folder = shared_fixture("xts");
  if (skipped_without(folder / "expected.jsonl")) return;
  std::istringstream lines(read_file(folder / "expected.jsonl"));
  std::size_t checked = 0;
  for (std::string line; std::getline(lines, line);) {
    const Expected expected{line};
    const std::string file = expected.text("file");
    if (!file.starts_with("json/") && !file.starts_with("partial/")) continue;
    CAPTURE(file);
    check_line(expected, folder);
    ++checked;
  }
  std::size_t there = 0;
  for (const char* kind : {"json", "partial"}) {
    there += static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder / kind), {}));
  }
  CHECK(checked == there);
}

TEST_CASE("xts decoder: recorded transcripts hold nothing that is bad") {
  const auto folder = shared_fixture("xts") / "transport";
  if (skipped_without(folder)) return;
  std::size_t updates = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    tidegate::xts::FrameDecoder decoder{{}};
    std::istringstream lines(read_file(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      rapidjson::Document json;
      REQUIRE_FALSE(json.Parse(line.data(), line.size()).HasParseError());
      if (!json.HasMember("dir") || json["dir"] != "S>C") continue;
      RawFrame frame;
      if (json.HasMember("hex")) {
        frame.kind = FrameKind::Binary;
        const std::string hex = json["hex"].GetString();
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2) frame.bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
      } else if (json.HasMember("data") && (!json.HasMember("op") || json["op"] == "text")) {
        frame.bytes = json["data"].GetString();
      } else {
        continue;
      }
      KeepingSink seen;
      const Decoded decoded = decoder.decode(frame, seen);
      CAPTURE(entry.path().filename().string());
      CAPTURE(frame.bytes);
      if (!json.HasMember("http")) CHECK(decoded.bad == 0);
      updates += decoded.updates;
    }
  }
  CHECK(updates > 20);
}

TEST_CASE("xts decoder: recorded answers give their quotes") {
  const auto folder = shared_fixture("xts") / "rest";
  if (skipped_without(folder)) return;
  for (const char* name : {"subscribe.success.1502.json", "quotes.success.1502.json"}) {
    tidegate::xts::FrameDecoder decoder{{}};
    KeepingSink seen;
    const Decoded decoded = decoder.decode(rest_frame("POST /apimarketdata/instruments/quotes", read_file(folder / name)), seen);
    CHECK(decoded.updates == 4);
    CHECK(decoded.bad == 0);
    CHECK(seen.bids.size() == 5);
  }
  tidegate::xts::FrameDecoder decoder{{}};
  KeepingSink seen;
  CHECK(decoder.decode(rest_frame("POST /apimarketdata/instruments/subscription", read_file(folder / "subscribe.already.400.json")), seen).control ==
        1);
}
