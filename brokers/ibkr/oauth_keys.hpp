// The keys of OAuth as files hold them: private RSA keys and Diffie-Hellman parameters, read from PEM and checked.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/ibkr/secret.hpp"

namespace tidegate::ibkr {

/// Of RSA keys and of the prime: what the broker asks for when they are registered. Above the maximum a single request would take seconds.
inline constexpr int kKeyBitsMin = 2048, kKeyBitsMax = 8192;

struct OpenSslFree {
  void operator()(BIGNUM* number) const;
  void operator()(EVP_PKEY* key) const;
};
template <class T>
using OpenSslOwned = std::unique_ptr<T, OpenSslFree>;

class RsaKey {
 public:
  /// Reads and proves a private key. An empty text, or what is wrong and what to do, without the key's name: "a public key; give the private one".
  [[nodiscard]] std::string read(std::string_view pem);
  /// RSASSA-PKCS1-v1_5 with SHA-256. Empty: OpenSSL could not.
  [[nodiscard]] std::string sign_sha256(std::string_view text) const;
  /// RSAES-PKCS1-v1_5. Nothing when the bytes were not encrypted to this key.
  [[nodiscard]] std::optional<Secret> decrypt(std::string_view bytes) const;
  /// Bytes of what it signs and decrypts.
  [[nodiscard]] std::size_t size() const;

 private:
  OpenSslOwned<EVP_PKEY> key_;
};

class DiffieHellman {
 public:
  /// As RsaKey::read.
  [[nodiscard]] std::string read(std::string_view pem);
  /// generator ^ exponent mod prime in hexadecimal without zeros in front. `exponent` are the bytes of a number, highest first. Empty: OpenSSL could
  /// not.
  [[nodiscard]] std::string challenge(std::string_view exponent) const;
  /// What the other side has as well: response ^ exponent mod prime, as the bytes that Java's BigInteger has: a zero first where the highest bit is
  /// set. Nothing when the response is no number in hexadecimal from 2 to prime - 2, which would give the secret away.
  [[nodiscard]] std::optional<Secret> shared(std::string_view response_hex, std::string_view exponent) const;

 private:
  OpenSslOwned<BIGNUM> prime_, generator_;
};

}  // namespace tidegate::ibkr
