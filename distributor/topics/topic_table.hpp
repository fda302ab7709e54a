// What is known of each topic: its number, who reads it, its retained value. No sockets, no clock; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "distributor/subscription_table.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

using TopicSlot = std::uint32_t;
inline constexpr TopicSlot kNoTopic = 0xFFFF'FFFFU;
inline constexpr std::size_t kTopicBytesMax = 192;
inline constexpr std::string_view kMarketStatusTopic = "market:status";  // what the gateway itself publishes

/// 1 to kTopicBytesMax bytes of UTF-8 without control characters, spaces, quotation marks, backslashes and asterisks: no escapes are needed in JSON.
[[nodiscard]] bool is_topic_name(std::string_view name);
/// Belongs to one user (`user:{id}:...`, `portfolio:{id}`), whose name it holds.
[[nodiscard]] bool is_personal_topic(std::string_view name);

struct TopicMember {
  SubscriberSlot subscriber = 0;
  bool retained_due = false;    // it gets the retained value first; nothing else goes out before
  std::uint64_t lost_from = 0;  // from here to the topic's last number it got nothing, and has not been told; 0: it has all

  [[nodiscard]] bool behind() const { return retained_due || lost_from != 0; }
};

struct Topic {
  std::string name;       // empty: the slot is free
  std::uint64_t seq = 0;  // of the last message; counts by one within the epoch
  MonoTime published_at;  // when somebody published last; of no meaning while not `live`
  bool live = false;      // somebody publishes
  std::string retained;   // the whole message as it is given to who subscribes; empty: none
  std::uint64_t retained_seq = 0;
  std::vector<TopicMember> members;
};

class TopicTable {
 public:
  /// `topics_max` topics are known at once at the most.
  explicit TopicTable(std::size_t topics_max) : topics_max_(topics_max) {}
  /// For topics to come.
  void set_limit(std::size_t topics_max) { topics_max_ = topics_max; }

  [[nodiscard]] TopicSlot find(std::string_view name) const;
  /// The topic's slot, made when it is new. kNoTopic: the table is full, even after all that nobody reads, publishes or retains were forgotten.
  [[nodiscard]] TopicSlot open(std::string_view name);
  [[nodiscard]] Topic& topic(TopicSlot slot) { return topics_[slot]; }
  [[nodiscard]] const Topic& topic(TopicSlot slot) const { return topics_[slot]; }
  /// Every slot, free ones too.
  [[nodiscard]] const std::vector<Topic>& topics() const { return topics_; }

  /// True: it had not been subscribed yet.
  bool add(SubscriberSlot subscriber, TopicSlot topic);
  /// True: it had been subscribed.
  bool remove(SubscriberSlot subscriber, TopicSlot topic);
  void remove_all(SubscriberSlot subscriber);
  /// In order of their names.
  [[nodiscard]] std::vector<TopicSlot> topics_of(SubscriberSlot subscriber) const;
  [[nodiscard]] std::size_t subscriptions_of(SubscriberSlot subscriber) const;
  [[nodiscard]] TopicMember* member(SubscriberSlot subscriber, TopicSlot topic);
  [[nodiscard]] const TopicMember* member(SubscriberSlot subscriber, TopicSlot topic) const;

  /// Replaces the retained value; an empty text takes it away.
  void retain(TopicSlot topic, std::string message, std::uint64_t seq);
  [[nodiscard]] std::size_t retained_count() const { return retained_count_; }
  [[nodiscard]] std::size_t retained_bytes() const { return retained_bytes_; }

  [[nodiscard]] std::size_t topic_count() const { return by_name_.size(); }
  [[nodiscard]] std::size_t subscription_count() const { return subscription_count_; }

  /// Forgets topics that nobody reads, publishes or retains. Their numbers are not given again: a topic that comes back goes on above the highest
  /// number that was forgotten.
  void forget_unused();

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  std::size_t topics_max_;
  std::vector<Topic> topics_;
  std::vector<TopicSlot> free_;
  std::unordered_map<std::string, TopicSlot, NameHash, std::equal_to<>> by_name_;
  std::vector<std::unordered_map<TopicSlot, std::uint32_t>> held_;  // by subscriber: topic -> position among its members
  std::size_t subscription_count_ = 0, retained_count_ = 0, retained_bytes_ = 0;
  std::uint64_t highest_forgotten_ = 0;
};

}  // namespace tidegate::distributor
