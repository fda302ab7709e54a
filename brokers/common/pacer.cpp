#include "brokers/common/pacer.hpp"

namespace tidegate::common {

Duration SlidingWindow::wait(MonoTime now) const {
  if (taken_.size() < limit_) return Duration::zero();
  // The oldest event leaves the window only after its whole length: at exactly the length both would still count for a strict venue.
  const Duration left = window_ - (now - taken_.front()) + Duration{1};
  return left > Duration::zero() ? left : Duration::zero();
}

void SlidingWindow::take(MonoTime now) {
  taken_.push_back(now);
  if (taken_.size() > limit_) taken_.pop_front();
}

void SendPacer::owe_pong(std::string_view payload) {
  if (pongs_.size() == kPongsMax) pongs_.pop_front();
  pongs_.emplace_back(payload);
}

std::optional<std::string> SendPacer::take_pong(MonoTime now) {
  if (pongs_.empty() || window_.wait(now) > Duration::zero()) return std::nullopt;
  window_.take(now);
  std::string payload = std::move(pongs_.front());
  pongs_.pop_front();
  return payload;
}

bool SendPacer::take_frame(MonoTime now) {
  if (!pongs_.empty() || window_.wait(now) > Duration::zero()) return false;
  window_.take(now);
  return true;
}

void SendPacer::clear() {
  pongs_.clear();
  window_.clear();
}

}  // namespace tidegate::common
