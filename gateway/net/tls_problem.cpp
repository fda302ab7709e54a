#include "gateway/net/tls_problem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace tidegate::net {
namespace {

bool on_this_machine(std::string_view host) { return host == "localhost" || host == "::1" || host.substr(0, 4) == "127."; }

/// Each begins with the matter and the keys, since a status shows some eighty characters.
std::string with_trust(std::string words, std::string_view host) {
  return words.append(on_this_machine(host) ? ", or set tls.verify: false"
                                            : "; tls.verify: false is only for a broker's gateway program on this machine");
}

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

std::string certificate_problem(long result, std::string_view host) {
  switch (result) {
    case X509_V_OK:
      return {};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return with_trust("self-signed certificate; name it in tls.ca_file", host);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // one of the same name is known, which did not give it
      return with_trust("unknown authority; name its certificate in tls.ca_file", host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return with_trust("expired certificate; have the server renew it", host);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate that is not valid yet; set this machine's clock, or have the server renew it";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return name_problem(host);
    default:
      return with_trust(std::string{"certificate refused ("} + X509_verify_cert_error_string(result) + "); name a sound one in tls.ca_file", host);
  }
}

std::string name_problem(std::string_view host) { return with_trust("certificate of another name; use it in ws_url/rest_url", host); }

std::string handshake_problem(unsigned long error) {
  if (error == 0) return "the server hung up in the TLS handshake; does it speak TLS at the port in ws_url/rest_url?";
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_RECORD_TOO_SMALL:
      return "the server speaks no TLS here; correct the port, or write ws:// and http:// in ws_url and rest_url";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the server speaks no TLS 1.2 or newer; have it updated";
    default: {
      const char* const reason = ERR_reason_error_string(error);
      return std::string{"the TLS handshake failed: "} + (reason == nullptr ? "unknown error" : reason);
    }
  }
}

std::string plain_problem() { return "no HTTP answer; where the server speaks TLS, write wss:// and https:// in ws_url and rest_url"; }

std::string ca_file_problem(const std::string& path) {
  const std::string name = "tls.ca_file " + path;
  const std::unique_ptr<std::FILE, FileClose> file{std::fopen(path.c_str(), "re")};
  if (!file) return name + " cannot be read (" + std::generic_category().message(errno) + "); correct the path or its permissions";
  ERR_clear_error();
  bool any = false;
  while (const std::unique_ptr<X509, CertificateFree> certificate{PEM_read_X509_AUX(file.get(), nullptr, nullptr, nullptr)}) any = true;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (any && at_end) return {};
  return name + (any ? " holds a damaged certificate" : " holds no certificate") +
         "; give certificates in PEM, each with its -----BEGIN CERTIFICATE-----";
}

}  // namespace tidegate::net
