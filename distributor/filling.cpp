// The publisher's part for what was missing and comes later: trades that fill a hole which has been told. They change nothing of a stream besides
// completeness: not the last value, not the count, not what is still to come. Whoever was told of the hole gets them, flagged replayed, as they come;
// who has no room for them keeps the gap that it was told.
#include "distributor/publisher.hpp"

namespace tidegate::distributor {
namespace {

/// Whether the member was told that this number is missing: newcomers begin behind it.
bool was_told(const Member& member, std::uint64_t number) { return member.resumed || number >= member.first_seq; }

/// Whether what the member is to be told yet accounts for the number.
bool will_be_told(const Member& member, std::uint64_t number) {
  return (member.delivery != Delivery::Live || member.withheld) && number >= member.next_seq;
}

}  // namespace

void Publisher::fill(const RecordHeader& record) {
  const StreamSlot slot = hub_.table.find(record.instrument, record.channel);
  if (slot == kNoStream || record.seq >= hub_.values.of(slot).last_seq) return;  // left, or begun anew, since it was asked for
  hub_.completeness.filled(slot, record.seq);
  const std::size_t evicted = hub_.replay.keep_fill(slot, record, first_record_);
  if (evicted != 0) count(hub_.telemetry.gateway.replay_evicted, evicted);
  Message message;
  for (Member& member : hub_.table.stream(slot).members) {
    if (!was_told(member, record.seq) || will_be_told(member, record.seq)) continue;
    if (member.delivery == Delivery::Replay || member.delivery == Delivery::Ended) continue;  // the ring has it; it is being parted with
    Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
    if (subscriber.parting()) continue;
    if (!message) message = fill_message(record);
    give_fill(subscriber, member, slot, message, record.seq, Room::State);
  }
}

/// Carries no label: taken back from an outbox, it leaves the gap that its number was told as.
Message Publisher::fill_message(const RecordHeader& record) {
  count(hub_.telemetry.gateway.messages_encoded);
  return hub_.message(hub_.encoder.encode(record, hub_.clock.utc(), kFullDepth));
}

void Publisher::give_fill(Subscriber& subscriber, Member& member, StreamSlot slot, const Message& message, std::uint64_t number, Room room) {
  const bool wanted = member.conflate == 0 && !member.withheld && (member.delivery == Delivery::Live || member.delivery == Delivery::Replay);
  if (wanted && has_room(subscriber, room, message.in(subscriber.format).bytes().size())) {
    hub_.deliver(subscriber, message, hub_.clock.mono());
    return hub_.completeness.filled(member, slot, number);
  }
  if (!subscriber.connected()) return;
  count(hub_.telemetry.gateway.fills_not_delivered);
  hub_.completeness.lost_late(member, slot, number, GapCause::Upstream);
}

}  // namespace tidegate::distributor
