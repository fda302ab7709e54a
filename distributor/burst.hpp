// The records of a turn, gathered for each subscriber, so that a burst looks at a subscriber a few times and not once for each record. One thread.
//
// The first record that a subscriber gets goes to it at once (publisher.cpp, hand_over), and how much room it has then is noted here. Later records
// that fit into that room are bits in a few bytes for each subscriber; what does not fit, or wants a closer look, finds the subscriber served first.
// So every decision falls when the record comes, on the same facts as if nothing were put off; put off are the copies into outboxes alone. They are
// made up for before anything but the next record happens (Hub::Scope), and when there is no room for one more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "distributor/message.hpp"
#include "distributor/subscription_table.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/frame_buffer.hpp"

namespace tidegate::distributor {

class Hub;
class Subscriber;

class Burst {
 public:
  explicit Burst(Hub& hub);

  /// Whether take() may be asked: the subscriber has been looked at since everybody was last served.
  [[nodiscard]] bool knows(SubscriberSlot subscriber) const { return subscriber < places_.size() && places_[subscriber].period == period_; }
  /// Fetches what the next two need.
  void prefetch(SubscriberSlot subscriber) const {
    if (subscriber < places_.size()) __builtin_prefetch(&places_[subscriber], 1);
  }
  /// The subscriber gets the message with all else that waits for it. False: it wants a closer look, and is to be served before. `number` is the
  /// message's among those taken, 0 at first, and is kept by the caller with the message. `event`: no later one makes up for it.
  bool take(SubscriberSlot subscriber, const Message& message, std::uint64_t& number, bool event, MonoTime now);
  /// Notes how much room a subscriber has. Nothing waits for it.
  void look_at(const Subscriber& subscriber);

  /// Gives one subscriber what waits for it.
  void serve(SubscriberSlot subscriber) {
    if (subscriber < places_.size() && places_[subscriber].waiting != 0) serve(subscriber, places_[subscriber]);
  }
  /// Gives everybody what waits for them. What is known of them holds no longer.
  void end() {
    if (!served_next_.empty()) serve_all();
    ++period_;
  }
  /// The subscriber's connection is gone, and with it what waits.
  void forget(SubscriberSlot subscriber) {
    if (subscriber < places_.size()) places_[subscriber] = Place{};
  }

 private:
  static constexpr std::size_t kMessagesMax = 64;  // a bit each
  static constexpr std::size_t kRunsKept = 4;

  /// Small, since a record touches one for each subscriber of its stream.
  struct Place {
    std::uint64_t waiting = 0;  // messages, a bit each
    std::uint64_t period = 0;   // in which the rest was noted
    std::uint32_t room = 0;     // bytes that still fit: events
    std::uint32_t state_room = 0;
    Format format{};
  };
  /// The same messages in the same format, as many subscribers get them.
  struct Run {
    std::uint64_t messages = 0;  // 0: unused
    Format format{};
    bool shared = false;  // by a second subscriber: worth joining
    net::FrameList frames;
    net::FrameRef joined;
  };

  void keep(const Message& message, std::uint64_t& number);
  void serve(SubscriberSlot subscriber, Place& place);
  void serve_all();
  const Run& run_of(const Place& place);

  Hub& hub_;
  std::vector<Place> places_;                // by SubscriberSlot
  std::vector<SubscriberSlot> served_next_;  // whom something waits for; may have been served since
  std::vector<Message> messages_;
  std::uint64_t first_number_ = 1;  // of messages_
  std::size_t bytes_ = 0;           // of messages_
  std::uint64_t period_ = 1;
  MonoTime now_;  // when the messages came
  std::array<Run, kRunsKept> runs_;
  std::size_t next_run_ = 0;  // to be replaced
};

}  // namespace tidegate::distributor
