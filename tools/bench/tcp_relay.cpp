#include "tools/bench/tcp_relay.hpp"

#include <unistd.h>

#include <array>

namespace tidegate::bench {
namespace {

void copy(const Socket& from, const Socket& to) {
  std::array<char, 65'536> buffer;
  for (;;) {
    const ssize_t n = ::read(from.fd(), buffer.data(), buffer.size());
    if (n <= 0 || !write_all(to, {buffer.data(), static_cast<std::size_t>(n)})) break;
  }
  to.shut_down();
}

}  // namespace

TcpRelay::TcpRelay(std::uint16_t target) : listener_(listen_local(port_)) {
  down_ = std::thread{[this, target] {
    near_ = accept_from(listener_);
    if (!near_.ok()) return;
    far_ = connect_local(target);
    up_ = std::thread{[this] { copy(near_, far_); }};
    copy(far_, near_);
  }};
}

TcpRelay::~TcpRelay() {
  listener_.shut_down();
  near_.shut_down();
  far_.shut_down();
  down_.join();
  if (up_.joinable()) up_.join();
}

}  // namespace tidegate::bench
