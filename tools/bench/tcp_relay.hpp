#pragma once

#include <cstdint>
#include <thread>

#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

/// The least a relay can do: takes one connection, opens one to `target`, and copies bytes each way with blocking reads and writes.
class TcpRelay {
 public:
  explicit TcpRelay(std::uint16_t target);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  Socket listener_, near_, far_;
  std::thread down_, up_;  // to the subscriber; to the broker
};

}  // namespace tidegate::bench
