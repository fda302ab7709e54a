// A subscriber over TLS as small as can be: reads and counts.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tools/bench/fanout/polled_audience.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

class TlsReader final : public PolledAudience::Reader {
 public:
  /// Connects to a server on this machine, trusting whatever it shows, upgrades, and sends `request`. Check ok().
  TlsReader(std::uint16_t port, std::string_view request);

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] int fd() const override { return socket_.fd(); }
  /// Counts the ends of objects.
  std::size_t read() override;

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
