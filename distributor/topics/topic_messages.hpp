// Messages about topics, as JSON text of the native protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// What a subscriber is told of a topic, in a result or a state.
enum class TopicState : std::uint8_t { Live, NoPublisher, Closed };
[[nodiscard]] std::string_view to_text(TopicState state);

inline constexpr std::string_view kGatewayOrigin = "gateway";

/// `{"type":"topic","topic":...,"seq":...,"timestamp":...,"origin":...,"retained":true,"key":...,"data":...}`. The dialects' writers rely on this
/// order.
struct TopicFacts {
  std::string_view topic;
  std::uint64_t seq = 0;
  UtcTime timestamp;  // when it was published
  std::string_view origin;
  bool retained = false;
  std::string_view key;   // empty: left out
  std::string_view data;  // JSON
};
/// Replaces `out`, whose memory is used again.
void write_topic_message(const TopicFacts& facts, std::string& out);

[[nodiscard]] std::string topic_state_message(std::string_view topic, TopicState state, UtcTime since);
/// The subscriber may not read it any more: it is closed.
[[nodiscard]] std::string topic_lost_message(std::string_view topic, UtcTime since);

inline constexpr std::string_view kSlowClient = "slow_client";      // the reader had no room for them
inline constexpr std::string_view kResumeWindow = "resume_window";  // published since the retained value, and not kept
[[nodiscard]] std::string topic_gap_message(std::string_view topic, std::uint64_t from_seq, std::uint64_t to_seq, std::string_view cause);

}  // namespace tidegate::distributor
