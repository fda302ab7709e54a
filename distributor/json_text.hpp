// Text from outside as JSON: escaped, and valid UTF-8 whatever was in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::distributor {

/// Bytes of the well-formed UTF-8 character at the start of `text`, or 0 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// `text` where every byte that belongs to no character is replaced by U+FFFD.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

/// Appends `text` as a JSON string, quotes included, repaired as above.
void append_json_string(std::string& out, std::string_view text);

/// At most `bytes_max` bytes of `text`, cut at the end of a character.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace tidegate::distributor
