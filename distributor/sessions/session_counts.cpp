#include "distributor/sessions/session_counts.hpp"

namespace tidegate::distributor {

void SessionCounts::remove_address(const std::string& address) {
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

std::size_t SessionCounts::of_address(const std::string& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? 0 : found->second;
}

void SessionCounts::remove_user(std::string_view user, SubscriberSlot slot) {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  std::erase(found->second, slot);
  if (found->second.empty()) by_user_.erase(found);
}

const std::vector<SubscriberSlot>& SessionCounts::of_user(std::string_view user) const {
  static const std::vector<SubscriberSlot> nobody;
  const auto found = by_user_.find(user);
  return found == by_user_.end() ? nobody : found->second;
}

}  // namespace tidegate::distributor
