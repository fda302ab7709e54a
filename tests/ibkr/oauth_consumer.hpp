// A consumer's keys, made here, as the texts of the files that a user has.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>
#include <string_view>

#include "brokers/ibkr/oauth.hpp"
#include "brokers/ibkr/oauth_crypto.hpp"

namespace tidegate::test {

/// What `write` writes, for PEM_write_bio_...
template <class Write>
std::string pem_of(Write&& write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  REQUIRE(write(memory) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory, &text);
  std::string out{text, static_cast<std::size_t>(length)};
  BIO_free(memory);
  return out;
}

class TestKey {
 public:
  explicit TestKey(int bits = 2048) : key_(EVP_RSA_gen(static_cast<unsigned>(bits))) { REQUIRE(key_ != nullptr); }
  ~TestKey() { EVP_PKEY_free(key_); }
  TestKey(const TestKey&) = delete;
  TestKey& operator=(const TestKey&) = delete;

  [[nodiscard]] std::string private_pem() const {
    return pem_of([this](BIO* to) { return PEM_write_bio_PrivateKey(to, key_, nullptr, nullptr, 0, nullptr, nullptr); });
  }
  /// As openssl genrsa of versions before 3 wrote it.
  [[nodiscard]] std::string traditional_pem() const {
    return pem_of([this](BIO* to) { return PEM_write_bio_PrivateKey_traditional(to, key_, nullptr, nullptr, 0, nullptr, nullptr); });
  }
  [[nodiscard]] std::string locked_pem() const {
    return pem_of([this](BIO* to) {
      return PEM_write_bio_PrivateKey(to, key_, EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>("word"), 4, nullptr, nullptr);
    });
  }
  [[nodiscard]] std::string public_pem() const {
    return pem_of([this](BIO* to) { return PEM_write_bio_PUBKEY(to, key_); });
  }
  [[nodiscard]] std::string encrypted(std::string_view text) const {
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr);
    std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key_)), '\0');
    std::size_t length = out.size();
    REQUIRE(EVP_PKEY_encrypt_init(context) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
    REQUIRE(EVP_PKEY_encrypt(context, reinterpret_cast<unsigned char*>(out.data()), &length, reinterpret_cast<const unsigned char*>(text.data()),
                             text.size()) == 1);
    EVP_PKEY_CTX_free(context);
    out.resize(length);
    return out;
  }

 private:
  EVP_PKEY* key_;
};

/// Diffie-Hellman parameters of a group that OpenSSL knows by name.
inline std::string group_pem(std::string name) {
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
  const OSSL_PARAM wanted[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0), OSSL_PARAM_construct_end()};
  EVP_PKEY* parameters = nullptr;
  REQUIRE(EVP_PKEY_paramgen_init(context) == 1);
  REQUIRE(EVP_PKEY_CTX_set_params(context, wanted) == 1);
  REQUIRE(EVP_PKEY_paramgen(context, &parameters) == 1);
  std::string out = pem_of([&](BIO* to) { return PEM_write_bio_Parameters(to, parameters); });
  EVP_PKEY_free(parameters);
  EVP_PKEY_CTX_free(context);
  return out;
}

struct TestConsumer {
  [[nodiscard]] ibkr::OAuthKeys keys() const {
    ibkr::OAuthKeys out;
    out.consumer_key = "TESTCONSX";
    out.access_token = "a1b2c3d4e5f6";
    out.access_token_secret = ibkr::to_base64(encryption.encrypted(secret));
    out.signature_key_pem = signature.private_pem();
    out.encryption_key_pem = encryption.private_pem();
    out.dh_param_pem = group_pem("modp_2048");
    return out;
  }

  TestKey signature, encryption;
  std::string secret = "\x01 a secret of thirty-two bytes \xff";
};

/// The words of a problem; the test fails when there is none.
template <class T>
std::string words_of(const ibkr::OAuthResult<T>& result) {
  REQUIRE_FALSE(result.ok());
  return result.problem().words;
}

}  // namespace tidegate::test
