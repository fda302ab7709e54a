#include "distributor/topics/publish_keys.hpp"

#include <utility>

namespace tidegate::distributor {

std::string PublishKeys::full_key(std::string_view user, std::string_view topic, std::string_view key) {
  std::string full;
  full.reserve(user.size() + topic.size() + key.size() + 2);
  full.append(user).append("\n").append(topic).append("\n").append(key);
  return full;
}

const PublishKeys::Entry* PublishKeys::find(const std::string& full_key, MonoTime now) {
  while (!by_age_.empty() && entries_.find(*by_age_.front())->second.until <= now) forget_oldest();
  const auto found = entries_.find(full_key);
  return found == entries_.end() ? nullptr : &found->second;
}

bool PublishKeys::add(std::string full_key, const Entry& entry) {
  const bool full = entries_.size() >= keys_max_;
  if (full) forget_oldest();
  const auto [place, added] = entries_.emplace(std::move(full_key), entry);
  if (added) by_age_.push_back(&place->first);
  return full;
}

void PublishKeys::set_limit(std::size_t keys_max) {
  keys_max_ = keys_max;
  while (entries_.size() > keys_max_) forget_oldest();
}

void PublishKeys::forget_oldest() {
  if (by_age_.empty()) return;
  const std::string* const oldest = by_age_.front();
  by_age_.pop_front();
  entries_.erase(entries_.find(*oldest));
}

}  // namespace tidegate::distributor
