// The signed examples of RFC 7515, appendices A.1 to A.3 and A.5. Their claims name no user and ended in 2011.
#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "gateway/access/base64url.hpp"
#include "gateway/access/jwt_key.hpp"
#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

constexpr UtcTime kIn2011{1'300'819'000'000'000'000};  // before the examples end, at 1300819380
const std::string kPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string kHs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + kPayload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string kRs256 =
    "eyJhbGciOiJSUzI1NiJ9." + kPayload +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRF"
    "diuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
    "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const std::string kEs256 =
    "eyJhbGciOiJFUzI1NiJ9." + kPayload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string bytes_of_text(std::string_view text) {
  const auto bytes = decode_base64url(text);
  REQUIRE(bytes.has_value());
  return *bytes;
}

PrivateKey build_key(const char* type, OSSL_PARAM_BLD* builder) {
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
  EVP_PKEY* key = nullptr;
  REQUIRE(EVP_PKEY_fromdata_init(context) == 1);
  REQUIRE(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  return PrivateKey{key};
}

/// A.2.1
std::string rfc_rsa_pem() {
  const std::string modulus = bytes_of_text(
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
      "YpRPEwOWvG6b32690r2jZ47s"
      "oMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
      "DWNmoudF8"
      "NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ");
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  BIGNUM* n = BN_bin2bn(reinterpret_cast<const unsigned char*>(modulus.data()), static_cast<int>(modulus.size()), nullptr);
  BIGNUM* e = BN_new();
  BN_set_word(e, 65537);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
  const PrivateKey key = build_key("RSA", builder);
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return public_pem(key.get());
}

/// A.3.1
std::string rfc_ec_pem() {
  const std::string point =
      "\x04" + bytes_of_text("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") + bytes_of_text("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const PrivateKey key = build_key("EC", builder);
  OSSL_PARAM_BLD_free(builder);
  return public_pem(key.get());
}

/// The signature fits, so that only the missing user is left; one changed letter of it does not.
void check_example(JwtAlgorithm algorithm, const std::string& token, std::string_view key_text) {
  const JwtKeys keys = keys_of(algorithm, key_text);
  JwtSettings settings{.algorithm = algorithm};
  settings.issuer = "joe";
  CHECK(refusal_in(read_jwt(token, settings, keys, kIn2011)).fault == JwtFault::NoUser);
  CHECK(refusal_in(read_jwt(token, settings, keys, kNow)).fault == JwtFault::Expired);
  std::string changed = token;
  changed[token.rfind('.') + 5] = changed[token.rfind('.') + 5] == 'A' ? 'B' : 'A';
  CHECK(refusal_in(read_jwt(changed, settings, keys, kIn2011)).fault == JwtFault::WrongSignature);
}

TEST_CASE("RFC 7515, A.1: HS256") {
  check_example(JwtAlgorithm::HS256, kHs256, bytes_of_text("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
}
TEST_CASE("RFC 7515, A.2: RS256") { check_example(JwtAlgorithm::RS256, kRs256, rfc_rsa_pem()); }
TEST_CASE("RFC 7515, A.3: ES256") { check_example(JwtAlgorithm::ES256, kEs256, rfc_ec_pem()); }

TEST_CASE("RFC 7515, A.5: the unsecured token is refused under every algorithm") {
  const std::string token = "eyJhbGciOiJub25lIn0." + kPayload + ".";
  for (const auto& [algorithm, key] :
       {std::pair{JwtAlgorithm::HS256, kSecret}, std::pair{JwtAlgorithm::RS256, rfc_rsa_pem()}, std::pair{JwtAlgorithm::ES256, rfc_ec_pem()}}) {
    CHECK(refusal_in(read_jwt(token, {.algorithm = algorithm}, keys_of(algorithm, key), kIn2011)).fault == JwtFault::WrongAlgorithm);
  }
}

}  // namespace
}  // namespace tidegate::test
