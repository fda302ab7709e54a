// Records to subscribers: look up, encode once, offer to each. The data path's last stage; allocates nothing in steady state. One thread.
//
// publisher.cpp holds the straight line. What does not go straight on: delayed_data.cpp (what a subscriber did not ask for), feeding.cpp (snapshots,
// and what had to wait), filling.cpp (what was missing and came later), replaying.cpp (what a client that comes back has missed), slow_readers.cpp
// (no room, loss, farewell).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "distributor/deadlines.hpp"
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

  /// How a member begins, by its options: with a snapshot, with what it missed since number `since`, or with whatever comes next. feed() sends it.
  /// Returns 4040 where it cannot be told what came after `since`: it begins with the snapshot then.
  Complaint begin(Subscriber& subscriber, StreamSlot stream, bool joined, const SubscribeOptions& options, std::optional<std::uint64_t> since);
  /// Sends what is due while there is room: thousands of deep books never crowd a healthy reader's outbox. True: something went out.
  bool feed(Subscriber& subscriber);
  /// feed() for those whose outbox was full before, some of them a turn. True: something went out.
  bool feed_waiting();
  /// Sends the conflated values whose time has come.
  void release_due(MonoTime now);
  /// When the next one's time comes; INT64_MAX: none waits.
  [[nodiscard]] std::size_t deadline_count() const { return deadlines_.size(); }
  [[nodiscard]] MonoTime next_release() const { return deadlines_.empty() ? MonoTime{INT64_MAX} : deadlines_.front().at; }

  /// Finds those who take nothing. Cheap when called often.
  void find_stuck(MonoTime now);
  /// Warns those who fall behind, and begins and ends farewells. After a turn's writes.
  void check_slow(MonoTime now);

  /// When the oldest record since the last call came; 0: none did.
  [[nodiscard]] MonoTime take_first_record_time() { return std::exchange(first_record_, MonoTime{}); }

 private:
  enum class Room : std::uint8_t { Feed, State, Whole };
  /// The record at hand, as it is shown to so many levels.
  struct Encoded {
    std::uint16_t levels = 0;
    Message message;
    std::uint64_t number = 0;  // among the burst's
  };

  // publisher.cpp
  void data(const RecordHeader& record);
  void keep_for_replay(StreamSlot stream, const RecordHeader& record);
  void spread(StreamSlot stream, const RecordHeader& record);
  void fetch_ahead(const std::vector<Member>& members, std::size_t i) const;
  void hand_over(Subscriber& subscriber, Member& member, StreamSlot stream, const RecordHeader& record, std::uint16_t levels);
  Encoded& encoded(const RecordHeader& record, const Stream& stream, std::uint16_t levels);
  void gap(StreamSlot stream, const Gap& gap);
  void state(const State& state);
  void broker_status(const BrokerStatus& status);
  void market_status(const RecordHeader& record);
  void tell_everyone(const Message& message);
  /// Tells where the stream stands; the first call of several makes `shared`.
  void offer_state(Subscriber& subscriber, StreamSlot stream, bool withheld, Message& shared);
  [[nodiscard]] std::uint16_t trouble_of(StreamSlot stream, bool withheld) const;  // a code; 0: none
  [[nodiscard]] std::string state_text(StreamSlot stream, bool withheld) const;

  // filling.cpp
  void fill(const RecordHeader& record);
  void give_fill(Subscriber& subscriber, Member& member, StreamSlot stream, const Message& message, std::uint64_t number, Room room);
  [[nodiscard]] Message fill_message(const RecordHeader& record);

  // delayed_data.cpp
  [[nodiscard]] bool is_withheld(const Subscriber& subscriber, StreamSlot stream);
  void on_delayed_change(StreamSlot stream, std::uint64_t seq, bool tell);
  void withhold(StreamSlot stream, std::uint64_t seq);
  void restore(StreamSlot stream, std::uint64_t seq, bool tell);

  // feeding.cpp
  static constexpr std::size_t kGapBytesMax = 1024;  // room for a gap message
  void list(Subscriber& subscriber, Member& member, StreamSlot stream);
  bool wait(Subscriber& subscriber, bool sent);
  bool feed_member(Subscriber& subscriber, Member& member, StreamSlot stream, bool idle);
  bool send_newest(Subscriber& subscriber, Member& member, StreamSlot stream, Room room, std::size_t more_bytes = 0);
  void show(Subscriber& subscriber, StreamSlot stream, const Message& message, bool counted);
  bool quote_first(Subscriber& subscriber, InstrumentId instrument, Room room, std::size_t more_bytes);
  [[nodiscard]] bool has_room(Subscriber& subscriber, Room room, std::size_t bytes);
  void tell_gap(Subscriber& subscriber, StreamSlot stream, std::uint64_t first, std::uint64_t last, GapCause cause);
  void hold(Subscriber& subscriber, Member& member, StreamSlot stream, std::uint64_t seq, MonoTime now);
  void go_live(Member& member);
  [[nodiscard]] bool waits_for(const Deadline& deadline);

  // replaying.cpp
  Complaint resume(Subscriber& subscriber, Member& member, StreamSlot stream, const std::string& epoch, std::uint64_t since);
  bool replay(Subscriber& subscriber, Member& member, StreamSlot stream);
  bool replay_from(Subscriber& subscriber, Member& member, StreamSlot stream);
  bool replay_record(Subscriber& subscriber, Member& member, StreamSlot stream, const RecordHeader& record);
  bool begin_outside_window(Subscriber& subscriber, Member& member, StreamSlot stream);

  // slow_readers.cpp
  void lose(Subscriber& subscriber, Member& member, StreamSlot stream, std::uint64_t seq);
  void tell_lost(Subscriber& subscriber, Member& member, StreamSlot stream);
  void check_slow(Subscriber& subscriber, MonoTime now);
  void warn(Subscriber& subscriber);
  [[nodiscard]] bool is_losing(Subscriber& subscriber);
  void begin_farewell(Subscriber& subscriber, MonoTime now);
  void take_back(Subscriber& subscriber);
  void end_farewell(Subscriber& subscriber);

  Hub& hub_;
  std::vector<Encoded> by_depth_;                  // one entry where it is no book
  UtcTime published_;                              // stamp of the record at hand
  std::uint64_t first_number_ = 0;                 // the first number that it accounts for
  std::vector<SubscriberSlot> waiting_, feeding_;  // with something due and no room; may have gone since
  Deadlines deadlines_;
  MonoTime first_record_;
  MonoTime next_stuck_, next_check_;
  std::size_t checked_count_ = 0;  // of those watched at the last look
};

}  // namespace tidegate::distributor
