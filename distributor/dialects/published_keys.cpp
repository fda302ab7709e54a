#include "distributor/dialects/published_keys.hpp"

#include <array>
#include <utility>

#include "distributor/raw_json.hpp"

namespace tidegate::distributor {
namespace {

/// Where the value of a native message's key belongs; null: nowhere.
std::string_view* place_of(TopicParts& parts, std::string_view key) {
  if (key == "topic") return &parts.topic;
  if (key == "seq") return &parts.seq;
  if (key == "timestamp") return &parts.timestamp;
  if (key == "origin") return &parts.origin;
  if (key == "retained") return &parts.retained;
  if (key == "key") return &parts.key;
  if (key == "data") return &parts.data;
  return nullptr;
}

void append_member(std::string& out, std::string_view key, std::string_view value, char& separator) {
  if (separator != 0) out += separator;
  separator = ',';
  out.append("\"").append(key).append("\":").append(value);
}

}  // namespace

TopicParts topic_parts(std::string_view native) {
  TopicParts parts;
  RawJson message(native);
  RawMember member;
  while (message.next(member)) {
    if (std::string_view* const place = place_of(parts, member.key)) *place = member.value;
  }
  return parts;
}

void append_published(const TopicParts& parts, bool timestamp, std::string_view taken, std::string_view same, std::string& out) {
  char separator = 0;
  const bool object = !parts.data.empty() && parts.data.front() == '{';
  if (object) {
    RawJson data(parts.data);
    RawMember member;
    while (data.next(member)) {
      const bool clashes = !taken.empty() && is_key(member.key, taken);
      if (clashes && text_of_raw(member.value) == same) continue;
      if (clashes) {
        append_member(out, "data_" + std::string(taken), member.value, separator);
      } else {
        append_member(out, member.key, member.value, separator);
      }
    }
  } else {
    append_member(out, "data", parts.data, separator);
  }
  const std::array<std::pair<std::string_view, std::string_view>, 6> ours = {{{"topic", parts.topic},
                                                                              {"seq", parts.seq},
                                                                              {"origin", parts.origin},
                                                                              {"retained", parts.retained},
                                                                              {"key", parts.key},
                                                                              {"timestamp", timestamp ? parts.timestamp : std::string_view{}}}};
  for (const auto& [key, value] : ours) {
    if (value.empty() || (object && !raw_value(parts.data, key).empty())) continue;
    append_member(out, key, value, separator);
  }
}

std::string_view first_part(std::string_view topic) { return topic.substr(0, topic.find(':')); }

std::string_view last_part(std::string_view topic) {
  const std::size_t colon = topic.rfind(':');
  return colon == std::string_view::npos ? topic : topic.substr(colon + 1);
}

}  // namespace tidegate::distributor
