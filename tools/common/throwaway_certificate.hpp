// A certificate that is its own authority, and its key, in files of a new temporary folder: for measuring and fuzzing.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "gateway/net/ws_server.hpp"

namespace tidegate::tools {

inline net::TlsFiles throwaway_certificate() {
  char folder[] = "/tmp/tidegate-fuzz-XXXXXX";
  if (::mkdtemp(folder) == nullptr) std::abort();
  net::TlsFiles files{std::string(folder) + "/certificate.pem", std::string(folder) + "/key.pem"};
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* to = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(to, certificate);
  std::fclose(to);
  to = std::fopen(files.private_key.c_str(), "w");
  PEM_write_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(to);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace tidegate::tools
