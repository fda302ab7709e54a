// Texts for a terminal: what comes from outside loses its control characters, and widths are counted in columns. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::watch {

/// `text` without anything that a terminal would obey: control characters and broken UTF-8 become '?'.
[[nodiscard]] std::string printable(std::string_view text);
/// Columns that printable text takes; wide characters (Chinese, Japanese, Korean, pictures) take two.
[[nodiscard]] std::size_t columns(std::string_view text);
/// At most `width` columns; what was cut shows as a final "~".
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);   // numbers
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);  // words

[[nodiscard]] std::string age_text(Duration age);           // "0.4s", "12s", "5m", "3h"
[[nodiscard]] std::string latency_text(Duration latency);   // "85us", "1.2ms", "3.4s"
[[nodiscard]] std::string clock_text(Duration elapsed);     // "1:02:03"
[[nodiscard]] std::string count_text(std::uint64_t count);  // "1,234,567"

/// RFC 3339 in UTC, as the gateway writes it.
[[nodiscard]] std::optional<UtcTime> parse_time(std::string_view text);

/// What a user typed as the gateway's address, completed: "host:port" gives "ws://host:port/ws".
[[nodiscard]] std::string completed_url(std::string_view typed);

}  // namespace tidegate::watch
