// Texts that leave the adapter: into a URL, or into a log line or a reason, where no credential may stand.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tidegate::common {

/// What stands in place of a credential.
inline constexpr std::string_view kMask = "***";

/// Everything but letters, digits, "-", ".", "_" and "~" as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// `text` for a log line or a reason: control and non-ASCII bytes as ".", at most `length_max` bytes, and none of the secrets (empty ones hide
/// nothing).
[[nodiscard]] std::string printable(std::string_view text, std::initializer_list<std::string_view> secrets, std::size_t length_max = 200);

}  // namespace tidegate::common
