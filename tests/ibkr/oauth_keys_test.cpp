// What a consumer can get wrong with its keys, and the arithmetic of the exchange.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "brokers/ibkr/oauth_keys.hpp"
#include "tests/ibkr/oauth_consumer.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::ibkr;

namespace {

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string one_digit_changed(std::string pem) {
  char& letter = pem[pem.size() / 2];
  letter = letter == 'A' ? 'B' : 'A';
  return pem;
}

/// Diffie-Hellman parameters in PEM, of whichever numbers.
std::string parameters_of(const std::string& prime_hex, const std::string& generator_hex) {
  const auto integer = [](std::string bytes) {
    if ((static_cast<unsigned char>(bytes[0]) & 0x80U) != 0) bytes.insert(0, 1, '\0');
    const auto size = static_cast<unsigned>(bytes.size());
    std::string head = size < 128 ? std::string{'\x02', static_cast<char>(size)}
                                  : std::string{'\x02', '\x82', static_cast<char>(size >> 8U), static_cast<char>(size & 0xFFU)};
    return head + bytes;
  };
  const auto bytes = [](const std::string& hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return out;
  };
  const std::string both = integer(bytes(prime_hex)) + integer(bytes(generator_hex));
  const std::string der = std::string{'\x30', '\x82', static_cast<char>(both.size() >> 8U), static_cast<char>(both.size() & 0xFFU)} + both;
  return "-----BEGIN DH PARAMETERS-----\n" + to_base64(der) + "\n-----END DH PARAMETERS-----\n";
}

/// The prime of the group, in hexadecimal.
std::string prime_of(const std::string& pem) {
  BIO* const memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* const parameters = PEM_read_bio_Parameters(memory, nullptr);
  BIO_free(memory);
  BIGNUM* p = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_P, &p) == 1);
  char* const text = BN_bn2hex(p);
  std::string out = text;
  OPENSSL_free(text);
  BN_free(p);
  EVP_PKEY_free(parameters);
  return out;
}

constexpr std::string_view kOne{"\x01", 1};

}  // namespace

TEST_CASE("oauth rsa key: both forms of PEM are read, with or without lines around them") {
  const TestKey key;
  for (const std::string& pem : {key.private_pem(), key.traditional_pem(), "a comment\n" + key.private_pem() + "another\n"}) {
    RsaKey read;
    REQUIRE(read.read(pem) == "");
    CHECK(read.size() == 256);
    const auto text = read.decrypt(key.encrypted("one secret"));
    REQUIRE(text);
    CHECK(text->view() == "one secret");
  }
}

TEST_CASE("oauth rsa key: what is none is refused with what it is and what to do") {
  const TestKey key, small{1024};
  const std::string whole = key.private_pem();
  std::string one_line = whole;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  const auto problem = [](std::string_view pem) { return RsaKey{}.read(pem); };
  CHECK(holds(problem(""), "an empty file"));
  CHECK(holds(problem("/home/me/private_signature.pem"), "no PEM text"));
  CHECK(holds(problem(one_line), "without its line ends"));
  CHECK(holds(problem(key.public_pem()), "a public key; give the private one"));
  CHECK(holds(problem(key.locked_pem()), "passphrase; take it away: openssl rsa"));
  CHECK(holds(problem(whole.substr(0, whole.size() / 2)), "damaged"));
  CHECK(holds(problem(group_pem("modp_2048")), "no private key"));
  CHECK(holds(problem(small.private_pem()), "1024 bits; the broker takes 2048"));
  CHECK(problem(one_digit_changed(whole)) != "");
  for (std::size_t length = 0; length < whole.size(); length += 37) CHECK(problem(whole.substr(0, length)) != "");
}

TEST_CASE("oauth rsa key: a key of another kind is refused") {
  EVP_PKEY* const curve = EVP_EC_gen("P-256");
  const std::string pem = pem_of([&](BIO* to) { return PEM_write_bio_PrivateKey(to, curve, nullptr, nullptr, 0, nullptr, nullptr); });
  EVP_PKEY_free(curve);
  CHECK(holds(RsaKey{}.read(pem), "no RSA key"));
}

TEST_CASE("oauth rsa key: bytes that were encrypted to another key are not decrypted") {
  const TestKey key, other;
  RsaKey read;
  REQUIRE(read.read(key.private_pem()) == "");
  CHECK_FALSE(read.decrypt(other.encrypted("one secret")));
  CHECK_FALSE(read.decrypt(""));
  CHECK_FALSE(read.decrypt(std::string(256, '\xff')));
}

TEST_CASE("oauth dh: parameters that are none, or not sensible, are refused with a remedy") {
  const TestKey key;
  const auto problem = [](std::string_view pem) { return DiffieHellman{}.read(pem); };
  CHECK(holds(problem(""), "an empty file; give dhparam.pem"));
  CHECK(holds(problem("dhparam.pem"), "no PEM text"));
  CHECK(holds(problem(key.public_pem()), "without Diffie-Hellman parameters"));
  CHECK(holds(problem(key.private_pem()), "without Diffie-Hellman parameters"));
  CHECK(holds(problem(group_pem("modp_1536")), "1536 bits; the broker takes 2048: give the dhparam.pem"));
  CHECK(holds(problem(parameters_of("FFFFFFFFFFFFFFFFC90FDAA22168C235", "02")), "128 bits"));
  // 2^2048 - 1, which 3 divides.
  CHECK(holds(problem(parameters_of(std::string(512, 'F'), "02")), "no prime"));
  const std::string cut = group_pem("modp_2048");
  CHECK(problem(cut.substr(0, cut.size() / 2)) != "");
}

TEST_CASE("oauth dh: a generator out of range is refused") {
  const std::string prime = prime_of(group_pem("modp_2048"));
  CHECK(DiffieHellman{}.read(parameters_of(prime, "02")) == "");
  CHECK(DiffieHellman{}.read(parameters_of(prime, "05")) == "");
  CHECK(holds(DiffieHellman{}.read(parameters_of(prime, "01")), "a generator that is not between"));
  std::string last = prime;
  last.back() = 'E';  // the prime less 1
  CHECK(holds(DiffieHellman{}.read(parameters_of(prime, last)), "a generator that is not between"));
}

TEST_CASE("oauth dh: the challenge is a power of the generator, in hexadecimal without zeros in front") {
  DiffieHellman group;
  REQUIRE(group.read(group_pem("modp_2048")) == "");
  CHECK(group.challenge(kOne) == "2");
  CHECK(group.challenge("\x0a") == "400");
  CHECK(group.challenge(std::string("\x00\x0c", 2)) == "1000");
}

TEST_CASE("oauth dh: the shared number has the bytes of Java's BigInteger") {
  DiffieHellman group;
  REQUIRE(group.read(group_pem("modp_2048")) == "");
  const auto bytes = [&group](std::string_view response) {
    const auto shared = group.shared(response, kOne);
    return shared ? to_hex(shared->view()) : "none";
  };
  // The two examples of IBKR's guide, and one that fills its last byte.
  CHECK(bytes("ff") == "00ff");
  CHECK(bytes("7f") == "7f");
  CHECK(bytes("0000FF80") == "00ff80");
  CHECK(bytes("123") == "0123");
  CHECK(to_hex(group.shared("2", "\x10")->view()) == "010000");
}

TEST_CASE("oauth dh: a response that gives the secret away, or is no number, is refused") {
  DiffieHellman group;
  REQUIRE(group.read(group_pem("modp_2048")) == "");
  const std::string prime = prime_of(group_pem("modp_2048"));
  std::string before = prime, two_before = prime;
  before.back() = 'E';
  two_before.back() = 'D';
  for (const std::string& response :
       {std::string{}, std::string{"0"}, std::string{"1"}, std::string{"0001"}, before, prime, prime + "00", std::string(1000, '0') + "2",
        std::string{"-2"}, std::string{"0x12"}, std::string{"12 "}, std::string{"xyz"}, std::string("12\0", 3)}) {
    CAPTURE(response);
    CHECK_FALSE(group.shared(response, "\x05\x07"));
  }
  CHECK(group.shared(two_before, "\x05\x07"));
}
