// Ends TLS on a loopback port and passes the plain bytes on to another: a server with a self-signed certificate, for tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct ssl_ctx_st;

namespace tidegate::net::test {

class TlsRelay {
 public:
  /// Relays to 127.0.0.1:`to_port`, with a fresh certificate for `name`. Threads of its own.
  TlsRelay(std::uint16_t to_port, const std::string& name);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The certificate in PEM, which is its own authority.
  [[nodiscard]] const std::string& certificate_file() const { return certificate_file_; }
  /// The name that the last client asked for (SNI).
  [[nodiscard]] std::string server_name();

 private:
  void make_certificate(const std::string& name);
  void accept_until_stopped();
  void relay(int client);

  std::uint16_t to_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  ssl_ctx_st* context_;
  std::string certificate_file_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string server_name_;
  std::vector<std::thread> relays_;
  std::thread acceptor_;
};

}  // namespace tidegate::net::test
