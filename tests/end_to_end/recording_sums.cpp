#include "tests/end_to_end/recording_sums.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "tests/support/canonical_decimal.hpp"

namespace tidegate::test {
namespace {

std::string text(const rapidjson::Value& message, const char* key) {
  const auto it = message.FindMember(key);
  return it != message.MemberEnd() && it->value.IsString() ? std::string{it->value.GetString(), it->value.GetStringLength()} : std::string{};
}

/// "BTCUSDT" of "BINANCE:BTCUSDT".
std::string name_of(const rapidjson::Value& message) {
  const std::string symbol = text(message, "symbol");
  return symbol.substr(symbol.find(':') + 1);
}

/// Microseconds since 1970 of RFC 3339 text.
std::string microseconds(const std::string& time) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::array<char, 10> fraction{};
  if (std::sscanf(time.c_str(), "%d-%u-%uT%u:%u:%u.%9[0-9]Z", &year, &month, &day, &hour, &minute, &second, fraction.data()) != 7)
    return "bad time " + time;
  using namespace std::chrono;
  std::string digits = fraction.data();
  digits.resize(6, '0');
  const sys_days date{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
  const auto whole = duration_cast<seconds>(date.time_since_epoch()).count() + hour * 3600 + minute * 60 + second;
  return std::to_string(whole * 1'000'000 + std::stoll(digits));
}

}  // namespace

std::string Sha256::hex() const {
  const std::unique_ptr<EVP_MD_CTX, Free> copy{EVP_MD_CTX_new()};
  EVP_MD_CTX_copy_ex(copy.get(), context_.get());
  unsigned char digest[32];
  unsigned length = 0;
  EVP_DigestFinal_ex(copy.get(), digest, &length);
  std::string hex;
  for (const unsigned char byte : digest) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", byte);
    hex += pair;
  }
  return hex;
}

/// Whether it is data; gaps and sequence numbers are counted.
bool MessageSums::count(const rapidjson::Value& message) {
  const std::string type = text(message, "type");
  if (type == "gap") {
    ++gaps;
    const std::string stream = text(message, "symbol") + text(message, "channel");
    last_seq_[stream] = message["to_seq"].GetUint64();
    for (std::uint64_t seq = message["from_seq"].GetUint64(); seq <= last_seq_[stream]; ++seq) missing_[stream].insert(seq);
    return false;
  }
  if (!message.HasMember("seq")) return false;
  const std::string interval = text(message, "interval");
  auto& last = last_seq_[text(message, "symbol") + type + (interval.empty() ? "" : "_" + interval)];
  const std::uint64_t seq = message["seq"].GetUint64();
  if (seq < last && type == "trade" && missing_[text(message, "symbol") + type].erase(seq) == 1) {  // told as missing, and fetched later
    ++filled;
    return true;
  }
  if (last != 0 && seq != last + 1) ++holes;
  last = seq;
  return true;
}

MessageSums::Book& MessageSums::count_book(const rapidjson::Value& message) {
  Book& book = books[name_of(message)];
  ++book.messages;
  return book;
}

void MessageSums::add(const std::string& message) {
  rapidjson::Document document;
  if (const auto levels = message.find(R"(,"bids":)"); levels != std::string::npos && message.find(R"("type":"orderbook")") < levels) {
    document.Parse((message.substr(0, levels) + "}").c_str());
    REQUIRE_FALSE(document.HasParseError());
    if (!count(document)) return;
    count_book(document);
    last_messages_[name_of(document)] = message;
    return;
  }
  document.Parse(message.c_str());
  REQUIRE_FALSE(document.HasParseError());
  add(document);
}

void MessageSums::add(const rapidjson::Value& message) {
  if (!count(message)) return;
  const std::string type = text(message, "type");
  const std::string interval = text(message, "interval");
  if (type == "trade") {
    trades.add(name_of(message) + "," + text(message, "trade_id") + "," + text(message, "price") + "," + text(message, "quantity") + "," +
               text(message, "side") + "," + microseconds(text(message, "timestamp")));
  } else if (type == "quote") {
    quotes.add(name_of(message) + "," + text(message, "bid_price") + "," + text(message, "bid_size") + "," + text(message, "ask_price") + "," +
               text(message, "ask_size"));
  } else if (type == "candle") {
    candles.add(name_of(message) + "," + interval + "," + microseconds(text(message, "open_time")) + "," + text(message, "open") + "," +
                text(message, "high") + "," + text(message, "low") + "," + text(message, "close") + "," + text(message, "volume") + "," +
                (message["closed"].GetBool() ? "true" : "false"));
  } else if (type == "orderbook") {
    read_book(message, count_book(message));
  }
}

void MessageSums::read_book(const rapidjson::Value& message, Book& book) {
  book.bids = message["bids"].Size();
  book.asks = message["asks"].Size();
  std::string& lines = last_books_[name_of(message)];
  lines.clear();
  for (const auto& [side, key] : {std::pair{"b ", "bids"}, std::pair{"a ", "asks"}}) {
    for (const auto& level : message[key].GetArray())
      lines.append(side).append(level[0].GetString()).append(" ").append(level[1].GetString()).append("\n");
  }
}

void MessageSums::finish() {
  for (const auto& [name, message] : last_messages_) {
    rapidjson::Document document;
    document.Parse(message.c_str());
    REQUIRE_FALSE(document.HasParseError());
    read_book(document, books[name]);
  }
  for (const auto& [name, lines] : last_books_) {
    Sha256 sha;
    sha.add(lines);
    books[name].sha = sha.hex();
  }
}

void add_recorded_quote(LineSum& quotes, const rapidjson::Value& frame) {
  const auto& data = frame["data"];
  quotes.add(text(data, "s") + "," + canonical_decimal(text(data, "b")) + "," + canonical_decimal(text(data, "B")) + "," +
             canonical_decimal(text(data, "a")) + "," + canonical_decimal(text(data, "A")));
}

}  // namespace tidegate::test
