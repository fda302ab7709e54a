// Connections by user and by address. One thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "distributor/subscription_table.hpp"

namespace tidegate::distributor {

class SessionCounts {
 public:
  using Users = std::map<std::string, std::vector<SubscriberSlot>, std::less<>>;

  void add_address(const std::string& address) { ++by_address_[address]; }
  void remove_address(const std::string& address);
  [[nodiscard]] std::size_t of_address(const std::string& address) const;

  void add_user(const std::string& user, SubscriberSlot slot) { by_user_[user].push_back(slot); }
  void remove_user(std::string_view user, SubscriberSlot slot);
  /// Connections of a user that are not being closed.
  [[nodiscard]] const std::vector<SubscriberSlot>& of_user(std::string_view user) const;
  [[nodiscard]] const Users& users() const { return by_user_; }

 private:
  std::unordered_map<std::string, std::size_t> by_address_;
  Users by_user_;
};

}  // namespace tidegate::distributor
