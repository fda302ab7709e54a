// What a configuration may give as a key.
#include "gateway/access/jwt_key.hpp"

#include <openssl/x509.h>

#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

std::string certificate_pem(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
  BIO* sink = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(sink, certificate);
  X509_free(certificate);
  return drain(sink);
}

TEST_CASE("JWT keys: a short secret is refused, one of 32 bytes is taken") {
  CHECK(keys_of(JwtAlgorithm::HS256, kSecret).size() == 1);
  const KeyProblem problem = problem_of(JwtAlgorithm::HS256, kSecret.substr(1));
  CHECK(problem.problem == "holds a secret of 31 bytes");
  CHECK(problem.remedy == "use at least 32 random bytes, such as `openssl rand -hex 32` prints");
  CHECK(problem_of(JwtAlgorithm::HS256, std::string(300'000, 'x')).problem == "holds more than 256KiB");
}

TEST_CASE("JWT keys: a public key in the place of a secret is refused, since everybody has it") {
  CHECK(problem_of(JwtAlgorithm::HS256, public_pem(rsa_key())).problem == "is a key in PEM, and HS256 takes a secret");
}

TEST_CASE("JWT keys: RSA below 2048 bits is refused") {
  CHECK(problem_of(JwtAlgorithm::RS256, public_pem(make_rsa(1024).get())).problem == "holds an RSA key of 1024 bits");
  CHECK(keys_of(JwtAlgorithm::RS256, public_pem(rsa_key())).size() == 1);
}

TEST_CASE("JWT keys: a curve other than P-256 is refused") {
  for (const char* curve : {"P-384", "secp256k1", "P-521"}) {
    CAPTURE(curve);
    CHECK(problem_of(JwtAlgorithm::ES256, public_pem(make_ec(curve).get())).problem == "holds a key on another curve than P-256");
  }
  CHECK(keys_of(JwtAlgorithm::ES256, public_pem(ec_key())).size() == 1);
}

TEST_CASE("JWT keys: a key of the other kind is refused") {
  CHECK(problem_of(JwtAlgorithm::RS256, public_pem(ec_key())).problem == "holds a key that is not an RSA key");
  CHECK(problem_of(JwtAlgorithm::ES256, public_pem(rsa_key())).problem == "holds a key that is not an elliptic curve key");
  const PrivateKey edwards{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  CHECK(problem_of(JwtAlgorithm::ES256, public_pem(edwards.get())).problem == "holds a key that is not an elliptic curve key");
}

TEST_CASE("JWT keys: a private key is refused, and its text stands in no complaint") {
  const std::string pem = private_pem(rsa_key());
  const KeyProblem problem = problem_of(JwtAlgorithm::RS256, pem);
  CHECK(problem.problem == "holds a private key");
  CHECK((problem.problem + problem.remedy).find(pem.substr(100, 20)) == std::string::npos);
  CHECK(problem_of(JwtAlgorithm::ES256, public_pem(ec_key()) + private_pem(ec_key())).problem == "holds a private key");
}

TEST_CASE("JWT keys: no key, a damaged one and other blocks are refused") {
  CHECK(problem_of(JwtAlgorithm::RS256, "").problem == "holds no public key");
  CHECK(problem_of(JwtAlgorithm::RS256, "hello").problem == "holds no public key");
  std::string pem = public_pem(rsa_key());
  CHECK(problem_of(JwtAlgorithm::RS256, pem.substr(0, pem.size() / 2)).problem == "holds a damaged block");
  std::string changed = pem;
  changed.replace(40, 4, "////");
  CHECK(problem_of(JwtAlgorithm::RS256, changed).problem == "holds a damaged block");
  CHECK(problem_of(JwtAlgorithm::RS256, "-----BEGIN X-----\nAAAA\n-----END X-----\n").problem ==
        "holds something besides public keys and certificates");
  CHECK(problem_of(JwtAlgorithm::RS256, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").problem == "holds a damaged block");
}

TEST_CASE("JWT keys: every shortened PEM is refused or holds no key") {
  const std::string pem = public_pem(ec_key());
  for (std::size_t size = 0; size + 1 < pem.size(); ++size) {
    CAPTURE(size);
    CHECK(std::holds_alternative<KeyProblem>(read_jwt_keys(JwtAlgorithm::ES256, std::string_view{pem}.substr(0, size), "")));
  }
}

TEST_CASE("JWT keys: several blocks give several keys, certificates among them, and the same key has one fingerprint") {
  const PrivateKey other = make_ec("P-256");
  const JwtKeys keys =
      keys_of(JwtAlgorithm::ES256, "a comment\n" + public_pem(ec_key()) + certificate_pem(other.get()) + certificate_pem(ec_key()), "2027");
  REQUIRE(keys.size() == 3);
  CHECK(keys[0]->id() == "2027");
  CHECK(keys[0]->fingerprint() == keys[2]->fingerprint());
  CHECK(keys[0]->fingerprint() != keys[1]->fingerprint());
  CHECK(has_key(keys, keys[1]->fingerprint()));
  CHECK_FALSE(has_key(keys, Sha256{}));
}

TEST_CASE("JWT keys: more than 16 in one file are refused") {
  std::string text;
  for (int i = 0; i < 17; ++i) text += public_pem(ec_key());
  CHECK(problem_of(JwtAlgorithm::ES256, text).problem == "holds too many keys");
}

}  // namespace
}  // namespace tidegate::test
