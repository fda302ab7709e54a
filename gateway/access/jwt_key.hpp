// One key that verifies signatures of JSON Web Tokens. The algorithm belongs to the key: what a token says about it is compared, never followed.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "gateway/access/access_settings.hpp"

namespace tidegate {

struct KeyDelete {
  void operator()(EVP_PKEY* key) const;
};
using PublicKey = std::unique_ptr<EVP_PKEY, KeyDelete>;

class JwtKey {
 public:
  JwtKey(std::string secret, std::string_view id);                            // HS256
  JwtKey(JwtAlgorithm algorithm, PublicKey public_key, std::string_view id);  // RS256, ES256
  ~JwtKey();
  JwtKey(const JwtKey&) = delete;
  JwtKey& operator=(const JwtKey&) = delete;

  /// Whether `signature` (as decoded: 32 bytes for HS256, 64 for ES256, the modulus' length for RS256) fits `input`.
  [[nodiscard]] bool verifies(std::string_view input, std::string_view signature) const;

  [[nodiscard]] JwtAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  /// The same for the same key wherever it was read from; says nothing about a secret.
  [[nodiscard]] const Sha256& fingerprint() const { return fingerprint_; }

 private:
  JwtAlgorithm algorithm_;
  std::string secret_;
  PublicKey public_key_;
  std::string id_;
  Sha256 fingerprint_{};
};

}  // namespace tidegate
