#include "brokers/ibkr/oauth_keys.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "brokers/ibkr/oauth_crypto.hpp"

namespace tidegate::ibkr {
namespace {

struct Free {
  void operator()(BIO* source) const { BIO_free(source); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_DECODER_CTX* context) const { OSSL_DECODER_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// OpenSSL's own would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

/// What can be said of a text without reading it as a key; empty: it looks like PEM.
std::string not_pem(std::string_view pem, std::string_view wanted) {
  const std::size_t begin = pem.find("-----BEGIN ");
  if (pem.empty()) return "an empty file; give " + std::string{wanted};
  if (begin == std::string_view::npos) return "no PEM text, which has a line -----BEGIN ...; give " + std::string{wanted};
  if (pem.find('\n', begin) == std::string_view::npos) return "PEM text without its line ends; give the file as openssl wrote it";
  return {};
}

BIO* memory_of(std::string_view text) { return BIO_new_mem_buf(text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 1U << 20U))); }

OpenSslOwned<BIGNUM> number_of(std::string_view bytes) {
  OpenSslOwned<BIGNUM> number{BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)};
  if (number) BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

/// base ^ exponent mod prime, in a time that does not tell the exponent. Null: OpenSSL could not.
OpenSslOwned<BIGNUM> power(const BIGNUM* base, std::string_view exponent, const BIGNUM* prime) {
  OpenSslOwned<BIGNUM> out{BN_new()};
  const OpenSslOwned<BIGNUM> times = number_of(exponent);
  const Owned<BN_CTX> context{BN_CTX_secure_new()};
  if (!out || !times || !context || BN_mod_exp(out.get(), base, times.get(), prime, context.get()) != 1) return nullptr;
  return out;
}

std::string dense_hex(const BIGNUM* number) {
  char* const text = BN_bn2hex(number);
  if (text == nullptr) return {};
  std::string_view digits{text};
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  std::string out{digits};
  for (char& c : out) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  OPENSSL_free(text);
  return out;
}

/// Nothing when it is not hexadecimal, or longer than `digits_max`.
OpenSslOwned<BIGNUM> number_of_hex(std::string_view hex, std::size_t digits_max) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  if (hex.empty() || hex.size() > digits_max || !std::all_of(hex.begin(), hex.end(), digit)) return nullptr;
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, std::string{hex}.c_str());
  return OpenSslOwned<BIGNUM>{number};
}

}  // namespace

void OpenSslFree::operator()(BIGNUM* number) const { BN_clear_free(number); }
void OpenSslFree::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

std::string RsaKey::read(std::string_view pem) {
  key_.reset();
  if (std::string problem = not_pem(pem, "the file that openssl genrsa wrote"); !problem.empty()) return problem;
  if (pem.find("ENCRYPTED") != std::string_view::npos) {
    return "a key behind a passphrase; take it away: openssl rsa -in OLD.pem -out NEW.pem, and chmod 600 NEW.pem";
  }
  const Owned<BIO> source{memory_of(pem)};
  OpenSslOwned<EVP_PKEY> key{PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr)};
  ERR_clear_error();
  if (!key) {
    if (pem.find("PUBLIC KEY-----") != std::string_view::npos)
      return "a public key; give the private one, which begins with -----BEGIN PRIVATE KEY-----";
    return "PEM text that is no private key, or a damaged one; give the file that openssl genrsa wrote";
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) return "a key that is no RSA key; make one with: openssl genrsa -out NEW.pem 2048";
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < kKeyBitsMin || bits > kKeyBitsMax) {
    return "an RSA key of " + std::to_string(bits) + " bits; the broker takes 2048: openssl genrsa -out NEW.pem 2048, and register it";
  }
  const Owned<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
  const bool sound = context && EVP_PKEY_check(context.get()) == 1;
  ERR_clear_error();
  if (!sound) return "an RSA key whose numbers do not fit together; give the file that openssl genrsa wrote";
  key_ = std::move(key);
  return {};
}

std::size_t RsaKey::size() const { return key_ ? static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())) : 0; }

std::string RsaKey::sign_sha256(std::string_view text) const {
  std::string out(size(), '\0');
  std::size_t length = out.size();
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  const bool done = context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length, bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  out.resize(done ? length : 0);
  return out;
}

std::optional<Secret> RsaKey::decrypt(std::string_view bytes) const {
  const Owned<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)};
  // Where OpenSSL would give random bytes for what it cannot decrypt, against those who send one text after the other: ours is the user's own.
  unsigned hide_failure = 0;
  const std::array<OSSL_PARAM, 2> options{OSSL_PARAM_construct_uint("implicit-rejection", &hide_failure), OSSL_PARAM_construct_end()};
  std::string out(size(), '\0');
  std::size_t length = out.size();
  const bool done = context && EVP_PKEY_decrypt_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_params(context.get(), options.data()) >= 0 &&
                    EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length, bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  out.resize(done ? length : 0);
  if (!done) return std::nullopt;
  return Secret{std::move(out)};
}

std::string DiffieHellman::read(std::string_view pem) {
  prime_.reset();
  generator_.reset();
  if (std::string problem = not_pem(pem, "dhparam.pem"); !problem.empty()) return problem;
  constexpr const char* kRemedy = "give the dhparam.pem that was uploaded to the broker, made with: openssl dhparam -out dhparam.pem 2048";
  EVP_PKEY* found = nullptr;
  const Owned<BIO> source{memory_of(pem)};
  const Owned<OSSL_DECODER_CTX> decoder{OSSL_DECODER_CTX_new_for_pkey(&found, "PEM", nullptr, nullptr, EVP_PKEY_KEY_PARAMETERS, nullptr, nullptr)};
  if (decoder) OSSL_DECODER_from_bio(decoder.get(), source.get());
  const OpenSslOwned<EVP_PKEY> parameters{found};
  BIGNUM *p = nullptr, *g = nullptr;
  if (found != nullptr && (EVP_PKEY_is_a(found, "DH") == 1 || EVP_PKEY_is_a(found, "DHX") == 1)) {
    EVP_PKEY_get_bn_param(found, OSSL_PKEY_PARAM_FFC_P, &p);
    EVP_PKEY_get_bn_param(found, OSSL_PKEY_PARAM_FFC_G, &g);
  }
  OpenSslOwned<BIGNUM> prime{p}, generator{g};
  ERR_clear_error();
  if (!prime || !generator) return std::string{"PEM text without Diffie-Hellman parameters; "} + kRemedy;
  if (const int bits = BN_num_bits(p); bits < kKeyBitsMin || bits > kKeyBitsMax) {
    return "a prime of " + std::to_string(bits) + " bits; the broker takes 2048: " + kRemedy;
  }
  const Owned<BN_CTX> context{BN_CTX_new()};
  if (!context || BN_check_prime(p, context.get(), nullptr) != 1) return std::string{"a number that is no prime; "} + kRemedy;
  const OpenSslOwned<BIGNUM> last{BN_dup(p)};
  if (!last || BN_sub_word(last.get(), 1) != 1 || BN_cmp(g, BN_value_one()) <= 0 || BN_cmp(g, last.get()) >= 0) {
    return std::string{"a generator that is not between 1 and the prime less 1; "} + kRemedy;
  }
  prime_ = std::move(prime);
  generator_ = std::move(generator);
  return {};
}

std::string DiffieHellman::challenge(std::string_view exponent) const {
  const OpenSslOwned<BIGNUM> number = power(generator_.get(), exponent, prime_.get());
  return number ? dense_hex(number.get()) : std::string{};
}

std::optional<Secret> DiffieHellman::shared(std::string_view response_hex, std::string_view exponent) const {
  const auto digits_max = static_cast<std::size_t>(BN_num_bytes(prime_.get())) * 2 + 2;  // a zero byte may stand in front
  const OpenSslOwned<BIGNUM> response = number_of_hex(response_hex, digits_max), last{BN_dup(prime_.get())};
  if (!response || !last || BN_sub_word(last.get(), 1) != 1) return std::nullopt;
  if (BN_cmp(response.get(), BN_value_one()) <= 0 || BN_cmp(response.get(), last.get()) >= 0) return std::nullopt;
  const OpenSslOwned<BIGNUM> number = power(response.get(), exponent, prime_.get());
  if (!number || BN_cmp(number.get(), BN_value_one()) <= 0) return std::nullopt;
  const auto sign = static_cast<std::size_t>(BN_num_bits(number.get()) % 8 == 0 ? 1 : 0);
  std::string bytes(sign + static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data() + sign));
  return Secret{std::move(bytes)};
}

}  // namespace tidegate::ibkr
