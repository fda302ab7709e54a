// When conflated values become due: a heap of (time, member). Entries of members that went on otherwise stay until their time or the next clearing,
// so that there are at most twice as many as values wait. No clock; one thread; allocates nothing in steady state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "distributor/subscription_table.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

struct Deadline {
  MonoTime at;
  SubscriberSlot subscriber = 0;
  StreamSlot stream = 0;
};

class Deadlines {
 public:
  /// `is_live` says of an entry whether its member still waits for it.
  template <class IsLive>
  void add(const Deadline& deadline, IsLive is_live) {
    if (heap_.size() >= clear_at_) {
      std::erase_if(heap_, [&](const Deadline& entry) { return !is_live(entry); });
      std::make_heap(heap_.begin(), heap_.end(), later);
      clear_at_ = std::max(kClearFrom, heap_.size() * 2);
    }
    heap_.push_back(deadline);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  /// The earliest; not of an empty heap.
  [[nodiscard]] const Deadline& front() const { return heap_.front(); }
  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static constexpr std::size_t kClearFrom = 64;
  static bool later(const Deadline& a, const Deadline& b) { return a.at > b.at; }

  std::vector<Deadline> heap_;
  std::size_t clear_at_ = kClearFrom;
};

}  // namespace tidegate::distributor
