// Full JSON messages: the text of `<code>-json-full` events and of quotes in REST answers. docs/protocols/xts.md#full-json
#pragma once

#include <optional>
#include <string_view>

#include "brokers/xts/json_reader.hpp"
#include "brokers/xts/message_sink.hpp"

namespace tidegate::xts {

/// Gives one message, one message that is not used, or one fault in a field for each text that is a JSON object. A field that is missing or null is
/// absent; these must be there: the code, segment and instrument (no instrument in 1507), the book's sides in 1502, time and prices of a candle
/// (1505), the text of 1507, the open interest in 1510, the price in 1512. Faults name the field: MissingField, BadInteger, BadDecimal, Overflow,
/// BadText, BadShape, TooManyLevels. One thread.
class FullReader {
 public:
  /// JSON as it is. Errors, of which the sink hears nothing: BadJson, BadShape.
  [[nodiscard]] std::optional<Error> read(std::string_view json, MessageSink& sink);
  /// JSON inside of a JSON string, without its quotes, a readable byte behind its end. The same errors.
  [[nodiscard]] std::optional<Error> read_quoted(std::string_view text, MessageSink& sink);

 private:
  JsonReader reader_;
};

}  // namespace tidegate::xts
