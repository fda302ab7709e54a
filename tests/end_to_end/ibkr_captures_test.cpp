// Every shared capture and sample of IBKR's messages, played by the simulated broker through the whole gateway: a subscriber ends up with what
// `tidegate decode` makes of the same messages, and with the values that were read from the captures by hand.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "brokers/ibkr/frame_hints.hpp"
#include "brokers/ibkr/message_fields.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/decode_command.hpp"
#include "tests/end_to_end/ibkr.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::Ibkr;
using test::SubscriberClient;

constexpr std::array kCompared = {"price",    "last_quantity", "bid_price",           "bid_size",   "ask_price",
                                  "ask_size", "high_price",    "low_price",           "open_price", "close_price",
                                  "volume",   "price_change",  "price_change_percent"};

/// By symbol and field. What is not there is not in it.
using Values = std::map<std::string, std::map<std::string, std::string>>;

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The messages of a capture or of a file of samples, in order, as they came from the server.
std::vector<std::string> messages_of(const std::filesystem::path& file) {
  std::vector<std::string> messages;
  if (file.extension() == ".jsonl") {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const auto row = parse(line);
      if (row.HasMember("dir") && std::string_view{row["dir"].GetString()} != "in") continue;
      messages.emplace_back(row["raw"].GetString());
    }
    return messages;
  }
  const auto items = parse(text_of(file));
  for (const auto& item : items.GetArray()) {
    if (item.HasMember("raw")) messages.emplace_back(item["raw"].GetString());
  }
  return messages;
}

/// Targets of market data: "265598", "265598@ARCA".
std::set<std::string> targets_of(const std::vector<std::string>& messages) {
  std::set<std::string> targets;
  for (const std::string& message : messages) {
    const std::string_view topic = ibkr::topic_of(message);
    if (!topic.starts_with("smd+") || !ibkr::read_target(topic.substr(4))) continue;
    targets.emplace(topic.substr(4));
  }
  return targets;
}

std::string symbol_of(const std::string& target) {
  std::string symbol = "NASDAQ:T" + target;
  for (char& c : symbol) {
    if (c == '@') c = '-';
  }
  return symbol;
}

std::string instruments_yaml(const std::set<std::string>& targets) {
  std::string yaml = "instruments:\n";
  for (const std::string& target : targets) yaml += "  - {symbol: '" + symbol_of(target) + "', ids: {ibkr: '" + target + "'}}\n";
  return yaml;
}

void write_frames(const std::filesystem::path& path, const std::vector<std::string>& messages) {
  std::ofstream out(path);
  for (const std::string& message : messages) {
    out << R"({"rx_ns":null,"kind":"ws","hex":")";
    for (const char c : message) {
      constexpr char kDigits[] = "0123456789abcdef";
      out << kDigits[static_cast<unsigned char>(c) >> 4U] << kDigits[static_cast<unsigned char>(c) & 15U];
    }
    out << "\"}\n";
  }
}

void take(Values& values, const rapidjson::Value& message) {
  if (SubscriberClient::text(message, "type") != "ticker" || !message.HasMember("seq")) return;
  auto& fields = values[std::string{SubscriberClient::text(message, "symbol")}];
  fields.clear();
  for (const char* const name : kCompared) {
    if (const std::string_view text = SubscriberClient::text(message, name); !text.empty()) fields[name] = text;
  }
}

Values decoded(const std::filesystem::path& frames, const std::filesystem::path& config) {
  std::ostringstream out, complaints;
  DecodeOptions options;
  options.broker = "ibkr";
  options.frames = frames;
  options.config = config;
  REQUIRE(run_decode(options, out, complaints) == 0);
  Values values;
  std::istringstream text{out.str()};
  for (std::string line; std::getline(text, line);) take(values, parse(line));
  return values;
}

std::string list_of(const std::set<std::string>& targets) {
  std::string list;
  for (const std::string& target : targets) list += (list.empty() ? "[\"" : ",\"") + symbol_of(target) + "\"";
  return list + "]";
}

}  // namespace

TEST_CASE("ibkr: every shared capture and sample reaches a subscriber through simulator and gateway with its values") {
  const auto folder = test::shared_fixture("ibkr/webapi");
  if (test::skipped_without(folder / "expected-smd.json")) return;
  const auto expected = parse(text_of(folder / "expected-smd.json"));
  std::size_t played = 0, compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "expected-smd.json" || name == "rest-responses.json") continue;
    CAPTURE(name);
    const std::vector<std::string> messages = messages_of(entry.path());
    REQUIRE_FALSE(messages.empty());
    std::set<std::string> targets = targets_of(messages);
    const bool market_data = !targets.empty();
    if (!market_data) targets.insert("265598");  // so that there is a socket to play on
    const test::TemporaryFolder work;
    const auto frames = work.path() / "frames.jsonl";
    write_frames(frames, messages);
    const auto config = work.path() / "config.yaml";
    std::ofstream{config} << instruments_yaml(targets) << "brokers:\n  ibkr: {adapter: ibkr}\n";
    const Values wanted = decoded(frames, config);

    sim::IbkrOptions options = Ibkr::quick();
    options.stream_life = std::chrono::minutes{15};
    options.frames_path = frames.string();
    options.rate = 0;
    options.start_after = std::chrono::milliseconds{300};
    Ibkr ibkr{options};
    test::GatewayUnderTest gateway{test::ibkr_gateway_yaml(ibkr, ", login_check: 20s", instruments_yaml(targets))};
    SubscriberClient client{gateway.port()};
    Values values;
    client.on_json = [&](const rapidjson::Value& message) { take(values, message); };
    client.subscribe(R"(["ticker"])", list_of(targets), R"({"allow_delayed":true})");
    client.wait_until("everything was played", [&] { return ibkr.counters().replay_ended; });
    if (market_data) client.wait_until("the values of " + name, [&] { return values == wanted; });
    ++played;
    if (!expected.HasMember(name.c_str())) continue;
    for (const auto& member : expected[name.c_str()].GetObject()) {
      const auto& fields = values[symbol_of(member.name.GetString())];
      constexpr const char* kMembers[][2] = {{"price", "last"}, {"bid_price", "bid"}, {"ask_price", "ask"}};
      for (const auto& names : kMembers) {
        const rapidjson::Value& value = member.value[names[1]];
        const auto found = fields.find(names[0]);
        CHECK((found != fields.end()) == value.IsString());
        if (found == fields.end() || !value.IsString()) continue;
        CHECK(*parse_decimal(found->second) == *parse_decimal(value.GetString()));
        ++compared;
      }
    }
  }
  CHECK(played >= 10);
  CHECK(compared > 40);
}

}  // namespace tidegate
