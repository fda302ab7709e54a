// The publisher's part that keeps deliberately delayed data from subscribers who did not ask for it (`allow_delayed`): they are told 4013 once,
// get nothing of the stream meanwhile, and learn which numbers they missed when it is no longer delayed.
#include "distributor/publisher.hpp"

namespace tidegate::distributor {

bool Publisher::is_withheld(const Subscriber& subscriber, StreamSlot slot) {
  const Member* const member = hub_.table.member(subscriber.slot(), slot);
  const StreamState state = hub_.values.of(slot).state;
  return member != nullptr && member->withheld && state != StreamState::Stale && state != StreamState::Failed;
}

StreamState Publisher::state_for(const Subscriber& subscriber, StreamSlot slot) {
  return is_withheld(subscriber, slot) ? StreamState::Failed : hub_.values.of(slot).state;
}

/// After a subscribe the client counts from the next message, so nothing of what was withheld before counts as lost.
void Publisher::apply_delayed_option(Member& member, StreamSlot slot, bool joined, bool allow_delayed) {
  const LastValue& value = hub_.values.of(slot);
  const bool was_withheld = member.withheld;
  member.allow_delayed = allow_delayed;
  member.withheld = value.delayed && !allow_delayed;
  if (member.withheld != was_withheld && member.delivery == Delivery::Live) member.next_seq = joined ? 0 : value.last_seq + 1;
}

/// From number `seq` on the stream's data is delayed, or no longer so. Without `tell`, those who get it again hear of it from the caller.
void Publisher::on_delayed_change(StreamSlot slot, std::uint64_t seq, bool tell) {
  if (hub_.values.of(slot).delayed) {
    withhold(slot, seq);
  } else {
    restore(slot, seq, tell);
  }
}

void Publisher::withhold(StreamSlot slot, std::uint64_t seq) {
  Message message;
  for (Member& member : hub_.table.stream(slot).members) {
    if (member.allow_delayed || member.withheld) continue;
    member.withheld = true;
    if (member.delivery == Delivery::Live) member.next_seq = seq;
    offer_state(*hub_.subscribers()[member.subscriber], slot, true, message);
  }
}

void Publisher::restore(StreamSlot slot, std::uint64_t seq, bool tell) {
  Message message;
  for (Member& member : hub_.table.stream(slot).members) {
    if (!member.withheld) continue;
    member.withheld = false;
    Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
    if (tell) offer_state(subscriber, slot, false, message);
    if (member.delivery == Delivery::Newest) {  // its snapshot, or the value that stands for others, is still to come
      list(subscriber, member, slot);
    } else if (member.delivery == Delivery::Live && member.next_seq != 0 && member.next_seq < seq) {
      tell_gap(subscriber, slot, member.next_seq, seq - 1, GapCause::NotEntitled);
    }
  }
}

}  // namespace tidegate::distributor
