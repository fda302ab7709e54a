// Any bytes as a token, and any bytes as the header and claims of one that is signed: a login with a user, or a refusal with words and a hint that
// hold nothing of the token. The first byte chooses.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "gateway/access/authenticator.hpp"
#include "gateway/access/base64url.hpp"
#include "gateway/core/codes.hpp"

namespace {

using namespace tidegate;

constexpr UtcTime kNow{1'800'000'000'000'000'000};
const std::string kSecret = "0123456789abcdef0123456789abcdef";

void require(bool truth) {
  if (!truth) std::abort();
}

JwtKeys keys_of(JwtAlgorithm algorithm, const std::string& text) {
  auto read = read_jwt_keys(algorithm, text, "k");
  require(std::holds_alternative<JwtKeys>(read));
  return std::get<JwtKeys>(read);
}

std::string public_curve_key() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  std::string base64(4 * ((static_cast<std::size_t>(size) + 2) / 3) + 1, '\0');
  base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), der, size)));
  EVP_PKEY_free(key);
  OPENSSL_free(der);
  return "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n";
}

Authenticator make_authenticator(JwtAlgorithm algorithm) {
  TokenList list;
  list.tokens.push_back({.digest = token_digest("known"), .claims = {.user = "alice"}, .active = true});
  JwtSettings settings{.algorithm = algorithm};
  return {built_in_plans(), std::move(list), settings, keys_of(algorithm, algorithm == JwtAlgorithm::HS256 ? kSecret : public_curve_key())};
}

std::string sign(const std::string& header, const std::string& claims) {
  const std::string input = encode_base64url(header) + "." + encode_base64url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()), reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac,
       &size);
  return input + "." + encode_base64url({reinterpret_cast<const char*>(mac), size});
}

/// Refusals that do not depend on what a token holds are few, however many tokens come.
void require_fixed_words(const Refusal& refusal) {
  constexpr std::size_t kWordsMax = 12;
  static std::set<std::string> told;
  told.insert(refusal.message + "|" + refusal.hint);
  require(told.size() <= kWordsMax);
}

/// `is_signed`: the claims are, and a time in them may be told.
void check(const Authenticator& authenticator, const std::string& token, bool is_signed) {
  const LoginResult result = authenticator.check(token, kNow);
  if (!result.ok()) {
    const Refusal& refusal = result.refusal();
    require(refusal.code == code::kLoginNeeded || refusal.code == code::kUserInactive);
    require(!refusal.message.empty() && !refusal.hint.empty());
    if (!is_signed) require_fixed_words(refusal);
    return;
  }
  const Identity& identity = *result.identity();
  require(is_access_name(identity.user));
  require(!identity.expires || *identity.expires > kNow);
  require(!authenticator.recheck(identity, kNow).has_value());
  const IdentityRef again = authenticator.renewed(identity);
  require(again->user == identity.user && again->admin == identity.admin && again->grants.size() == identity.grants.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Authenticator symmetric = make_authenticator(JwtAlgorithm::HS256);
  static const Authenticator asymmetric = make_authenticator(JwtAlgorithm::ES256);
  if (size == 0) return 0;
  const std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 6) {
    case 0:
      check(symmetric, text, false);
      break;
    case 1:
      check(asymmetric, text, false);
      break;
    case 2:
      check(symmetric, sign(R"({"alg":"HS256"})", text), true);
      break;
    case 3:
      check(symmetric, sign(text, R"({"sub":"alice","exp":1900000000})"), true);
      break;
    case 4: {  // as a key of a configuration
      for (const JwtAlgorithm algorithm : {JwtAlgorithm::HS256, JwtAlgorithm::RS256, JwtAlgorithm::ES256}) {
        const auto read = read_jwt_keys(algorithm, text, "");
        require(std::holds_alternative<KeyProblem>(read) || !std::get<JwtKeys>(read).empty());
      }
      break;
    }
    default:
      if (const auto bytes = decode_base64url(text)) require(encode_base64url(*bytes) == text);
  }
  return 0;
}
