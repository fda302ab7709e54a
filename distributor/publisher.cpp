#include "distributor/publisher.hpp"

#include <algorithm>

namespace tidegate::distributor {
namespace {



}  // namespace

void Publisher::publish(const RecordHeader& record) {
  const Hub::Scope scope(hub_);
  if (first_record_ == MonoTime{}) first_record_ = hub_.clock.mono();
  switch (record.kind) {
    case RecordKind::Trade:
    case RecordKind::Quote:
    case RecordKind::Depth:
    case RecordKind::Ticker:
    case RecordKind::Candle:
    case RecordKind::InstrumentStatus:
      return data(record);
    case RecordKind::Gap:
      if (const StreamSlot stream = hub_.table.find(record.instrument, record.channel); stream != kNoStream) gap(stream, as<Gap>(record));
      return;
    case RecordKind::State:
      return state(as<State>(record));
    case RecordKind::BrokerStatus:
      return broker_status(as<BrokerStatus>(record));
    case RecordKind::MarketStatus:
      return market_status(record);
  }
}

void Publisher::data(const RecordHeader& record) {
  const StreamSlot slot = hub_.table.find(record.instrument, record.channel);
  if (slot == kNoStream) return;  // nobody wants it; a session may be slower to unsubscribe than we are
  LastValue& value = hub_.values.of(slot);
  if (const auto hole = LastValues::unexplained_hole(value, record)) gap(slot, *hole);
  const bool was_delayed = value.delayed;
  LastValues::keep(value, record);

  const std::vector<Member>& members = hub_.table.stream(slot).members;
  if (members.empty()) return;
  if (value.delayed != was_delayed) on_delayed_change(slot, record.seq, true);
  const UtcTime published = hub_.clock.utc();
  if (record.kind == RecordKind::Depth) return book(slot, as<Depth>(record), published);
  const Message message = hub_.message(hub_.encoder.encode(record, published));
  count(hub_.telemetry.gateway.messages_encoded);
  for (const Member& member : members) offer(member, message);
}

/// Subscribers of a book see it to different depths; each depth that differs in bytes is encoded once. A reader without room for it gets the
/// newest book later instead of each: a book is a whole state, and a few whole books fill an outbox.
void Publisher::book(StreamSlot slot, const Depth& depth, UtcTime published) {
  const std::uint16_t deepest = std::max(depth.bid_count, depth.ask_count);
  for (const Member& member : hub_.table.stream(slot).members) {
    if (member.withheld) continue;
    if (member.held_back) {
      if (member.conflated) count(hub_.telemetry.gateway.messages_conflated);
      continue;
    }
    const std::uint16_t levels = std::min(member.depth, deepest);
    auto made = std::find_if(by_depth_.begin(), by_depth_.end(), [levels](const auto& entry) { return entry.first == levels; });
    if (made == by_depth_.end()) {
      by_depth_.emplace_back(levels, hub_.message(hub_.encoder.encode(depth.header, published, levels)));
      count(hub_.telemetry.gateway.messages_encoded);
      made = by_depth_.end() - 1;
    }
    Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
    if (subscriber.parting() || subscriber.make_room_for_book(made->second.in(subscriber.format).bytes().size())) {
      offer(member, made->second);
    } else {
      crowded_.push_back(member.subscriber);
    }
  }
  by_depth_.clear();
  for (const SubscriberSlot subscriber : crowded_) conflate(subscriber, slot);
  crowded_.clear();
}

void Publisher::conflate(SubscriberSlot slot, StreamSlot stream) {
  Subscriber& subscriber = *hub_.subscribers()[slot];
  Member* const member = hub_.table.member(slot, stream);
  if (member == nullptr) return;
  count(hub_.telemetry.gateway.messages_conflated);
  member->held_back = true;
  member->conflated = true;
  if (!std::exchange(member->snapshot_due, true)) subscriber.add_due(stream);
  wait(subscriber, false);
}

void Publisher::gap(StreamSlot slot, const Gap& gap) {
  LastValues::keep(hub_.values.of(slot), gap);
  const std::vector<Member>& members = hub_.table.stream(slot).members;
  if (members.empty()) return;
  const Message message = hub_.message(hub_.encoder.encode(gap.header, kNoTime));
  count(hub_.telemetry.gateway.messages_encoded);
  for (const Member& member : members) offer(member, message);
}

void Publisher::offer(const Member& member, const Message& message) {
  if (!member.held_back && !member.withheld) hub_.offer(*hub_.subscribers()[member.subscriber], message, first_record_);
}

void Publisher::state(const State& state) {
  const StreamSlot slot = hub_.table.find(state.header.instrument, state.header.channel);
  if (slot == kNoStream) return;
  LastValue& value = hub_.values.of(slot);
  const bool was_delayed = value.delayed;
  const bool was_down = value.state == StreamState::Stale || value.state == StreamState::Failed;
  LastValues::keep(value, state);
  const std::vector<Member>& members = hub_.table.stream(slot).members;
  if (members.empty()) return;
  const bool changed = value.delayed != was_delayed;
  if (changed) on_delayed_change(slot, value.last_seq + 1, false);
  const bool live = state.state == StreamState::Live;
  Message to_all, to_withheld;
  for (const Member& member : members) {
    const bool withheld = member.withheld && live && value.delayed;
    if (withheld && (changed || !was_down)) continue;  // has been told
    Message& message = withheld ? to_withheld : to_all;
    if (!message) message = hub_.message(state_text(slot, withheld));
    hub_.offer(*hub_.subscribers()[member.subscriber], message, first_record_);
  }
}

void Publisher::tell_state(Subscriber& subscriber, StreamSlot slot) { hub_.offer(subscriber, state_text(slot, is_withheld(subscriber, slot))); }

std::string Publisher::state_text(StreamSlot slot, bool withheld) {
  const Stream& stream = hub_.table.stream(slot);
  const LastValue& value = hub_.values.of(slot);
  StateFacts facts;
  facts.symbol = hub_.symbol(stream.instrument);
  facts.channel = stream.channel;
  facts.state = value.state;
  facts.broker = value.broker ? hub_.broker(*value.broker) : std::string_view{};
  facts.since = value.since;
  facts.reason = value.reason;
  facts.code = value.state == StreamState::Failed ? value.code : std::uint16_t{0};
  if (withheld) {
    facts.state = StreamState::Failed;
    facts.reason = "the broker delays this data deliberately";
    facts.code = code::kNotEntitled;
    facts.hint = R"(subscribe with "options":{"allow_delayed":true} to get it, flagged "delayed")";
  }
  return state_message(facts);
}

void Publisher::broker_status(const BrokerStatus& status) {
  const std::size_t broker = status.header.source.value();
  if (broker >= hub_.brokers.size()) return;
  BrokerHealth& health = hub_.brokers[broker];
  health.state = status.state;
  health.reason = status.reason;
  health.since = status.header.ts_received;
  const Message message = hub_.message(status_message(health));
  hub_.for_each_subscriber([&](Subscriber& subscriber) { hub_.offer(subscriber, message, first_record_); });
}

void Publisher::market_status(const RecordHeader& record) {
  const Message message = hub_.message(hub_.encoder.encode(record, kNoTime));
  hub_.for_each_subscriber([&](Subscriber& subscriber) { hub_.offer(subscriber, message, first_record_); });
}

void Publisher::owe_snapshot(Subscriber& subscriber, StreamSlot slot, bool joined) {
  Member* const member = hub_.table.member(subscriber.slot(), slot);
  if (member == nullptr || member->withheld || hub_.values.of(slot).header() == nullptr) return;
  member->held_back = member->held_back || joined;
  member->conflated = false;
  if (!std::exchange(member->snapshot_due, true)) subscriber.add_due(slot);
}

bool Publisher::feed(Subscriber& subscriber) {
  bool sent = false;
  for (; subscriber.has_due(); subscriber.pop_due()) {
    const StreamSlot slot = subscriber.next_due();
    Member* const member = hub_.table.member(subscriber.slot(), slot);
    if (member == nullptr || !member->snapshot_due) continue;  // left since
    if (member->withheld) {
      member->snapshot_due = false;  // it stays held back: restore() makes it due again
      continue;
    }
    if (!subscriber.has_room_for_snapshots()) return wait(subscriber, sent);
    const LastValue& value = hub_.values.of(slot);
    const Flags flags = member->conflated ? Flags::Conflated : value.snapshot_flags();
    const Message message = hub_.message(hub_.encoder.encode(*value.header(), hub_.clock.utc(), member->depth, flags));
    if (!subscriber.has_room(message.in(subscriber.format).bytes().size() + kGapBytesMax)) return wait(subscriber, sent);
    member->snapshot_due = false;
    member->held_back = false;
    member->conflated = false;
    sent = true;
    count(hub_.telemetry.gateway.messages_encoded);
    const MonoTime now = hub_.clock.mono();
    hub_.offer(subscriber, message, now);
    // The numbers go on after what was lost since the value: a newcomer must see that as well.
    if (value.gap) hub_.offer(subscriber, hub_.message(hub_.encoder.encode(value.gap->header, kNoTime)), now);
  }
  return sent;
}

bool Publisher::wait(Subscriber& subscriber, bool sent) {
  if (!subscriber.parting() && !std::exchange(subscriber.waiting, true)) waiting_.push_back(subscriber.slot());
  return sent;
}

bool Publisher::feed_waiting() {
  if (waiting_.empty()) return false;
  const Hub::Scope scope(hub_);
  bool sent = false;
  feeding_.swap(waiting_);
  for (const SubscriberSlot slot : feeding_) {
    Subscriber* const subscriber = hub_.subscribers()[slot].get();
    if (subscriber == nullptr || !std::exchange(subscriber->waiting, false)) continue;
    sent = feed(*subscriber) || sent;
  }
  feeding_.clear();
  return sent;
}

}  // namespace tidegate::distributor
