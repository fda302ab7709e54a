#include "tools/bench/fanout/polled_audience.hpp"

#include <sys/epoll.h>

#include <array>
#include <utility>

namespace tidegate::bench {

PolledAudience::PolledAudience(Open open) : open_(std::move(open)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  thread_ = std::thread{[this] { read_all(); }};
}

PolledAudience::~PolledAudience() {
  stop_ = true;
  thread_.join();
}

bool PolledAudience::connect(std::uint16_t port, const Greeting& greeting, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::unique_ptr<Reader> reader = open_(port, greeting);
    if (!reader) return false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = reader.get();
    const int fd = reader->fd();
    readers_.push_back(std::move(reader));
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  }
  return true;
}

void PolledAudience::read_all() {
  std::array<epoll_event, 256> events;
  while (!stop_) {
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 20);
    for (int i = 0; i < count; ++i)
      deliveries_.fetch_add(static_cast<Reader*>(events[static_cast<std::size_t>(i)].data.ptr)->read(), std::memory_order_release);
  }
}

}  // namespace tidegate::bench
