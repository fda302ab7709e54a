// The publisher's part for clients that come back: what they missed, from the stream's ring, then live, without a hole or a repetition. While a
// member is being fed from the ring the records that come join the ring alone, so that it catches up with them there.
#include <algorithm>
#include <string>
#include <utility>

#include "distributor/publisher.hpp"

namespace tidegate::distributor {
namespace {

Complaint unknown_position(std::string message) {
  return {code::kResumeUnknown, "resume position unknown: " + std::move(message),
          "what came since then cannot be told; the subscription begins anew: count from its first message, in the epoch of the welcome"};
}

}  // namespace

/// The member continues behind number `since`. Returns why it cannot.
Complaint Publisher::resume(Subscriber& subscriber, Member& member, StreamSlot slot, const std::string& epoch, std::uint64_t since) {
  const LastValue& value = hub_.values.of(slot);
  if (epoch.empty()) return unknown_position("since came without an epoch");
  if (epoch != hub_.options.epoch) return unknown_position("the epoch is another");
  if (since > value.last_seq) {
    return unknown_position(value.last_seq == 0 ? "nothing is remembered of this stream" : "the stream has not come to that number");
  }
  count(hub_.telemetry.gateway.resumes);
  hub_.completeness.resumes(member, slot, since);
  if (hub_.completeness.has_fills(slot)) member.first_seq = since + 1;  // of what came later than its place it may have missed some
  member.snapshot_due = false;
  member.replayed = false;
  member.resumed = true;
  member.delivery = Delivery::Replay;
  member.next_seq = since + 1;
  list(subscriber, member, slot);
  return {};
}

/// True: the member has caught up, or begins with a snapshot. False: there was no room for all.
bool Publisher::replay(Subscriber& subscriber, Member& member, StreamSlot slot) {
  for (;;) {
    const LastValue& value = hub_.values.of(slot);
    if (member.next_seq > value.last_seq) {
      go_live(member);
      return true;
    }
    if (!subscriber.has_room_to_feed(kGapBytesMax)) return false;
    const std::uint64_t first = hub_.replay.first_seq(slot, hub_.clock.mono());
    if (first != 0 && member.next_seq >= first) return replay_from(subscriber, member, slot);
    if (!member.replayed) return begin_outside_window(subscriber, member, slot);
    // It reads more slowly than the ring turns.
    const std::uint64_t last = first == 0 ? value.last_seq : first - 1;
    if (hub_.completeness.has_fills(slot)) member.first_seq = std::max(member.first_seq, last + 1);  // which of them it has got is not remembered
    count(hub_.telemetry.gateway.messages_lost, last + 1 - member.next_seq);
    const std::uint64_t lost = std::exchange(member.next_seq, last + 1);
    tell_gap(subscriber, slot, lost, last, GapCause::SlowClient);
    if (member.delivery != Delivery::Replay) return true;  // not even the gap had room
  }
}

/// Sends what the ring holds from the member's next number on.
bool Publisher::replay_from(Subscriber& subscriber, Member& member, StreamSlot slot) {
  ReplayRings::Cursor cursor;
  const RecordHeader* record = hub_.replay.find(slot, member.next_seq, cursor);
  std::uint64_t kept_back = 0;  // the last number of a row that is delayed and was not asked for
  for (; record != nullptr; record = hub_.replay.next(slot, cursor)) {
    if (is_fill(*record)) {
      give_fill(subscriber, member, slot, fill_message(*record), record->seq, Room::Feed);
      if (!subscriber.connected()) return false;
      continue;
    }
    if (record->kind != RecordKind::Gap && has(record->flags, Flags::Delayed) && !member.allow_delayed) {
      kept_back = record->seq;
      continue;
    }
    if (kept_back != 0) {
      if (!subscriber.has_room_to_feed(kGapBytesMax)) return false;
      const std::uint64_t first = std::exchange(member.next_seq, kept_back + 1);
      tell_gap(subscriber, slot, first, std::exchange(kept_back, 0), GapCause::NotEntitled);
      if (member.delivery != Delivery::Replay) return true;
    }
    if (!replay_record(subscriber, member, slot, *record)) return false;
  }
  go_live(member);
  if (kept_back != 0 && !member.withheld) {  // no longer delayed, though nothing has come since
    const std::uint64_t first = std::exchange(member.next_seq, kept_back + 1);
    tell_gap(subscriber, slot, first, kept_back, GapCause::NotEntitled);
  }
  return true;
}

bool Publisher::replay_record(Subscriber& subscriber, Member& member, StreamSlot slot, const RecordHeader& record) {
  const Stream& stream = hub_.table.stream(slot);
  const std::uint64_t last = last_number(record);
  std::string_view text;
  if (record.kind == RecordKind::Gap && record.seq < member.next_seq) {
    Gap rest = as<Gap>(record);
    rest.header.seq = member.next_seq;
    text = hub_.encoder.encode(rest.header, kNoTime);
  } else {
    text = hub_.encoder.encode(record, hub_.clock.utc(), member.depth, Flags::Replayed);
  }
  const Message message = hub_.message(text, stream, member.next_seq, last);
  const std::size_t bytes = message.in(subscriber.format).bytes().size();
  if (!subscriber.has_room_to_feed(bytes)) {
    subscriber.bytes_wanted = bytes;
    return false;
  }
  count(hub_.telemetry.gateway.messages_encoded);
  count(hub_.telemetry.gateway.messages_replayed);
  hub_.deliver(subscriber, message, hub_.clock.mono());
  member.replayed = true;
  member.next_seq = last + 1;
  return subscriber.connected();
}

/// More is missing than the ring holds: no part of it is sent, but the gap up to the last value, and that, both at once: a later value would leave
/// another hole between them.
bool Publisher::begin_outside_window(Subscriber& subscriber, Member& member, StreamSlot slot) {
  const Stream& stream = hub_.table.stream(slot);
  const LastValue& value = hub_.values.of(slot);
  const RecordHeader* const record = value.header();
  Message snapshot;
  std::size_t bytes = 2 * kGapBytesMax;
  if (member.wants_snapshot && !member.withheld && record != nullptr && record->seq >= member.next_seq) {
    snapshot = hub_.message(hub_.encoder.encode(*record, hub_.clock.utc(), member.depth, value.snapshot_flags()), stream, record->seq, record->seq);
    count(hub_.telemetry.gateway.messages_encoded);
    bytes += snapshot.in(subscriber.format).bytes().size();
    if (stream.channel == Channel::Trade && !quote_first(subscriber, stream.instrument, Room::Feed, bytes)) return false;
  }
  if (!subscriber.has_room_to_feed(bytes)) {
    subscriber.bytes_wanted = bytes;
    return false;
  }
  count(hub_.telemetry.gateway.resumes_outside_window);
  const std::uint64_t first = member.next_seq;
  const std::uint64_t last = snapshot ? record->seq - 1 : value.last_seq;
  member.next_seq = last + 1;
  go_live(member);
  if (first <= last) tell_gap(subscriber, slot, first, last, GapCause::ResumeWindow);
  if (snapshot && subscriber.connected()) show(subscriber, slot, snapshot, true);
  return true;
}

}  // namespace tidegate::distributor
