// Logins as configuration describes them: plain values that the configuration fills and that an Authenticator is made of.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/identity.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

enum class JwtAlgorithm : std::uint8_t { HS256, RS256, ES256 };
inline constexpr std::array<std::string_view, 3> kJwtAlgorithmNames = {"HS256", "RS256", "ES256"};
constexpr std::string_view to_text(JwtAlgorithm algorithm) { return kJwtAlgorithmNames[static_cast<std::size_t>(algorithm)]; }

/// `server.auth.jwt`: which JSON Web Tokens count.
struct JwtSettings {
  JwtAlgorithm algorithm = JwtAlgorithm::HS256;  // the only one accepted; a token does not choose
  std::string key{};                             // HS256: the secret; else public keys or certificates in PEM; empty: none here
  std::vector<std::string> key_files{};          // absolute; each holds a secret, or one or several PEM blocks
  std::string issuer{};                          // `iss` must be this; empty: not looked at
  std::string audience{};                        // `aud` must hold this; empty: not looked at
  Duration leeway{30'000'000'000};               // how far our clock and the issuer's may be apart
  bool require_expiry = true;                    // a token without `exp` is refused
};

/// `server.auth`
struct AuthSettings {
  bool required = false;
  std::string tokens_file;  // absolute; empty: none
  JwtSettings jwt;
  Duration login_timeout{10'000'000'000};  // a client that must log in has so long
  Duration expiry_notice{60'000'000'000};  // told so long before its login ends
};

/// `server.plans`: what a plan, or the role of its name, grants.
using Plans = std::map<std::string, Grant, std::less<>>;

inline constexpr std::string_view kAnonymousPlan = "anonymous";  // of whoever has not logged in
inline constexpr std::string_view kFreePlan = "free";            // of a login that says nothing about what it may do
inline constexpr std::string_view kAdminRole = "admin";          // may do everything; the plan of that name grants only what it lists

/// anonymous, free and admin as they are where a configuration says nothing else.
[[nodiscard]] Plans built_in_plans();

using PatternList = std::optional<std::vector<std::string>>;

/// A grant of what was written; nothing: not written. Data needs a symbol and a channel: where only one of the two lists is written, the other is
/// everything; where neither is, no data is granted.
[[nodiscard]] Grant make_grant(const PatternList& symbols, const PatternList& channels, const PatternList& topics, const PatternList& publish);

/// What a login says about itself: read from a token's record, from the claims of a JWT, and from the user's own entry.
struct Claims {
  std::string user;
  std::vector<std::string> roles;
  std::string plan;                // empty: none named
  std::optional<Grant> own;        // beyond roles and plan
  std::optional<UtcTime> expires;  // nothing: not by itself
};

using Sha256 = std::array<std::uint8_t, 32>;

/// An opaque token that we know. The token itself is nowhere: only its digest.
struct TokenRecord {
  Sha256 digest{};
  Claims claims;
  bool active = true;
};

struct UserRecord {
  bool active = true;
  std::vector<std::string> roles;
  std::string plan;          // where the token names none
  std::optional<Grant> own;  // added to the token's
};
using Users = std::map<std::string, UserRecord, std::less<>>;

/// The tokens file.
struct TokenList {
  std::vector<TokenRecord> tokens;
  std::optional<Users> users;  // where there is such a list, nobody else may log in
};

/// The largest token that is looked at, in bytes.
inline constexpr std::size_t kLoginTokenBytesMax = 8192;
/// The longest name of a user, a role or a plan, and the longest pattern, in bytes.
inline constexpr std::size_t kAccessNameBytesMax = 128;
/// Roles of one login, and patterns in one list.
inline constexpr std::size_t kAccessListMax = 256;

/// 1 to kAccessNameBytesMax bytes without control characters and without ':', which separates the parts of a topic such as `user:{id}:orders`.
[[nodiscard]] bool is_access_name(std::string_view name);

/// SHA-256 of a token's bytes.
[[nodiscard]] Sha256 token_digest(std::string_view token);
/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string digest_text(const Sha256& digest);
/// Of 64 hexadecimal digits in either case; nothing for any other text.
[[nodiscard]] std::optional<Sha256> parse_digest(std::string_view text);

}  // namespace tidegate
