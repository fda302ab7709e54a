// Many subscribers as cheaply as can be: raw sockets that one thread reads and discards.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

class Readers {
 public:
  Readers();
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Opens one more connection, which `websocket` upgrades first. False: it did not come about.
  [[nodiscard]] bool connect(std::uint16_t port, bool websocket);
  /// Bytes read from all connections so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }

 private:
  void read_all();

  int epoll_;
  int stop_;
  std::vector<Socket> sockets_;
  std::atomic<std::uint64_t> bytes_{0};
  std::thread thread_;
};

}  // namespace tidegate::bench
