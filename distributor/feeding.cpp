// The publisher's part for what does not go out as it comes: snapshots, and newest values that had no room or whose interval was not over. A
// subscriber's list of what is due is served first come first served, while half of its outbox is free; the rest of the turn is for others.
#include <algorithm>
#include <chrono>

#include "distributor/publisher.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kFedPerTurn = 256;  // subscribers

}  // namespace

Complaint Publisher::begin(Subscriber& subscriber, StreamSlot slot, bool joined, const SubscribeOptions& options,
                           std::optional<std::uint64_t> since) {
  Member* const member = hub_.table.member(subscriber.slot(), slot);
  if (member == nullptr) return {};
  if (member->conflate != options.conflate_ms) member->free_at = MonoTime{};
  member->conflate = options.conflate_ms;
  member->wants_snapshot = options.snapshot;
  subscriber.conflates = subscriber.conflates || (options.conflate_ms != 0 && options.conflate_ms != kConflateLatest);
  apply_delayed_option(*member, slot, joined, options.allow_delayed);
  if (joined) member->first_seq = hub_.values.of(slot).last_seq + 1;
  Complaint unknown;
  if (since) {
    unknown = resume(subscriber, *member, slot, options.epoch, *since);
    if (unknown.code == 0) return {};
  }
  member->snapshot_due = false;
  if (!options.snapshot) {
    const bool new_here = member->delivery == Delivery::Newest && member->next_seq == 0;
    if (new_here) go_live(*member);
    if (member->delivery == Delivery::Newest) list(subscriber, *member, slot);  // its interval may have gone
  } else if (!member->withheld && hub_.values.of(slot).header() != nullptr) {
    member->snapshot_due = true;
    if (joined) {
      member->delivery = Delivery::Newest;
      member->next_seq = 0;
    }
    list(subscriber, *member, slot);
  }
  return unknown;
}

void Publisher::list(Subscriber& subscriber, Member& member, StreamSlot slot) {
  if (subscriber.parted()) return;
  if (!member.listed) subscriber.add_due(slot);
  member.listed = true;
  wait(subscriber, false);
}

bool Publisher::wait(Subscriber& subscriber, bool sent) {
  if (!subscriber.parted() && !std::exchange(subscriber.waiting, true)) waiting_.push_back(subscriber.slot());
  return sent;
}

void Publisher::go_live(Member& member) {
  member.delivery = Delivery::Live;
  member.snapshot_due = false;
}

/// The member gets nothing more of the stream until it gets the newest value, which then stands for all from number `seq` on.
void Publisher::hold(Subscriber& subscriber, Member& member, StreamSlot slot, std::uint64_t seq, MonoTime now) {
  member.delivery = Delivery::Newest;
  member.snapshot_due = false;
  member.next_seq = seq;
  if (now >= member.free_at) return list(subscriber, member, slot);
  deadlines_.add({member.free_at, subscriber.slot(), slot}, [this](const Deadline& deadline) { return waits_for(deadline); });
}

bool Publisher::waits_for(const Deadline& deadline) {
  const Member* const member = hub_.table.member(deadline.subscriber, deadline.stream);
  return member != nullptr && member->delivery == Delivery::Newest && !member->listed && member->free_at == deadline.at;
}

void Publisher::release_due(MonoTime now) {
  if (deadlines_.empty() || now < deadlines_.front().at) return;
  const Hub::Scope scope(hub_);
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const Deadline due = deadlines_.front();
    deadlines_.pop();
    if (!waits_for(due)) continue;
    Member& member = *hub_.table.member(due.subscriber, due.stream);
    Subscriber& subscriber = *hub_.subscribers()[due.subscriber];
    if (subscriber.parting()) continue;
    if (member.withheld || !send_newest(subscriber, member, due.stream, Room::State)) list(subscriber, member, due.stream);
  }
}

bool Publisher::has_room(Subscriber& subscriber, Room room, std::size_t bytes) {
  if (!subscriber.connected()) return false;
  switch (room) {
    case Room::Feed:
      return subscriber.has_room_to_feed(bytes);
    case Room::State:
      return subscriber.make_room_for_state(bytes, hub_.turn);
    case Room::Whole:
      break;
  }
  return subscriber.make_room(bytes, hub_.turn);
}

/// A quote that waits goes out before a trade of its instrument. False: there is no room for it and `more_bytes`, so the trade has to wait as well. A
/// quote that is being replayed is history, and goes its own way.
bool Publisher::quote_first(Subscriber& subscriber, InstrumentId instrument, Room room, std::size_t more_bytes) {
  if (!subscriber.may_hold_back()) return true;
  const StreamSlot slot = hub_.table.find(instrument, Channel::Quote);
  Member* const member = slot == kNoStream ? nullptr : hub_.table.member(subscriber.slot(), slot);
  if (member == nullptr || member->delivery != Delivery::Newest || member->withheld) return true;
  return send_newest(subscriber, *member, slot, room, more_bytes);
}

/// The last value: as a snapshot where one is due, flagged conflated where it stands for others that the member did not get.
/// False: there was no room.
bool Publisher::send_newest(Subscriber& subscriber, Member& member, StreamSlot slot, Room room, std::size_t more_bytes) {
  const Stream& stream = hub_.table.stream(slot);
  const LastValue& value = hub_.values.of(slot);
  const RecordHeader& record = *value.header();
  const bool waited = member.delivery == Delivery::Newest;
  const std::uint64_t first = waited && member.next_seq != 0 ? member.next_seq : record.seq;
  Flags flags = value.is_stale() ? Flags::Stale : Flags::None;
  if (member.snapshot_due) flags |= Flags::Snapshot;
  if (first < record.seq) flags |= Flags::Conflated;
  Message message;
  if (waited) {
    message = hub_.message(hub_.encoder.encode(record, hub_.clock.utc(), member.depth, flags), stream, first, record.seq);
  } else {
    message = hub_.message(hub_.encoder.encode(record, hub_.clock.utc(), member.depth, flags));  // comes again: losing it loses nothing
  }
  count(hub_.telemetry.gateway.messages_encoded);
  const std::size_t bytes = message.in(subscriber.format).bytes().size() + kGapBytesMax;
  if (stream.channel == Channel::Trade && !quote_first(subscriber, stream.instrument, room, bytes)) return false;
  if (!has_room(subscriber, room, bytes + more_bytes)) {
    subscriber.bytes_wanted = bytes;
    return false;
  }
  if (first < record.seq) hub_.completeness.merged(member, slot, first, record.seq - 1);
  if (waited && member.next_seq == 0) member.first_seq = record.seq;
  go_live(member);
  if (member.conflate != 0 && member.conflate != kConflateLatest) member.free_at = hub_.clock.mono() + std::chrono::milliseconds{member.conflate};
  show(subscriber, slot, message, waited);
  return true;
}

/// The last value, then what was lost since: the numbers go on after that, and a newcomer must see it as well. `counted`: losing them would be a
/// loss.
void Publisher::show(Subscriber& subscriber, StreamSlot slot, const Message& message, bool counted) {
  const MonoTime now = hub_.clock.mono();
  hub_.deliver(subscriber, message, now);
  const LastValue& value = hub_.values.of(slot);
  if (!value.gap || !subscriber.connected()) return;
  const std::string_view text = hub_.encoder.encode(value.gap->header, kNoTime);
  hub_.deliver(subscriber, counted ? hub_.message(text, hub_.table.stream(slot), value.gap->header.seq, value.gap->to_seq) : hub_.message(text), now);
}

void Publisher::tell_gap(Subscriber& subscriber, StreamSlot slot, std::uint64_t first, std::uint64_t last, GapCause cause) {
  const Stream& stream = hub_.table.stream(slot);
  Gap gap = make_record<Gap>(stream.instrument, stream.channel);
  gap.header.seq = first;
  gap.to_seq = last;
  gap.cause = cause;
  const bool told = hub_.offer(subscriber, hub_.message(hub_.encoder.encode(gap.header, kNoTime), stream, first, last), hub_.clock.mono());
  Member* const member = hub_.table.member(subscriber.slot(), slot);
  if (member == nullptr) return;
  if (told) return hub_.completeness.lost(*member, slot, first, last, cause);
  if (!subscriber.parting()) lose(subscriber, *member, slot, first);
}

bool Publisher::feed(Subscriber& subscriber) {
  if (subscriber.parted()) return false;
  bool sent = false;
  const bool idle = subscriber.queued_bytes() == 0;
  for (; subscriber.has_due(); subscriber.pop_due()) {
    const StreamSlot slot = subscriber.next_due();
    Member* const member = hub_.table.member(subscriber.slot(), slot);
    if (member == nullptr || !member->listed) continue;  // left since
    if (!subscriber.has_room_to_feed(subscriber.bytes_wanted)) return wait(subscriber, sent);
    subscriber.bytes_wanted = 0;
    const std::size_t before = subscriber.queued_bytes();
    const bool served = feed_member(subscriber, *member, slot, idle);
    if (!subscriber.connected()) return sent;
    sent = sent || subscriber.queued_bytes() != before;
    if (!served) return wait(subscriber, sent);
    member->listed = false;
    if (subscriber.farewell.begun) member->delivery = Delivery::Ended;
  }
  if (subscriber.farewell.begun) end_farewell(subscriber);
  return sent;
}

/// True: nothing is due any more, or somebody else makes it due again.
bool Publisher::feed_member(Subscriber& subscriber, Member& member, StreamSlot slot, bool idle) {
  if (member.delivery == Delivery::Replay) return replay(subscriber, member, slot);
  if (member.delivery == Delivery::Lost) {
    if (!subscriber.has_room_to_feed(kGapBytesMax)) return false;
    tell_lost(subscriber, member, slot);
  }
  if (member.delivery != Delivery::Newest && !member.snapshot_due) return true;
  if (member.withheld) {
    member.snapshot_due = member.snapshot_due && member.delivery == Delivery::Newest;
    return true;  // it goes on waiting: restore() lists it again
  }
  if (member.conflate == kConflateLatest && !member.snapshot_due && !idle) return false;
  return send_newest(subscriber, member, slot, Room::Feed);
}

bool Publisher::feed_waiting() {
  if (waiting_.empty()) return false;
  const Hub::Scope scope(hub_);
  bool sent = false;
  const std::size_t now = std::min(waiting_.size(), kFedPerTurn);
  feeding_.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(now));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(now));
  for (const SubscriberSlot slot : feeding_) {
    Subscriber* const subscriber = hub_.subscribers()[slot].get();
    if (subscriber == nullptr || !std::exchange(subscriber->waiting, false)) continue;
    sent = feed(*subscriber) || sent;
  }
  return sent;
}

}  // namespace tidegate::distributor
