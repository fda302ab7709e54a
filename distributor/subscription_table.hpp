// Who wants what: streams, their subscribers, and the union that goes back to the broker sessions. No sockets, no clock; one thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "distributor/slot_positions.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// What a subscriber gets next of a stream.
enum class Delivery : std::uint8_t {
  Live,    // every record, as it comes
  Newest,  // the last value, for it is new, has no room or asked for conflation; nothing else of the stream goes out before
  Lost,    // one gap, for there was no room for what cannot be conflated
  Replay,  // what it missed, from the ring
  Ended,   // nothing: the farewell of a slow reader is under way, and this stream's part of it is over
};

/// One subscriber of one stream.
struct Member {
  SubscriberSlot subscriber = 0;
  std::uint16_t depth = 0;  // OrderBook only
  Delivery delivery = Delivery::Live;
  bool listed : 1 = false;        // stands in its subscriber's list of streams that something is due for
  bool snapshot_due : 1 = false;  // the last value is due, flagged as a snapshot; the records go on meanwhile if Live
  bool wants_snapshot : 1 = true;
  bool replayed : 1 = false;  // a part of the replay has gone out
  bool resumed : 1 = false;   // it came back, and was told of what was lost before
  bool allow_delayed : 1 = false;
  bool withheld : 1 = false;    // the stream's data is delayed, which this subscriber did not ask for: it was told so, and gets none of it
  std::uint32_t conflate = 0;   // conflate_ms of SubscribeOptions
  std::uint64_t next_seq = 0;   // unless Live: the first number that neither came nor was accounted for; 0: none ever did. Also where it is withheld
  MonoTime free_at;             // with an interval: not before this
  std::uint64_t first_seq = 0;  // from which number on it can be told what became of each
};

/// One (instrument, channel) in demand.
struct Stream {
  InstrumentId instrument = kNoInstrument;  // kNoInstrument: the slot is free
  Channel channel{};
  bool standing = false;       // held without a subscriber
  bool lingering = false;      // nobody wants it any more; leaves demand at linger_until
  bool linger_listed = false;  // has its entry in the table's list of lingering streams
  bool depth_unsure = false;   // somebody left or lowered a depth
  std::uint16_t depth = 0;     // what demand carries: the deepest wish
  std::uint16_t standing_depth = 0;
  MonoTime linger_until;
  std::vector<Member> members;
};

class SubscriptionTable {
 public:
  struct Added {
    StreamSlot stream = kNoStream;
    bool opened = false;  // the stream came into demand
    bool joined = false;  // false: the subscriber had it, and its options were replaced
  };
  Added add(SubscriberSlot subscriber, InstrumentId instrument, Channel channel, std::uint16_t depth);
  /// True: that was the last one who wanted the stream, and the caller owes it a linger() or a close().
  [[nodiscard]] bool remove(SubscriberSlot subscriber, StreamSlot stream);
  /// Removes all of a subscriber's; appends to `orphans` the streams that nobody wants any more.
  void remove_all(SubscriberSlot subscriber, std::vector<StreamSlot>& orphans);
  /// Keeps a stream in demand without a subscriber, from now on. True: it came into demand.
  bool hold(InstrumentId instrument, Channel channel, std::uint16_t depth);

  /// The opposite of hold(). True: nobody wants the stream any more, and the caller owes it a linger().
  [[nodiscard]] bool let_go(StreamSlot stream);

  void linger(StreamSlot stream, MonoTime until);
  /// Takes streams whose linger is over out of demand, and appends their slots.
  void expire(MonoTime now, std::vector<StreamSlot>& closed);

  [[nodiscard]] StreamSlot find(InstrumentId instrument, Channel channel) const;
  [[nodiscard]] Stream& stream(StreamSlot slot) { return streams_[slot]; }
  [[nodiscard]] const Stream& stream(StreamSlot slot) const { return streams_[slot]; }
  /// Every slot, free ones too.
  [[nodiscard]] const std::vector<Stream>& streams() const { return streams_; }
  [[nodiscard]] Member* member(SubscriberSlot subscriber, StreamSlot stream);
  [[nodiscard]] std::size_t subscriptions_of(SubscriberSlot subscriber) const;
  /// The streams of a subscriber, ordered by instrument and channel.
  [[nodiscard]] std::vector<StreamSlot> streams_of(SubscriberSlot subscriber) const;

  [[nodiscard]] std::size_t stream_count() const { return by_key_.size(); }
  [[nodiscard]] std::size_t subscription_count() const { return subscription_count_; }

  /// True once after each change of the union or of a depth in it.
  [[nodiscard]] bool take_demand_change();

  /// One number for an (instrument, channel), and back.
  [[nodiscard]] static std::uint64_t key(InstrumentId instrument, Channel channel) {
    return std::uint64_t{instrument.value()} << 8U | static_cast<std::uint64_t>(channel);
  }
  [[nodiscard]] StreamSlot find(std::uint64_t key) const;

 private:
  StreamSlot open(InstrumentId instrument, Channel channel, bool& opened);
  void deepen(Stream& stream, std::uint16_t depth);
  void doubt_depth(Stream& stream);
  bool forget(StreamSlot slot, std::uint32_t position);

  std::vector<Stream> streams_;
  std::vector<StreamSlot> free_;
  std::vector<StreamSlot> lingering_;  // one entry a stream; may hold streams that came back, until the next expiry
  std::unordered_map<std::uint64_t, StreamSlot> by_key_;
  std::vector<SlotPositions> held_;  // by subscriber
  MonoTime next_expiry_{INT64_MAX};
  std::size_t subscription_count_ = 0;
  bool demand_changed_ = false;
  bool depths_unsure_ = false;
};

}  // namespace tidegate::distributor
