#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20U) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4U];
      out += kDigits[static_cast<unsigned char>(c) & 0xFU];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ',';
    out += value;
  }
  return out + ']';
}

std::string json_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const std::string& text : texts) quoted.push_back(json_text(text));
  return json_list(quoted);
}

void JsonObject::shuffle(Random& random) {
  for (std::size_t i = members_.size(); i > 1; --i)
    std::swap(members_[i - 1], members_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
}

std::string JsonObject::str() const {
  std::string out = "{";
  for (const auto& [name, value] : members_) {
    if (out.size() > 1) out += ',';
    out += json_text(name) + ':' + value;
  }
  return out + '}';
}

}  // namespace tidegate::sim::ibkr
