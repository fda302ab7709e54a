// Ends TLS on a port and passes the plain bytes on to another: gives a plain server of this process TLS.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

struct ssl_ctx_st;

namespace tidegate::sim {

class TlsRelay {
 public:
  TlsRelay();
  ~TlsRelay();  // cuts what is open
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  /// Certificate and key from PEM files. Returns an empty text, or what is wrong with them.
  [[nodiscard]] std::string load_certificate(const std::string& certificate_file, const std::string& key_file);
  /// A fresh certificate of its own authority for these names: "DNS:localhost,IP:127.0.0.1". Returns an empty text, or what is wrong.
  [[nodiscard]] std::string make_certificate(const std::string& names);
  /// Nothing newer than TLS 1.1, as a server from before 2008. Before listen().
  void speak_old_versions_only();
  /// The certificate in PEM; empty before there is one.
  [[nodiscard]] const std::string& certificate() const { return certificate_; }

  /// Relays from HOST:`port` (0 takes a free one) to 127.0.0.1:`to_port`, on threads of its own. Returns an empty text, or what went wrong.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port, std::uint16_t to_port);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The name that the last client asked for (SNI).
  [[nodiscard]] std::string server_name();

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> done{false};
  };

  void accept_until_stopped();
  void relay(int client);

  ssl_ctx_st* context_;
  std::string certificate_;
  std::uint16_t to_port_ = 0;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string server_name_;
  std::list<Worker> workers_;  // the acceptor's, until it ends
  std::thread acceptor_;
};

}  // namespace tidegate::sim
