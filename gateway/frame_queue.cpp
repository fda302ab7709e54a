#include "gateway/frame_queue.hpp"

#include <utility>

namespace tidegate {

class FrameQueue::Entry final : public FrameSink {
 public:
  Entry(FrameQueue& owner, BrokerId broker, ConnectionId connection, BrokerCounters& counters, std::uint32_t sessions_before)
      : owner_(owner), producer_(owner.queue_), counters_(counters), broker_(broker), connection_(connection), sessions_before_(sessions_before) {}

  bool push(RawFrame&& frame) override {
    frame.session += sessions_before_;
    if (overflowed_) {
      RawFrame notice;
      notice.kind = FrameKind::Overflow;
      notice.broker = broker_;
      notice.connection = connection_;
      notice.session = frame.session;
      notice.received = frame.received;
      notice.received_mono = frame.received_mono;
      if (!offer(std::move(notice))) {
        count(counters_.frames_dropped);
        return false;
      }
      overflowed_ = false;
    }
    if (offer(std::move(frame))) return true;
    overflowed_ = true;
    count(counters_.frames_dropped);
    return false;
  }

  // A burst that can wait leaves half of the queue to everybody else.
  [[nodiscard]] bool has_room() const override {
    return owner_.queue_.size() < owner_.queue_.capacity() / 2 && owner_.bytes_.load(std::memory_order_relaxed) < owner_.bytes_max_ / 2;
  }

 private:
  bool offer(RawFrame&& frame) {
    const std::size_t bytes = frame.bytes.size();
    if (owner_.bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > owner_.bytes_max_ || !producer_.try_push(std::move(frame))) {
      owner_.bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    owner_.wake_();
    return true;
  }

  FrameQueue& owner_;
  BoundedQueue<RawFrame>::Producer producer_;
  BrokerCounters& counters_;
  BrokerId broker_;
  ConnectionId connection_;
  std::uint32_t sessions_before_;
  bool overflowed_ = false;
};

FrameQueue::FrameQueue(std::size_t frames_max, std::size_t bytes_max, std::size_t connections_max, std::function<void()> wake)
    : queue_(frames_max, connections_max), bytes_max_(bytes_max), wake_(std::move(wake)) {}

std::unique_ptr<FrameSink> FrameQueue::open(BrokerId broker, ConnectionId connection, BrokerCounters& counters, std::uint32_t sessions_before) {
  return std::make_unique<Entry>(*this, broker, connection, counters, sessions_before);
}

}  // namespace tidegate
