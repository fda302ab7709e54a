// Where a stream's numbers did not simply come one by one: what was lost, and what a later message stands for. Bounded; no clock; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/core/market_data.hpp"

namespace tidegate::distributor {

/// Numbers `first` to `last`, both included.
struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool merged = false;  // a later message stands for them; else they are lost, and `cause` says why
  GapCause cause{};
};

/// Ranges in ascending order that do not overlap; the oldest goes when there is no room.
class RangeLog {
 public:
  static constexpr std::size_t kRangesMax = 64;

  /// `range` lies behind all that are here; one of the same kind that follows the last without a number between joins it.
  void add(const NumberRange& range);
  /// A lost number has come after all. False: no range of lost ones here holds it.
  bool take_out(std::uint64_t number);
  /// A number is lost though later ones have come; nothing happens where a range holds it already.
  void add_late(std::uint64_t number, GapCause cause);
  /// Forgets what lies behind number `last`: the stream goes on from there anew.
  void cut_behind(std::uint64_t last);

  /// Everything up to here was forgotten for want of room; 0: nothing was.
  [[nodiscard]] std::uint64_t forgotten_to() const { return forgotten_to_; }
  /// In ascending order, cut to `first` to `last`.
  template <class Visit>
  void visit(std::uint64_t first, std::uint64_t last, Visit see) const {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      NumberRange range = ranges_[(oldest_ + i) % ranges_.size()];
      if (range.last < first || range.first > last) continue;
      range.first = range.first < first ? first : range.first;
      range.last = range.last > last ? last : range.last;
      see(range);
    }
  }

 private:
  [[nodiscard]] std::vector<NumberRange>::iterator at_or_behind(std::uint64_t number);
  void insert(std::vector<NumberRange>::iterator place, const NumberRange& range);
  void straighten();
  [[nodiscard]] NumberRange& newest() { return ranges_[(oldest_ + ranges_.size() - 1) % ranges_.size()]; }

  std::vector<NumberRange> ranges_;  // a ring once it is full
  std::size_t oldest_ = 0;
  std::uint64_t forgotten_to_ = 0;
};

}  // namespace tidegate::distributor
