#include "gateway/record_ring.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tidegate {
namespace {

constexpr std::size_t kRecordBytesMax = 0xFFFFU * 8;
/// Stands where a record would not fit before the end of the ring: the reader goes on at the start.
constexpr std::uint64_t kSkip = 0;

}  // namespace

RecordRing::RecordRing(std::size_t bytes) : words_(std::bit_ceil(std::max(bytes, 2 * kRecordBytesMax)) / 8), mask_(words_.size() - 1) {}

bool RecordRing::try_push(const RecordHeader& record) {
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  const std::uint64_t tail = tail_.load(std::memory_order_acquire);
  const std::size_t size = record.size_words;
  const std::size_t at = head & mask_;
  const std::size_t to_end = words_.size() - at;
  const std::size_t needed = size <= to_end ? size : to_end + size;
  if (head - tail + needed > words_.size()) return false;
  std::size_t start = at;
  if (size > to_end) {
    words_[at] = kSkip;
    start = 0;
  }
  std::memcpy(&words_[start], &record, size * 8);
  head_.store(head + needed, std::memory_order_release);
  return true;
}

std::size_t RecordRing::drain(std::size_t max, RecordSink& sink) {
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  std::size_t done = 0;
  while (tail != head && done < max) {
    std::size_t at = tail & mask_;
    if ((words_[at] & 0xFFFFU) == kSkip) {  // size_words of a record is never zero
      tail += words_.size() - at;
      at = 0;
    }
    const auto& record = *reinterpret_cast<const RecordHeader*>(&words_[at]);
    const std::size_t size = record.size_words;
    sink.on_record(record);
    tail += size;
    ++done;
    tail_.store(tail, std::memory_order_release);
  }
  return done;
}

std::size_t RecordRing::free_bytes() const {
  const std::uint64_t used = head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire);
  const std::size_t free_words = words_.size() - used;
  return free_words * 8 > kRecordBytesMax ? free_words * 8 - kRecordBytesMax : 0;
}

}  // namespace tidegate
