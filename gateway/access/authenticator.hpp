// Tokens in, identities out. Immutable: a reload makes another one and swaps the pointer. Pure: the time is passed in; no file is read here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "gateway/access/access_settings.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/access/jwt.hpp"

namespace tidegate {

/// Why a login is refused. Holds no part of the token.
struct Refusal {
  std::uint16_t code = 0;  // gateway/core/codes.hpp: 4001 or 4002
  std::string message;     // one clause: what is wrong
  std::string hint;        // what to do about it
};

/// An identity, or the reason why there is none.
class [[nodiscard]] LoginResult {
 public:
  LoginResult(IdentityRef identity) : state_(std::move(identity)) {}
  LoginResult(Refusal refusal) : state_(std::move(refusal)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  [[nodiscard]] const IdentityRef& identity() const { return *std::get_if<0>(&state_); }  // ok() only
  [[nodiscard]] const Refusal& refusal() const { return *std::get_if<1>(&state_); }       // !ok() only

 private:
  std::variant<IdentityRef, Refusal> state_;
};

/// A login is needed and no token came: 4001. What check() says about an empty token, too.
[[nodiscard]] Refusal login_missing();

class Authenticator {
 public:
  /// Nobody can log in; anonymous clients have the built-in plan.
  Authenticator();
  /// `keys` empty: no JWT counts.
  Authenticator(Plans plans, TokenList list, JwtSettings jwt, JwtKeys keys);

  /// Whose token this is: one of the list, else a JWT. Costs one digest, and for a JWT at most kJwtKeysMax signatures.
  /// Refusals: 4001 (missing, unknown, expired, not valid yet, malformed, wrong signature), 4002 (user unknown or inactive).
  LoginResult check(std::string_view token, UtcTime now) const;

  /// What whoever has not logged in may do. Never null; the same one at each call.
  [[nodiscard]] IdentityRef anonymous() const { return anonymous_; }

  /// Whether a login that another authenticator accepted still counts: after a reload its token, the key of its JWT or its user may be gone, and it
  /// may have expired. Nothing: it counts. Anonymous identities always do.
  [[nodiscard]] std::optional<Refusal> recheck(const Identity& identity, UtcTime now) const;

  /// The same login under the present plans, users and token list, which may grant more or less than before. Only where recheck() had no objection.
  [[nodiscard]] IdentityRef renewed(const Identity& identity) const;

 private:
  [[nodiscard]] const TokenRecord* find(const Sha256& digest) const;
  [[nodiscard]] const UserRecord* user_of(const Claims& claims) const;  // null: no list, or not in it
  [[nodiscard]] std::optional<Refusal> objection(const Claims& claims, bool active, UtcTime now) const;
  LoginResult admit(const Claims& claims, Credential credential, bool active, UtcTime now) const;
  [[nodiscard]] IdentityRef make_identity(const Claims& claims, Credential credential) const;

  Plans plans_;
  TokenList list_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_prefix_;  // the digest's first 8 bytes to indices of list_.tokens
  JwtSettings jwt_;
  JwtKeys keys_;
  IdentityRef anonymous_;
};

}  // namespace tidegate
