// `tidegate decode ibkr` on our own recording, and on the shared captures of market data.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/core/decimal.hpp"
#include "gateway/decode_command.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::vector<std::string> run(const std::filesystem::path& frames, std::string& summary) {
  std::ostringstream out, complaints;
  DecodeOptions options;
  options.broker = "ibkr";
  options.frames = frames;
  CHECK(run_decode(options, out, complaints) == 0);
  summary = complaints.str();
  std::vector<std::string> lines;
  std::istringstream text{out.str()};
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// "ticker ibkr#1001 3 delayed price=50.25": type, symbol, seq, flags, and the members asked for.
std::string outline(const std::string& line) {
  const auto message = parse(line);
  std::string out = std::string{message["type"].GetString()} + " " + message["symbol"].GetString();
  if (message.HasMember("seq")) out += " " + std::to_string(message["seq"].GetUint64());
  if (message.HasMember("flags")) {
    for (const auto& flag : message["flags"].GetArray()) out += std::string{" "} + flag.GetString();
  }
  for (const char* const name : {"state", "price", "close_price", "volume", "bid_price", "bid_size", "ask_price", "ask_size"}) {
    if (message.HasMember(name) && message[name].IsString()) out += std::string{" "} + name + "=" + message[name].GetString();
  }
  return out;
}

/// A capture's received messages as a frames file, binary as they came.
std::filesystem::path frames_file(const std::filesystem::path& capture, const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "frames.jsonl";
  std::ofstream out(path);
  std::ifstream in(capture);
  for (std::string line; std::getline(in, line);) {
    const auto row = parse(line);
    if (std::string_view{row["dir"].GetString()} != "in") continue;
    out << R"({"rx_ns":null,"kind":"ws","hex":")";
    for (const char* c = row["raw"].GetString(); *c != '\0'; ++c) {
      constexpr char kDigits[] = "0123456789abcdef";
      out << kDigits[static_cast<unsigned char>(*c) >> 4U] << kDigits[static_cast<unsigned char>(*c) & 15U];
    }
    out << "\"}\n";
  }
  return path;
}

}  // namespace

TEST_CASE("decode: a recording of IBKR gives quotes, tickers, books and statuses, and counts the rest") {
  std::string summary;
  std::vector<std::string> outlines;
  for (const std::string& line : run(test::own_fixture("ibkr/stream.jsonl"), summary)) outlines.push_back(outline(line));
  const std::string first = "bid_price=50.1 bid_size=1300 ask_price=50.3 ask_size=400";
  const std::string second = "bid_price=50.15 bid_size=1300 ask_price=50.3 ask_size=400";
  CHECK(outlines == std::vector<std::string>{
                        "quote ibkr#1001 1 " + first,
                        "ticker ibkr#1001 1 close_price=50.2 volume=0 " + first,
                        "status ibkr#1001 1 state=trading",
                        "ticker ibkr#1001 2 price=50.25 close_price=50.2 volume=1100 " + first,
                        "quote ibkr#1001 2 " + second,
                        "ticker ibkr#1001 3 price=50.25 close_price=50.2 volume=1100 " + second,
                        "status ibkr#1001 2 state=halted",
                        "ticker ibkr#1001 4 price=50.25 close_price=50.2 volume=1100 " + second,
                        "status ibkr#1001 3 delayed state=trading",
                        "quote ibkr#1001 3 delayed bid_price=50.15 bid_size=1300",
                        "ticker ibkr#1001 5 delayed price=50.3 close_price=50.2 volume=1100 bid_price=50.15 bid_size=1300",
                        "quote ibkr#1001@ARCA 1 bid_price=50.05",
                        "ticker ibkr#1001@ARCA 1 bid_price=50.05",
                        "orderbook ibkr#1001 1 snapshot delayed",
                        "orderbook ibkr#1001 2 snapshot delayed",
                        "ticker ibkr#1003 1 stale price=7699.5",
                        "gap ibkr#1001",
                        "quote ibkr#1001 5 gap_before bid_price=50.1 ask_price=50.3",
                        "gap ibkr#1001",
                        "ticker ibkr#1001 7 gap_before bid_price=50.1 ask_price=50.3",
                    });
  CHECK(summary.starts_with("frames 17, bad 1, ignored 1, control 3,"));
}

TEST_CASE("decode: captures of IBKR end in the values that were read from them, and the same bytes come again") {
  const auto folder = test::shared_fixture("ibkr/webapi");
  if (test::skipped_without(folder / "expected-smd.json")) return;
  std::ostringstream text;
  text << std::ifstream(folder / "expected-smd.json").rdbuf();
  const auto expected = parse(text.str());
  for (const char* const name : {"real-smd-single-aapl.jsonl", "real-smd-multi-25-excerpt.jsonl"}) {
    CAPTURE(name);
    const test::TemporaryFolder work;
    const auto frames = frames_file(folder / name, work.path());
    std::string summary;
    const auto lines = run(frames, summary);
    CHECK(run(frames, summary) == lines);
    CHECK(summary.find("bad 0,") != std::string::npos);
    std::map<std::string, std::string> last;
    for (const std::string& line : lines) {
      const auto message = parse(line);
      if (std::string_view{message["type"].GetString()} == "ticker") last[message["symbol"].GetString()] = line;
    }
    std::size_t quoted = 0;
    for (const auto& member : expected[name].GetObject()) {
      const std::string conid = member.name.GetString();
      const rapidjson::Value& expect = member.value;
      CAPTURE(conid);
      const auto found = last.find("ibkr#" + conid);
      const bool valued = !expect["last"].IsNull() || !expect["bid"].IsNull() || !expect["ask"].IsNull();
      CHECK((found != last.end()) == valued);
      if (found == last.end()) continue;
      ++quoted;
      const auto message = parse(found->second);
      constexpr const char* kMembers[][2] = {{"price", "last"}, {"bid_price", "bid"}, {"ask_price", "ask"}};
      for (const auto& member_names : kMembers) {
        const char* const ours = member_names[0];
        const rapidjson::Value& theirs = expect[member_names[1]];
        CAPTURE(ours);
        const bool there = message.HasMember(ours) && message[ours].IsString();
        CHECK(there == theirs.IsString());
        if (there && theirs.IsString()) CHECK(*parse_decimal(message[ours].GetString()) == *parse_decimal(theirs.GetString()));
      }
    }
    CHECK(quoted > 0);
  }
}

}  // namespace tidegate
