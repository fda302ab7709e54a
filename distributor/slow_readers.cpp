// The publisher's part for readers that are too slow. States wait for room and conflate (feeding.cpp); what cannot be conflated queues until the
// outbox is full, and is lost then: nothing more of the stream is queued until half of the outbox is free again, and one gap tells exactly what is
// missing. A reader that goes on losing, or takes nothing at all, gets a farewell in place of what waits for it: the newest states, the exact gaps,
// 4021. Nothing here costs the others more than a look at a flag.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "distributor/control_messages.hpp"
#include "distributor/publisher.hpp"

namespace tidegate::distributor {
namespace {

constexpr Duration kStuckInterval = std::chrono::seconds{1};  // at most, between two looks for readers that take nothing
constexpr Duration kCheckInterval = std::chrono::milliseconds{5};
constexpr std::uint32_t kWarnPercent = 75;
constexpr std::uint32_t kCalmPercent = 50;
constexpr Duration kCloseTimeMin = std::chrono::seconds{2};

/// Channels of which the newest message is all that a slow reader needs.
bool is_state(Channel channel) { return channel != Channel::Trade && !is_candle(channel); }

}  // namespace

void Publisher::lose(Subscriber& subscriber, Member& member, StreamSlot slot, std::uint64_t seq) {
  member.delivery = Delivery::Lost;
  member.next_seq = seq;
  list(subscriber, member, slot);
  hub_.begin_loss(subscriber);
}

/// One gap up to the last number, and the stream is live again. What is not a trade is shown as it stands now.
void Publisher::tell_lost(Subscriber& subscriber, Member& member, StreamSlot slot) {
  const LastValue& value = hub_.values.of(slot);
  const RecordHeader* const record = value.header();
  const bool shown =
      hub_.table.stream(slot).channel != Channel::Trade && !member.withheld && record != nullptr && record->seq >= member.next_seq && !value.gap;
  const std::uint64_t first = member.next_seq;
  const std::uint64_t last = shown ? record->seq - 1 : value.last_seq;
  member.next_seq = last + 1;
  member.delivery = shown ? Delivery::Newest : Delivery::Live;
  hub_.end_loss(subscriber);
  if (first > last) return;
  count(hub_.telemetry.gateway.messages_lost, last + 1 - first);
  if (subscriber.farewell.begun) subscriber.farewell.messages_lost += last + 1 - first;
  const Stream& stream = hub_.table.stream(slot);
  Gap gap = make_record<Gap>(stream.instrument, stream.channel);
  gap.header.seq = first;
  gap.to_seq = last;
  gap.cause = GapCause::SlowClient;
  hub_.completeness.lost(member, slot, first, last, gap.cause);
  hub_.deliver(subscriber, hub_.message(hub_.encoder.encode(gap.header, kNoTime), stream, first, last), hub_.clock.mono());
}

/// Streams and topics that were left while they were losing still count: this counts anew.
bool Publisher::is_losing(Subscriber& subscriber) {
  Slowness& slowness = subscriber.slowness;
  slowness.losing = hub_.topics->losing(subscriber);
  subscriber.for_each_due([&](StreamSlot slot) {
    const Member* const member = hub_.table.member(subscriber.slot(), slot);
    if (member != nullptr && member->listed && member->delivery == Delivery::Lost) ++slowness.losing;
  });
  if (slowness.losing == 0) slowness.recovered_at = hub_.clock.mono();
  return slowness.losing != 0;
}

void Publisher::find_stuck(MonoTime now) {
  if (now < next_stuck_) return;
  next_stuck_ = now + std::min(kStuckInterval, hub_.options.slow_reader_timeout / 4);
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (subscriber.slowness.watched || subscriber.parted() || subscriber.queued_bytes() == 0) return;
    subscriber.slowness.taken = subscriber.taken_bytes();
    subscriber.slowness.stuck_since = now;
    hub_.watch(subscriber);
  });
}

void Publisher::check_slow(MonoTime now) {
  if (hub_.watched.empty() || (now < next_check_ && hub_.watched.size() == checked_count_)) return;
  next_check_ = now + kCheckInterval;
  const Hub::Scope scope(hub_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < hub_.watched.size(); ++i) {
    const SubscriberSlot slot = hub_.watched[i];
    Subscriber* const subscriber = hub_.subscribers()[slot].get();
    if (subscriber == nullptr || !subscriber->slowness.watched) continue;
    check_slow(*subscriber, now);
    if (subscriber->slowness.watched) hub_.watched[kept++] = slot;
  }
  hub_.watched.resize(kept);
  checked_count_ = kept;
}

void Publisher::check_slow(Subscriber& subscriber, MonoTime now) {
  Slowness& slowness = subscriber.slowness;
  if (subscriber.parted()) {
    slowness.watched = false;
    return;
  }
  if (subscriber.farewell.begun) {
    if (now < subscriber.farewell.give_up_at) return;
    subscriber.farewell.give_up_at = MonoTime{INT64_MAX};
    return subscriber.cut();
  }
  const std::size_t queued = subscriber.queued_bytes();
  if (const std::uint64_t taken = subscriber.taken_bytes(); taken != slowness.taken || queued == 0 || slowness.stuck_since == MonoTime{}) {
    slowness.taken = taken;
    slowness.stuck_since = now;
  }
  warn(subscriber);
  const Duration timeout = hub_.options.slow_reader_timeout;
  const bool lost_too_long = slowness.losing != 0 && now - slowness.losing_since >= timeout && is_losing(subscriber);
  const bool stuck = queued != 0 && now - slowness.stuck_since >= timeout;
  if (slowness.overflowed || lost_too_long || stuck) return begin_farewell(subscriber, now);
  if (queued == 0 && !slowness.told && slowness.losing == 0) {
    slowness.watched = false;
    slowness.stuck_since = MonoTime{};
  }
}

void Publisher::warn(Subscriber& subscriber) {
  Slowness& slowness = subscriber.slowness;
  const std::size_t waiting = subscriber.backlog();
  const std::size_t outbox = subscriber.outbox_bytes();
  const bool begins = !slowness.told && waiting * 100 >= outbox * kWarnPercent;
  const bool ends = slowness.told && waiting * 100 <= outbox * kCalmPercent;
  if (!begins && !ends) return;
  slowness.told = begins;
  if (begins) count(hub_.telemetry.gateway.readers_warned);
  hub_.offer(subscriber, slow_message(begins, waiting, outbox, hub_.clock.utc()));
}

// ---- the farewell ----

void Publisher::begin_farewell(Subscriber& subscriber, MonoTime now) {
  count(hub_.telemetry.gateway.subscribers_too_slow);
  const Slowness& slowness = subscriber.slowness;
  Farewell& farewell = subscriber.farewell;
  farewell.begun = true;
  farewell.give_up_at = now + hub_.options.slow_reader_farewell;
  farewell.behind = now - (slowness.losing != 0 ? slowness.losing_since : slowness.stuck_since);
  take_back(subscriber);
  subscriber.clear_due();
  subscriber.bytes_wanted = 0;
  const std::vector<StreamSlot> streams = hub_.table.streams_of(subscriber.slot());
  for (const bool states : {true, false}) {
    for (const StreamSlot slot : streams) {
      Member& member = *hub_.table.member(subscriber.slot(), slot);
      if (is_state(hub_.table.stream(slot).channel) != states) continue;
      member.listed = false;
      if (member.delivery == Delivery::Replay) member.delivery = Delivery::Lost;
      member.snapshot_due = member.snapshot_due && member.delivery == Delivery::Newest;
      if (member.delivery == Delivery::Live) {
        member.delivery = Delivery::Ended;
      } else {
        list(subscriber, member, slot);
      }
    }
  }
  feed(subscriber);  // what there is no room for yet follows; check_slow() gives up in the end
}

/// What has not begun to leave is taken out of the outbox; its numbers are lost, or the newest value will stand for them.
void Publisher::take_back(Subscriber& subscriber) {
  subscriber.drop_unsent([&](const net::FrameRef& frame) {
    subscriber.farewell.bytes_dropped += frame.bytes().size();
    const net::FrameLabel label = frame.label();
    if (Topics::is_topic(label)) return hub_.topics->take_back(subscriber, label);
    const StreamSlot slot = label.last == 0 ? kNoStream : hub_.table.find(label.subject);
    Member* const member = slot == kNoStream ? nullptr : hub_.table.member(subscriber.slot(), slot);
    if (member == nullptr) return;  // left since
    if (member->delivery == Delivery::Live) {
      const RecordHeader* const value = hub_.values.of(slot).header();
      const bool value_stands = (is_state(hub_.table.stream(slot).channel) || member->conflate != 0) && value != nullptr && value->seq >= label.first;
      member->delivery = value_stands && !member->withheld ? Delivery::Newest : Delivery::Lost;
      member->next_seq = label.first;
    } else if (member->next_seq != 0) {
      member->next_seq = std::min(member->next_seq, label.first);
    }
  });
}

/// All of it has gone out: the last words.
void Publisher::end_farewell(Subscriber& subscriber) {
  if (subscriber.parted()) return;
  Farewell& farewell = subscriber.farewell;
  farewell.messages_lost += hub_.topics->tell_losses(subscriber);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(farewell.behind).count();
  subscriber.set_close_timeout(std::max(kCloseTimeMin, farewell.give_up_at - hub_.clock.mono()));
  hub_.part(subscriber,
            {code::kSlowReader,
             "reading too slowly: " + std::to_string(farewell.messages_lost) + " messages lost, " + std::to_string(farewell.bytes_dropped) +
                 " bytes dropped after " + std::to_string(seconds) + " s",
             "read faster, subscribe to less, lower the depth, or ask for \"conflate\"; then connect again, with \"since\" to get what is lost"});
}

}  // namespace tidegate::distributor
