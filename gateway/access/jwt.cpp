#include "gateway/access/jwt.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/access/base64url.hpp"
#include "gateway/access/jwt_claims.hpp"
#include "gateway/access/jwt_key.hpp"

namespace tidegate {
namespace {

struct Parts {
  std::string_view signed_text;  // header and claims as sent, with the dot between them
  std::string header, claims, signature;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > kLoginTokenBytesMax || std::ranges::count(token, '.') != 2) return std::nullopt;
  const std::size_t first = token.find('.'), second = token.rfind('.');
  const auto header = decode_base64url(token.substr(0, first));
  const auto claims = decode_base64url(token.substr(first + 1, second - first - 1));
  const auto signature = decode_base64url(token.substr(second + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return Parts{token.substr(0, second), *header, *claims, *signature};
}

/// The key that verifies the token, or null. A `kid` that names keys of ours chooses among them; any other, or none, leaves all of them: issuers
/// that name their keys otherwise are served too, and nothing is accepted that would not be without a `kid`.
const JwtKey* verifying_key(const Parts& parts, const std::string& key_id, const JwtSettings& settings, const JwtKeys& keys) {
  const auto is_named = [&](const auto& key) { return !key_id.empty() && key->id() == key_id; };
  const bool chosen = std::ranges::any_of(keys, is_named);
  for (const auto& key : keys) {
    if (chosen && !is_named(key)) continue;
    if (key->algorithm() == settings.algorithm && key->verifies(parts.signed_text, parts.signature)) return key.get();
  }
  return nullptr;
}

}  // namespace

std::variant<JwtLogin, JwtRefusal> read_jwt(std::string_view token, const JwtSettings& settings, const JwtKeys& keys, UtcTime now) {
  const std::optional<Parts> parts = split(token);
  if (!parts) return JwtRefusal{.fault = JwtFault::Malformed};
  const auto header = read_jwt_header(parts->header);
  if (const auto* fault = std::get_if<JwtRefusal>(&header)) return *fault;
  const JwtHeader& read = *std::get_if<JwtHeader>(&header);
  if (read.algorithm != to_text(settings.algorithm)) return JwtRefusal{.fault = JwtFault::WrongAlgorithm};
  if (read.critical) return JwtRefusal{.fault = JwtFault::Critical};
  const JwtKey* key = verifying_key(*parts, read.key_id, settings, keys);
  if (key == nullptr) return JwtRefusal{.fault = JwtFault::WrongSignature};
  auto claims = read_jwt_claims(parts->claims, settings, now);
  if (const auto* fault = std::get_if<JwtRefusal>(&claims)) return *fault;
  return JwtLogin{.claims = std::move(*std::get_if<Claims>(&claims)), .key = key->fingerprint()};
}

}  // namespace tidegate
