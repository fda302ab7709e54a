// JSON taken apart without reading its values, so that numbers and texts are passed on exactly as they were spelled. Pure; allocates nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::distributor {

/// One member of an object, or one element of an array (then `key` is empty).
struct RawMember {
  std::string_view key;    // between its quotes, escapes unresolved
  std::string_view value;  // one JSON value as it stands, without white space around it

  [[nodiscard]] bool is_object() const { return !value.empty() && value.front() == '{'; }
  [[nodiscard]] bool is_array() const { return !value.empty() && value.front() == '['; }
  [[nodiscard]] bool is_text() const { return !value.empty() && value.front() == '"'; }
};

/// Walks over an object or an array, once. Meant for valid JSON; any other text ends the walk early, and is never read beyond its end.
class RawJson {
 public:
  explicit RawJson(std::string_view json);

  /// False: there are no more.
  bool next(RawMember& member);
  /// The text was an object or an array, and every part of it has been walked over.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void skip_space();
  bool take(char expected);

  std::string_view rest_;
  char closing_ = 0;  // 0: neither an object nor an array
  bool first_ = true;
  bool complete_ = false;
};

/// Whether a RawMember's key means `name`, plain ASCII, however it is escaped.
[[nodiscard]] bool is_key(std::string_view key, std::string_view name);

/// The value of the first member of that name; empty: there is none. `name` is plain ASCII; a key may spell it with escapes.
[[nodiscard]] std::string_view raw_value(std::string_view object, std::string_view name);

/// A JSON string without quotes and escapes; nothing when it is none, or no valid UTF-8 comes out.
[[nodiscard]] std::optional<std::string> text_of_raw(std::string_view json);

/// Whether `text` is one JSON value (RFC 8259), in UTF-8, with at most `nesting_max` objects and arrays in one another.
[[nodiscard]] bool is_json(std::string_view text, std::size_t nesting_max);

}  // namespace tidegate::distributor
