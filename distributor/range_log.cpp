#include "distributor/range_log.hpp"

#include <algorithm>

namespace tidegate::distributor {

void RangeLog::add(const NumberRange& range) {
  if (!ranges_.empty()) {
    NumberRange& last = newest();
    if (last.last + 1 == range.first && last.merged == range.merged && last.cause == range.cause) {
      last.last = range.last;
      return;
    }
  }
  if (ranges_.size() < kRangesMax) {
    ranges_.reserve(kRangesMax);  // once: a reader that conflates adds one for each message
    ranges_.push_back(range);
    return;
  }
  forgotten_to_ = ranges_[oldest_].last;
  ranges_[oldest_] = range;
  oldest_ = (oldest_ + 1) % ranges_.size();
}

void RangeLog::cut_behind(std::uint64_t last) {
  std::rotate(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(oldest_), ranges_.end());
  oldest_ = 0;
  while (!ranges_.empty() && ranges_.back().first > last) ranges_.pop_back();
  if (!ranges_.empty()) ranges_.back().last = std::min(ranges_.back().last, last);
  forgotten_to_ = std::min(forgotten_to_, last);
}

}  // namespace tidegate::distributor
