// A queue between threads with a fixed capacity: the only door to moodycamel's ConcurrentQueue. "Full" is an outcome to be counted, never a wait.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstddef>
#include <utility>

namespace tidegate {

/// Many producers, each with a token that keeps its order, and one consumer. The capacity is counted here and shared by all producers; the blocks
/// behind it are not: moodycamel leaves a block with the producer that first used it. So a producer allocates until it has reached its own
/// highest fill once, and never again. Leaving the bound to a fixed number of blocks would let one burst starve every other producer for good.
template <class T>
class BoundedQueue {
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    static const std::size_t BLOCK_SIZE = 64;  // NOLINT(readability-identifier-naming): the queue looks for this name
  };
  using Queue = moodycamel::ConcurrentQueue<T, Traits>;

 public:
  BoundedQueue(std::size_t capacity, std::size_t producers_max) : capacity_(capacity), queue_(0, producers_max, 0), consumer_(queue_) {}

  class Producer {
   public:
    explicit Producer(BoundedQueue& queue) : queue_(queue), token_(queue.queue_) {}
    /// False: full, and `item` is untouched.
    [[nodiscard]] bool try_push(T&& item) {
      if (queue_.size_.fetch_add(1, std::memory_order_release) < queue_.capacity_ && queue_.queue_.enqueue(token_, std::move(item))) return true;
      queue_.size_.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }

   private:
    BoundedQueue& queue_;
    typename Queue::producer_token_t token_;
  };

  /// Takes up to `max` items; consumer thread only.
  template <class OutputIterator>
  std::size_t pop(OutputIterator out, std::size_t max) {
    const std::size_t taken = queue_.try_dequeue_bulk(consumer_, out, max);
    if (taken != 0) size_.fetch_sub(taken, std::memory_order_acquire);
    return taken;
  }

  /// About how many items are in it; any thread.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_;
  // Its order carries what items point to from producer to consumer. The queue's own fences do so too, but no race detector sees fences.
  std::atomic<std::size_t> size_{0};
  Queue queue_;
  typename Queue::consumer_token_t consumer_;
};

}  // namespace tidegate
