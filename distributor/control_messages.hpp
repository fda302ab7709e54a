// Every message to clients that is not market data, as JSON text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "distributor/json_writer.hpp"
#include "distributor/protocol.hpp"
#include "distributor/topics/topic_messages.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// A broker as subscribers and /ready see it.
struct BrokerHealth {
  std::string name;
  bool required = true;
  BrokerState state = BrokerState::Connecting;
  std::string reason;
  UtcTime since;
  bool retired = false;  // taken out of the configuration: clients that come are told nothing of it
};

struct WelcomeFacts {
  std::string_view session, epoch, version;
  std::uint64_t heartbeat_seconds = 0;
  std::size_t subscriptions_per_connection = 0, message_bytes = 0, outbox_bytes = 0;
  std::span<const BrokerHealth> brokers;
};
[[nodiscard]] std::string welcome_message(const WelcomeFacts& facts);

/// `id` is JSON text, or empty.
[[nodiscard]] std::string error_message(const Complaint& complaint, std::string_view id, UtcTime now);
/// `echo` is empty, or members that the client sent, ",\"key\":value" each; its `timestamp` keeps its name, and ours is `server_time` then as well.
[[nodiscard]] std::string pong_message(std::string_view id, UtcTime now, std::string_view echo = {});
[[nodiscard]] std::string heartbeat_message(UtcTime now);
[[nodiscard]] std::string notice_message(std::string_view kind, std::string_view message, UtcTime now);
/// A reader falls behind, or no longer does: `waiting` of its `outbox` bytes wait.
[[nodiscard]] std::string slow_message(bool slow, std::size_t waiting, std::size_t outbox, UtcTime now);
[[nodiscard]] std::string status_message(const BrokerHealth& broker);

/// The answer to `auth`.
[[nodiscard]] std::string auth_message(const Identity& identity, std::string_view id);

struct StateFacts {
  std::string_view symbol;
  Channel channel{};
  StreamState state{};
  std::string_view broker;  // empty: null
  UtcTime since;
  std::string_view reason;
  std::uint16_t code = 0;  // 0: left out
  std::string_view hint;   // empty: left out
};
[[nodiscard]] std::string state_message(const StateFacts& facts);

/// What a text of a client's, which had to wait, turned out to stand for.
[[nodiscard]] std::string resolved_message(std::string_view requested, std::string_view symbol, Channel channel);

/// One `result`, filled pair by pair. After many failures their hints are left out, so that a bad request has no huge answer.
class ResultMessage {
 public:
  ResultMessage(std::string_view op, std::string_view id);
  /// `requested` is the client's own spelling, shown where `symbol` differs from it.
  void add(std::string_view symbol, std::string_view requested, std::string_view channel, StreamState state);
  /// A subscription that was made. `note`: what about it could not be had as asked for, or why it will take longer; its code may be 0.
  void add(std::string_view symbol, std::string_view requested, std::string_view channel, StreamState state, std::uint32_t conflate_ms,
           const Complaint& note);
  void add_failure(std::string_view symbol, std::string_view channel, const Complaint& complaint);
  void add_topic(std::string_view topic, TopicState state);
  void add_topic_failure(std::string_view topic, const Complaint& complaint);
  [[nodiscard]] std::string finish();

 private:
  void put(const Complaint& complaint);

  JsonWriter json_;
  std::size_t hints_ = 0;
};

/// The answer to `publish`.
[[nodiscard]] std::string publish_message(std::string_view id, std::string_view topic, std::uint64_t seq, std::size_t delivered, bool duplicate);

/// The answer to `list`.
class SubscriptionsMessage {
 public:
  explicit SubscriptionsMessage(std::string_view id);
  /// `broker` empty and `seq` 0 become null.
  void add(std::string_view symbol, std::string_view channel, StreamState state, std::string_view broker, std::uint64_t seq,
           std::uint32_t conflate_ms);
  void add_topic(std::string_view topic, TopicState state, std::uint64_t seq);
  [[nodiscard]] std::string finish();

 private:
  JsonWriter json_;
};

}  // namespace tidegate::distributor
