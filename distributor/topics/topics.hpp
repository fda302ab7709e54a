// Topics: what users' programs publish for one another, counted, never conflated. Rules, limits and messages; the table holds the facts. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "distributor/complaint.hpp"
#include "distributor/message.hpp"
#include "distributor/sessions/request_window.hpp"
#include "distributor/subscriber.hpp"
#include "distributor/topics/market_facts.hpp"
#include "distributor/topics/publish_keys.hpp"
#include "distributor/topics/publish_request.hpp"
#include "distributor/topics/topic_messages.hpp"
#include "distributor/topics/topic_table.hpp"

namespace tidegate::distributor {

class Hub;

/// A publish request's fate. `complaint.code` 0: it was published, or is a duplicate of what was.
struct Published {
  Complaint complaint;
  std::uint64_t seq = 0;
  std::size_t delivered = 0;  // subscribers into whose outbox it was put
  bool duplicate = false;     // the key was there already: acknowledged, not published again
};

class Topics {
 public:
  explicit Topics(Hub& hub);

  struct Subscribed {
    TopicSlot topic = kNoTopic;  // kNoTopic: `complaint` says why
    Complaint complaint;
  };
  /// `limit`: why the subscriber may have no further one; code 0: it may, or has this one. Nothing is sent: feed() is owed, behind the result.
  [[nodiscard]] Subscribed subscribe(Subscriber& subscriber, const std::string& topic, const Complaint& limit, bool retained);
  void unsubscribe(Subscriber& subscriber, std::string_view topic);
  void leave(SubscriberSlot subscriber) { table_.remove_all(subscriber); }
  /// The subscriber's identity changed: topics that it may no longer read are taken from it, and it is told so.
  void check_again(Subscriber& subscriber);
  [[nodiscard]] TopicState state(TopicSlot topic) const;
  [[nodiscard]] bool holds(const Subscriber& subscriber, std::string_view topic) const;

  /// A refusal is counted; whoever tells of it counts its code.
  [[nodiscard]] Published publish(const Identity& publisher, const PublishRequest& request);

  /// What the gateway itself says in `market:status`.
  void on_market_status(const MarketStatus& status);
  void on_broker_status() { publish_facts(); }

  /// The options have changed. What is there already stays, except that the oldest keys beyond their limit are forgotten.
  void apply_limits();

  /// Retained values that are due, and the losses of a reader that had no room, go out while it has. True: some did.
  bool feed(Subscriber& subscriber);
  /// feed() for all who wait.
  bool feed_waiting();
  /// Topics of which the subscriber is missing something and has not been told.
  [[nodiscard]] std::uint32_t losing(const Subscriber& subscriber) const;
  /// Tells all of that whatever the room, since the subscriber is told nothing later. Returns how many messages it lost.
  std::uint64_t tell_losses(Subscriber& subscriber);

  /// Whether a frame accounts for numbers of a topic, and not of a stream.
  [[nodiscard]] static bool is_topic(const net::FrameLabel& label) { return label.last != 0 && (label.subject & kSubject) != 0; }
  /// Such a frame was taken back before it left.
  void take_back(const Subscriber& subscriber, const net::FrameLabel& label);

  /// Topics whose publishers were not heard of for long. Cheap when called often.
  void do_work(MonoTime now);

  [[nodiscard]] const TopicTable& table() const { return table_; }

 private:
  static constexpr std::uint64_t kSubject = std::uint64_t{1} << 63U;  // in a frame's label, beside the topic's slot; streams have no such bit

  [[nodiscard]] Complaint objection(const Identity& publisher, const PublishRequest& request);
  [[nodiscard]] Complaint over_rate(const std::string& user);
  [[nodiscard]] Complaint no_room_to_retain(const PublishRequest& request) const;
  void publish_facts();
  std::size_t send(TopicSlot topic, TopicFacts facts, bool retain);
  bool deliver(TopicSlot topic, TopicMember& member, const Message& message);
  void tell_gap(Subscriber& subscriber, TopicSlot topic, std::uint64_t from, std::string_view cause);
  void owe(Subscriber& subscriber, TopicSlot topic);
  /// False: there is no room yet.
  bool pay(Subscriber& subscriber, TopicMember& member, TopicSlot topic);
  void set_live(TopicSlot topic, bool live);

  Hub& hub_;
  TopicTable table_;
  PublishKeys keys_;
  MarketFacts facts_;
  std::unordered_map<std::string, RequestWindow> rates_;  // by user; idle ones are dropped
  std::vector<SubscriberSlot> waiting_, feeding_;         // subscribers with something due and no room; may have gone since
  std::string text_;                                      // scratch
  MonoTime next_idle_check_;
};

}  // namespace tidegate::distributor
