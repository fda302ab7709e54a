// `tidegate decode xts` on every shared fixture gives the values written down for it.
#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/decimal.hpp"
#include "gateway/core/time.hpp"
#include "gateway/decode_command.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

using Json = rapidjson::Value;

/// Numbers stay the text that they are in the file.
rapidjson::Document parse(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNumbersAsStringsFlag>(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  REQUIRE(file);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string json_text(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return buffer.GetString();
}

/// A line of a frames file with a text message of the socket.
std::string text_frame(const std::string& message) { return R"({"rx_ns":null,"kind":"ws","text":)" + json_text(message) + "}\n"; }
std::string event_frame(std::string_view name, const std::string& argument) {
  return text_frame("42[\"" + std::string{name} + "\"," + json_text(argument) + "]");
}
std::string attachment_frames(std::string_view hex) {
  return text_frame(R"(451-["xts-binary-packet",{"_placeholder":true,"num":0}])") + R"({"rx_ns":null,"kind":"ws","hex":"04)" + std::string{hex} +
         "\"}\n";
}

struct Decoded {
  std::map<std::string, rapidjson::Document> last;  // by type
  std::size_t messages = 0;
  std::string summary;

  [[nodiscard]] const Json& message(const char* type) const {
    const auto it = last.find(type);
    REQUIRE_MESSAGE(it != last.end(), "no message of type " << type);
    return it->second;
  }
};

Decoded decode(const test::TemporaryFolder& folder, const std::string& frames) {
  const auto path = folder.path() / "frames.jsonl";
  std::ofstream{path, std::ios::binary} << frames;
  std::ostringstream out, complaints;
  DecodeOptions options;
  options.broker = "xts";
  options.frames = path;
  CHECK(run_decode(options, out, complaints) == 0);
  Decoded decoded;
  decoded.summary = complaints.str();
  std::istringstream lines{out.str()};
  for (std::string line; std::getline(lines, line); ++decoded.messages) {
    rapidjson::Document message = parse(line);
    const std::string type = message["type"].GetString();
    decoded.last.insert_or_assign(type, std::move(message));
  }
  return decoded;
}

void check_decimal(const Json& message, const char* key, const Json& expected) {
  CAPTURE(std::string{key});
  if (expected.IsNull()) {
    CHECK_FALSE(message.HasMember(key));
    return;
  }
  REQUIRE(message.HasMember(key));
  REQUIRE(message[key].IsString());
  const auto got = parse_decimal(message[key].GetString()), wanted = parse_decimal(expected.GetString());
  REQUIRE(got.ok());
  REQUIRE(wanted.ok());
  CHECK(to_text(*got) == to_text(*wanted));
}

void check_time(const Json& message, const char* key, std::int64_t utc_seconds) {
  CAPTURE(std::string{key});
  REQUIRE(message[key].IsString());
  CHECK(std::string{message[key].GetString()} == to_rfc3339(UtcTime{utc_seconds * 1'000'000'000}));
}

std::int64_t integer(const Json& value) { return std::stoll(value.GetString()); }

/// A row [price, size, orders] of an expectation against a side of a quote.
void check_side(const Json& quote, const std::string& side, const Json& row) {
  check_decimal(quote, (side + "_price").c_str(), row.IsNull() ? row : row[0]);
  check_decimal(quote, (side + "_size").c_str(), row.IsNull() ? row : row[1]);
}

void check_rows(const Json& rows, const Json& expected) {
  REQUIRE(rows.Size() == expected.Size());
  for (rapidjson::SizeType i = 0; i < rows.Size(); ++i) {
    CAPTURE(i);
    REQUIRE(rows[i].Size() == 3);
    CHECK(to_text(*parse_decimal(rows[i][0].GetString())) == to_text(*parse_decimal(expected[i][0].GetString())));
    CHECK(to_text(*parse_decimal(rows[i][1].GetString())) == to_text(*parse_decimal(expected[i][1].GetString())));
    CHECK(std::string{rows[i][2].GetString()} == expected[i][2].GetString());
  }
}

struct TickerName {
  const char* expected;
  const char* key;
};
constexpr TickerName kTickerNames[] = {
    {"ltp", "price"},
    {"ltq", "last_quantity"},
    {"volume", "volume"},
    {"avg", "average_price"},
    {"open", "open_price"},
    {"high", "high_price"},
    {"low", "low_price"},
    {"value", "turnover"},
    {"prev_close", "close_price"},
    {"pct", "price_change_percent"},
    {"oi", "open_interest"},
    {"total_buy", "total_buy_quantity"},
    {"total_sell", "total_sell_quantity"},
};

void check_market(const Decoded& decoded, const Json& expected) {
  const Json& ticker = decoded.message("ticker");
  CHECK(std::string{ticker["symbol"].GetString()} ==
        std::string{"xts#"} + expected["segment"].GetString() + "_" + expected["instrument"].GetString());
  for (const TickerName& name : kTickerNames) {
    if (expected.HasMember(name.expected)) check_decimal(ticker, name.key, expected[name.expected]);
  }
  if (expected.HasMember("trade_utc")) check_time(ticker, "last_trade_time", integer(expected["trade_utc"]));
  if (expected.HasMember("exchange_utc")) check_time(ticker, "timestamp", integer(expected["exchange_utc"]));
  if (expected.HasMember("update_utc")) check_time(ticker, "timestamp", integer(expected["update_utc"]));
  for (const char* side : {"bid", "ask"}) {
    if (expected.HasMember(side)) check_side(decoded.message("quote"), side, expected[side]);
  }
  for (const char* side : {"bids", "asks"}) {
    if (expected.HasMember(side)) check_rows(decoded.message("orderbook")[side], expected[side]);
  }
}

void check_candle(const Decoded& decoded, const Json& expected) {
  const Json& candle = decoded.message("candle");
  for (const char* key : {"open", "high", "low", "close"}) check_decimal(candle, key, expected[key]);
  check_decimal(candle, "volume", expected["bar_volume"]);
  check_time(candle, "open_time", integer(expected["bar_utc"]) / 60 * 60);
  CHECK(candle["closed"].GetBool());
}

/// What a decoder must make of one line of expected.jsonl, played as an event of the socket.
void check_expected(const test::TemporaryFolder& folder, const std::filesystem::path& fixtures, const Json& expected) {
  std::string frames;
  if (expected.HasMember("base")) frames = event_frame("1502-json-full", text_of(fixtures / expected["base"].GetString()));
  const std::string event = expected["event"].GetString();
  const Decoded decoded = decode(folder, frames + event_frame(event, text_of(fixtures / expected["file"].GetString())));
  INFO(decoded.summary);
  CHECK(decoded.summary.find("bad 0") != std::string::npos);
  if (event.starts_with("1105")) {
    CHECK(decoded.messages == 0);  // properties are no prices
  } else if (event.starts_with("1505")) {
    check_candle(decoded, expected);
  } else if (event.starts_with("1507")) {
    const Json& notice = decoded.message("notice");
    CHECK(std::string{notice["message"].GetString()} == expected["text"].GetString());
    check_time(notice, "timestamp", integer(expected["event_utc"]));
  } else {
    check_market(decoded, expected);
  }
}

/// The touchline of one message that a packed attachment holds, in the broker's own words.
void check_packed(const Decoded& decoded, const Json& expected) {
  const std::string code = expected["MessageCode"].GetString();
  const Json& ticker = decoded.message("ticker");
  if (code == "1510") {
    check_decimal(ticker, "open_interest", expected["OpenInterest"]);
    return;
  }
  const Json& touchline = expected["Touchline"];
  check_decimal(ticker, "price", touchline["LastTradedPrice"]);
  check_decimal(ticker, "last_quantity", touchline["LastTradedQunatity"]);
  check_decimal(ticker, "volume", touchline["TotalTradedQuantity"]);
  check_decimal(ticker, "average_price", touchline["AverageTradedPrice"]);
  check_decimal(ticker, "close_price", touchline["Close"]);
  check_decimal(ticker, "price_change_percent", touchline["PercentChange"]);
  check_decimal(decoded.message("quote"), "bid_price", touchline["BidInfo"]["Price"]);
  check_decimal(decoded.message("quote"), "bid_size", touchline["BidInfo"]["Size"]);
  check_decimal(decoded.message("quote"), "ask_price", touchline["AskInfo"]["Price"]);
  check_decimal(decoded.message("quote"), "ask_size", touchline["AskInfo"]["Size"]);
}

}  // namespace

TEST_CASE("decode: every JSON and partial fixture of XTS gives its expected values") {
  const auto fixtures = test::shared_fixture("xts");
  if (test::skipped_without(fixtures)) return;
  const test::TemporaryFolder folder;
  std::istringstream lines{text_of(fixtures / "expected.jsonl")};
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const rapidjson::Document expected = parse(line);
    CAPTURE(std::string{expected["file"].GetString()});
    check_expected(folder, fixtures, expected);
  }
  CHECK(count >= 24);
}

TEST_CASE("decode: every packed fixture of XTS gives its expected values, and every malformed one gives nothing") {
  const auto fixtures = test::shared_fixture("xts");
  if (test::skipped_without(fixtures)) return;
  const test::TemporaryFolder folder;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{fixtures / "binary"}) {
    CAPTURE(entry.path().filename().string());
    const rapidjson::Document file = parse(text_of(entry.path()));
    if (entry.path().filename() == "malformed.json") {
      for (const auto& [name, hex] : file.GetObject()) {
        CAPTURE(std::string{name.GetString()});
        const Decoded decoded = decode(folder, attachment_frames(hex.GetString()));
        CHECK(decoded.messages == 0);
        const bool unknown = std::string_view{name.GetString()} == "unknown_code";
        CHECK_MESSAGE(decoded.summary.find(unknown ? "bad 0" : "bad 1") != std::string::npos, decoded.summary);
      }
      continue;
    }
    const Decoded decoded = decode(folder, attachment_frames(file["hex"].GetString()));
    CHECK(decoded.summary.find("bad 0") != std::string::npos);
    if (file["expect"].Size() == 1) check_packed(decoded, file["expect"][0]);
    CHECK(decoded.messages >= file["expect"].Size());
    ++count;
  }
  CHECK(count >= 15);
}

TEST_CASE("decode: the same frames of XTS give the same bytes again") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "frames.jsonl";
  std::ofstream{path} << event_frame("1512-json-partial", "t:1_77,ltp:10.05,ltq:3,lut:1400000000,bt:1,mt:1")
                      << event_frame("1512-json-partial", "t:1_77,ltp:10.1") << event_frame("1512-json-partial", "t:1_77,ltp:x");
  std::string first;
  for (int i = 0; i < 2; ++i) {
    std::ostringstream out, complaints;
    DecodeOptions options;
    options.broker = "xts";
    options.frames = path;
    CHECK(run_decode(options, out, complaints) == 0);
    CHECK(complaints.str().find("bad 1") != std::string::npos);
    if (i == 0) first = out.str();
    CHECK(out.str() == first);
  }
  CHECK(first.find(R"("price":"10.1")") != std::string::npos);
}

}  // namespace tidegate
