// What a published object gets beside its own keys where a dialect puts it into a message of its own. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::distributor {

/// A native `topic` message, taken apart. Everything is JSON as it stands.
struct TopicParts {
  std::string_view topic, seq, timestamp, origin, retained, key, data;
};
[[nodiscard]] TopicParts topic_parts(std::string_view native);

/// Appends the members of `data`, an object, without braces; then `topic`, `seq`, `origin`, and, where there are any, `retained` and `key`, each only
/// where data has no key of that name; `timestamp` too if asked for. `taken` is a key that the message has already: data's own member of that name
/// appears as `data_NAME`, or not at all where its value is the text `same`. Data that is no object stands under `data`.
void append_published(const TopicParts& parts, bool timestamp, std::string_view taken, std::string_view same, std::string& out);

/// The parts of a topic's name between its colons.
[[nodiscard]] std::string_view first_part(std::string_view topic);
[[nodiscard]] std::string_view last_part(std::string_view topic);

}  // namespace tidegate::distributor
