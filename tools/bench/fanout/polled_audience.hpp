// Subscribers that one thread of this process reads, each in its own way, for servers whose bytes have to be decrypted or taken apart.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tools/bench/fanout/subscribers.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

class PolledAudience final : public Audience {
 public:
  /// One connection, which has greeted its server.
  class Reader {
   public:
    Reader() = default;
    virtual ~Reader() = default;
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[nodiscard]] virtual int fd() const = 0;
    /// Reads what has come; returns how many messages ended in it.
    virtual std::size_t read() = 0;
  };
  /// Null: the connection did not come about.
  using Open = std::function<std::unique_ptr<Reader>(std::uint16_t port, const Greeting& greeting)>;

  explicit PolledAudience(Open open);
  ~PolledAudience() override;

  [[nodiscard]] bool connect(std::uint16_t port, const Greeting& greeting, std::size_t count) override;
  [[nodiscard]] std::uint64_t deliveries() const override { return deliveries_.load(std::memory_order_acquire); }
  [[nodiscard]] DurationBuckets& ages() override { return ages_; }

 private:
  void read_all();

  Open open_;
  Socket epoll_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::uint64_t> deliveries_{0};
  std::atomic<bool> stop_{false};
  DurationBuckets ages_;  // stay empty
  std::thread thread_;
};

}  // namespace tidegate::bench
