#include "distributor/topics/topic_table.hpp"

#include <algorithm>
#include <utility>

#include "distributor/json_text.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kPersonalFamilies[] = {"user:", "portfolio:"};

bool unused(const Topic& topic) { return !topic.name.empty() && topic.members.empty() && topic.retained.empty() && !topic.live; }

}  // namespace

bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > kTopicBytesMax) return false;
  while (!name.empty()) {
    const std::size_t length = utf8_length(name);
    const char c = name[0];
    if (length == 0 || (length == 1 && (c <= ' ' || c == '"' || c == '\\' || c == '*' || c == 0x7F))) return false;
    name.remove_prefix(length);
  }
  return true;
}

bool is_personal_topic(std::string_view name) {
  return std::ranges::any_of(kPersonalFamilies, [name](std::string_view family) { return name.starts_with(family); });
}

TopicSlot TopicTable::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoTopic : found->second;
}

TopicSlot TopicTable::open(std::string_view name) {
  if (const TopicSlot known = find(name); known != kNoTopic) return known;
  if (by_name_.size() >= topics_max_) forget_unused();
  if (by_name_.size() >= topics_max_) return kNoTopic;
  auto slot = static_cast<TopicSlot>(topics_.size());
  if (free_.empty()) {
    topics_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  topics_[slot].name = name;
  topics_[slot].seq = highest_forgotten_;
  by_name_.emplace(name, slot);
  return slot;
}

bool TopicTable::add(SubscriberSlot subscriber, TopicSlot slot) {
  if (subscriber >= held_.size()) held_.resize(subscriber + std::size_t{1});
  std::vector<TopicMember>& members = topics_[slot].members;
  if (!held_[subscriber].emplace(slot, static_cast<std::uint32_t>(members.size())).second) return false;
  members.push_back({subscriber});
  ++subscription_count_;
  return true;
}

bool TopicTable::remove(SubscriberSlot subscriber, TopicSlot slot) {
  if (subscriber >= held_.size()) return false;
  const auto held = held_[subscriber].find(slot);
  if (held == held_[subscriber].end()) return false;
  std::vector<TopicMember>& members = topics_[slot].members;
  const std::uint32_t position = held->second;
  held_[subscriber].erase(held);
  if (position + std::size_t{1} < members.size()) {
    members[position] = members.back();
    held_[members[position].subscriber][slot] = position;
  }
  members.pop_back();
  --subscription_count_;
  return true;
}

void TopicTable::remove_all(SubscriberSlot subscriber) {
  if (subscriber >= held_.size()) return;
  while (!held_[subscriber].empty()) remove(subscriber, held_[subscriber].begin()->first);
  held_[subscriber] = {};  // idle slots hold no memory
}

std::vector<TopicSlot> TopicTable::topics_of(SubscriberSlot subscriber) const {
  std::vector<TopicSlot> slots;
  if (subscriber >= held_.size()) return slots;
  for (const auto& [slot, position] : held_[subscriber]) slots.push_back(slot);
  std::ranges::sort(slots, {}, [this](TopicSlot slot) -> const std::string& { return topics_[slot].name; });
  return slots;
}

std::size_t TopicTable::subscriptions_of(SubscriberSlot subscriber) const { return subscriber < held_.size() ? held_[subscriber].size() : 0; }

const TopicMember* TopicTable::member(SubscriberSlot subscriber, TopicSlot slot) const {
  if (subscriber >= held_.size()) return nullptr;
  const auto held = held_[subscriber].find(slot);
  return held == held_[subscriber].end() ? nullptr : &topics_[slot].members[held->second];
}

TopicMember* TopicTable::member(SubscriberSlot subscriber, TopicSlot slot) {
  return const_cast<TopicMember*>(std::as_const(*this).member(subscriber, slot));
}

void TopicTable::retain(TopicSlot slot, std::string message, std::uint64_t seq) {
  Topic& topic = topics_[slot];
  retained_bytes_ += message.size();
  retained_bytes_ -= topic.retained.size();
  if (topic.retained.empty() != message.empty()) topic.retained.empty() ? ++retained_count_ : --retained_count_;
  topic.retained = std::move(message);
  topic.retained_seq = seq;
}

void TopicTable::forget_unused() {
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    if (!unused(topics_[i])) continue;
    highest_forgotten_ = std::max(highest_forgotten_, topics_[i].seq);
    by_name_.erase(topics_[i].name);
    topics_[i] = {};
    free_.push_back(static_cast<TopicSlot>(i));
  }
}

}  // namespace tidegate::distributor
