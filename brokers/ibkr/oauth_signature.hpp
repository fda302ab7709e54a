// What RFC 5849 (OAuth 1.0a) says of any request: the text that is signed, and the header that carries the signature. No keys, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::ibkr {

/// Names and values as they are meant, not encoded. A name may come twice.
using OAuthParameters = std::vector<std::pair<std::string, std::string>>;

/// Whether a URL's query is signed with the rest.
enum class OAuthQuery : std::uint8_t {
  Unsigned,  // as IBKR's own samples do it, and the clients in use (docs/protocols/ibkr.md#oauth-10a)
  Signed,    // as RFC 5849 wants it, and IBKR's guide says
};

/// METHOD&url&parameters (section 3.4.1) of a request to `url`; `parameters` are those of the header without realm and oauth_signature, and of a form
/// in the body. Nothing when `url` is no http or https address, or its query is wrongly encoded.
[[nodiscard]] std::optional<std::string> oauth_base_string(std::string_view method, std::string_view url, OAuthParameters parameters,
                                                           OAuthQuery query);

/// `OAuth realm="...", a="...", b="..."` (section 3.5.1): realm first and as it is, the others by name, encoded.
[[nodiscard]] std::string oauth_header(std::string_view realm, OAuthParameters parameters);

}  // namespace tidegate::ibkr
