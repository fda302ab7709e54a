#include "tools/bench/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace tidegate::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

void Socket::shut_down() const {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

Socket listen_local(std::uint16_t& port) {
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (!socket.ok() || ::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.fd(), kBacklog) != 0 ||
      ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Socket{};
  }
  port = ntohs(address.sin_port);
  return socket;
}

Socket accept_from(const Socket& listener) {
  Socket socket{::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (socket.ok()) no_delay(socket.fd());
  return socket;
}

Socket connect_local(std::uint16_t port) {
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in address = loopback(port);
  if (!socket.ok() || ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return Socket{};
  no_delay(socket.fd());
  return socket;
}

bool write_all(const Socket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string upgrade_request(std::string_view path, std::string_view extensions) {
  std::string request = "GET ";
  request.append(path).append(
      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
      "dGlkZWdhdGUtYmVuY2gxNg==\r\nSec-WebSocket-Version: 13\r\n");
  if (!extensions.empty()) request.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
  return request += "\r\n";
}

bool upgrade(const Socket& socket, std::string_view path, std::string_view extensions) {
  if (!write_all(socket, upgrade_request(path, extensions))) return false;
  // Looked at before it is taken: what follows the answer belongs to the reader.
  std::array<char, 4096> answer;
  std::size_t seen = 0;
  for (;;) {
    const ssize_t got = ::recv(socket.fd(), answer.data(), answer.size(), MSG_PEEK);
    if (got <= 0) return false;
    const std::string_view text(answer.data(), static_cast<std::size_t>(got));
    const std::size_t end = text.find(kHeaderEnd);
    const bool whole = end != std::string_view::npos;
    const bool agreed = extensions.empty() || text.substr(0, end).find("\r\nSec-WebSocket-Extensions: ") != std::string_view::npos;
    if (whole) return agreed && text.starts_with("HTTP/1.1 101") && ::recv(socket.fd(), answer.data(), end + kHeaderEnd.size(), 0) > 0;
    if (text.size() == answer.size()) return false;
    if (text.size() == seen) std::this_thread::yield();  // peeking does not wait for more
    seen = text.size();
  }
}

std::string masked_frame(std::string_view payload, bool binary) {
  std::string frame{binary ? '\x82' : '\x81'};
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += {'\xFE', static_cast<char>(payload.size() >> 8U), static_cast<char>(payload.size() & 0xFFU)};
  }
  return frame.append(4, '\0').append(payload);
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace tidegate::bench
