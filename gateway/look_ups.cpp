#include "gateway/look_ups.hpp"

#include <algorithm>

namespace tidegate {
namespace {

constexpr std::size_t kNameBytesMax = 64;

}  // namespace

bool LookUps::is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax || text.front() == ' ' || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
}

LookUps::Stand LookUps::ask(const std::string& name, std::span<const BrokerId> brokers, MonoTime now) {
  forget(now);
  if (const auto known = names_.find(name); known != names_.end()) return known->second.empty() ? Stand::Answered : Stand::UnderWay;
  if (names_.size() >= limits_.names || found_ >= limits_.found) return Stand::Full;
  names_.emplace(name, std::vector<BrokerId>{brokers.begin(), brokers.end()});
  for (const BrokerId broker : brokers) requests_[broker.value()].push_back(name);
  has_requests_ = true;
  return Stand::Asked;
}

bool LookUps::under_way(std::string_view name) const {
  const auto known = names_.find(name);
  return known != names_.end() && !known->second.empty();
}

bool LookUps::answered(const std::string& name, BrokerId broker, bool found, MonoTime now) {
  const auto known = names_.find(name);
  if (known == names_.end() || std::erase(known->second, broker) == 0) return false;
  if (found) ++found_;
  if (!known->second.empty()) return false;
  remembered_.emplace_back(now + limits_.kept, name);
  return true;
}

void LookUps::give_up(BrokerId broker, MonoTime now) {
  for (auto& [name, awaited] : names_) {
    if (std::erase(awaited, broker) != 0 && awaited.empty()) remembered_.emplace_back(now, name);
  }
  requests_[broker.value()].clear();
}

std::vector<std::vector<std::string>> LookUps::take_requests() {
  has_requests_ = false;
  return std::exchange(requests_, std::vector<std::vector<std::string>>(requests_.size()));
}

void LookUps::forget(MonoTime now) {
  while (!remembered_.empty() && remembered_.front().first <= now) {
    names_.erase(remembered_.front().second);
    remembered_.pop_front();
  }
}

}  // namespace tidegate
