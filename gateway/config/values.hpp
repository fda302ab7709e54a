// The small texts of a configuration: durations, sizes, addresses, symbols. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/decimal.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// A whole number and its unit: ns, us, ms, s, m, h.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::string duration_text(Duration value);  // in the largest unit that holds it exactly

/// A whole number and its unit: B, KiB, MiB, GiB. In bytes.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
[[nodiscard]] std::string size_text(std::int64_t bytes);

[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// "0.5%": above 0, at most 100, up to four decimals.
[[nodiscard]] std::optional<Decimal> parse_percent(std::string_view text);

/// "2027-01-31T18:00:00Z", seconds and their decimals optional, or "2027-01-31": the beginning of that day in UTC. Years 1970 to 2261.
[[nodiscard]] std::optional<UtcTime> parse_utc_time(std::string_view text);

/// Where the gateway listens.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7410;
};
struct EndpointText {
  std::optional<Endpoint> endpoint;
  std::string problem;
};
/// "HOST:PORT", an IPv6 address in brackets.
[[nodiscard]] EndpointText parse_endpoint(std::string_view text);
[[nodiscard]] std::string endpoint_text(const Endpoint& endpoint);

/// localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

struct Url {
  std::string scheme, host;
};
struct UrlText {
  std::optional<Url> url;
  std::string problem;
};
/// scheme://[user[:password]@]host[:port][/path][?query]
[[nodiscard]] UrlText parse_url(std::string_view text);
/// The URL with its password, and every query value that may be a secret, replaced by ***.
[[nodiscard]] std::string masked_url(std::string_view text);

/// "BINANCE-USDM": capital letters, digits, '-', '_', '.'.
[[nodiscard]] bool is_venue(std::string_view text);
/// The venue of "VENUE:NAME", or nothing when the text has another form.
[[nodiscard]] std::optional<std::string_view> venue_of(std::string_view symbol);

}  // namespace tidegate
