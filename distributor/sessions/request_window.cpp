#include "distributor/sessions/request_window.hpp"

#include <algorithm>

namespace tidegate::distributor {
namespace {

constexpr std::uint32_t kSeconds = 60;
constexpr std::int64_t kSecond = 1'000'000'000;

std::uint32_t second_of(MonoTime now) { return static_cast<std::uint32_t>(now.ns / kSecond); }

}  // namespace

std::optional<Duration> RequestWindow::take(MonoTime now, std::uint64_t limit) {
  const std::uint32_t second = second_of(now);
  const auto in_window = std::find_if(steps_.begin(), steps_.end(), [second](const Step& step) { return second - step.second < kSeconds; });
  std::for_each(steps_.begin(), in_window, [this](const Step& step) { total_ -= step.count; });
  steps_.erase(steps_.begin(), in_window);
  if (total_ < limit) {
    if (steps_.empty() || steps_.back().second != second) steps_.push_back({second, 0});
    ++steps_.back().count;
    ++total_;
    return std::nullopt;
  }
  // Room comes when the oldest second that was counted leaves the window.
  const std::uint32_t oldest = steps_.empty() ? second : steps_.front().second;
  return Duration{(std::int64_t{oldest} + kSeconds) * kSecond - now.ns};
}

bool RequestWindow::idle(MonoTime now) const { return steps_.empty() || second_of(now) - steps_.back().second >= kSeconds; }

}  // namespace tidegate::distributor
