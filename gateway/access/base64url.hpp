// base64url without padding (RFC 4648 section 5, as RFC 7515 uses it). Each sequence of bytes has exactly one text that is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

[[nodiscard]] std::string encode_base64url(std::string_view bytes);
/// Nothing for other characters, padding, an impossible length, or unused bits that are not zero.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace tidegate
