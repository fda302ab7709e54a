// The gateway's own certificate and its key, looked at before anybody connects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate {

inline constexpr Duration kCertificateNotice = std::chrono::hours{14 * 24};  // a certificate that ends sooner is spoken of

struct TlsFilesReport {
  enum class Wrong : std::uint8_t { Nothing, Certificate, PrivateKey };

  Wrong wrong = Wrong::Nothing;  // which of the two files cannot be served with
  std::string problem, remedy;   // "holds no certificate"; what to do
  std::string warning;           // it can, but clients will refuse it, now or soon: "has expired on 2026-01-31"; empty: nothing
  UtcTime expires;
};

/// Looks at the texts of both files, which must be PEM: the gateway's certificate first in its file, its authorities' behind it.
[[nodiscard]] TlsFilesReport inspect_tls_texts(std::string_view certificates, std::string_view key, UtcTime now);
/// The same of two files, whose names the problem holds.
[[nodiscard]] TlsFilesReport inspect_tls_files(const std::string& certificates, const std::string& key, UtcTime now);
/// The warning above, of a certificate that ends then. Empty: nothing to speak of yet.
[[nodiscard]] std::string expiry_warning(UtcTime expires, UtcTime now);

}  // namespace tidegate
