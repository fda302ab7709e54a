// Plain loopback sockets, for baselines and readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::bench {

/// Owns one descriptor; -1 is none.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  /// Ends both directions, and with them every blocking call on the socket.
  void shut_down() const;

 private:
  int fd_;
};

[[nodiscard]] Socket listen_local(std::uint16_t& port);
/// The next connection, without Nagle's delay.
[[nodiscard]] Socket accept_from(const Socket& listener);
[[nodiscard]] Socket connect_local(std::uint16_t port);
bool write_all(const Socket& socket, std::string_view bytes);
/// What a client asks for a WebSocket with, offering `extensions` unless they are empty.
[[nodiscard]] std::string upgrade_request(std::string_view path = "/ws", std::string_view extensions = {});
/// The client's half of a WebSocket upgrade, offering `extensions` unless they are empty; true when the server agreed, to them too. What follows the
/// answer stays to be read.
[[nodiscard]] bool upgrade(const Socket& socket, std::string_view path = "/ws", std::string_view extensions = {});
/// A client's frame of at most 65,535 bytes; the mask is zero.
[[nodiscard]] std::string masked_frame(std::string_view payload, bool binary = false);
/// Lets the process open as many descriptors as it may; returns how many.
std::size_t raise_descriptor_limit();

}  // namespace tidegate::bench
