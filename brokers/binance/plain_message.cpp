#include "brokers/binance/plain_message.hpp"

#include "brokers/common/plain_json.hpp"

namespace tidegate::binance {
namespace {

using common::PlainJson;

/// From behind the opening bracket of a side to behind its closing one.
bool read_plain_levels(PlainJson& json, LevelList& side) {
  side.clear();
  if (json.skip(']')) return true;
  do {
    Decimal price, quantity;
    if (!json.skip('[') || !json.amount(price) || !json.skip(',') || !json.amount(quantity) || !json.skip(']')) return false;
    if (side.levels.size() == kLevelsMax) return false;
    side.levels.push_back({.price = price, .quantity = quantity});
  } while (json.skip(','));
  return json.skip(']');
}

bool read_plain_boolean(PlainJson& json, Fields& fields, std::uint8_t slot) {
  const bool value = json.peek() == 't';
  if (!json.skip(value ? std::string_view{"true"} : std::string_view{"false"})) return false;
  fields.put(slot, {.kind = common::JsonValue::Kind::Boolean, .integer = value ? 1 : 0});
  return true;
}

/// A text, an integer or a boolean.
[[gnu::always_inline]] inline bool read_plain_scalar(PlainJson& json, Fields& fields, std::uint8_t slot) {
  if (json.peek() == '"') {
    std::string_view text;
    if (!json.text(text)) return false;
    fields.put_text(slot, text);
    return true;
  }
  if (json.peek() >= '0' && json.peek() <= '9') {
    std::int64_t integer = 0;
    if (!json.integer(integer)) return false;
    fields.put_integer(slot, integer);
    return true;
  }
  return read_plain_boolean(json, fields, slot);
}

/// From behind the opening brace of "k" to behind its closing one.
bool read_plain_kline(PlainJson& json, Fields& kline) {
  kline.clear();
  do {
    std::uint8_t slot = 0;
    if (!json.key<Fields::Names>(slot) || !read_plain_scalar(json, kline, slot)) return false;
  } while (json.skip(','));
  return json.skip('}');
}

/// From the opening brace of a message to behind its closing one.
bool read_plain_fields(PlainJson& json, Message& message) {
  if (!json.skip('{')) return false;
  message.clear();
  do {
    std::uint8_t slot = 0;
    if (!json.key<Fields::Names>(slot)) return false;
    if (json.peek() == '[') {
      LevelList* const list = message.list(slot);
      if (list == nullptr || !json.skip('[') || !read_plain_levels(json, *list)) return false;
      message.fields.put(slot, {.kind = common::JsonValue::Kind::Array});
    } else if (json.peek() == '{') {
      if (slot != slot_of("k") || !json.skip('{') || !read_plain_kline(json, message.kline)) return false;
      message.fields.put(slot, {.kind = common::JsonValue::Kind::Object});
    } else if (!read_plain_scalar(json, message.fields, slot)) {
      return false;
    }
  } while (json.skip(','));
  return json.skip('}');
}

}  // namespace

bool read_plain_message(const std::string& frame, Message& message) {
  PlainJson json{frame};
  if (!json.skip(R"({"stream":)")) {
    message.stream = {};
    // At the root, these two would make it an envelope.
    return read_plain_fields(json, message) && json.at_end() && !message.fields.sent("stream") && !message.fields.sent("data");
  }
  return json.text(message.stream) && json.skip(R"(,"data":)") && read_plain_fields(json, message) && json.skip('}') && json.at_end();
}

}  // namespace tidegate::binance
