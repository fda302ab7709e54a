#include "tools/bench/fanout/frame_counter.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace tidegate::bench {
namespace {

/// Bytes of a server's frame header (RFC 6455, 5.2), of which two are known.
std::size_t header_size(std::string_view begin) {
  const auto length = static_cast<unsigned char>(begin[1]);
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

std::size_t payload_size(std::string_view header) {
  if (header.size() == 2) return static_cast<unsigned char>(header[1]);
  std::size_t size = 0;
  for (const char c : header.substr(2)) size = size << 8U | static_cast<unsigned char>(c);
  return size;
}

}  // namespace

std::size_t FrameCounter::take(std::string_view bytes) {
  std::size_t whole = 0;
  for (;;) {
    const std::size_t skipped = std::min(payload_left_, bytes.size());
    payload_left_ -= skipped;
    bytes.remove_prefix(skipped);
    if (payload_left_ == 0 && !header_.empty() && header_.size() >= 2 && header_.size() == header_size(header_)) {
      ++whole;
      header_.clear();
    }
    if (bytes.empty()) return whole;
    header_ += bytes.front();
    bytes.remove_prefix(1);
    if (header_.size() >= 2 && header_.size() == header_size(header_)) payload_left_ = payload_size(header_);
  }
}

CountingSubscribers::CountingSubscribers(std::string extensions) : extensions_(std::move(extensions)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  thread_ = std::thread{[this] { read_all(); }};
}

CountingSubscribers::~CountingSubscribers() {
  stop_ = true;
  thread_.join();
}

bool CountingSubscribers::connect(std::uint16_t port, const Greeting& greeting, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto reader = std::make_unique<Reader>(connect_local(port));
    const Socket& socket = reader->socket;
    if (!socket.ok() || !upgrade(socket, greeting.path, extensions_) || !write_all(socket, masked_frame(greeting.message, greeting.binary))) {
      return false;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = reader.get();
    readers_.push_back(std::move(reader));
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, socket.fd(), &event) != 0) return false;
  }
  return true;
}

void CountingSubscribers::read_all() {
  std::array<epoll_event, 256> events;
  std::array<char, 65'536> buffer;
  while (!stop_) {
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 20);
    for (int i = 0; i < count; ++i) {
      Reader& reader = *static_cast<Reader*>(events[static_cast<std::size_t>(i)].data.ptr);
      const ssize_t got = ::recv(reader.socket.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) continue;
      bytes_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_release);
      deliveries_.fetch_add(reader.frames.take({buffer.data(), static_cast<std::size_t>(got)}), std::memory_order_release);
    }
  }
}

}  // namespace tidegate::bench
