// What an event brings: a string that holds the message, the message as an object, or an array of either. docs/protocols/xts.md#events
#pragma once

#include <optional>
#include <string_view>

#include "brokers/xts/socket_io.hpp"

namespace tidegate::xts {

/// The normal event, `["name","..."]`, by its first and last characters alone: `argument` is what stands between the quotes, and only who reads it
/// finds out whether that is one string. Nothing: another shape, or perhaps a broken one, which split_event can tell.
[[nodiscard]] std::optional<Event> guess_string_event(std::string_view payload);

/// One message of an argument.
struct Payload {
  std::string_view text;
  bool quoted = false;  // what stands between a string's quotes, escapes and all; otherwise an object
};

/// Takes payloads from an event's argument.
class ArgumentReader {
 public:
  explicit ArgumentReader(std::string_view argument);
  /// False at the end, or at a fault: then error() says which. BadShape (neither string nor object), BadJson.
  [[nodiscard]] bool next(Payload& payload);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  [[nodiscard]] bool fail(Reason reason);
  [[nodiscard]] bool take(Payload& payload);
  void skip_spaces();

  std::string_view rest_;
  bool array_ = false;
  bool first_ = true;
  bool done_ = false;
  std::optional<Error> error_;
};

}  // namespace tidegate::xts
