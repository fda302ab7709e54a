// Subscribers that hold what they are told against each other, message by message.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/subscriber_client.hpp"

namespace tidegate::test {

/// A subscriber that keeps what each stream told, apart from counts and our own times, and believes nothing.
class StrictSubscriber {
 public:
  /// `streams`: how many of them will speak.
  StrictSubscriber(std::uint16_t port, std::string_view channels, std::string_view symbols, std::size_t streams) : client(port), streams_(streams) {
    client.keep = false;
    client.on_json = [this](const rapidjson::Value& message) { see(message); };
    client.subscribe(channels, symbols);
  }

  SubscriberClient client;
  std::map<std::string, std::vector<std::string>> told;  // by stream
  std::map<std::string, std::uint64_t> trade_ids;        // last one, by symbol
  std::uint64_t messages = 0, gaps = 0, holes = 0, breaks = 0, trades_missing = 0;
  std::set<std::string> broker_states;

  [[nodiscard]] bool all_flow() const {
    return told.size() == streams_ && std::all_of(told.begin(), told.end(), [](const auto& stream) { return stream.second.size() >= 3; });
  }
  void check_promises() const {
    CHECK(gaps == 0);
    CHECK(holes == 0);
    CHECK(breaks == 0);
    CHECK(trades_missing == 0);
    CHECK_FALSE(broker_states.contains("reconnecting"));
    CHECK_FALSE(broker_states.contains("stale"));
    CHECK_FALSE(broker_states.contains("down"));
  }

 private:
  void see(const rapidjson::Value& message) {
    const std::string type{SubscriberClient::text(message, "type")};
    if (type == "gap") ++gaps;
    if (type == "state" && SubscriberClient::text(message, "state") != "live") ++breaks;
    if (type == "status" && SubscriberClient::text(message, "broker") != "futures")
      broker_states.insert(std::string{SubscriberClient::text(message, "state")});
    if (type == "gap" || !message.HasMember("seq")) return;
    ++messages;
    const std::string stream = std::string{SubscriberClient::text(message, "symbol")} + " " + type;
    std::uint64_t& last = last_seq_[stream];
    if (last != 0 && message["seq"].GetUint64() != last + 1) ++holes;
    const bool begins = last == 0;  // with the last value, or the state that a book was joined at: others did not see that
    last = message["seq"].GetUint64();
    if (message.HasMember("trade_id")) see_trade(message);
    if (!begins || !SubscriberClient::has_flag(message, "snapshot")) told[stream].push_back(content(message));
  }
  void see_trade(const rapidjson::Value& message) {
    const std::uint64_t id = std::stoull(std::string{SubscriberClient::text(message, "trade_id")});
    std::uint64_t& last = trade_ids[std::string{SubscriberClient::text(message, "symbol")}];
    if (last != 0 && id != last + 1) ++trades_missing;
    last = id;
  }
  static std::string content(const rapidjson::Value& message) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer{text};
    writer.StartObject();
    for (const auto& [name, value] : message.GetObject()) {
      const std::string_view key{name.GetString(), name.GetStringLength()};
      if (key == "seq" || key == "received" || key == "published") continue;
      writer.Key(name.GetString());
      value.Accept(writer);
    }
    writer.EndObject();
    return text.GetString();
  }
  std::map<std::string, std::uint64_t> last_seq_;
  std::size_t streams_;
};

/// Where in `whole` the messages of `part` from `from` on begin, by the first of them; they need not be unique alone.
inline std::size_t begin_in(const std::vector<std::string>& whole, const std::vector<std::string>& part, std::size_t from) {
  const auto begin = part.begin() + static_cast<std::ptrdiff_t>(std::min(from, part.size()));
  const auto length = std::min<std::ptrdiff_t>(part.end() - begin, 100);
  return static_cast<std::size_t>(std::search(whole.begin(), whole.end(), begin, begin + length) - whole.begin());
}

/// Runs the earlier one until it has been told all that the later one has, which is not run any more.
inline void catch_up(StrictSubscriber& earlier, const StrictSubscriber& later) {
  earlier.client.wait_until("the other has been told as much", [&] {
    return std::all_of(later.told.begin(), later.told.end(), [&](const auto& stream) {
      const std::vector<std::string>& told = earlier.told[stream.first];
      return std::find(told.rbegin(), told.rend(), stream.second.back()) != told.rend();
    });
  });
}

/// Every stream of both: from where the later one began, the same messages. Its first few may be its own: what a broker sends to each new subscriber.
inline void check_equal(const StrictSubscriber& earlier, const StrictSubscriber& later) {
  constexpr std::size_t kOwnMax = 3;
  for (const auto& [stream, told] : later.told) {
    CAPTURE(stream);
    const std::vector<std::string>& truth = earlier.told.at(stream);
    std::size_t own = 0;
    while (own < kOwnMax && begin_in(truth, told, own) == truth.size()) ++own;
    const std::size_t begin = begin_in(truth, told, own);
    if (begin == truth.size()) MESSAGE("nowhere: " << told.at(std::min(own, told.size() - 1)));
    REQUIRE(begin < truth.size());
    const std::size_t common = std::min(truth.size() - begin, told.size() - own);
    std::size_t equal = 0;
    while (equal < common && truth[begin + equal] == told[own + equal]) ++equal;
    CHECK(equal == common);
    if (equal < common) MESSAGE("instead of " << truth[begin + equal] << "\nit told " << told[own + equal]);
    CHECK(common + 1'000 > told.size());  // the two were read at somewhat different times
  }
}

}  // namespace tidegate::test
