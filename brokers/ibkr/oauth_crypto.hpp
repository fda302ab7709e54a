// The arithmetic of OAuth, by OpenSSL: codes over texts, and the notations that bytes travel in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "brokers/ibkr/secret.hpp"

namespace tidegate::ibkr {

/// As OpenSSL wants them.
inline const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// 20 and 32 bytes. Empty: OpenSSL has no such digest on this machine.
[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);

/// Lower case.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Blanks and line ends in it are passed over. Nothing when it is no base64, or its padding is missing.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Whether two codes in hexadecimal are the same number of `digits` digits, in whichever case; zeros may be missing in front, as Java leaves them
/// out. Takes the same time wherever they differ.
[[nodiscard]] bool same_code(std::string_view hex_a, std::string_view hex_b, std::size_t digits);

}  // namespace tidegate::ibkr
