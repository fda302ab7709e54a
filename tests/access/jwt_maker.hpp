// Keys and JSON Web Tokens made with OpenSSL directly: nothing of the code under test has a part in them.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/access/jwt.hpp"

namespace tidegate::test {

inline const std::string kSecret = "0123456789abcdef0123456789abcdef";
inline constexpr UtcTime kNow{1'800'000'000'000'000'000};  // 2027-01-15T08:00:00Z
inline constexpr std::int64_t kNowSeconds = 1'800'000'000;

/// Through OpenSSL's own base64, and its alphabet and padding changed afterwards.
inline std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()))));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

struct PrivateKeyDelete {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, PrivateKeyDelete>;

inline PrivateKey make_rsa(unsigned bits) { return PrivateKey{EVP_RSA_gen(bits)}; }
inline PrivateKey make_ec(const char* curve) { return PrivateKey{EVP_EC_gen(curve)}; }
inline EVP_PKEY* rsa_key() {
  static const PrivateKey key = make_rsa(2048);
  return key.get();
}
inline EVP_PKEY* ec_key() {
  static const PrivateKey key = make_ec("P-256");
  return key.get();
}

inline std::string drain(BIO* sink) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(sink, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(sink);
  return text;
}
inline std::string public_pem(EVP_PKEY* key) {
  BIO* sink = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PUBKEY(sink, key) == 1);
  return drain(sink);
}
inline std::string private_pem(EVP_PKEY* key) {
  BIO* sink = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PrivateKey(sink, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return drain(sink);
}

inline std::string hmac_signature(std::string_view input, std::string_view secret) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
  return {reinterpret_cast<const char*>(mac), size};
}
/// As OpenSSL makes it: for EC in DER.
inline std::string plain_signature(std::string_view input, EVP_PKEY* key, const EVP_MD* digest = EVP_sha256()) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 0;
  REQUIRE(EVP_DigestSignInit(context, nullptr, digest, nullptr, key) == 1);
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  REQUIRE(EVP_DigestSign(context, nullptr, &size, data, input.size()) == 1);
  std::string signature(size, '\0');
  REQUIRE(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data, input.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}
/// R and S, 32 bytes each.
inline std::string ec_signature(std::string_view input, EVP_PKEY* key) {
  const std::string der = plain_signature(input, key);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string signature(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
  ECDSA_SIG_free(pair);
  return signature;
}

inline std::string signing_input(std::string_view header, std::string_view claims) { return base64url(header) + "." + base64url(claims); }
inline std::string hs256(std::string_view claims, std::string_view secret = kSecret, std::string_view header = R"({"alg":"HS256","typ":"JWT"})") {
  const std::string input = signing_input(header, claims);
  return input + "." + base64url(hmac_signature(input, secret));
}
inline std::string rs256(std::string_view claims, EVP_PKEY* key, std::string_view header = R"({"alg":"RS256"})") {
  const std::string input = signing_input(header, claims);
  return input + "." + base64url(plain_signature(input, key));
}
inline std::string es256(std::string_view claims, EVP_PKEY* key, std::string_view header = R"({"alg":"ES256"})") {
  const std::string input = signing_input(header, claims);
  return input + "." + base64url(ec_signature(input, key));
}

/// Valid for an hour around kNow; `more` begins with a comma.
inline std::string claims(std::string_view more = "") {
  return R"({"sub":"alice","exp":)" + std::to_string(kNowSeconds + 3600) + std::string(more) + "}";
}

inline JwtKeys keys_of(JwtAlgorithm algorithm, std::string_view text, std::string_view id = "") {
  auto read = read_jwt_keys(algorithm, text, id);
  if (const auto* wrong = std::get_if<KeyProblem>(&read)) FAIL(wrong->problem);
  return std::get<JwtKeys>(read);
}
inline KeyProblem problem_of(JwtAlgorithm algorithm, std::string_view text) {
  auto read = read_jwt_keys(algorithm, text, "");
  REQUIRE(std::holds_alternative<KeyProblem>(read));
  return std::get<KeyProblem>(read);
}

using JwtRead = std::variant<JwtLogin, JwtRefusal>;
inline const Claims& claims_in(const JwtRead& read) {
  if (const auto* refusal = std::get_if<JwtRefusal>(&read))
    FAIL("refused, fault " << static_cast<int>(refusal->fault) << " " << std::string(refusal->member));
  return std::get<JwtLogin>(read).claims;
}
inline JwtRefusal refusal_in(const JwtRead& read) {
  REQUIRE(std::holds_alternative<JwtRefusal>(read));
  return std::get<JwtRefusal>(read);
}
/// Under HS256 with kSecret.
inline JwtRead read_hs(std::string_view token, JwtSettings settings = {}, UtcTime now = kNow) {
  return read_jwt(token, settings, keys_of(JwtAlgorithm::HS256, kSecret), now);
}

}  // namespace tidegate::test
