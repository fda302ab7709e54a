// Raw frames of all connections on their way to the normalizer.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "gateway/bounded_queue.hpp"
#include "gateway/core/frame.hpp"
#include "gateway/core/telemetry.hpp"

namespace tidegate {

class FrameQueue {
 public:
  /// `wake` is called after each push, by the pushing thread: the normalizer has work.
  FrameQueue(std::size_t frames_max, std::size_t bytes_max, std::size_t connections_max, std::function<void()> wake);

  /// The entry of one connection. A refused frame is counted in `counters`, which outlive it, and an Overflow frame goes ahead of the next one that
  /// is taken. `sessions_before`: added to the session of every frame, so that a broker whose session is replaced goes on counting.
  [[nodiscard]] std::unique_ptr<FrameSink> open(BrokerId broker, ConnectionId connection, BrokerCounters& counters,
                                                std::uint32_t sessions_before = 0);

  [[nodiscard]] std::size_t capacity() const { return queue_.capacity(); }  // in frames

  /// Gives up to `max` frames to `visit`, in each connection's order; the consumer's thread only. Returns how many.
  template <class Visit>
  std::size_t drain(std::size_t max, Visit visit) {
    std::size_t done = 0;
    while (done < max) {
      const std::size_t n = queue_.pop(batch_.begin(), std::min(batch_.size(), max - done));
      for (std::size_t i = 0; i < n; ++i) {
        RawFrame& frame = batch_[i];
        bytes_.fetch_sub(frame.bytes.size(), std::memory_order_relaxed);
        visit(frame);
        frame.bytes = {};  // the buffer goes back before the next frame is read
      }
      done += n;
      if (n < batch_.size()) break;
    }
    return done;
  }

 private:
  class Entry;

  BoundedQueue<RawFrame> queue_;
  std::size_t bytes_max_;
  std::function<void()> wake_;
  std::atomic<std::size_t> bytes_{0};
  std::array<RawFrame, 64> batch_;
};

}  // namespace tidegate
