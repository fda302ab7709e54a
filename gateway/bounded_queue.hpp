// A queue between threads with a fixed capacity: the only door to moodycamel's ConcurrentQueue. "Full" is an outcome to be counted, never a wait and
// never an allocation.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <cstddef>
#include <utility>

namespace tidegate {

/// Many producers, each with a token that keeps its order, and one consumer.
template <class T>
class BoundedQueue {
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    static const std::size_t BLOCK_SIZE = 64;
    static const std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 4096;  // blocks that one producer may hold: 262,144 items
  };
  using Queue = moodycamel::ConcurrentQueue<T, Traits>;

 public:
  /// Room for at least `capacity` items (rounded up to whole blocks, one more for each producer).
  BoundedQueue(std::size_t capacity, std::size_t producers_max) : queue_(capacity, producers_max, 0), consumer_(queue_) {}

  class Producer {
   public:
    explicit Producer(BoundedQueue& queue) : queue_(queue), token_(queue.queue_) {}
    /// False: full, and `item` is untouched.
    [[nodiscard]] bool try_push(T&& item) { return queue_.queue_.try_enqueue(token_, std::move(item)); }

   private:
    BoundedQueue& queue_;
    typename Queue::producer_token_t token_;
  };

  /// Takes up to `max` items; consumer thread only.
  template <class OutputIterator>
  std::size_t pop(OutputIterator out, std::size_t max) {
    return queue_.try_dequeue_bulk(consumer_, out, max);
  }
  [[nodiscard]] std::size_t size_approximate() const { return queue_.size_approx(); }

 private:
  Queue queue_;
  typename Queue::consumer_token_t consumer_;
};

}  // namespace tidegate
