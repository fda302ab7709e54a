// A subscriber that counts frames by their headers, whatever is in them, compressed or not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/bench/fanout/subscribers.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

/// The frames of one connection, which come in pieces of any size.
class FrameCounter {
 public:
  /// How many frames have come whole with these bytes.
  std::size_t take(std::string_view bytes);

 private:
  std::string header_;            // of the frame that comes, as far as it has come
  std::size_t payload_left_ = 0;  // of the frame whose header has come
};

/// Subscribers that offer `extensions` (empty: none), all on one thread.
class CountingSubscribers final : public Audience {
 public:
  explicit CountingSubscribers(std::string extensions);
  ~CountingSubscribers() override;

  [[nodiscard]] bool connect(std::uint16_t port, const Greeting& greeting, std::size_t count) override;
  [[nodiscard]] std::uint64_t deliveries() const override { return deliveries_.load(std::memory_order_acquire); }
  [[nodiscard]] DurationBuckets& ages() override { return ages_; }
  /// Received so far by all, headers included.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }

 private:
  struct Reader {
    explicit Reader(Socket connected) : socket(std::move(connected)) {}
    Socket socket;
    FrameCounter frames;
  };
  void read_all();

  std::string extensions_;
  Socket epoll_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::uint64_t> deliveries_{0}, bytes_{0};
  std::atomic<bool> stop_{false};
  DurationBuckets ages_;  // stay empty
  std::thread thread_;
};

}  // namespace tidegate::bench
