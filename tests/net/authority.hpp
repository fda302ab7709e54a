// An authority and the certificates it gives, sound or not, made in the test.
#pragma once

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace tidegate::net::test {

class Authority {
 public:
  explicit Authority(std::filesystem::path folder)
      : folder_(std::move(folder)), key_(EVP_EC_gen("P-256")), certificate_(make("CA:TRUE", NID_basic_constraints, -60, 3600, "authority", key_)) {
    sign(certificate_, certificate_);
    write_certificate(file("authority.pem"), certificate_);
  }
  ~Authority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] std::string certificate_file() const { return file("authority.pem"); }

  struct Files {
    std::string certificate, key;
  };
  /// For names such as "DNS:localhost,IP:127.0.0.1", valid from and until so many seconds from now.
  [[nodiscard]] Files issue(const std::string& names, long from_s = -60, long until_s = 3600) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = make(names.c_str(), NID_subject_alt_name, from_s, until_s, "server", key);
    sign(certificate, certificate_);
    const std::string number = std::to_string(++issued_);
    Files files{file("certificate" + number + ".pem"), file("key" + number + ".pem")};
    write_certificate(files.certificate, certificate);
    std::FILE* const to = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(to);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
  }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

  static X509* make(const char* extension, int extension_kind, long from_s, long until_s, const std::string& name, EVP_PKEY* key) {
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                               0);
    X509_set_pubkey(certificate, key);
    X509_EXTENSION* const added = X509V3_EXT_conf_nid(nullptr, nullptr, extension_kind, extension);
    REQUIRE(added != nullptr);
    X509_add_ext(certificate, added, -1);
    X509_EXTENSION_free(added);
    return certificate;
  }
  void sign(X509* certificate, const X509* issuer) {
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    REQUIRE(X509_sign(certificate, key_, EVP_sha256()) > 0);
  }
  static void write_certificate(const std::string& file, X509* certificate) {
    std::FILE* const to = std::fopen(file.c_str(), "w");
    PEM_write_X509(to, certificate);
    std::fclose(to);
  }

  std::filesystem::path folder_;
  EVP_PKEY* key_;
  X509* certificate_;
  int issued_ = 0;
};

}  // namespace tidegate::net::test
