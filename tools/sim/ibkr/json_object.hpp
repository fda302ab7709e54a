// JSON objects written member by member, in the order given or in a random one: a client must not care.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/common/random.hpp"

namespace tidegate::sim::ibkr {

/// Quoted and escaped. Bytes above 127 stay as they are.
[[nodiscard]] std::string json_text(std::string_view text);
[[nodiscard]] inline std::string json_flag(bool value) { return value ? "true" : "false"; }
/// ["a","b"]
[[nodiscard]] std::string json_texts(const std::vector<std::string>& texts);
/// [a,b] of what is JSON already.
[[nodiscard]] std::string json_list(const std::vector<std::string>& values);

class JsonObject {
 public:
  /// `value` is JSON already.
  JsonObject& add(std::string_view name, std::string value) {
    members_.emplace_back(name, std::move(value));
    return *this;
  }
  JsonObject& text(std::string_view name, std::string_view value) { return add(name, json_text(value)); }
  JsonObject& number(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return add(name, json_flag(value)); }

  void shuffle(Random& random);
  [[nodiscard]] std::string str() const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace tidegate::sim::ibkr
