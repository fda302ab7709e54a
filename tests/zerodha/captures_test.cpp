// Captured messages against the integers that another program read from them.
#include <rapidjson/document.h>

#include <sstream>

#include "tests/zerodha/bytes.hpp"
#include "tests/zerodha/reference_decoder.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::zerodha;

namespace {

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// A capture's binary messages: a .bin file is one, a .jsonl file has them as hex.
std::vector<std::string> read_capture(const std::filesystem::path& path) {
  if (path.extension() == ".bin") return {read_file(path)};
  std::vector<std::string> messages;
  for (const std::string& line : lines_of(path)) {
    const auto document = parse(line);
    if (document.HasMember("hex")) messages.push_back(from_hex(document["hex"].GetString()));
  }
  return messages;
}

RawPacket raw_packet(const rapidjson::Value& json) {
  RawPacket packet;
  for (const auto& member : json.GetObject()) {
    if (member.value.IsInt64()) packet[member.name.GetString()] = member.value.GetInt64();
  }
  if (!json.HasMember("depth")) return packet;
  for (const char* side : {"buy", "sell"}) {
    int i = 0;
    for (const auto& entry : json["depth"][side].GetArray()) {
      const std::string name = side + std::to_string(i++);
      for (const char* field : {"qty", "price", "orders"}) packet[name + "_" + field] = entry[field].GetInt64();
    }
  }
  return packet;
}

void check_capture(const std::string& name, std::size_t packets_known) {
  const auto folder = shared_fixture("zerodha");
  if (skipped_without(folder / "captures" / name)) return;
  const auto expected = parse(read_file(folder / "expected" / (name.substr(0, name.find('.')) + ".json")));
  const auto messages = read_capture(folder / "captures" / name);
  const auto& frames = expected["frames"].GetArray();
  REQUIRE(messages.size() == frames.Size());
  std::size_t packets = 0;
  for (rapidjson::SizeType i = 0; i < frames.Size(); ++i) {
    CAPTURE(i);
    Lines lines;
    std::uint32_t unknown = 0;
    for (const auto& json : frames[i]["raw"].GetArray()) {
      if (json.HasMember("unknown_length")) {
        ++unknown;
        continue;
      }
      ++packets;
      for (std::string& line : expected_lines(raw_packet(json))) lines.push_back(std::move(line));
    }
    CHECK(messages[i].size() == frames[i]["bytes"].GetUint64());
    const Outcome outcome = decode_binary(messages[i]);
    CHECK(outcome.lines == lines);
    CHECK(outcome.decoded.ignored == unknown);
    CHECK(outcome.decoded.bad == 0);
  }
  CHECK(packets == packets_known);
}

}  // namespace

TEST_CASE("zerodha decoder: the messages of the official SDKs' tests decode to the known integers") {
  check_capture("kiteconnectjs_ltpMode.bin", 1);
  check_capture("kiteconnectjs_quoteMode.bin", 1);
  check_capture("kiteconnectjs_fullMode.bin", 1);
  check_capture("cppkiteconnect_two_full.bin", 2);
  check_capture("mocks_quote_framed.bin", 1);
  check_capture("mocks_full_framed.bin", 1);
}
TEST_CASE("zerodha decoder: live messages of 2026, all kinds mixed, decode to the known integers") {
  check_capture("live_sensex_a.jsonl", 20);
  check_capture("live_sensex_b.jsonl", 22);
}
TEST_CASE("zerodha decoder: live messages of 2026, options far from the money, decode to the known integers") {
  check_capture("live_sensex_otm.jsonl", 4);
}
TEST_CASE("zerodha decoder: live messages of 2026, commodities, one of them untraded, decode to the known integers") {
  check_capture("live_mcx.jsonl", 4);
}
TEST_CASE("zerodha decoder: messages of older protocols decode, or are skipped") {
  check_capture("forum2017_index_quote28.bin", 1);
  check_capture("forum2016_legacy_full164.bin", 0);
}

TEST_CASE("zerodha decoder: live text messages are control messages") {
  const auto path = shared_fixture("zerodha") / "captures" / "live_text_frames.jsonl";
  if (skipped_without(path)) return;
  for (const std::string& line : lines_of(path)) {
    const Outcome outcome = decode_text(parse(line)["text"].GetString());
    CHECK(outcome.decoded.control == 1);
    CHECK(outcome.decoded.bad + outcome.decoded.ignored + outcome.decoded.updates == 0);
  }
}

TEST_CASE("zerodha decoder: the prices that the SDK authors state for their samples") {
  const auto folder = shared_fixture("zerodha") / "captures";
  if (skipped_without(folder / "mocks_full_framed.bin")) return;
  const Lines mock = decode_binary(read_file(folder / "mocks_full_framed.bin")).lines;
  CHECK(mock[0] == "quote 1/408065 at 1625461887s #0 bid 5@157340e-2 ask 172@157370e-2");
  CHECK(mock[2].starts_with("trade 1/408065 at 1625461887s"));
  const Lines two = decode_binary(read_file(folder / "cppkiteconnect_two_full.bin")).lines;
  REQUIRE(two.size() == 8);
  CHECK(two[3].starts_with("ticker 1/408065 at 1612777255s price=129905e-2"));
  CHECK(two[7].starts_with("ticker 1/2953217 at 1612777254s price=320940e-2"));
}
