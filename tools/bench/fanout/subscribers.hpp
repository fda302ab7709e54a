// Many subscribers of one server, as cheaply as can be: raw sockets that one process reads, counting messages.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tools/bench/child_process.hpp"

namespace tidegate::bench {

/// What a subscriber says to get its records.
struct Greeting {
  std::string path = "/ws";
  std::string message{};  // sent once connected; empty: nothing
  bool binary = false;    // the message's frame
};

/// Durations in buckets 3 % wide. One writer, any readers, in memory that processes may share.
class DurationBuckets {
 public:
  void add(std::int64_t ns) { counts_[bucket(ns)].fetch_add(1, std::memory_order_relaxed); }
  void clear() {
    for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
  }
  /// The upper bound of the bucket that holds this share of all, in microseconds; 0 where there are none.
  [[nodiscard]] double percentile_us(double share) const;

 private:
  static constexpr std::size_t kSteps = 32;  // to each power of two
  static std::size_t bucket(std::int64_t ns);

  std::array<std::atomic<std::uint32_t>, std::size_t{40} * kSteps> counts_{};
};

class Audience {
 public:
  Audience() = default;
  virtual ~Audience() = default;
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;

  /// Opens so many connections more; false: not all of them came about. Their records may come later than this returns.
  [[nodiscard]] virtual bool connect(std::uint16_t port, const Greeting& greeting, std::size_t count) = 0;
  /// Messages received so far by all: every record, and nothing else once the server has answered the greetings.
  [[nodiscard]] virtual std::uint64_t deliveries() const = 0;
  /// Age of the oldest record in each piece that was received, by the time in its trade_id.
  [[nodiscard]] virtual DurationBuckets& ages() = 0;
};

class Subscribers final : public Audience {
 public:
  /// Starts the process, empty.
  Subscribers();
  ~Subscribers() override;

  [[nodiscard]] bool connect(std::uint16_t port, const Greeting& greeting, std::size_t count) override;
  [[nodiscard]] std::uint64_t deliveries() const override { return shared_->deliveries.load(std::memory_order_acquire); }
  [[nodiscard]] DurationBuckets& ages() override { return shared_->ages; }

 private:
  struct Shared {
    std::atomic<std::uint64_t> deliveries{0};
    DurationBuckets ages;
  };
  struct Unmap {
    void operator()(Shared* shared) const;
  };
  class Reader;

  std::unique_ptr<Shared, Unmap> shared_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace tidegate::bench
