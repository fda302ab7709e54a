// JSON Web Tokens (RFC 7519, 7515, 7518): signature first, claims afterwards. Pure. Why this is not left to a library: docs/decisions/tokens.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/access/access_settings.hpp"

namespace tidegate {

/// Keys accepted at once: enough for a rotation, and a bound on what one wrong token costs.
inline constexpr std::size_t kJwtKeysMax = 16;
inline constexpr std::size_t kJwtSecretBytesMin = 32;
inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 8192;

/// One key that verifies, never one that signs unless the algorithm is symmetric.
class JwtKey;

/// Keys of one algorithm, in the order in which they are tried.
using JwtKeys = std::vector<std::shared_ptr<const JwtKey>>;

/// What is wrong with the text of a key; never holds a part of it.
struct KeyProblem {
  std::string problem;
  std::string remedy;
};

/// Reads what a configuration gives as a key: a secret, or PEM blocks of public keys or certificates. `id` is what a token's `kid` may name; empty:
/// nothing names these. Refuses secrets below kJwtSecretBytesMin bytes, RSA keys outside kRsaBitsMin to kRsaBitsMax bits, curves other than P-256,
/// private keys, and keys of another algorithm.
[[nodiscard]] std::variant<JwtKeys, KeyProblem> read_jwt_keys(JwtAlgorithm algorithm, std::string_view text, std::string_view id);

enum class JwtFault : std::uint8_t {
  Malformed,       // not three parts of base64url, or not JSON objects, or a member twice, or of another type than it must have
  WrongAlgorithm,  // its header names another algorithm than the configured one
  Critical,        // its header asks for extensions; we have none
  WrongSignature,
  NoExpiry,
  Expired,
  NotYetValid,  // `nbf`, or `iat` in the future
  WrongIssuer,
  WrongAudience,
  NoUser,
};

struct JwtRefusal {
  JwtFault fault{};
  UtcTime at = kNoTime;          // Expired, NotYetValid: the moment that was passed or is waited for
  std::string_view member = {};  // Malformed: which, where that is known; a literal
};

struct JwtLogin {
  Claims claims;
  Sha256 key{};  // fingerprint of the key that signed it
};

/// Verifies a token of at most kLoginTokenBytesMax bytes. Nothing of its claims is looked at before a key of `keys` has verified it.
[[nodiscard]] std::variant<JwtLogin, JwtRefusal> read_jwt(std::string_view token, const JwtSettings& settings, const JwtKeys& keys, UtcTime now);

/// Whether one of `keys` has this fingerprint.
[[nodiscard]] bool has_key(const JwtKeys& keys, const Sha256& fingerprint);

}  // namespace tidegate
