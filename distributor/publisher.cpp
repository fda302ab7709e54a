#include "distributor/publisher.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::distributor {
namespace {

/// What a later record does not make up for.
bool is_event(const RecordHeader& record) {
  return record.kind == RecordKind::Trade || (record.kind == RecordKind::Candle && as<Candle>(record).closed != 0);
}

/// What a subscriber can do about a broker's trouble.
std::string_view hint_for(std::uint16_t code) {
  switch (code) {
    case code::kBrokerLimit:
      return "unsubscribe from something else that this broker serves, or have its operator raise the limit or add a broker under routing";
    case code::kBrokerNotConnected:
      return "wait: the gateway connects by itself, and the stream goes on then";
    case code::kBrokerRefused:
      return "reason has the broker's own words; subscribe again once their cause is gone";
    case code::kCredentialsExpired:
      return "wait until the operator has renewed the broker's credentials; the stream goes on then";
    case code::kCompetingSession:
      return "another program uses the broker's login: end it there, or have the operator use another login";
    default:
      return {};
  }
}

/// So many members ahead of the one at hand, what a record needs of a connection is fetched, and as many more ahead its subscriber.
constexpr std::size_t kAhead = 4;

/// Of an instrument, as its channels carry them.
bool has_values(RecordKind kind) {
  switch (kind) {
    case RecordKind::Trade:
    case RecordKind::Quote:
    case RecordKind::Depth:
    case RecordKind::Ticker:
    case RecordKind::Candle:
    case RecordKind::InstrumentStatus:
      return true;
    case RecordKind::Gap:
    case RecordKind::State:
    case RecordKind::BrokerStatus:
    case RecordKind::MarketStatus:
      return false;
  }
  return false;
}

bool is_closed_candle(const RecordHeader& record) { return record.kind == RecordKind::Candle && as<Candle>(record).closed != 0; }

}  // namespace

void Publisher::publish(const RecordHeader& record) {
  const bool values = has_values(record.kind);
  const bool late = is_fill(record);
  // A burst goes on with the next values; all else finds everybody served first.
  const Hub::Scope scope(hub_, values && !late ? Hub::Scope::Way::Data : Hub::Scope::Way::Other);
  if (first_record_ == MonoTime{}) first_record_ = hub_.clock.mono();
  if (values) return late ? fill(record) : data(record);
  switch (record.kind) {
    case RecordKind::Gap:
      if (const StreamSlot stream = hub_.table.find(record.instrument, record.channel); stream != kNoStream) gap(stream, as<Gap>(record));
      return;
    case RecordKind::State:
      return state(as<State>(record));
    case RecordKind::BrokerStatus:
      return broker_status(as<BrokerStatus>(record));
    case RecordKind::MarketStatus:
      return market_status(record);
    default:
      return;  // values, which have gone their way
  }
}

void Publisher::data(const RecordHeader& record) {
  const StreamSlot slot = hub_.table.find(record.instrument, record.channel);
  if (slot == kNoStream) return;  // nobody wants it; a session may be slower to unsubscribe than we are
  LastValue& value = hub_.values.of(slot);
  if (const auto hole = LastValues::unexplained_hole(value, record)) {
    hub_.burst.end();
    gap(slot, *hole);
  }
  const bool was_delayed = value.delayed;
  if (value.last_seq == 0) hub_.completeness.begins(slot, record.seq);
  first_number_ = has(record.flags, Flags::Conflated) && value.last_seq != 0 && value.last_seq < record.seq ? value.last_seq + 1 : record.seq;
  if (first_number_ < record.seq) hub_.completeness.merged(slot, first_number_, record.seq - 1);
  LastValues::keep(value, record);
  keep_for_replay(slot, record);

  if (hub_.table.stream(slot).members.empty()) return;
  if (value.delayed != was_delayed) {
    hub_.burst.end();
    on_delayed_change(slot, record.seq, true);
  }
  spread(slot, record);
}

void Publisher::keep_for_replay(StreamSlot slot, const RecordHeader& record) {
  if (const std::size_t evicted = hub_.replay.keep(slot, record, first_record_); evicted != 0) count(hub_.telemetry.gateway.replay_evicted, evicted);
}

/// To every member that gets records as they come. The others cost a look each: what they get is settled when there is room for it.
void Publisher::spread(StreamSlot slot, const RecordHeader& record) {
  published_ = hub_.clock.utc();
  std::uint16_t deepest = 0;
  if (record.kind == RecordKind::Depth) deepest = std::max(as<Depth>(record).bid_count, as<Depth>(record).ask_count);
  const bool event = is_event(record);
  std::uint64_t left_out = 0;
  const Stream& stream = hub_.table.stream(slot);
  std::vector<Member>& members = hub_.table.stream(slot).members;
  for (std::size_t i = 0; i < members.size(); ++i) {
    fetch_ahead(members, i);
    Member& member = members[i];
    if (member.withheld) continue;
    const bool waits = member.delivery == Delivery::Newest && !member.snapshot_due;
    if (member.delivery != Delivery::Live && !(waits && is_closed_candle(record))) {
      left_out += waits ? 1 : 0;
      continue;
    }
    // Subscribers of a book see it to different depths; each depth that differs in bytes is encoded once.
    const std::uint16_t levels = std::min(member.depth, deepest);
    if (!waits && member.conflate == 0 && hub_.burst.knows(member.subscriber)) {
      Encoded& made = encoded(record, stream, levels);
      if (hub_.burst.take(member.subscriber, made.message, made.number, event, first_record_)) continue;
    }
    hub_.burst.serve(member.subscriber);
    Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
    if (!subscriber.parting()) hand_over(subscriber, member, slot, record, levels);
    hub_.burst.look_at(subscriber);
  }
  by_depth_.clear();
  if (left_out != 0) count(hub_.telemetry.gateway.messages_conflated, left_out);
}

/// Whom a burst knows need not be looked at for this record.
void Publisher::fetch_ahead(const std::vector<Member>& members, std::size_t i) const {
  if (i + 3 * kAhead < members.size()) hub_.burst.prefetch(members[i + 3 * kAhead].subscriber);
  if (i + 2 * kAhead < members.size() && !hub_.burst.knows(members[i + 2 * kAhead].subscriber)) hub_.prefetch(members[i + 2 * kAhead].subscriber);
  if (i + kAhead < members.size() && !hub_.burst.knows(members[i + kAhead].subscriber)) hub_.prefetch_connection(members[i + kAhead].subscriber);
}

Publisher::Encoded& Publisher::encoded(const RecordHeader& record, const Stream& stream, std::uint16_t levels) {
  const auto made = std::find_if(by_depth_.begin(), by_depth_.end(), [levels](const Encoded& entry) { return entry.levels == levels; });
  if (made != by_depth_.end()) return *made;
  count(hub_.telemetry.gateway.messages_encoded);
  const std::uint16_t depth = record.kind == RecordKind::Depth ? levels : kFullDepth;
  by_depth_.push_back({levels, hub_.message(hub_.encoder.encode(record, published_, depth), stream, first_number_, record.seq)});
  return by_depth_.back();
}

/// Sends the record if it may go now; else its member waits for the newest value, or begins to lose.
void Publisher::hand_over(Subscriber& subscriber, Member& member, StreamSlot slot, const RecordHeader& record, std::uint16_t levels) {
  const Stream& stream = hub_.table.stream(slot);
  const bool event = is_event(record) && (member.conflate == 0 || record.kind == RecordKind::Candle);
  const bool timed = !event && member.conflate != 0 && member.conflate != kConflateLatest;
  const MonoTime now = timed ? hub_.clock.mono() : first_record_;
  const bool too_soon = timed ? now < member.free_at : !event && member.conflate == kConflateLatest && subscriber.queued_bytes() != 0;
  if (too_soon) return hold(subscriber, member, slot, first_number_, now);

  Message bar;  // a closed candle stands for the open ones that waited
  if (member.delivery == Delivery::Newest && member.next_seq < record.seq) {
    count(hub_.telemetry.gateway.messages_encoded);
    bar = hub_.message(hub_.encoder.encode(record, published_, kFullDepth, Flags::Conflated), stream, member.next_seq, record.seq);
  }
  const Message& message = bar ? bar : encoded(record, stream, levels).message;
  const std::size_t bytes = message.in(subscriber.format).bytes().size();
  const Room room = event ? Room::Whole : Room::State;
  const bool quote_out = record.kind != RecordKind::Trade || quote_first(subscriber, record.instrument, room, bytes);
  if (quote_out && has_room(subscriber, room, bytes)) {
    if (bar) hub_.completeness.merged(member, slot, member.next_seq, record.seq - 1);
    hub_.deliver(subscriber, message, first_record_);
    if (member.delivery == Delivery::Newest) go_live(member);
    if (timed) member.free_at = now + std::chrono::milliseconds{member.conflate};
  } else if (subscriber.connected()) {
    const std::uint64_t first = member.delivery == Delivery::Newest ? member.next_seq : first_number_;
    event ? lose(subscriber, member, slot, first) : hold(subscriber, member, slot, first, now);
  }
}

void Publisher::gap(StreamSlot slot, const Gap& gap) {
  LastValue& value = hub_.values.of(slot);
  if (value.last_seq == 0) hub_.completeness.begins(slot, gap.header.seq);
  hub_.completeness.lost(slot, gap.header.seq, gap.to_seq, gap.cause);
  LastValues::keep(value, gap);
  keep_for_replay(slot, gap.header);
  const Stream& stream = hub_.table.stream(slot);
  Message message;
  for (Member& member : hub_.table.stream(slot).members) {
    if (member.delivery != Delivery::Live || member.withheld) continue;
    if (!message) {
      message = hub_.message(hub_.encoder.encode(gap.header, kNoTime), stream, gap.header.seq, gap.to_seq);
      count(hub_.telemetry.gateway.messages_encoded);
    }
    Subscriber& subscriber = *hub_.subscribers()[member.subscriber];
    if (!hub_.offer(subscriber, message, first_record_) && !subscriber.parting()) lose(subscriber, member, slot, gap.header.seq);
  }
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
    offer_state(*hub_.subscribers()[member.subscriber], slot, withheld, withheld ? to_withheld : to_all);
  }
}

void Publisher::tell_state(Subscriber& subscriber, StreamSlot slot) {
  Message message;
  offer_state(subscriber, slot, is_withheld(subscriber, slot), message);
}

void Publisher::offer_state(Subscriber& subscriber, StreamSlot slot, bool withheld, Message& shared) {
  if (!shared) shared = hub_.message(state_text(slot, withheld));
  count_told(hub_.telemetry.gateway, trouble_of(slot, withheld));
  hub_.offer(subscriber, shared, first_record_);
}

std::uint16_t Publisher::trouble_of(StreamSlot slot, bool withheld) const {
  const LastValue& value = hub_.values.of(slot);
  if (withheld) return code::kNotEntitled;
  if (value.state != StreamState::Failed && value.state != StreamState::Stale) return 0;
  const bool login_missing =
      value.code == code::kBrokerNotConnected && value.broker && hub_.brokers[value.broker->value()].state == BrokerState::AuthRequired;
  return login_missing ? code::kCredentialsExpired : value.code;
}

std::string Publisher::state_text(StreamSlot slot, bool withheld) const {
  const Stream& stream = hub_.table.stream(slot);
  const LastValue& value = hub_.values.of(slot);
  StateFacts facts;
  facts.symbol = hub_.symbol(stream.instrument);
  facts.channel = stream.channel;
  facts.state = value.state;
  facts.broker = value.broker ? hub_.broker(*value.broker) : std::string_view{};
  facts.since = value.since;
  facts.reason = value.reason;
  facts.code = trouble_of(slot, withheld);
  facts.hint = hint_for(facts.code);
  if (withheld) {
    facts.state = StreamState::Failed;
    facts.reason = "the broker delays this data deliberately";
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
  hub_.topics->on_broker_status();
  tell_everyone(hub_.message(status_message(health)));
}

void Publisher::market_status(const RecordHeader& record) {
  hub_.topics->on_market_status(as<MarketStatus>(record));
  tell_everyone(hub_.message(hub_.encoder.encode(record, kNoTime)));
}

/// Whoever still has to log in learns nothing of brokers and venues.
void Publisher::tell_everyone(const Message& message) {
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (!subscriber.session.awaiting_login) hub_.offer(subscriber, message, first_record_);
  });
}

}  // namespace tidegate::distributor
