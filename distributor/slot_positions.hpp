// Where a subscriber stands among the members of each of its streams. Every subscriber has one of these, so it is one flat piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tidegate::distributor {

/// A stream's or a subscriber's place in a table; reused after it is gone.
using StreamSlot = std::uint32_t;
using SubscriberSlot = std::uint32_t;
inline constexpr StreamSlot kNoStream = 0xFFFF'FFFFU;

/// Positions by stream. Open addressing with linear probing, at most three quarters full; holds no memory while it is empty.
class SlotPositions {
 public:
  struct Entry {
    StreamSlot slot = kNoStream;  // kNoStream: free
    std::uint32_t position = 0;
  };

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Null where the stream is not in it. Valid until the next change.
  [[nodiscard]] std::uint32_t* find(StreamSlot slot);
  /// The position of the stream, and whether it was added just now.
  std::pair<std::uint32_t*, bool> try_emplace(StreamSlot slot, std::uint32_t position);
  void erase(StreamSlot slot);
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Entry& entry : entries_) {
      if (entry.slot != kNoStream) visit(entry.slot, entry.position);
    }
  }

 private:
  [[nodiscard]] std::size_t home(StreamSlot slot) const { return (slot * 0x9E37'79B1U >> 7U) & (entries_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t place) const { return (place + 1) & (entries_.size() - 1); }
  /// Where the stream stands, or the free entry where it would.
  [[nodiscard]] std::size_t place_of(StreamSlot slot) const;
  void resize(std::size_t entries);

  std::vector<Entry> entries_;  // none, or a power of two
  std::size_t size_ = 0;
};

}  // namespace tidegate::distributor
