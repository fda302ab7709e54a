// What one subscriber was promised about its streams, held against what it was sent.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/end_to_end/recording_sums.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate::test {

/// Streams are named "SYMBOL CHANNEL".
struct StreamWatch {
  MessageSums sums;
  std::map<std::string, std::uint64_t> data;  // messages by stream
  std::map<std::string, std::string> states;  // last one by stream
  std::map<int, std::uint64_t> failures;      // states failed, by code
  std::uint64_t breaks_told = 0;              // states stale
  std::uint64_t impossible = 0;               // data on a stream that was last said to be stale

  void see(const rapidjson::Value& message) {
    sums.add(message);
    const std::string type{SubscriberClient::text(message, "type")};
    const std::string symbol{SubscriberClient::text(message, "symbol")};
    if (type == "state") {
      std::string& state = states[symbol + " " + std::string{SubscriberClient::text(message, "channel")}];
      state = SubscriberClient::text(message, "state");
      if (state == "stale") ++breaks_told;
      if (state == "failed" && message.HasMember("code")) ++failures[message["code"].GetInt()];
    } else if (SubscriberClient::has_flag(message, "replayed")) {
      return;  // what was missing may come at any time, and proves nothing of its stream
    } else if (message.HasMember("seq") && type != "gap") {
      const std::string interval{SubscriberClient::text(message, "interval")};
      const std::string stream = symbol + " " + type + (interval.empty() ? "" : "_" + interval);
      ++data[stream];
      if (states[stream] == "stale") ++impossible;
    }
  }
  /// Each of these has delivered since `before`, and is live.
  [[nodiscard]] bool all_flow(const std::vector<std::string>& streams, const std::map<std::string, std::uint64_t>& before) const {
    return std::all_of(streams.begin(), streams.end(), [&](const std::string& stream) {
      const auto now = data.find(stream), then = before.find(stream);
      const auto state = states.find(stream);
      return now != data.end() && now->second > (then == before.end() ? 0 : then->second) && state != states.end() && state->second == "live";
    });
  }
  void check_promises() const {
    CHECK(sums.holes == 0);
    CHECK(impossible == 0);
  }
};

}  // namespace tidegate::test
