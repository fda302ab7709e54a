#include "distributor/sessions/request_window.hpp"

#include <algorithm>

namespace tidegate::distributor {
namespace {

constexpr std::int64_t kSeconds = 60;
constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t second_of(MonoTime now) { return now.ns / kSecond; }
std::size_t place_of(std::int64_t second) { return static_cast<std::size_t>(second % kSeconds); }

}  // namespace

void RequestWindow::advance(std::int64_t second) {
  if (second - newest_ >= kSeconds) {
    std::fill(counts_.begin(), counts_.end(), 0);
    total_ = 0;
    newest_ = second;
  }
  for (; newest_ < second; ++newest_) {
    std::uint64_t& oldest = counts_[place_of(newest_ + 1)];
    total_ -= oldest;
    oldest = 0;
  }
}

std::optional<Duration> RequestWindow::take(MonoTime now, std::uint64_t limit) {
  const std::int64_t second = second_of(now);
  if (counts_.empty()) {
    counts_.resize(kSeconds);
    newest_ = second;
  }
  advance(second);
  if (total_ < limit) {
    ++counts_[place_of(second)];
    ++total_;
    return std::nullopt;
  }
  // Room comes when the oldest second that was counted leaves the window.
  std::int64_t oldest = std::max<std::int64_t>(second - kSeconds + 1, 0);
  while (oldest < second && counts_[place_of(oldest)] == 0) ++oldest;
  return Duration{(oldest + kSeconds) * kSecond - now.ns};
}

bool RequestWindow::idle(MonoTime now) const { return counts_.empty() || total_ == 0 || second_of(now) - newest_ >= kSeconds; }

}  // namespace tidegate::distributor
