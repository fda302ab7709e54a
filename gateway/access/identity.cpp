#include "gateway/access/identity.hpp"

#include <algorithm>
#include <array>

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 2> kOwnedTopics = {"user:", "portfolio:"};

/// Greedy with one point of return, so that no pattern makes it slow.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, star = std::string_view::npos, resume = 0, i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.size() && pattern[at] == text[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

/// The user whom a topic belongs to; empty: nobody.
std::string_view owner(std::string_view topic) {
  for (const std::string_view family : kOwnedTopics) {
    if (!topic.starts_with(family)) continue;
    topic.remove_prefix(family.size());
    return topic.substr(0, topic.find(':'));
  }
  return {};
}

}  // namespace

bool Patterns::match(std::string_view text) const {
  return std::ranges::any_of(patterns_, [text](const std::string& pattern) { return matches(pattern, text); });
}

bool Identity::may_see(std::string_view symbol, Channel channel) const {
  return admin ||
         std::ranges::any_of(grants, [&](const Grant& grant) { return grant.symbols.match(symbol) && grant.channels.match(to_text(channel)); });
}

bool Identity::may_read(std::string_view topic) const {
  if (admin) return true;
  if (const std::string_view whose = owner(topic); !whose.empty() || topic.starts_with(kOwnedTopics[0])) return !user.empty() && whose == user;
  return std::ranges::any_of(grants, [topic](const Grant& grant) { return grant.topics.match(topic); });
}

bool Identity::may_publish(std::string_view topic) const {
  return admin || std::ranges::any_of(grants, [topic](const Grant& grant) { return grant.publish.match(topic); });
}

}  // namespace tidegate
