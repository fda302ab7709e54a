// How long the pauses of one stream usually are, so that a stream that has died can be told from an instrument that is quiet.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "gateway/core/time.hpp"

namespace tidegate {

/// Pure: the caller brings the time. Remembers the longest pause of the last ten to twenty minutes.
class Rhythm {
 public:
  /// A pause so many times as long as the longest one before is none any more.
  static constexpr int kFactor = 10;
  /// Fewer records than this say nothing of how often they come.
  static constexpr std::uint32_t kBeatsMin = 30;
  static constexpr Duration kWindow = std::chrono::minutes{10};

  /// A record came.
  void beat(MonoTime now) {
    if (now - window_begin_ >= kWindow) turn_window(now);
    if (last_ != MonoTime{}) longest_ = std::max(longest_, now - last_);
    last_ = now;
    ++beats_;
  }
  /// What comes next continues nothing: its connection is a new one, or its market was closed. What was learned stays.
  void interrupt() { last_ = MonoTime{}; }

  [[nodiscard]] MonoTime last() const { return last_; }
  [[nodiscard]] Duration longest_pause() const { return std::max(longest_, longest_before_); }
  /// It was lively, and has been silent for far longer than it ever was lately, and for longer than `at_least`.
  [[nodiscard]] bool broken(MonoTime now, Duration at_least) const {
    if (last_ == MonoTime{} || beats_ + beats_before_ < kBeatsMin) return false;
    return now - last_ > std::max(at_least, longest_pause() * kFactor);
  }

 private:
  void turn_window(MonoTime now) {
    const bool adjoins = now - window_begin_ < 2 * kWindow;
    beats_before_ = adjoins ? beats_ : 0;
    longest_before_ = adjoins ? longest_ : Duration{};
    beats_ = 0;
    longest_ = {};
    window_begin_ = now;
  }

  MonoTime last_{};  // zero: none to measure a pause from
  MonoTime window_begin_{};
  Duration longest_{}, longest_before_{};
  std::uint32_t beats_ = 0, beats_before_ = 0;  // in this window and the one before
};

}  // namespace tidegate
