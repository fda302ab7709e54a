#include "gateway/access/authenticator.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "gateway/core/codes.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kAskIssuer = "get a new token from whoever issued this one";
constexpr std::string_view kAskOperator = "ask the operator of this gateway";

Refusal login_refused(std::string message, std::string_view hint) { return {code::kLoginNeeded, std::move(message), std::string(hint)}; }
Refusal user_refused(std::string message) { return {code::kUserInactive, std::move(message), std::string(kAskOperator)}; }

Refusal unknown_token() {
  return login_refused("token not known", "check that it is complete and for this gateway; it may have been withdrawn: " + std::string(kAskOperator));
}
Refusal expired(UtcTime at) { return login_refused("token expired at " + to_rfc3339(at), kAskIssuer); }
Refusal inactive_token() { return user_refused("this token is switched off"); }

std::uint64_t prefix_of(const Sha256& digest) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, digest.data(), sizeof(prefix));
  return prefix;
}

Refusal explain(const JwtRefusal& refusal, const JwtSettings& settings) {
  switch (refusal.fault) {
    case JwtFault::Malformed:
      return login_refused(
          "token is not a well-formed JWT" + (refusal.member.empty() ? "" : ": `" + std::string(refusal.member) + "` has a wrong value"),
          "send it complete and unchanged; else " + std::string(kAskIssuer));
    case JwtFault::WrongAlgorithm:
      return login_refused("token is signed with another algorithm than is accepted here",
                           "this gateway takes " + std::string(to_text(settings.algorithm)) + " alone");
    case JwtFault::Critical:
      return login_refused("token asks for an extension in `crit`; none is known here", "have it issued without `crit`");
    case JwtFault::WrongSignature:
      return login_refused("signature of the token does not fit any key of this gateway",
                           "send it unchanged; its issuer may have a new key, which the operator of this gateway must add");
    case JwtFault::NoExpiry:
      return login_refused("token has no expiry (`exp`)", "have it issued with one");
    case JwtFault::Expired:
      return expired(refusal.at);
    case JwtFault::NotYetValid:
      return login_refused("token not valid yet, only from " + to_rfc3339(refusal.at),
                           "wait, or compare the clocks of its issuer and of this machine");
    case JwtFault::WrongIssuer:
      return login_refused("token is from another issuer (`iss`) than is accepted here", "use a token made for this gateway");
    case JwtFault::WrongAudience:
      return login_refused("token is meant for somebody else (`aud`)", "use a token made for this gateway");
    case JwtFault::NoUser:
      return login_refused("token names no user (`sub` or `user_id`), or one that cannot be a name here",
                           "have it issued with a name of at most 128 bytes without ':' and control characters");
  }
  return unknown_token();
}

}  // namespace

Refusal login_missing() {
  return login_refused("login missing", "send a token: Authorization: Bearer TOKEN, ?token=TOKEN, or {\"op\":\"auth\",\"token\":\"TOKEN\"}");
}

Authenticator::Authenticator() : Authenticator(built_in_plans(), {}, {}, {}) {}

Authenticator::Authenticator(Plans plans, TokenList list, JwtSettings jwt, JwtKeys keys)
    : plans_(std::move(plans)), list_(std::move(list)), jwt_(std::move(jwt)), keys_(std::move(keys)) {
  for (std::size_t i = 0; i < list_.tokens.size(); ++i) by_prefix_[prefix_of(list_.tokens[i].digest)].push_back(i);
  Identity nobody;
  if (const auto plan = plans_.find(kAnonymousPlan); plan != plans_.end()) nobody.grants.push_back(plan->second);
  anonymous_ = std::make_shared<const Identity>(std::move(nobody));
}

LoginResult Authenticator::check(std::string_view token, UtcTime now) const {
  if (token.empty()) return login_missing();
  if (token.size() > kLoginTokenBytesMax) return login_refused("token is longer than 8 KiB", "send the token alone");
  const Sha256 digest = token_digest(token);
  if (const TokenRecord* record = find(digest)) {
    return admit(record->claims, {.kind = Credential::Kind::Token, .digest = digest}, record->active, now);
  }
  if (keys_.empty() || std::ranges::count(token, '.') != 2) return unknown_token();
  auto read = read_jwt(token, jwt_, keys_, now);
  if (const auto* fault = std::get_if<JwtRefusal>(&read)) return explain(*fault, jwt_);
  JwtLogin& login = *std::get_if<JwtLogin>(&read);
  const auto claims = std::make_shared<const Claims>(std::move(login.claims));
  return admit(*claims, {.kind = Credential::Kind::Jwt, .digest = login.key, .claims = claims}, true, now);
}

std::optional<Refusal> Authenticator::recheck(const Identity& identity, UtcTime now) const {
  const Credential& credential = identity.credential;
  switch (credential.kind) {
    case Credential::Kind::None:
      return std::nullopt;
    case Credential::Kind::Token: {
      const TokenRecord* record = find(credential.digest);
      if (record == nullptr) return login_refused("token was withdrawn", kAskOperator);
      return objection(record->claims, record->active, now);
    }
    case Credential::Kind::Jwt:
      break;
  }
  if (!has_key(keys_, credential.digest)) return login_refused("the key that signed the token is no longer accepted", kAskIssuer);
  return objection(*credential.claims, true, now);
}

IdentityRef Authenticator::renewed(const Identity& identity) const {
  const Credential& credential = identity.credential;
  if (credential.kind == Credential::Kind::None) return anonymous_;
  if (credential.kind == Credential::Kind::Jwt) return make_identity(*credential.claims, credential);
  const TokenRecord* record = find(credential.digest);
  return record == nullptr ? anonymous_ : make_identity(record->claims, credential);
}

const TokenRecord* Authenticator::find(const Sha256& digest) const {
  const auto bucket = by_prefix_.find(prefix_of(digest));
  if (bucket == by_prefix_.end()) return nullptr;
  for (const std::size_t i : bucket->second) {
    if (CRYPTO_memcmp(list_.tokens[i].digest.data(), digest.data(), digest.size()) == 0) return &list_.tokens[i];
  }
  return nullptr;
}

const UserRecord* Authenticator::user_of(const Claims& claims) const {
  if (!list_.users) return nullptr;
  const auto user = list_.users->find(claims.user);
  return user == list_.users->end() ? nullptr : &user->second;
}

std::optional<Refusal> Authenticator::objection(const Claims& claims, bool active, UtcTime now) const {
  if (!active) return inactive_token();
  const UserRecord* user = user_of(claims);
  if (list_.users && user == nullptr) return user_refused("the user of this token is not known here");
  if (user != nullptr && !user->active) return user_refused("the user of this token is inactive");
  if (claims.expires && now >= *claims.expires) return expired(*claims.expires);
  return std::nullopt;
}

LoginResult Authenticator::admit(const Claims& claims, Credential credential, bool active, UtcTime now) const {
  if (std::optional<Refusal> wrong = objection(claims, active, now)) return std::move(*wrong);
  return make_identity(claims, std::move(credential));
}

IdentityRef Authenticator::make_identity(const Claims& claims, Credential credential) const {
  Identity identity{.user = claims.user, .roles = claims.roles, .grants = {}, .expires = claims.expires};
  identity.credential = std::move(credential);
  const UserRecord* user = user_of(claims);
  if (user != nullptr) std::ranges::copy(user->roles, std::back_inserter(identity.roles));
  std::ranges::sort(identity.roles);
  identity.roles.erase(std::unique(identity.roles.begin(), identity.roles.end()), identity.roles.end());
  identity.admin = std::ranges::binary_search(identity.roles, kAdminRole);

  std::vector<std::string_view> names(identity.roles.begin(), identity.roles.end());
  const std::string_view plan = claims.plan.empty() && user != nullptr ? std::string_view{user->plan} : claims.plan;
  if (!plan.empty() && std::ranges::find(names, plan) == names.end()) names.push_back(plan);
  bool says_what = !plan.empty();  // even where no such plan is left: losing one must not widen what a login may do
  for (const std::string_view name : names) {
    const auto found = plans_.find(name);
    if (found == plans_.end()) continue;
    identity.grants.push_back(found->second);
    says_what = true;
  }
  for (const std::optional<Grant>& own : {claims.own, user != nullptr ? user->own : std::nullopt}) {
    if (!own) continue;
    says_what = says_what || !own->symbols.empty() || !own->channels.empty();
    identity.grants.push_back(*own);
  }
  if (const auto free = plans_.find(kFreePlan); !says_what && free != plans_.end()) identity.grants.push_back(free->second);
  return std::make_shared<const Identity>(std::move(identity));
}

}  // namespace tidegate
