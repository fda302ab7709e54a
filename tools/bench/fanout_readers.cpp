#include "tools/bench/fanout_readers.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace tidegate::bench {

Readers::Readers() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = stop_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_, &event);
  thread_ = std::thread{[this] { read_all(); }};
}

Readers::~Readers() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(stop_);
  ::close(epoll_);
}

bool Readers::connect(std::uint16_t port, bool websocket) {
  Socket socket = connect_local(port);
  if (!socket.ok() || (websocket && !upgrade(socket))) return false;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket.fd();
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.fd(), &event) != 0) return false;
  sockets_.push_back(std::move(socket));
  return true;
}

void Readers::read_all() {
  std::array<epoll_event, 256> events;
  std::array<char, 65'536> buffer;
  for (;;) {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == stop_) return;
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) bytes_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_release);
      if (got == 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    }
  }
}

}  // namespace tidegate::bench
