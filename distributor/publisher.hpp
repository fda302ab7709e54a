// Records to subscribers: look up, encode once, offer to each. The data path's last stage; allocates nothing in steady state. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "distributor/hub.hpp"

namespace tidegate::distributor {

class Publisher {
 public:
  explicit Publisher(Hub& hub) : hub_(hub) {}

  void publish(const RecordHeader& record);

  /// A member's wish for delayed data may have changed, or it has just joined: it gets or misses from now on what the stream brings.
  void apply_delayed_option(Member& member, StreamSlot stream, bool joined, bool allow_delayed);
  /// A stream's state as this subscriber has it: failed where its delayed data is withheld.
  [[nodiscard]] StreamState state_for(const Subscriber& subscriber, StreamSlot stream);
  /// Tells one subscriber a stream's present state.
  void tell_state(Subscriber& subscriber, StreamSlot stream);
  /// The snapshot of a stream becomes due for a subscriber; feed() sends it. No value yet: nothing is due.
  void owe_snapshot(Subscriber& subscriber, StreamSlot stream, bool joined);
  /// Sends due snapshots while there is room: thousands of deep books never crowd a healthy reader's outbox. True: some went out.
  bool feed(Subscriber& subscriber);
  /// feed() for all whose outbox was full before. True: some went out.
  bool feed_waiting();

  /// When the oldest record since the last call came; 0: none did.
  [[nodiscard]] MonoTime take_first_record_time() { return std::exchange(first_record_, MonoTime{}); }

 private:
  void data(const RecordHeader& record);
  void book(StreamSlot stream, const Depth& depth, UtcTime published);
  void gap(StreamSlot stream, const Gap& gap);
  void state(const State& state);
  void broker_status(const BrokerStatus& status);
  void market_status(const RecordHeader& record);
  void tell_everyone(const Message& message);
  [[nodiscard]] std::string state_text(StreamSlot stream, bool withheld);
  [[nodiscard]] bool is_withheld(const Subscriber& subscriber, StreamSlot stream);
  void on_delayed_change(StreamSlot stream, std::uint64_t seq, bool tell);
  void withhold(StreamSlot stream, std::uint64_t seq);
  void restore(StreamSlot stream, std::uint64_t seq, bool tell);
  void conflate(SubscriberSlot subscriber, StreamSlot stream);
  bool wait(Subscriber& subscriber, bool sent);
  void offer(const Member& member, const Message& message);

  Hub& hub_;
  std::vector<std::pair<std::uint16_t, Message>> by_depth_;  // of the book at hand
  std::vector<SubscriberSlot> crowded_;                      // scratch: no room for the book at hand
  std::vector<SubscriberSlot> waiting_, feeding_;            // with due snapshots and no room; may have gone since
  MonoTime first_record_;
};

}  // namespace tidegate::distributor
