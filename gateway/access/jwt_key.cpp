#include "gateway/access/jwt_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>

#include "gateway/access/jwt.hpp"

namespace tidegate {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{256} << 10U;
constexpr int kCurveBytes = 32;  // of one coordinate, and so of each half of a signature, on P-256

struct Free {
  void operator()(BIO* source) const { BIO_free(source); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Nothing where the library fails: never a value that a token could hold.
std::optional<Sha256> hmac(std::string_view secret, std::string_view input) {
  Sha256 result{};
  unsigned size = 0;
  const unsigned char* done = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(input), input.size(), result.data(), &size);
  if (done == nullptr || size != result.size()) return std::nullopt;
  return result;
}

/// OpenSSL wants DER where RFC 7518 section 3.4 puts R and S one after the other. Empty: out of memory.
std::string to_der(std::string_view signature) {
  const Owned<ECDSA_SIG> pair{ECDSA_SIG_new()};
  Owned<BIGNUM> r{BN_bin2bn(bytes_of(signature), kCurveBytes, nullptr)};
  Owned<BIGNUM> s{BN_bin2bn(bytes_of(signature) + kCurveBytes, kCurveBytes, nullptr)};
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // the pair's from here on
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

Sha256 fingerprint_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return {};
  const Sha256 digest = token_digest({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

/// A block of a PEM file, its label taken for what it is.
PublicKey read_block(std::string_view label, std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const auto size = static_cast<long>(der.size());
  if (label == PEM_STRING_PUBLIC) return PublicKey{d2i_PUBKEY(nullptr, &at, size)};
  if (label == PEM_STRING_RSA_PUBLIC) return PublicKey{d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size)};
  const Owned<X509> certificate{d2i_X509(nullptr, &at, size)};
  return PublicKey{certificate ? X509_get_pubkey(certificate.get()) : nullptr};
}

bool is_sound(EVP_PKEY* key) {
  const Owned<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

/// Why a key does not do for an algorithm; an empty problem: it does.
KeyProblem problem_with(JwtAlgorithm algorithm, EVP_PKEY* key) {
  if (algorithm == JwtAlgorithm::RS256) {
    if (EVP_PKEY_is_a(key, "RSA") != 1) return {"holds a key that is not an RSA key", "give an RSA key, or set algorithm to what the key is for"};
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
      return {"holds an RSA key of " + std::to_string(bits) + " bits",
              "use one of " + std::to_string(kRsaBitsMin) + " to " + std::to_string(kRsaBitsMax) + " bits"};
    }
  } else {
    char curve[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_is_a(key, "EC") != 1)
      return {"holds a key that is not an elliptic curve key", "give one on P-256, or set algorithm to what the key is for"};
    if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &size) != 1 || std::string_view{curve, size} != SN_X9_62_prime256v1) {
      return {"holds a key on another curve than P-256", "ES256 is defined for P-256 (prime256v1) alone"};
    }
  }
  if (!is_sound(key)) return {"holds a key that cannot be right", "have its issuer give it again"};
  return {};
}

std::variant<JwtKeys, KeyProblem> read_secret(std::string_view text, std::string_view id) {
  if (text.find("-----BEGIN") != std::string_view::npos) {
    return KeyProblem{"is a key in PEM, and HS256 takes a secret", "set algorithm to RS256 or ES256, or give the secret shared with the issuer"};
  }
  if (text.size() < kJwtSecretBytesMin) {
    return KeyProblem{"holds a secret of " + std::to_string(text.size()) + " bytes",
                      "use at least " + std::to_string(kJwtSecretBytesMin) + " random bytes, such as `openssl rand -hex 32` prints"};
  }
  if (text.size() > kPemBytesMax) return KeyProblem{"holds more than 256KiB", "give the secret alone"};
  return JwtKeys{std::make_shared<const JwtKey>(std::string(text), id)};
}

/// Takes the next block of a PEM text. False at the end, or where `problem` says why not.
bool next_block(BIO* source, std::string& label, std::string& der, KeyProblem& problem) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  ERR_clear_error();
  if (PEM_read_bio(source, &name, &header, &data, &size) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) problem = {"holds a damaged block", "have its issuer give it again"};
    ERR_clear_error();
    return false;
  }
  label = name;
  if (label.find("PRIVATE") == std::string::npos) der.assign(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  return true;
}

std::variant<JwtKeys, KeyProblem> read_pem(JwtAlgorithm algorithm, std::string_view text, std::string_view id) {
  if (text.size() > kPemBytesMax) return KeyProblem{"holds more than 256KiB", "give the public keys alone"};
  const Owned<BIO> source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  JwtKeys keys;
  KeyProblem problem;
  std::string label, der;
  while (next_block(source.get(), label, der, problem)) {
    if (label.find("PRIVATE") != std::string::npos) {
      return KeyProblem{"holds a private key", "keep that with the issuer; here belongs the public one: openssl pkey -in KEY -pubout"};
    }
    if (label != PEM_STRING_PUBLIC && label != PEM_STRING_RSA_PUBLIC && label != PEM_STRING_X509) {
      return KeyProblem{"holds something besides public keys and certificates", "leave nothing else in it"};
    }
    PublicKey key = read_block(label, der);
    ERR_clear_error();
    if (!key) return KeyProblem{"holds a damaged block", "have its issuer give it again"};
    if (KeyProblem wrong = problem_with(algorithm, key.get()); !wrong.problem.empty()) return wrong;
    keys.push_back(std::make_shared<const JwtKey>(algorithm, std::move(key), id));
    if (keys.size() > kJwtKeysMax) return KeyProblem{"holds too many keys", "keep those that are in use, 16 at most"};
  }
  if (!problem.problem.empty()) return problem;
  if (keys.empty()) return KeyProblem{"holds no public key", "give public keys or certificates in PEM (-----BEGIN PUBLIC KEY-----)"};
  return keys;
}

}  // namespace

void KeyDelete::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

JwtKey::JwtKey(std::string secret, std::string_view id)
    : algorithm_(JwtAlgorithm::HS256), secret_(std::move(secret)), id_(id), fingerprint_(hmac(secret_, "fingerprint of a key").value_or(Sha256{})) {}

JwtKey::JwtKey(JwtAlgorithm algorithm, PublicKey public_key, std::string_view id)
    : algorithm_(algorithm), public_key_(std::move(public_key)), id_(id), fingerprint_(fingerprint_of(public_key_.get())) {}

JwtKey::~JwtKey() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

bool JwtKey::verifies(std::string_view input, std::string_view signature) const {
  if (algorithm_ == JwtAlgorithm::HS256) {
    const std::optional<Sha256> expected = hmac(secret_, input);
    return expected && signature.size() == expected->size() && CRYPTO_memcmp(expected->data(), signature.data(), expected->size()) == 0;
  }
  std::string der;
  if (algorithm_ == JwtAlgorithm::ES256) {
    if (signature.size() != 2 * kCurveBytes) return false;
    der = to_der(signature);
    signature = der;
  } else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(public_key_.get()))) {
    return false;
  }
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  const bool fits = context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, public_key_.get()) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(input), input.size()) == 1;
  ERR_clear_error();  // a wrong signature leaves its reasons in this thread's queue, where TLS would take them for its own
  return fits;
}

std::variant<JwtKeys, KeyProblem> read_jwt_keys(JwtAlgorithm algorithm, std::string_view text, std::string_view id) {
  return algorithm == JwtAlgorithm::HS256 ? read_secret(text, id) : read_pem(algorithm, text, id);
}

bool has_key(const JwtKeys& keys, const Sha256& fingerprint) {
  return std::ranges::any_of(keys, [&](const auto& key) { return key->fingerprint() == fingerprint; });
}

}  // namespace tidegate
