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

bool RangeLog::take_out(std::uint64_t number) {
  straighten();
  const auto range = at_or_behind(number);
  if (range == ranges_.end() || range->first > number || range->merged) return false;
  if (range->first == range->last) {
    ranges_.erase(range);
  } else if (number == range->first) {
    ++range->first;
  } else if (number == range->last) {
    --range->last;
  } else {
    NumberRange rest = *range;
    rest.first = number + 1;
    range->last = number - 1;
    insert(range + 1, rest);
  }
  return true;
}

void RangeLog::add_late(std::uint64_t number, GapCause cause) {
  if (number <= forgotten_to_) return;
  straighten();
  const auto behind = at_or_behind(number);
  if (behind != ranges_.end() && behind->first <= number) return;
  if (behind != ranges_.begin()) {
    NumberRange& before = *(behind - 1);
    if (before.last + 1 == number && !before.merged && before.cause == cause) {
      before.last = number;
      return;
    }
  }
  insert(behind, {number, number, false, cause});
}

/// The first range that does not lie wholly before the number.
std::vector<NumberRange>::iterator RangeLog::at_or_behind(std::uint64_t number) {
  return std::find_if(ranges_.begin(), ranges_.end(), [number](const NumberRange& range) { return range.last >= number; });
}

/// Of straightened ranges.
void RangeLog::insert(std::vector<NumberRange>::iterator place, const NumberRange& range) {
  if (ranges_.size() == kRangesMax) {
    if (place == ranges_.begin()) {
      forgotten_to_ = range.last;
      return;
    }
    forgotten_to_ = ranges_.front().last;
    place = ranges_.begin() + (place - ranges_.begin() - 1);
    ranges_.erase(ranges_.begin());
  }
  const auto index = place - ranges_.begin();
  ranges_.reserve(kRangesMax);
  ranges_.insert(ranges_.begin() + index, range);
}

void RangeLog::straighten() {
  std::rotate(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(oldest_), ranges_.end());
  oldest_ = 0;
}

void RangeLog::cut_behind(std::uint64_t last) {
  straighten();
  while (!ranges_.empty() && ranges_.back().first > last) ranges_.pop_back();
  if (!ranges_.empty()) ranges_.back().last = std::min(ranges_.back().last, last);
  forgotten_to_ = std::min(forgotten_to_, last);
}

}  // namespace tidegate::distributor
