#include "distributor/subscription_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tidegate::distributor {

StreamSlot SubscriptionTable::open(InstrumentId instrument, Channel channel, bool& opened) {
  const auto [place, added] = by_key_.try_emplace(key(instrument, channel), kNoStream);
  opened = added;
  if (!added) {
    if (std::exchange(streams_[place->second].lingering, false)) doubt_depth(streams_[place->second]);
    return place->second;
  }
  if (free_.empty()) {
    place->second = static_cast<StreamSlot>(streams_.size());
    streams_.emplace_back();
  } else {
    place->second = free_.back();
    free_.pop_back();
  }
  Stream& stream = streams_[place->second];
  stream.instrument = instrument;
  stream.channel = channel;
  demand_changed_ = true;
  return place->second;
}

void SubscriptionTable::deepen(Stream& stream, std::uint16_t depth) {
  if (stream.channel != Channel::OrderBook || depth <= stream.depth) return;
  stream.depth = depth;
  demand_changed_ = true;
}

void SubscriptionTable::doubt_depth(Stream& stream) {
  if (stream.channel != Channel::OrderBook) return;
  stream.depth_unsure = true;
  depths_unsure_ = true;
}

SubscriptionTable::Added SubscriptionTable::add(SubscriberSlot subscriber, InstrumentId instrument, Channel channel, std::uint16_t depth) {
  Added added;
  added.stream = open(instrument, channel, added.opened);
  Stream& stream = streams_[added.stream];
  if (subscriber >= held_.size()) held_.resize(subscriber + std::size_t{1});
  const auto [place, joined] = held_[subscriber].try_emplace(added.stream, static_cast<std::uint32_t>(stream.members.size()));
  added.joined = joined;
  if (joined) {
    Member& member = stream.members.emplace_back();
    member.subscriber = subscriber;
    member.depth = depth;
    ++subscription_count_;
  } else {
    Member& member = stream.members[*place];
    if (depth < member.depth) doubt_depth(stream);
    member.depth = depth;
  }
  deepen(stream, depth);
  return added;
}

/// Takes one member out by moving the last into its place. True: nobody is left who wants the stream.
bool SubscriptionTable::forget(StreamSlot slot, std::uint32_t position) {
  Stream& stream = streams_[slot];
  doubt_depth(stream);
  if (position + std::size_t{1} != stream.members.size()) {
    stream.members[position] = stream.members.back();
    *held_[stream.members[position].subscriber].find(slot) = position;
  }
  stream.members.pop_back();
  --subscription_count_;
  return stream.members.empty() && !stream.standing;
}

bool SubscriptionTable::remove(SubscriberSlot subscriber, StreamSlot slot) {
  if (subscriber >= held_.size()) return false;
  const std::uint32_t* const place = held_[subscriber].find(slot);
  if (place == nullptr) return false;
  const std::uint32_t position = *place;
  held_[subscriber].erase(slot);
  return forget(slot, position);
}

void SubscriptionTable::remove_all(SubscriberSlot subscriber, std::vector<StreamSlot>& orphans) {
  if (subscriber >= held_.size()) return;
  const auto held = std::exchange(held_[subscriber], {});
  held.for_each([&](StreamSlot slot, std::uint32_t position) {
    if (forget(slot, position)) orphans.push_back(slot);
  });
}

bool SubscriptionTable::hold(InstrumentId instrument, Channel channel, std::uint16_t depth) {
  bool opened = false;
  Stream& stream = streams_[open(instrument, channel, opened)];
  stream.standing = true;
  stream.standing_depth = std::max(stream.standing_depth, depth);
  deepen(stream, depth);
  return opened;
}

bool SubscriptionTable::let_go(StreamSlot slot) {
  Stream& stream = streams_[slot];
  if (!std::exchange(stream.standing, false)) return false;
  stream.standing_depth = 0;
  doubt_depth(stream);
  return stream.members.empty();
}

void SubscriptionTable::linger(StreamSlot slot, MonoTime until) {
  Stream& stream = streams_[slot];
  assert(stream.members.empty() && !stream.standing);
  stream.lingering = true;
  stream.linger_until = until;
  if (!std::exchange(stream.linger_listed, true)) lingering_.push_back(slot);
  next_expiry_ = std::min(next_expiry_, until);
}

void SubscriptionTable::expire(MonoTime now, std::vector<StreamSlot>& closed) {
  if (now < next_expiry_) return;
  next_expiry_ = MonoTime{INT64_MAX};
  std::size_t kept = 0;
  for (const StreamSlot slot : lingering_) {
    Stream& stream = streams_[slot];
    if (!stream.lingering) {
      stream.linger_listed = false;
      continue;
    }
    if (now < stream.linger_until) {
      next_expiry_ = std::min(next_expiry_, stream.linger_until);
      lingering_[kept++] = slot;
      continue;
    }
    by_key_.erase(key(stream.instrument, stream.channel));
    stream = Stream{};
    free_.push_back(slot);
    closed.push_back(slot);
    demand_changed_ = true;
  }
  lingering_.resize(kept);
}

StreamSlot SubscriptionTable::find(InstrumentId instrument, Channel channel) const { return find(key(instrument, channel)); }

StreamSlot SubscriptionTable::find(std::uint64_t key) const {
  const auto place = by_key_.find(key);
  return place == by_key_.end() ? kNoStream : place->second;
}

Member* SubscriptionTable::member(SubscriberSlot subscriber, StreamSlot slot) {
  if (subscriber >= held_.size()) return nullptr;
  const std::uint32_t* const place = held_[subscriber].find(slot);
  return place == nullptr ? nullptr : &streams_[slot].members[*place];
}

std::size_t SubscriptionTable::subscriptions_of(SubscriberSlot subscriber) const { return subscriber < held_.size() ? held_[subscriber].size() : 0; }

std::vector<StreamSlot> SubscriptionTable::streams_of(SubscriberSlot subscriber) const {
  std::vector<StreamSlot> slots;
  if (subscriber >= held_.size()) return slots;
  slots.reserve(held_[subscriber].size());
  held_[subscriber].for_each([&](StreamSlot slot, std::uint32_t) { slots.push_back(slot); });
  std::sort(slots.begin(), slots.end(), [this](StreamSlot a, StreamSlot b) {
    return key(streams_[a].instrument, streams_[a].channel) < key(streams_[b].instrument, streams_[b].channel);
  });
  return slots;
}

bool SubscriptionTable::take_demand_change() {
  if (std::exchange(depths_unsure_, false)) {
    for (Stream& stream : streams_) {
      if (!std::exchange(stream.depth_unsure, false) || stream.lingering) continue;
      std::uint16_t depth = stream.standing_depth;
      for (const Member& member : stream.members) depth = std::max(depth, member.depth);
      demand_changed_ = demand_changed_ || depth != stream.depth;
      stream.depth = depth;
    }
  }
  return std::exchange(demand_changed_, false);
}

}  // namespace tidegate::distributor
