// Why a connection over TLS did not come about, and what to do: the same words for WebSockets and HTTP. Internal to gateway/net.
#pragma once

#include <string>
#include <string_view>

#include "gateway/net/ws_client.hpp"

namespace tidegate::net {

/// What a certificate was refused for; empty: nothing. `result` is OpenSSL's (X509_V_...). `host` is the one that was connected to: only for one on
/// this machine the words propose to trust anything.
[[nodiscard]] std::string certificate_problem(long result, std::string_view host);
/// The certificate is sound and trusted, but does not name the host.
[[nodiscard]] std::string name_problem(std::string_view host);
/// What a handshake failed for besides the certificate. `error` is OpenSSL's code; 0: there is none, the peer has ended it.
[[nodiscard]] std::string handshake_problem(unsigned long error);
/// A peer that was asked without TLS, and gave no HTTP answer.
[[nodiscard]] std::string plain_problem();
/// What is wrong with a file of authorities; empty: nothing. Reads it.
[[nodiscard]] std::string ca_file_problem(const std::string& path);

}  // namespace tidegate::net
