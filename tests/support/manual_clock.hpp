#pragma once

#include "gateway/core/time.hpp"

namespace tidegate::test {

/// Time that moves only when a test says so.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc() const override { return utc_; }
  [[nodiscard]] MonoTime mono() const override { return mono_; }
  void advance(Duration duration) {
    utc_.ns += duration.count();
    mono_.ns += duration.count();
  }
  void set_utc(UtcTime utc) { utc_ = utc; }

 private:
  UtcTime utc_{1'700'000'000'000'000'000};
  MonoTime mono_{1'000'000'000};
};

}  // namespace tidegate::test
