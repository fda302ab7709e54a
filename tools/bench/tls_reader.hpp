// A WebSocket client over TLS as small as can be: upgrades, then reads and discards.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

class TlsReader {
 public:
  /// Connects to a server on this machine, trusting whatever it shows, and upgrades. Check ok().
  explicit TlsReader(std::uint16_t port);

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] int fd() const { return socket_.fd(); }
  /// Reads what has come; returns how many plain bytes.
  std::size_t read();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  [[nodiscard]] bool upgrade();

  Socket socket_;
  std::unique_ptr<SSL, Free> ssl_;
  bool ok_ = false;
};

}  // namespace tidegate::bench
