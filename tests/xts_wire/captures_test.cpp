// Packets and frames that others made, where they are on this machine.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "brokers/xts/socket_io.hpp"
#include "tests/support/paths.hpp"
#include "tests/xts_wire/message_text.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::xts;
namespace wire = tidegate::xts;

namespace {

/// Numbers stay text, so that expected prices are compared digit by digit.
rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNumbersAsStringsFlag>(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}
std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.is_open(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return bytes;
}

std::string number(const rapidjson::Value& object, const char* name) {
  const auto decimal = parse_decimal(object[name].GetString());
  REQUIRE(decimal.ok());
  return to_text(*decimal);
}
std::string row(const rapidjson::Value& row) { return number(row, "Size") + "@" + number(row, "Price") + "/" + number(row, "TotalOrders"); }

/// The line that DescribingSink should have for an expected message.
std::string expected_line(const rapidjson::Value& m) {
  const std::string code = number(m, "MessageCode");
  std::string line = code + " " + number(m, "ExchangeSegment") + "/" + number(m, "ExchangeInstrumentID") + " at " + number(m, "ExchangeTimeStamp");
  line += " market " + number(m, code == "1510" ? "XTSMarketType" : "XMarketType");
  if (code == "1510") return line + " interest " + number(m, "OpenInterest");
  if (code == "1502") {
    line += " bids";
    for (const auto& values : m["Bids"].GetArray()) line += " " + row(values);
    line += " asks";
    for (const auto& values : m["Asks"].GetArray()) line += " " + row(values);
  }
  const rapidjson::Value& t = m["Touchline"];
  line += " bid " + row(t["BidInfo"]) + " ask " + row(t["AskInfo"]) + " last " + number(t, "LastTradedQunatity") + "@" + number(t, "LastTradedPrice");
  line += " buys " + number(t, "TotalBuyQuantity") + " sells " + number(t, "TotalSellQuantity") + " volume " + number(t, "TotalTradedQuantity");
  line += " average " + number(t, "AverageTradedPrice") + " percent " + number(t, "PercentChange");
  line += " ohlc " + number(t, "Open") + " " + number(t, "High") + " " + number(t, "Low") + " " + number(t, "Close");
  const bool no_turnover = number(t, "TotalValueTraded") == "0" && number(t, "TotalTradedQuantity") != "0";
  line += " turnover " + (no_turnover ? "-" : number(t, "TotalValueTraded"));
  return line + " traded " + number(t, "LastTradedTime") + " updated " + number(t, "LastUpdateTime");
}

}  // namespace

TEST_CASE("xts packets: packets made by others have every expected value") {
  const std::filesystem::path folder = shared_fixture("xts/binary");
  if (skipped_without(folder)) return;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename() == "malformed.json") continue;
    CAPTURE(entry.path().filename().string());
    const rapidjson::Document fixture = parse(read_file(entry.path()));
    Lines expected;
    for (const auto& message : fixture["expect"].GetArray()) expected.push_back(expected_line(message));
    CHECK(read(from_hex(fixture["hex"].GetString())) == expected);
    ++files;
  }
  CHECK(files == 15);
}

TEST_CASE("xts packets: malformed packets made by others are refused, one of an unknown code is skipped") {
  const std::filesystem::path path = shared_fixture("xts/binary/malformed.json");
  if (skipped_without(path)) return;
  const rapidjson::Document fixture = parse(read_file(path));
  for (const auto& entry : fixture.GetObject()) {
    const std::string name = entry.name.GetString();
    CAPTURE(name);
    const Lines lines = read(from_hex(entry.value.GetString()));
    REQUIRE(lines.size() == 1);
    if (name == "unknown_code") {
      CHECK(lines[0] == "unknown 1599");
    } else {
      CHECK(lines[0].starts_with("bad "));
    }
  }
}

TEST_CASE("xts socket: frames that a real server and a real client exchanged are all taken apart") {
  const std::filesystem::path folder = shared_fixture("xts/transport");
  if (skipped_without(folder)) return;
  std::size_t events = 0, controls = 0, packets = 0, polls = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path().filename().string());
    std::ifstream file(entry.path());
    std::uint32_t attachments_due = 0;
    for (std::string line; std::getline(file, line);) {
      CAPTURE(line);
      const rapidjson::Document frame = parse(line);
      if (frame.HasMember("body")) {
        wire::PollingReader reader{frame["body"].GetString()};
        for (std::string_view packet; reader.next(packet); ++polls) CHECK(wire::parse_packet(packet).ok());
        CHECK_FALSE(reader.failed());
      }
      if (frame.HasMember("hex")) {
        const std::string bytes = from_hex(frame["hex"].GetString());
        REQUIRE(bytes.starts_with('\x04'));
        for (const std::string& message : read(std::string_view{bytes}.substr(1))) CHECK(message.starts_with("15"));
        CHECK(attachments_due-- == 1);
        ++packets;
      }
      if (!frame.HasMember("data")) continue;
      const auto packet = wire::parse_packet({frame["data"].GetString(), frame["data"].GetStringLength()});
      REQUIRE(packet.ok());
      CHECK(packet->name_space == "/");
      attachments_due = packet->attachments;
      if (packet->type == wire::PacketType::Open) {
        const auto open = wire::parse_open(packet->payload);
        REQUIRE(open.ok());
        CHECK(open->sid == "SIDSIDSIDSIDSIDSIDAA");
        CHECK(open->ping_interval_ms >= 1'000);
        CHECK_FALSE(open->can_upgrade);
      }
      if (packet->type != wire::PacketType::Event && packet->type != wire::PacketType::BinaryEvent) {
        ++controls;
        continue;
      }
      const auto event = wire::split_event(packet->payload);
      REQUIRE(event.ok());
      const bool binary = packet->type == wire::PacketType::BinaryEvent;
      CHECK((event->name == "xts-binary-packet") == binary);
      CHECK(event->argument.front() == (binary ? '{' : '"'));
      CHECK(event->argument.back() == (binary ? '}' : '"'));
      CHECK(packet->payload == "[\"" + std::string{event->name} + "\"," + std::string{event->argument} + "]");
      ++events;
    }
    CHECK(attachments_due == 0);
  }
  CHECK(packets == 3);
  CHECK(events > 15);
  CHECK(controls > 30);
  CHECK(polls == 3);
}
