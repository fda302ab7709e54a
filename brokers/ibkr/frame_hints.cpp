#include "brokers/ibkr/frame_hints.hpp"

#include <cstddef>

namespace tidegate::ibkr {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// What follows the opening quote of the text under a key; the key comes with its quotes. Inside of a text these would be escaped, so what is found
/// is a key, or a whole text that looks like one and is followed by no colon. Empty: no text stands there.
std::string_view text_from(std::string_view frame, std::string_view key) {
  const std::size_t found = frame.find(key);
  if (found == std::string_view::npos) return {};
  frame.remove_prefix(found + key.size());
  for (const char expected : {':', '"'}) {
    const std::size_t at = frame.find_first_not_of(kBlank);
    if (at == std::string_view::npos || frame[at] != expected) return {};
    frame.remove_prefix(at + 1);
  }
  return frame;
}

std::optional<bool> is_moving(std::string_view availability) {
  if (availability.empty()) return std::nullopt;
  switch (availability.front()) {
    case 'R':
    case 'D':
      return true;
    case 'Z':
    case 'Y':
    case 'N':
    case 'O':
      return false;
    default:
      return std::nullopt;
  }
}

std::optional<bool> is_traded(std::string_view last) {
  if (last.empty() || last.front() == 'N' || last.front() == '"') return std::nullopt;  // N/A, or an empty text
  return last.front() != 'C';
}

}  // namespace

std::string_view topic_of(std::string_view frame) {
  const std::string_view text = text_from(frame, "\"topic\"");
  const std::size_t end = text.find_first_of("\"\\");
  return end != std::string_view::npos && text[end] == '"' ? text.substr(0, end) : std::string_view{};
}

MarketHint market_hint(std::string_view frame) {
  return {.moving = is_moving(text_from(frame, "\"6509\"")), .traded = is_traded(text_from(frame, "\"31\""))};
}

}  // namespace tidegate::ibkr
