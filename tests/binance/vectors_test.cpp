// The shared vectors: documented samples and recorded frames, against what an independent reader made of them.
#include <doctest/doctest.h>

#include <map>

#include "brokers/binance/decoder.hpp"
#include "tests/binance/fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using binance::FrameDecoder;
using binance::Market;
using rapidjson::Value;

namespace {

std::string text(const Value& record, const char* name) {
  const auto member = record.FindMember(name);
  return member == record.MemberEnd() || member->value.IsNull() ? std::string{} : std::string{member->value.GetString()};
}
Decimal decimal(const Value& record, const char* name) {
  const std::string digits = text(record, name);
  return digits.empty() ? kAbsent : *parse_decimal(digits);
}
std::int64_t integer(const Value& record, const char* name) {
  const auto member = record.FindMember(name);
  return member == record.MemberEnd() || member->value.IsNull() ? 0 : member->value.GetInt64();
}
UtcTime time(const Value& record, const char* name) {
  const auto member = record.FindMember(name);
  return member == record.MemberEnd() || member->value.IsNull() ? kNoTime : UtcTime{member->value.GetInt64() * 1000};
}
std::vector<LevelUpdate> levels(const Value& list) {
  std::vector<LevelUpdate> out;
  for (const Value& level : list.GetArray()) out.push_back({*parse_decimal(level[0].GetString()), *parse_decimal(level[1].GetString()), kNoOrders});
  return out;
}

/// The line that the decoder's update must give; empty for kinds without a channel.
std::string expected_line(const Value& record) {
  const std::string type = text(record, "type");
  const std::string symbol = text(record, "symbol");
  const bool usdm = text(record, "market") == "usdm";
  const UtcTime event = time(record, "ts_event_us");
  const UtcTime engine = time(record, "ts_trade_us");
  if (type == "trade" || type == "agg_trade") {
    if (record.HasMember("on_book") && !record["on_book"].GetBool()) return {};
    TradeUpdate update;
    update.instrument.text = symbol;
    update.price = decimal(record, "price");
    update.quantity = decimal(record, "qty");
    update.side = text(record, "aggressor") == "sell" ? Side::Sell : Side::Buy;
    update.trade_id = static_cast<std::uint64_t>(integer(record, "id"));
    update.numbered = true;
    if (type == "agg_trade") update.flags = Flags::Aggregated;
    update.ts_event = engine;
    return describe(update);
  }
  if (type == "quote") {
    QuoteUpdate update;
    update.instrument.text = symbol;
    update.bid_price = decimal(record, "bid");
    update.bid_size = decimal(record, "bid_qty");
    update.ask_price = decimal(record, "ask");
    update.ask_size = decimal(record, "ask_qty");
    update.book_id = static_cast<std::uint64_t>(integer(record, "seq"));
    update.ts_event = engine;
    return describe(update);
  }
  if (type == "depth_diff" || type == "depth_partial") {
    const auto bids = levels(record["bids"]);
    const auto asks = levels(record["asks"]);
    DepthUpdate update;
    update.instrument.text = symbol;
    update.kind = type == "depth_diff" ? DepthKind::Delta : DepthKind::TopLevels;
    update.chain = usdm ? ChainRule::PreviousEqualsLast : ChainRule::FirstFollowsLast;
    update.first_id = integer(record, "first");
    update.last_id = integer(record, "last");
    update.previous_id = integer(record, "prev");
    update.bids = bids;
    update.asks = asks;
    update.ts_event = usdm ? engine : event;
    return describe(update);
  }
  if (type == "kline") {
    CandleUpdate update;
    update.instrument.text = symbol;
    update.channel = *candle_channel(text(record, "interval"));
    update.open_time = time(record, "open_us");
    update.open = decimal(record, "open");
    update.high = decimal(record, "high");
    update.low = decimal(record, "low");
    update.close = decimal(record, "close");
    update.volume = decimal(record, "vol");
    update.closed = record["closed"].GetBool();
    update.ts_event = event;
    return describe(update);
  }
  if (type == "mini_ticker" || (type == "ticker" && text(record, "window") == "24hr")) {
    TickerUpdate update;
    update.instrument.text = symbol;
    update.ts_event = event;
    update.set(TickerField::Price, decimal(record, type == "ticker" ? "last" : "close"));
    update.set(TickerField::OpenPrice, decimal(record, "open"));
    update.set(TickerField::HighPrice, decimal(record, "high"));
    update.set(TickerField::LowPrice, decimal(record, "low"));
    update.set(TickerField::Volume, decimal(record, "vol"));
    update.set(TickerField::Turnover, decimal(record, "quote_vol"));
    update.set(TickerField::PriceChange, decimal(record, "change"));
    update.set(TickerField::PriceChangePercent, decimal(record, "change_pct"));
    update.set(TickerField::AveragePrice, decimal(record, "vwap"));
    update.set(TickerField::LastQuantity, decimal(record, "last_qty"));
    update.set(TickerField::ClosePrice, decimal(record, "prev_close"));
    update.set(TickerField::BidPrice, decimal(record, "bid"));
    update.set(TickerField::BidSize, decimal(record, "bid_qty"));
    update.set(TickerField::AskPrice, decimal(record, "ask"));
    update.set(TickerField::AskSize, decimal(record, "ask_qty"));
    return describe(update);
  }
  return {};
}

/// The expected lines by the number of the vector. The partial depth of USD-M is listed without its first id.
std::map<std::size_t, std::vector<std::string>> expected_lines(const std::filesystem::path& path) {
  std::map<std::size_t, std::vector<std::string>> lines;
  for (const std::string& line : read_lines(path)) {
    const auto record = parse_line(line);
    std::string described = expected_line(record);
    if (!described.empty()) lines[record["line"].GetUint()].push_back(std::move(described));
  }
  return lines;
}

std::string without_first_id(std::string line) {
  if (!line.starts_with("top ")) return line;
  const auto range = line.find("..");
  const auto begin = line.rfind(' ', range);
  return line.replace(begin + 1, range - begin - 1, "0");
}

int check_vectors(std::string_view name, bool payload_is_bare) {
  const auto folder = shared_fixture("binance");
  const auto expected = expected_lines(folder / "expected" / (std::string{name} + ".expected.jsonl"));
  FrameDecoder spot(Market::Spot, common::TimeUnit::Millisecond);
  FrameDecoder usdm(Market::Usdm, common::TimeUnit::Millisecond);
  std::size_t number = 0;
  int compared = 0;
  for (const std::string& line : read_lines(folder / "vectors" / (std::string{name} + ".jsonl"))) {
    ++number;
    const auto vector = parse_line(line);
    std::string frame = raw_frame(line);
    const std::string stream = vector.HasMember("stream") ? vector["stream"].GetString() : "";
    if (payload_is_bare && !stream.starts_with("(")) frame = R"({"stream":")" + stream + R"(","data":)" + frame + "}";
    if (stream.ends_with("@+08:00")) continue;  // listed as a candle; its days are not ours
    Outcome outcome = decode_all(std::string_view{vector["market"].GetString()} == "usdm" ? usdm : spot, text_frame(frame));
    for (std::string& described : outcome.lines) described = without_first_id(std::move(described));
    CAPTURE(frame);
    CHECK(outcome.bad == 0);
    const auto found = expected.find(number);
    CHECK(outcome.lines == (found == expected.end() ? std::vector<std::string>{} : found->second));
    if (outcome.lines.empty()) CHECK(outcome.ignored + outcome.control == 1);
    compared += static_cast<int>(outcome.lines.size());
  }
  return compared;
}

}  // namespace

TEST_CASE("binance decoder: the documented samples become what the expected file says") {
  if (skipped_without(shared_fixture("binance/vectors/doc_samples.jsonl"))) return;
  CHECK(check_vectors("doc_samples", true) == 17);
}

TEST_CASE("binance decoder: recorded frames become what the expected file says") {
  if (skipped_without(shared_fixture("binance/vectors/real_frames.jsonl"))) return;
  CHECK(check_vectors("real_frames", false) > 50);
}

TEST_CASE("binance decoder: each shared edge case has its outcome") {
  const auto path = shared_fixture("binance/vectors/edge_frames.jsonl");
  if (skipped_without(path)) return;
  struct Expected {
    std::size_t updates;
    std::uint32_t ignored, control, bad;
  };
  constexpr Expected kUpdate{1, 0, 0, 0}, kIgnored{0, 1, 0, 0}, kControl{0, 0, 1, 0}, kBad{0, 0, 0, 1};
  const std::map<std::string_view, Expected> outcomes = {
      {"whitespace inside kline (real USD-M formatting)", kUpdate},
      {"non-ASCII symbol (real)", kIgnored},
      {"non-ASCII symbol as JSON escapes", kUpdate},
      {"microsecond times", kUpdate},
      {"keys in another order (real capture re-serialised by its author)", kUpdate},
      {"unknown extra fields", kUpdate},
      {"unknown event type", kIgnored},
      {"spot bookTicker has no e, E or T", kUpdate},
      {"raw partial depth has no symbol", kBad},
      {"reference price null", kIgnored},
      {"insurance-fund trade (real)", kIgnored},
      {"funding fields absent meaning", kIgnored},
      {"very small and very large decimals", kUpdate},
      {"shutdown, raw", kControl},
      {"shutdown, combined", kControl},
      {"ack before data", kControl},
      {"array event in raw mode", kUpdate},
      {"truncated", kBad},
      {"not JSON", kBad},
      {"mandatory field missing", kBad},
      {"number where a string is expected", kBad},
  };
  for (const std::string& line : read_lines(path)) {
    const auto vector = parse_line(line);
    const std::string name = vector["case"].GetString();
    CAPTURE(name);
    const auto expected = outcomes.find(name);
    REQUIRE(expected != outcomes.end());
    const auto unit = name == "microsecond times" ? common::TimeUnit::Microsecond : common::TimeUnit::Millisecond;
    FrameDecoder decoder(Market::Spot, unit);
    const Outcome outcome = decode_all(decoder, text_frame(vector["raw"].GetString()));
    CHECK(outcome.lines.size() == expected->second.updates);
    CHECK(outcome.ignored == expected->second.ignored);
    CHECK(outcome.control == expected->second.control);
    CHECK(outcome.bad == expected->second.bad);
  }
}

TEST_CASE("binance decoder: shared REST books become snapshots, refusals do not") {
  const auto path = shared_fixture("binance/vectors/rest.jsonl");
  if (skipped_without(path)) return;
  FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
  int snapshots = 0;
  for (const std::string& line : read_lines(path)) {
    const auto answer = parse_line(line);
    if (!answer.HasMember("req") || std::string_view{answer["req"].GetString()}.find("depth") == std::string_view::npos) continue;
    const Outcome outcome = decode_all(decoder, rest_frame(answer["req"].GetString(), raw_frame(line)));
    CAPTURE(line);
    CHECK((outcome.lines.size() == 1) == (answer["status"].GetInt() == 200));
    CHECK((outcome.bad == 1) == (answer["status"].GetInt() != 200));
    snapshots += static_cast<int>(outcome.lines.size());
  }
  CHECK(snapshots == 2);
}

TEST_CASE("binance decoder: shared answers to requests are control messages") {
  const auto path = shared_fixture("binance/vectors/control.jsonl");
  if (skipped_without(path)) return;
  FrameDecoder decoder(Market::Spot, common::TimeUnit::Millisecond);
  for (const std::string& line : read_lines(path)) {
    const auto begin = line.find(R"("recv":{)");
    if (begin == std::string::npos) continue;
    CAPTURE(line);
    CHECK(decode_all(decoder, text_frame(line.substr(begin + 7, line.size() - begin - 8))).control == 1);
  }
}
