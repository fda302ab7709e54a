// Tokens as the broker issues them: JSON Web Tokens, HS256. Nobody verifies their signature but those who look at them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::sim::xts {

[[nodiscard]] std::string base64(std::string_view bytes);

/// Times are unix seconds. The number goes into the signing key, so that two logins of one second have different tokens.
[[nodiscard]] std::string make_token(std::string_view user_id, std::string_view app_key, std::int64_t issued_s, std::int64_t expires_s,
                                     std::uint64_t number);

}  // namespace tidegate::sim::xts
