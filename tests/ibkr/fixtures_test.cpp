// Recorded and documented messages of IBKR against what others read from them.
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <fstream>
#include <map>
#include <sstream>

#include "brokers/ibkr/mapping.hpp"
#include "tests/ibkr/update_text.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::ibkr;

namespace {

using rapidjson::Value;

std::filesystem::path fixture(std::string_view name) { return shared_fixture("ibkr/webapi") / name; }

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

rapidjson::Document read_json(std::string_view name) {
  std::ostringstream text;
  text << std::ifstream(fixture(name)).rdbuf();
  return parse(text.str());
}

/// The received messages of a recording, in order.
std::vector<std::string> received(std::string_view name) {
  std::vector<std::string> messages;
  std::ifstream file(fixture(name));
  for (std::string line; std::getline(file, line);) {
    const auto row = parse(line);
    if (!row.HasMember("dir") || std::string_view{row["dir"].GetString()} == "in") messages.emplace_back(row["raw"].GetString());
  }
  return messages;
}

/// Merges updates as the normalizer does, by instrument.
class MergingSink final : public UpdateSink {
 public:
  struct Merged {
    std::map<TickerField, Decimal> ticker;
    QuoteUpdate quote;
    bool quoted = false;
    UtcTime ts_event;
    Flags flags = Flags::None;
    DataAccess access = DataAccess::Unstated;
    std::optional<TradingState> trading;
    std::string bids, asks;
  };
  void on_trade(const TradeUpdate&) override { FAIL("IBKR sends no trades"); }
  void on_candle(const CandleUpdate&) override { FAIL("IBKR sends no candles here"); }
  void on_market_status(const MarketStatusUpdate&) override { FAIL("IBKR tells nothing of a market as a whole"); }
  void on_quote(const QuoteUpdate& update) override {
    Merged& merged = of(update.instrument);
    merged.quote = update;
    merged.quote.instrument = {};
    merged.quoted = true;
  }
  void on_depth(const DepthUpdate& update) override {
    of(update.instrument).bids = text_of(update.bids);
    of(update.instrument).asks = text_of(update.asks);
  }
  void on_ticker(const TickerUpdate& update) override {
    Merged& merged = of(update.instrument);
    merged.ts_event = update.ts_event;
    merged.flags = update.flags;
    for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
      const auto field = static_cast<TickerField>(i);
      if ((update.present >> i & 1U) != 0) merged.ticker[field] = update.values[i];
      if ((update.cleared >> i & 1U) != 0) merged.ticker.erase(field);
      if ((update.standing >> i & 1U) != 0) CHECK(merged.ticker.at(field) == update.values[i]);
    }
  }
  void on_availability(const AvailabilityUpdate& update) override { of(update.instrument).access = update.access; }
  void on_instrument_status(const InstrumentStatusUpdate& update) override { of(update.instrument).trading = update.state; }
  void on_account(const AccountUpdate& update) override { accounts.emplace_back(update.kind); }

  Merged& of(const NativeRef& instrument) {
    return merged[std::to_string(instrument.token) + (instrument.text.empty() ? "" : "@" + std::string{instrument.text})];
  }
  std::map<std::string, Merged> merged;
  std::vector<std::string> accounts;

 private:
  static std::string text_of(std::span<const LevelUpdate> levels) {
    std::string out;
    for (const LevelUpdate& level : levels) out += to_text(level.price) + "x" + to_text(level.quantity) + " ";
    return out;
  }
};

/// One decoder and what its updates came to.
struct Run {
  void feed(const std::string& bytes, FrameKind kind = FrameKind::Binary) {
    RawFrame frame;
    frame.kind = kind;
    frame.bytes = bytes;
    frame.session = 1;
    frame.request = "GET /v1/api/iserver/marketdata/snapshot";
    const Decoded decoded = decoder.decode(frame, sink);
    sum.updates += decoded.updates;
    sum.ignored += decoded.ignored;
    sum.control += decoded.control;
    sum.bad += decoded.bad;
    last = decoded;
  }
  tidegate::ibkr::FrameDecoder decoder;
  MergingSink sink;
  Decoded sum, last;
};

/// A number or text of an expectation as the decimal it means; absent for null.
Decimal decimal_of(const Value& value) {
  if (value.IsNull()) return kAbsent;
  std::string text;
  if (value.IsString()) {
    text = value.GetString();
  } else {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    text = buffer.GetString();
  }
  const auto decimal = parse_decimal(text);
  REQUIRE_MESSAGE(decimal.ok(), text);
  return *decimal;
}

/// Checks every member of an expectation that names a value.
void check_expected(const Value& expect, const MergingSink::Merged& merged) {
  const auto check_field = [&](const char* name, TickerField field) {
    if (!expect.HasMember(name)) return;
    CAPTURE(name);
    const auto found = merged.ticker.find(field);
    CHECK((found == merged.ticker.end() ? kAbsent : found->second) == decimal_of(expect[name]));
  };
  const bool prior_close =
      expect.HasMember("last_flag") && expect["last_flag"].IsString() && std::string_view{expect["last_flag"].GetString()} == "prior_close";
  check_field("last", prior_close ? TickerField::ClosePrice : TickerField::Price);
  if (prior_close) CHECK_FALSE(merged.ticker.contains(TickerField::Price));
  check_field("last_size", TickerField::LastQuantity);
  check_field("bid", TickerField::BidPrice);
  check_field("bid_size", TickerField::BidSize);
  check_field("ask", TickerField::AskPrice);
  check_field("ask_size", TickerField::AskSize);
  check_field("volume", TickerField::Volume);
  check_field("high", TickerField::HighPrice);
  check_field("low", TickerField::LowPrice);
  check_field("open", TickerField::OpenPrice);
  check_field("prior_close", TickerField::ClosePrice);
  check_field("change", TickerField::PriceChange);
  check_field("change_pct", TickerField::PriceChangePercent);
  if (expect.HasMember("bid") && merged.quoted) CHECK(merged.quote.bid_price == decimal_of(expect["bid"]));
  if (expect.HasMember("ask") && merged.quoted) CHECK(merged.quote.ask_price == decimal_of(expect["ask"]));
  if (expect.HasMember("updated_ms") && expect["updated_ms"].IsInt64() && !merged.ticker.empty()) {
    CHECK(merged.ts_event == UtcTime::from_milliseconds(expect["updated_ms"].GetInt64()));
  }
  if (expect.HasMember("availability") && expect["availability"].IsString()) {
    constexpr std::string_view kLetters = "?RDZYN";
    CHECK(kLetters[static_cast<std::size_t>(merged.access)] == expect["availability"].GetString()[0]);
    if (!merged.ticker.empty()) {
      CHECK(has(merged.flags, Flags::Delayed) == is_delayed(merged.access));
    }
  }
  if (expect.HasMember("last_flag")) {
    const bool halted = expect["last_flag"].IsString() && std::string_view{expect["last_flag"].GetString()} == "halted";
    if (!prior_close) CHECK((merged.trading == TradingState::Halted) == halted);
  }
  if (expect.HasMember("invalid_contract")) CHECK((merged.access == DataAccess::NoInstrument) == expect["invalid_contract"].GetBool());
  if (expect.HasMember("quote_usable")) CHECK_FALSE(merged.quoted);
}

}  // namespace

TEST_CASE("ibkr captures: streams of market data end in the state that was read from them") {
  if (skipped_without(fixture("expected-smd.json"))) return;
  const auto expected = read_json("expected-smd.json");
  for (const std::string name : {"real-smd-single-aapl.jsonl", "real-smd-multi-25-excerpt.jsonl"}) {
    CAPTURE(name);
    for (const FrameKind kind : {FrameKind::Binary, FrameKind::Text}) {
      Run run;
      std::size_t distinct = 0, frames = 0;
      for (const std::string& message : received(name)) {
        const std::uint32_t before = run.sum.updates;
        run.feed(message, kind);
        if (message.find("smd+") == std::string::npos) continue;
        ++frames;
        if (run.sum.updates != before) ++distinct;
      }
      CHECK(run.sum.bad == 0);
      CHECK(frames == (name.find("single") != std::string::npos ? 7 : 53));
      CHECK(distinct == (name.find("single") != std::string::npos ? 6 : 42));
      CHECK(run.sink.merged.size() == expected[name.c_str()].MemberCount());
      for (const auto& member : expected[name.c_str()].GetObject()) {
        const std::string conid = member.name.GetString();
        CAPTURE(conid);
        check_expected(member.value, run.sink.merged.at(conid));
      }
    }
  }
}

TEST_CASE("ibkr samples: single messages and rows are read as described") {
  for (const std::string_view name : {"real-smd-assorted.json", "doc-smd-samples.json", "synth-smd-edge-cases.json"}) {
    if (skipped_without(fixture(name))) return;
    const auto items = read_json(name);
    for (const Value& item : items.GetArray()) {
      CAPTURE(item["id"].GetString());
      const std::string raw = item["raw"].GetString();
      const Value& expect = item["expect"];
      const bool row = raw.find("\"topic\"") == std::string::npos;
      Run run;
      run.feed(row ? "[" + raw + "]" : raw, row ? FrameKind::Rest : FrameKind::Binary);
      if (expect.HasMember("no_change")) {
        CHECK(run.sum.ignored == 1);
        CHECK(run.sink.merged.empty());
        continue;
      }
      if (expect.HasMember("plausible")) {  // without a contract it is nothing, with one it has no volume
        CHECK(run.sum.bad == 1);
        run.feed("[{\"conid\":1," + raw.substr(1) + "]", FrameKind::Rest);
        CHECK_FALSE(run.sink.merged.at("1").ticker.contains(TickerField::Volume));
        continue;
      }
      CHECK(run.sum.bad == 0);
      std::string instrument = decimal_of(expect.HasMember("conid") ? expect["conid"] : parse(raw)["conid"]).present()
                                   ? to_text(decimal_of(expect.HasMember("conid") ? expect["conid"] : parse(raw)["conid"]))
                                   : std::string{};
      if (expect.HasMember("route")) instrument += "@" + std::string{expect["route"].GetString()};
      if (std::string_view{item["id"].GetString()} == "synth-empty-strings") {
        CHECK(run.sum.ignored == 1);
        continue;
      }
      REQUIRE(run.sink.merged.contains(instrument));
      CHECK(run.sink.merged.size() == 1);
      check_expected(expect, run.sink.merged.at(instrument));
    }
  }
}

TEST_CASE("ibkr samples: a mark on the price goes when the next price has none") {
  if (skipped_without(fixture("synth-smd-edge-cases.json"))) return;
  const auto items = read_json("synth-smd-edge-cases.json");
  Run run;
  for (rapidjson::SizeType i = 0; i < 3; ++i) {  // C, H, none: of one contract
    run.feed(items[i]["raw"].GetString());
    check_expected(items[i]["expect"], run.sink.merged.at("265598"));
  }
}

TEST_CASE("ibkr samples: ladders come to the books described") {
  if (skipped_without(fixture("sbd-depth.json"))) return;
  const auto items = read_json("sbd-depth.json");
  Run run;
  const auto text_of = [](const Value& levels) {
    std::string out;
    for (const Value& level : levels.GetArray()) out += to_text(decimal_of(level[0])) + "x" + to_text(decimal_of(level[1])) + " ";
    return out;
  };
  for (const Value& item : items.GetArray()) {
    CAPTURE(item["id"].GetString());
    run.feed(item["raw"].GetString());
    CHECK(run.last.bad == 0);
    if (std::string_view{item["id"].GetString()}.starts_with("doc-2023")) {  // names no instrument
      CHECK(run.last.ignored == 1);
      continue;
    }
    const auto& merged = run.sink.merged.at("265598");
    CHECK(merged.bids == text_of(item["expect"]["bids"]));
    if (item["expect"].HasMember("asks")) CHECK(merged.asks == text_of(item["expect"]["asks"]));
  }
}

TEST_CASE("ibkr captures: a connection's own messages are control, account messages are account events") {
  if (skipped_without(fixture("real-connect-idle.jsonl"))) return;
  for (const std::string_view name : {"real-connect-idle.jsonl", "sts-transitions.jsonl"}) {
    CAPTURE(name);
    Run run;
    const auto messages = received(name);
    for (const std::string& message : messages) run.feed(message);
    CHECK(run.sum.control == messages.size());
    CHECK(run.sum.updates + run.sum.ignored + run.sum.bad == 0);
  }
  const std::map<std::string, std::string> files = {{"real-sor-order-lifecycle.jsonl", "order"}, {"real-str-trades-excerpt.jsonl", "execution"}};
  for (const auto& file : files) {
    const std::string& name = file.first;
    const std::string& kind = file.second;
    CAPTURE(name);
    Run run;
    std::size_t events = 0;
    for (const std::string& message : received(name)) {
      run.feed(message);
      if (message.find(R"("topic":"s)") != std::string::npos && message.find(R"("topic":"system")") == std::string::npos) ++events;
    }
    CHECK(events > 3);
    CHECK(run.sum.bad == 0);
    CHECK(run.sink.merged.empty());
    CHECK(run.sink.accounts == std::vector<std::string>(events, kind));
  }
}

TEST_CASE("ibkr samples: every other topic is read for what it is") {
  if (skipped_without(fixture("account-and-misc-topics.json"))) return;
  const std::map<std::string, std::string> kinds = {{"spl", "profit_loss"}, {"sld+", "ledger"}, {"ssd+", "summary"}, {"sor", "order"}};
  const auto items = read_json("account-and-misc-topics.json");
  for (const Value& item : items.GetArray()) {
    const std::string id = item["id"].GetString();
    CAPTURE(id);
    Run run;
    const std::string raw = item["raw"].GetString();
    run.feed(raw);
    CHECK(run.sum.bad == 0);
    CHECK(run.sink.merged.empty());
    std::string kind;
    for (const auto& [topic, name] : kinds) {
      if (raw.find(R"("topic":")" + topic) != std::string::npos) kind = name;
    }
    if (!kind.empty()) {
      CHECK(run.sink.accounts == std::vector<std::string>{kind});
    } else if (id == "doc-smh") {
      CHECK(run.sum.ignored == 1);
    } else {
      CHECK(run.sum.control == 1);
    }
  }
}

TEST_CASE("ibkr samples: answers over REST give rows of market data, or nothing") {
  if (skipped_without(fixture("rest-responses.json"))) return;
  const auto items = read_json("rest-responses.json");
  for (const Value& item : items.GetArray()) {
    const std::string id = item["id"].GetString();
    CAPTURE(id);
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    item["body"].Accept(writer);
    RawFrame frame;
    frame.kind = FrameKind::Rest;
    frame.bytes = buffer.GetString();
    frame.request = item["request"].GetString();
    Run run;
    const Decoded decoded = run.decoder.decode(frame, run.sink);
    CHECK(decoded.bad == 0);
    if (id == "real-snapshot") {
      CHECK(run.sink.merged.size() == 3);
      CHECK(run.sink.merged.at("265598").ticker.at(TickerField::Price) == Decimal{2709, -1});
      CHECK(run.sink.merged.at("265598").flags == Flags::Stale);
      CHECK(run.sink.merged.at("272093").quote.ask_price == Decimal{42388, -2});
      CHECK(run.sink.merged.at("104747").access == DataAccess::NoInstrument);
    } else {
      CHECK(decoded.updates == 0);
      CHECK(run.sink.merged.empty());
    }
  }
}
