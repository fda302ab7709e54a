// The socket's text messages: {"type":...,"data":...}. Pure. docs/protocols/zerodha.md#text-messages
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace tidegate::zerodha {

struct TextMessage {
  enum class Kind : std::uint8_t {
    Order,            // an order of the logged-in user, from any of their platforms; `data` is private: never to be logged
    Error,            // `words`; nothing on this socket ends the connection
    Notice,           // type "message": the broker's words to people, in `words`
    InstrumentsMeta,  // undocumented, first after the connection: `count` and `etag` of today's instrument list
    AppCode,          // undocumented, says nothing to us
    Unknown,          // another type, or none
  };
  Kind kind = Kind::Unknown;
  std::string_view data;               // raw JSON of `data` as received, a view into the message; empty: not sent
  std::string words;                   // Error and Notice: the text in `data`; its raw JSON where it is no text
  std::optional<std::uint64_t> count;  // InstrumentsMeta: rows of the list; absent: not sent, or no such number
  std::string etag;                    // InstrumentsMeta; empty: not sent
};

/// Any bytes may come, nested as deeply as they like. Errors: BadJson; BadShape when it is JSON, but no object. A missing `type` or `data` is none.
[[nodiscard]] Result<TextMessage> parse_text_message(std::string_view message);

}  // namespace tidegate::zerodha
