// Which messages were published under which key a while ago, so that a repeated request is recognised. Bounded; no clock; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

class PublishKeys {
 public:
  struct Entry {
    std::size_t digest = 0;      // of the data and of how it was published
    std::size_t data_bytes = 0;  // of the data
    std::uint64_t seq = 0;
    MonoTime until;
  };

  explicit PublishKeys(std::size_t keys_max) : keys_max_(keys_max) {}
  /// Those beyond it are forgotten, oldest first.
  void set_limit(std::size_t keys_max);

  /// Each user's keys are its own, and each topic's. None of the three holds a line break.
  [[nodiscard]] static std::string full_key(std::string_view user, std::string_view topic, std::string_view key);

  /// Null: not published before, or too long ago.
  [[nodiscard]] const Entry* find(const std::string& full_key, MonoTime now);
  /// A key that find() does not know. The oldest one makes room where there is none; true: that happened before its time.
  bool add(std::string full_key, const Entry& entry);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  void forget_oldest();

  std::size_t keys_max_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<const std::string*> by_age_;  // keys of entries_, oldest first: all stay equally long
};

}  // namespace tidegate::distributor
