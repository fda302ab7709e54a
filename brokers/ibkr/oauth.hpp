// OAuth 1.0a as IBKR's hosted API (api.ibkr.com) wants it: the exchange that makes a live session token, and the signature of every other request
// with that token. Pure: no I/O, time and randomness are passed in. Source: docs/protocols/ibkr.md#oauth-10a.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "brokers/ibkr/oauth_signature.hpp"
#include "brokers/ibkr/secret.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

/// POSTed to below the REST address, with an empty body, for a live session token.
inline constexpr std::string_view kLiveTokenPath = "/oauth/live_session_token";
/// How long a token lives when the broker does not say.
inline constexpr Duration kLiveTokenLife = std::chrono::hours{24};

/// What a person got from, or gave to, the broker's self-service page. The three PEM texts are the contents of the files.
struct OAuthKeys {
  std::string consumer_key;         // nine letters, chosen by the user
  std::string access_token;         // hexadecimal
  std::string access_token_secret;  // base64, encrypted to the encryption key
  std::string signature_key_pem;    // private RSA key
  std::string encryption_key_pem;   // private RSA key
  std::string dh_param_pem;         // Diffie-Hellman parameters
  std::string realm = "limited_poa";
  OAuthQuery query = OAuthQuery::Unsigned;

  friend bool operator==(const OAuthKeys&, const OAuthKeys&) = default;
};

/// Why something was not had, for a person: what is wrong, "; ", what to do. Holds no key, token or secret.
struct OAuthProblem {
  std::string words;
  bool lasting = false;  // asking again changes nothing until somebody has changed the keys or the broker's settings
};

/// A value, or why there is none.
template <class T>
class [[nodiscard]] OAuthResult {
 public:
  OAuthResult(T value) : value_(std::move(value)) {}
  OAuthResult(OAuthProblem problem) : problem_(std::move(problem)) {}

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] T* operator->() { return &*value_; }
  [[nodiscard]] const OAuthProblem& problem() const { return problem_; }

 private:
  std::optional<T> value_;
  OAuthProblem problem_;
};

/// The key of all requests but the exchange.
struct LiveToken {
  Secret bytes;
  UtcTime expires;  // as the broker says, or kLiveTokenLife from the answer on
};

/// Fills the bytes so that nobody can foresee them. False: no randomness can be had.
using FillRandom = std::function<bool(std::span<unsigned char>)>;
/// The system's randomness, by way of OpenSSL.
[[nodiscard]] bool fill_random(std::span<unsigned char> bytes);

/// One consumer with its keys. One thread at a time.
class OAuth {
 public:
  /// Reads and checks every key, which takes some tenths of a second. A problem names the key of the configuration and is lasting.
  [[nodiscard]] static OAuthResult<OAuth> open(const OAuthKeys& keys, FillRandom random = fill_random);
  ~OAuth();
  OAuth(OAuth&&) noexcept;
  OAuth& operator=(OAuth&&) noexcept;

  /// Begins an exchange; one under way is forgotten. The value of the header `Authorization` for a POST without a body to `url` (REST address and
  /// kLiveTokenPath).
  [[nodiscard]] OAuthResult<std::string> begin(std::string_view url, UtcTime now);
  /// Ends it with what the broker answered: HTTP status and body. Without a begin() before, a problem.
  [[nodiscard]] OAuthResult<LiveToken> finish(int status, std::string_view body, UtcTime now);

  /// The value of the header `Authorization` of any other request; `url` with its query. A body is not signed, unless it is a form, which none of
  /// ours is.
  [[nodiscard]] OAuthResult<std::string> authorization(const LiveToken& token, std::string_view method, std::string_view url, UtcTime now);

 private:
  struct State;
  explicit OAuth(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tidegate::ibkr
