#include "tests/end_to_end/zerodha_captures.hpp"

#include <doctest/doctest.h>
#include <rapidjson/istreamwrapper.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "gateway/core/decimal.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::test {
namespace {

using Json = rapidjson::Value;

rapidjson::Document read_json(const std::filesystem::path& path) {
  std::ifstream file{path};
  rapidjson::IStreamWrapper stream{file};
  rapidjson::Document document;
  document.ParseStream(stream);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::string hex_of(const std::string& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    hex += text;
  }
  return hex;
}

/// A .bin is one message; a .jsonl has one a line, with its opcode.
std::size_t write_frames(const std::filesystem::path& capture, const std::filesystem::path& to) {
  std::ofstream out{to};
  std::ifstream file{capture, std::ios::binary};
  if (capture.extension() == ".bin") {
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    out << R"({"rx_ns":null,"kind":"ws","hex":")" << hex_of(bytes) << "\"}\n";
    return 1;
  }
  std::size_t frames = 0;
  for (std::string line; std::getline(file, line); ++frames) {
    rapidjson::Document message;
    message.Parse(line.c_str());
    REQUIRE_FALSE(message.HasParseError());
    if (std::string_view{message["opcode"].GetString()} == "binary") {
      out << R"({"rx_ns":null,"kind":"ws","hex":")" << message["hex"].GetString() << "\"}\n";
    } else {
      out << R"({"rx_ns":null,"kind":"ws","frame":)" << message["text"].GetString() << "}\n";
    }
  }
  return frames;
}

/// The fields of one expected message, sorted by name, as describe() gives them.
class Expected {
 public:
  Expected(const char* type, const Json& packet) : packet_(packet) {
    fields_["type"] = type;
    const unsigned segment = packet["segment"].GetUint();
    price_exponent_ = segment == 3 ? -7 : segment == 6 ? -4 : -2;
  }

  [[nodiscard]] bool has(const char* key) const { return packet_.HasMember(key); }
  [[nodiscard]] std::int64_t raw(const char* key) const { return packet_[key].GetInt64(); }
  [[nodiscard]] std::string price_text(std::int64_t mantissa) const { return to_text(Decimal{mantissa, price_exponent_}); }
  void price(const char* field, const char* key) { fields_[field] = price_text(raw(key)); }
  void price_unless_zero(const char* field, const char* key) {
    if (has(key) && raw(key) != 0) price(field, key);
  }
  void quantity(const char* field, const char* key) { fields_[field] = std::to_string(raw(key)); }
  void text(const char* field, std::string value) { fields_[field] = std::move(value); }
  void time(const char* field, const char* key) {
    if (has(key) && raw(key) != 0) fields_[field] = to_rfc3339(UtcTime{raw(key) * 1'000'000'000});
  }
  [[nodiscard]] std::string finish() const {
    std::string all;
    for (const auto& [name, value] : fields_) all += name + "=" + value + " ";
    return all;
  }

 private:
  const Json& packet_;
  std::map<std::string, std::string> fields_;
  std::int8_t price_exponent_ = 0;
};

std::string four_decimals(std::int64_t change, std::int64_t close) {
  const auto scaled = static_cast<std::int64_t>(std::round(static_cast<long double>(change) * 1e6L / static_cast<long double>(close)));
  return to_text(Decimal{scaled, -4});
}

std::string ticker_of(const Json& packet) {
  Expected ticker{"ticker", packet};
  const bool traded = !ticker.has("volume") || ticker.raw("volume") != 0;
  ticker.price("price", "last_price");
  ticker.price_unless_zero("open_price", "open");
  ticker.price_unless_zero("high_price", "high");
  ticker.price_unless_zero("low_price", "low");
  ticker.price_unless_zero("close_price", "close");
  if (ticker.has("close") && ticker.raw("close") != 0) {
    const std::int64_t change = ticker.raw("last_price") - ticker.raw("close");
    ticker.text("price_change", ticker.price_text(change));
    ticker.text("price_change_percent", four_decimals(change, ticker.raw("close")));
  }
  if (ticker.has("volume")) {
    ticker.quantity("volume", "volume");
    ticker.quantity("total_buy_quantity", "total_buy_qty");
    ticker.quantity("total_sell_quantity", "total_sell_qty");
    ticker.quantity("last_quantity", "last_qty");
    if (traded) ticker.price("average_price", "avg_price");
  }
  if (ticker.has("depth")) {
    const unsigned segment = packet["segment"].GetUint();
    if (segment != 1 && segment != 4) ticker.quantity("open_interest", "oi");  // shares have none
    ticker.time("last_trade_time", "last_trade_time");
    for (const auto& [side, price, size] : {std::tuple{"buy", "bid_price", "bid_size"}, std::tuple{"sell", "ask_price", "ask_size"}}) {
      const Json& best = packet["depth"][side][0];
      if (best["qty"].GetInt64() == 0) continue;
      ticker.text(price, ticker.price_text(best["price"].GetInt64()));
      ticker.text(size, std::to_string(best["qty"].GetInt64()));
    }
  }
  ticker.time("timestamp", "exchange_time");
  return ticker.finish();
}

std::string quote_of(const Json& packet) {
  Expected quote{"quote", packet};
  for (const auto& [side, price, size] : {std::tuple{"buy", "bid_price", "bid_size"}, std::tuple{"sell", "ask_price", "ask_size"}}) {
    const Json& best = packet["depth"][side][0];
    if (best["qty"].GetInt64() == 0) continue;
    quote.text(price, quote.price_text(best["price"].GetInt64()));
    quote.text(size, std::to_string(best["qty"].GetInt64()));
  }
  quote.time("timestamp", "exchange_time");
  return quote.finish();
}

std::string book_of(const Json& packet) {
  Expected book{"orderbook", packet};
  for (const auto& [side, name] : {std::pair{"buy", "bids"}, std::pair{"sell", "asks"}}) {
    std::string levels;
    for (const Json& level : packet["depth"][side].GetArray()) {
      if (level["qty"].GetInt64() == 0) continue;
      levels += book.price_text(level["price"].GetInt64()) + "x" + std::to_string(level["qty"].GetInt64()) + "(" +
                std::to_string(level["orders"].GetInt64()) + ")";
    }
    book.text(name, levels);
  }
  book.text("flags", "snapshot");
  book.time("timestamp", "exchange_time");
  return book.finish();
}

std::string trade_of(const Json& packet) {
  Expected trade{"trade", packet};
  trade.price("price", "last_price");
  trade.quantity("quantity", "last_qty");
  trade.text("side", "unknown");
  trade.text("flags", "derived");
  trade.time("timestamp", "last_trade_time");
  return trade.finish();
}

/// A trade happened since the packet before of the same instrument.
bool proves_trade(const Json* before, const Json& packet) {
  if (before == nullptr || !packet.HasMember("volume")) return false;
  if (packet["volume"].GetInt64() > (*before)["volume"].GetInt64()) return true;
  return packet.HasMember("last_trade_time") && (*before)["last_trade_time"].GetInt64() != 0 &&
         packet["last_trade_time"].GetInt64() > (*before)["last_trade_time"].GetInt64();
}

void expect_messages(const rapidjson::Document& values, KiteCapture& capture) {
  std::map<std::uint64_t, const Json*> before;
  for (const Json& frame : values["frames"].GetArray()) {
    if (!frame.HasMember("raw")) continue;  // a text message
    for (const Json& packet : frame["raw"].GetArray()) {
      if (packet.HasMember("unknown_length")) {
        ++capture.unknown_packets;
        continue;
      }
      const std::uint64_t token = packet["token"].GetUint64();
      if (std::find(capture.tokens.begin(), capture.tokens.end(), token) == capture.tokens.end()) capture.tokens.push_back(token);
      std::vector<std::string>& messages = capture.expected[token];
      if (packet.HasMember("depth")) {
        messages.push_back(quote_of(packet));
        messages.push_back(book_of(packet));
      }
      const Json*& last = before[token];
      if (proves_trade(last, packet)) messages.push_back(trade_of(packet));
      last = &packet;
      messages.push_back(ticker_of(packet));
    }
  }
}

}  // namespace

std::string describe(const Json& message) {
  const auto type = message.FindMember("type");
  if (type == message.MemberEnd()) return {};
  const std::string_view name = type->value.GetString();
  if (name != "trade" && name != "quote" && name != "orderbook" && name != "ticker") return {};
  std::map<std::string, std::string> fields;
  for (const auto& member : message.GetObject()) {
    const std::string key = member.name.GetString();
    if (key == "symbol" || key == "broker" || key == "seq" || key == "received" || key == "published") continue;
    if (member.value.IsNull()) continue;  // not sent
    if (member.value.IsString()) {
      fields[key] = member.value.GetString();
      continue;
    }
    std::string text;
    for (const Json& one : member.value.GetArray()) {  // flags, or levels
      text += one.IsString() ? std::string{one.GetString()}
                             : std::string{one[0].GetString()} + "x" + one[1].GetString() + "(" + std::to_string(one[2].GetUint()) + ")";
    }
    fields[key] = text;
  }
  std::string all;
  for (const auto& [key, value] : fields) all += key + "=" + value + " ";
  return all;
}

std::vector<KiteCapture> read_kite_captures(const std::filesystem::path& fixtures, const std::filesystem::path& folder) {
  std::vector<KiteCapture> captures;
  for (const auto& entry : std::filesystem::directory_iterator{fixtures / "captures"}) {
    KiteCapture capture;
    capture.name = entry.path().filename().string();
    capture.frames_file = folder / (entry.path().stem().string() + ".jsonl");
    capture.frames = write_frames(entry.path(), capture.frames_file);
    const auto expected = fixtures / "expected" / (entry.path().stem().string() + ".json");
    if (std::filesystem::exists(expected)) expect_messages(read_json(expected), capture);  // text messages become nothing
    captures.push_back(std::move(capture));
  }
  std::sort(captures.begin(), captures.end(), [](const KiteCapture& a, const KiteCapture& b) { return a.name < b.name; });
  return captures;
}

}  // namespace tidegate::test
