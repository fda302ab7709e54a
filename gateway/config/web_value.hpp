// Values that a web server on this machine or a trusted one gives: ${https://HOST/PATH}. The first line of the answer is the value.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "gateway/config/credentials.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// True for what stands between the braces of "${https://...}" or "${http://...}".
[[nodiscard]] bool is_web_address(std::string_view inside);

/// The address of a text that is one such reference and nothing else; empty: it is none.
[[nodiscard]] std::string_view web_address(std::string_view text);

/// "https://host:8200/v1/token": an address without its user, password and query, which may be private.
[[nodiscard]] std::string public_address(std::string_view address);

/// GETs it and takes the first line of the body of a 200; redirections are not followed. Plain http is for this machine alone (localhost,
/// 127.0.0.0/8,
/// ::1). Certificates are those the system trusts. Blocks, at most for `limit`, and ends early when `cancelled` turns true. Problems name the
/// address and the status, never the body.
[[nodiscard]] ResolvedText fetch_value(const std::string& address, Duration limit, const std::atomic<bool>& cancelled);

}  // namespace tidegate
