#include "gateway/config/tls_files.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <limits>
#include <memory>
#include <vector>

#include "gateway/config/ca_file.hpp"
#include "gateway/config/config_error.hpp"
#include "gateway/config/yaml_tree.hpp"

namespace tidegate {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kServerRsaBitsMin = 2048;

struct FreeTls {
  void operator()(BIO* source) const { BIO_free(source); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Source = std::unique_ptr<BIO, FreeTls>;

Source source_of(std::string_view text) {
  const auto size = static_cast<int>(std::min<std::size_t>(text.size(), std::numeric_limits<int>::max()));
  return Source{BIO_new_mem_buf(text.data(), size)};
}

/// Nobody is asked at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

UtcTime time_of(const ASN1_TIME* time) {
  constexpr std::int64_t kLastSecond = std::numeric_limits<std::int64_t>::max() / kSecond;
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return kNoTime;
  return UtcTime{std::clamp<std::int64_t>(::timegm(&broken_down), -kLastSecond, kLastSecond) * kSecond};
}

std::string date_of(UtcTime time) { return to_rfc3339(time).substr(0, 10); }

TlsFilesReport refusal(TlsFilesReport::Wrong wrong, std::string problem, std::string remedy) {
  return {wrong, std::move(problem), std::move(remedy), {}, kNoTime};
}

TlsFilesReport key_refusal(std::string problem, std::string remedy) {
  return refusal(TlsFilesReport::Wrong::PrivateKey, std::move(problem), std::move(remedy));
}

}  // namespace

std::string expiry_warning(UtcTime expires, UtcTime now) {
  if (!expires.known() || expires.ns - now.ns >= kCertificateNotice.count()) return {};
  const std::int64_t days = (expires.ns - now.ns) / (24 * 3600 * kSecond);
  if (expires <= now) return "has expired on " + date_of(expires) + ", clients refuse it";
  return "expires on " + date_of(expires) + ", in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

TlsFilesReport inspect_tls_texts(std::string_view certificates, std::string_view key_text, UtcTime now) {
  using Wrong = TlsFilesReport::Wrong;
  if (std::string problem = authorities_problem(certificates); !problem.empty()) {
    return refusal(Wrong::Certificate, std::move(problem), "give the certificate and those that lead to its authority in PEM, as fullchain.pem");
  }
  ERR_clear_error();
  const std::unique_ptr<X509, FreeTls> certificate{PEM_read_bio_X509_AUX(source_of(certificates).get(), nullptr, no_passphrase, nullptr)};
  const std::unique_ptr<EVP_PKEY, FreeTls> key{PEM_read_bio_PrivateKey(source_of(key_text).get(), nullptr, no_passphrase, nullptr)};
  ERR_clear_error();
  if (!key && key_text.find("ENCRYPTED") != std::string_view::npos) {
    return key_refusal("holds a key behind a passphrase", "take it away: openssl pkey -in OLD.pem -out NEW.pem, and chmod 600 NEW.pem");
  }
  if (!key) return key_refusal("holds no private key", "give the certificate's key in PEM, with its -----BEGIN PRIVATE KEY-----");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return key_refusal("is not the key of the first certificate in server.tls.certificate",
                       "give the key that the certificate was made for; in the certificate's file the gateway's own comes first");
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) < kServerRsaBitsMin) {
    return key_refusal("is an RSA key of " + std::to_string(EVP_PKEY_get_bits(key.get())) + " bits, which clients refuse",
                       "have a certificate made for a key of 2048 bits at least, or for one on P-256");
  }
  TlsFilesReport report;
  report.expires = time_of(X509_get0_notAfter(certificate.get()));
  report.warning = expiry_warning(report.expires, now);
  const UtcTime begins = time_of(X509_get0_notBefore(certificate.get()));
  if (begins.known() && begins > now) report.warning = "is not valid before " + date_of(begins) + ", clients refuse it until then";
  return report;
}

TlsFilesReport inspect_tls_files(const std::string& certificates, const std::string& key, UtcTime now) {
  using Wrong = TlsFilesReport::Wrong;
  std::string certificates_text, key_text;
  for (const Wrong file : {Wrong::Certificate, Wrong::PrivateKey}) {
    const bool is_key = file == Wrong::PrivateKey;
    const std::string& path = is_key ? key : certificates;
    if (const std::string wrong = read_whole_file(path, is_key ? key_text : certificates_text); !wrong.empty()) {
      return refusal(file, "the file " + in_quotes(path) + " cannot be read (" + wrong + ")", "correct the path or its permissions");
    }
  }
  TlsFilesReport report = inspect_tls_texts(certificates_text, key_text, now);
  if (report.wrong != Wrong::Nothing) {
    report.problem.insert(0, "the file " + in_quotes((report.wrong == Wrong::PrivateKey ? key : certificates)) + " ");
  }
  return report;
}

}  // namespace tidegate
