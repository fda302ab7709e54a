// The ticker's address. Credentials travel in its query, so it is never shown: masked_ticker_url() is.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::zerodha {

/// The two strings that open a ticker connection.
struct Credentials {
  std::string api_key;
  std::string access_token;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// `ws_url` with both query parameters. There is always a path: "wss://ws.kite.trade/?api_key=..", since a request line without one has been
/// answered with 400 (section 2.1).
[[nodiscard]] std::string ticker_url(std::string_view ws_url, const Credentials& credentials);
/// The same without the values.
[[nodiscard]] std::string masked_ticker_url(std::string_view ws_url);

/// `text` for a log line or a reason: control and non-ASCII bytes as ".", at most `length_max` bytes, and neither credential.
[[nodiscard]] std::string printable(std::string_view text, const Credentials& credentials, std::size_t length_max = 200);

}  // namespace tidegate::zerodha
