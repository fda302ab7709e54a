// OAuth 1.0a as the hosted API has it: the exchange that makes a live session token, and the signature of every request with it. Written from
// RFC 5849 and docs/protocols/ibkr.md, with nothing of the gateway's own OAuth, which is tested against it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/ws_server.hpp"

namespace tidegate::sim::ibkr {

struct OAuthOptions {
  std::string consumer_key;  // empty: no OAuth
  std::string access_token;
  std::string access_token_secret;  // decrypted, in hexadecimal
  std::string signature_key_file;   // the consumer's public RSA key, PEM
  std::string dh_param_file;        // Diffie-Hellman parameters, PEM
  std::string live_session_token;   // base64; valid from the start on; empty: one must be asked for
  std::string realm = "limited_poa";
  std::int64_t clock_tolerance_s = 300;   // of oauth_timestamp
  std::int64_t token_life_s = 24 * 3600;  // of a live session token
  bool query_signed = false;              // a request whose query is left out of the signature is refused; otherwise both ways are taken
};

class OAuth {
 public:
  OAuth();
  ~OAuth();
  OAuth(const OAuth&) = delete;
  OAuth& operator=(const OAuth&) = delete;

  /// Reads keys and parameters; returns an empty text, or what is wrong with the options.
  [[nodiscard]] std::string open(const OAuthOptions& options);
  [[nodiscard]] bool on() const { return !options_.consumer_key.empty(); }
  [[nodiscard]] const std::string& access_token() const { return options_.access_token; }
  /// Base64; empty: none was made, or it has expired.
  [[nodiscard]] const std::string& live_session_token() const { return token_; }
  void expire() { token_.clear(); }

  /// Whether the request is signed with the live session token. Empty, or what is wrong with it. `scheme` is http or https.
  [[nodiscard]] std::string verify(const net::HttpRequest& request, std::string_view scheme, std::int64_t now_s);
  /// POST oauth/live_session_token.
  [[nodiscard]] net::HttpResponse exchange(const net::HttpRequest& request, std::string_view scheme, std::int64_t now_s);

 private:
  struct Keys;
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  /// What both methods want of the header: consumer, token, time, a nonce not seen before.
  [[nodiscard]] std::string check(const std::map<std::string, std::string>& header, std::string_view method, std::int64_t now_s);

  OAuthOptions options_;
  std::unique_ptr<Keys> keys_;
  std::string token_;
  std::int64_t token_until_s_ = 0;
  std::set<std::pair<std::int64_t, std::string>> seen_;  // timestamps and nonces that can still come
};

/// RFC 5849, section 3.4.1: METHOD&url&parameters, of the request and of its header's parameters but realm and oauth_signature; `with_query` false:
/// as the broker's own samples do it, the query counts for nothing. Empty: the request has no host, or its query is not encoded as it must be.
[[nodiscard]] std::string signature_base_string(const net::HttpRequest& request, std::string_view scheme,
                                                const std::map<std::string, std::string>& header, bool with_query = true);
/// The parameters of `Authorization: OAuth a="b", c="d"`, decoded (section 3.5.1). False: it is not one, or a name comes twice.
[[nodiscard]] bool read_oauth_header(std::string_view header, std::map<std::string, std::string>& out);
/// RFC 5849, section 3.6.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace tidegate::sim::ibkr
