// server.tls: what is wrong with the two files is told before anybody connects, with the key, the file and the remedy.
#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <string>

#include "gateway/config/tls_files.hpp"
#include "tests/config/fixture.hpp"
#include "tests/net/authority.hpp"

namespace tidegate::test {
namespace {

using net::test::Authority;

constexpr const char* kBroker = "brokers: {b: {adapter: fake}}\n";

std::string text_of(const std::string& certificate, const std::string& key) {
  return std::string{kBroker} + "server: {tls: {certificate: " + certificate + ", private_key: " + key + "}}\n";
}

void write_key(const std::string& file, EVP_PKEY* key, const char* passphrase) {
  std::FILE* const to = std::fopen(file.c_str(), "w");
  PEM_write_PKCS8PrivateKey(to, key, passphrase == nullptr ? nullptr : EVP_aes_256_cbc(), passphrase,
                            passphrase == nullptr ? 0 : static_cast<int>(std::string_view{passphrase}.size()), nullptr, nullptr);
  std::fclose(to);
  EVP_PKEY_free(key);
}

UtcTime day(std::int64_t n) { return UtcTime{n * 24 * 3'600'000'000'000}; }

TEST_CASE("server.tls: an address that other machines reach is warned of without TLS, and not with it") {
  const Folder folder;
  Authority authority(folder.path());
  static_cast<void>(authority.issue("DNS:localhost", -60, 90 * 24 * 3600));
  const std::string listen =
      std::string{kBroker} + "server: {listen: \"0.0.0.0:7410\", auth: {required: true, jwt: {algorithm: HS256, key: " + std::string(32, 'k') + "}}";
  const Config clear = load(listen + "}\n", folder);
  REQUIRE(clear.warnings.size() == 1);
  CAPTURE(clear.warnings[0]);
  CHECK(clear.warnings[0].find(
            ":2:18: server.listen: tokens and data travel in the clear, since the address \"0.0.0.0:7410\" can be reached from other "
            "machines without TLS; set server.tls, or put a proxy with TLS in front and listen on 127.0.0.1") != std::string::npos);
  CHECK(load(listen + ", tls: {certificate: certificate1.pem, private_key: key1.pem}}\n", folder).warnings.empty());
  CHECK(load(std::string{kBroker} + "server: {listen: \"127.0.0.1:0\"}\n", folder).warnings.empty());
}

TEST_CASE("server.tls: a certificate with its key is taken, relative to the file that names it") {
  const Folder folder;
  Authority authority(folder.path());
  static_cast<void>(authority.issue("DNS:localhost", -60, 90 * 24 * 3600));
  const Config config = load(text_of("certificate1.pem", "key1.pem"), folder);
  CHECK(config.server.tls.certificate == (folder.path() / "certificate1.pem").string());
  CHECK(config.server.tls.private_key == (folder.path() / "key1.pem").string());
  CHECK(config.warnings.empty());
  const std::string printed = print_config(config);
  CHECK(printed.find("    certificate: " + config.server.tls.certificate + "\n    private_key: " + config.server.tls.private_key) !=
        std::string::npos);
  CHECK(load(printed, folder).server.tls.certificate == config.server.tls.certificate);
}

TEST_CASE("server.tls: files that cannot be served with are refused, each with its remedy") {
  const Folder folder;
  Authority authority(folder.path());
  static_cast<void>(authority.issue("DNS:localhost"));
  static_cast<void>(authority.issue("DNS:localhost"));
  folder.write("nothing.pem", "x");
  write_key((folder.path() / "locked.pem").string(), EVP_EC_gen("P-256"), "word");
  const std::string at_certificate = "bad.yaml:2:29: server.tls.certificate: ";
  CHECK(complaint(text_of("nothing.pem", "key1.pem"), folder) ==
        at_certificate +
            "the file \"nothing.pem\" holds no certificate; give the certificate and those that lead to its authority in PEM, as fullchain.pem");
  CHECK(
      complaint(text_of("certificate1.pem", "nothing.pem"), folder) ==
      "bad.yaml:2:60: server.tls.private_key: the file \"nothing.pem\" holds no private key; give the certificate's key in PEM, with its -----BEGIN "
      "PRIVATE KEY-----");
  CHECK(
      complaint(text_of("certificate1.pem", "key2.pem"), folder) ==
      "bad.yaml:2:60: server.tls.private_key: the file \"key2.pem\" is not the key of the first certificate in server.tls.certificate; give the key "
      "that the certificate was made for; in the certificate's file the gateway's own comes first");
  CHECK(complaint(text_of("certificate1.pem", "locked.pem"), folder) ==
        "bad.yaml:2:60: server.tls.private_key: the file \"locked.pem\" holds a key behind a passphrase; take it away: openssl pkey -in OLD.pem -out "
        "NEW.pem, and chmod 600 NEW.pem");
  CHECK(complaint(std::string{kBroker} + "server: {tls: {certificate: certificate1.pem}}\n", folder) ==
        "bad.yaml:2:15: server.tls.private_key: is missing; name the file of the private key (PEM)");
  CHECK(complaint(std::string{kBroker} + "server: {tls: {private_key: key1.pem}}\n", folder) ==
        "bad.yaml:2:15: server.tls.certificate: is missing; name the file of the certificate chain (PEM)");
}

TEST_CASE("server.tls: an RSA key that clients find too short is refused") {
  const Folder folder;
  Authority authority(folder.path());
  EVP_PKEY* const key = EVP_RSA_gen(1024);
  X509* const certificate = X509_new();
  X509_set_pubkey(certificate, key);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* const to = std::fopen((folder.path() / "short.pem").c_str(), "w");
  PEM_write_X509(to, certificate);
  std::fclose(to);
  X509_free(certificate);
  write_key((folder.path() / "short.key").string(), key, nullptr);
  CHECK(complaint(text_of("short.pem", "short.key"), folder).find("is an RSA key of 1024 bits, which clients refuse; ") != std::string::npos);
}

TEST_CASE("server.tls: a certificate that is expired, not valid yet or about to expire is served, with a warning") {
  const Folder folder;
  Authority authority(folder.path());
  constexpr long kDay = 24 * 3600;
  static_cast<void>(authority.issue("DNS:localhost", -3 * kDay, -kDay));
  static_cast<void>(authority.issue("DNS:localhost", kDay, 90 * kDay));
  static_cast<void>(authority.issue("DNS:localhost", -60, 5 * kDay + 60));
  const char* const words[] = {"has expired on ", "is not valid before ", "expires on "};
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i + 1);
    const Config config = load(text_of("certificate" + number + ".pem", "key" + number + ".pem"), folder);
    REQUIRE(config.warnings.size() == 1);
    CHECK_MESSAGE(config.warnings[0].find(":2:29: server.tls.certificate: the certificate in \"certificate" + number + ".pem\" " + words[i]) !=
                      std::string::npos,
                  config.warnings[0]);
  }
}

TEST_CASE("server.tls: of files that are read again, the problem names the file") {
  const Folder folder;
  Authority authority(folder.path());
  const Authority::Files one = authority.issue("DNS:localhost");
  const Authority::Files other = authority.issue("DNS:localhost");
  using Wrong = TlsFilesReport::Wrong;
  const UtcTime now = SystemClock{}.utc();
  CHECK(inspect_tls_files(one.certificate, one.key, now).wrong == Wrong::Nothing);
  const TlsFilesReport mixed = inspect_tls_files(one.certificate, other.key, now);
  CHECK(mixed.wrong == Wrong::PrivateKey);
  CHECK(mixed.problem == "the file \"" + other.key + "\" is not the key of the first certificate in server.tls.certificate");
  const TlsFilesReport gone = inspect_tls_files("none.pem", one.key, now);
  CHECK(gone.wrong == Wrong::Certificate);
  CHECK(gone.problem == "the file \"none.pem\" cannot be read (No such file or directory)");
}

TEST_CASE("certificate expiry: spoken of from two weeks before") {
  CHECK(expiry_warning(day(100), day(85)).empty());
  CHECK(expiry_warning(day(100), day(86)).empty());
  CHECK(expiry_warning(day(100), UtcTime{day(86).ns + 1}) == "expires on 1970-04-11, in 13 days");
  CHECK(expiry_warning(day(100), UtcTime{day(98).ns + 1}) == "expires on 1970-04-11, in 1 day");
  CHECK(expiry_warning(day(100), day(100)) == "has expired on 1970-04-11, clients refuse it");
  CHECK(expiry_warning(day(100), day(200)) == "has expired on 1970-04-11, clients refuse it");
  CHECK(expiry_warning(kNoTime, day(1)).empty());
}

TEST_CASE("server.limits: the deadline and the bound of connections in their handshake are read") {
  const Config config = load(std::string{kBroker} + "server: {limits: {handshake_timeout: 250ms, pending_connections: 7}}\n");
  CHECK(config.server.limits.handshake_timeout == std::chrono::milliseconds{250});
  CHECK(config.server.limits.pending_connections == 7);
  CHECK(complaint(std::string{kBroker} + "server: {limits: {handshake_timeout: 0s}}\n").find("server.limits.handshake_timeout: ") !=
        std::string::npos);
  CHECK(complaint(std::string{kBroker} + "server: {limits: {pending_connections: 0}}\n").find("server.limits.pending_connections: ") !=
        std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
