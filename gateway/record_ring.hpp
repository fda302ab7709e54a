// Records of any size between the normalizer's thread and a server's: one producer, one consumer, no locks, no allocation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "gateway/core/market_data.hpp"

namespace tidegate {

class RecordRing {
 public:
  /// `bytes` is rounded up to a power of two, and to twice the largest record at least.
  explicit RecordRing(std::size_t bytes);

  /// Producer. False: no room now.
  [[nodiscard]] bool try_push(const RecordHeader& record);
  /// Consumer: gives up to `max` records to `sink`, in order. Returns how many.
  std::size_t drain(std::size_t max, RecordSink& sink);
  /// Producer: bytes that certainly fit.
  [[nodiscard]] std::size_t free_bytes() const;
  [[nodiscard]] std::size_t capacity_bytes() const { return words_.size() * 8; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t mask_;
  alignas(64) std::atomic<std::uint64_t> head_{0};  // next word to write; only grows
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // next word to read; only grows
};

}  // namespace tidegate
