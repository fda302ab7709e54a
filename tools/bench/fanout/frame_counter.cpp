#include "tools/bench/fanout/frame_counter.hpp"

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

FrameReader::FrameReader(std::uint16_t port, const Greeting& greeting, std::string_view extensions, std::atomic<std::uint64_t>& bytes)
    : socket_(connect_local(port)),
      ok_(socket_.ok() && upgrade(socket_, greeting.path, extensions) && write_all(socket_, masked_frame(greeting.message, greeting.binary))),
      bytes_(bytes) {}

std::size_t FrameReader::read() {
  std::array<char, 65'536> buffer;
  const ssize_t got = ::recv(socket_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got <= 0) return 0;
  bytes_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_release);
  return frames_.take({buffer.data(), static_cast<std::size_t>(got)});
}

}  // namespace tidegate::bench
