#include "brokers/ibkr/stream_watch.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::ibkr {
namespace {

/// Both copies of a snapshot come within 0.6 s of their command (docs/protocols/ibkr.md#snapshots); a slow line is allowed for.
constexpr Duration kAnswerWindow = std::chrono::seconds{3};

}  // namespace

StreamWatch::StreamWatch(Duration timeout)
    : timeout_(timeout), answer_window_(std::min(kAnswerWindow, timeout / 4)), patience_(timeout, timeout * kPatienceMax) {}

void StreamWatch::on_opened(MonoTime now) {
  life_at_ = silent_from_ = now;
  patience_.opened(now);
  moving_ = traded_ = true;  // until the answer says otherwise
  answered_ = false;
  never_answered_told_ = false;
}

bool StreamWatch::on_data(const MarketHint& hint, MonoTime now) {
  answered_ = true;
  moving_ = hint.moving.value_or(moving_);
  traded_ = hint.traded.value_or(traded_);
  if (!moving_ || !traded_) steady_ = 0;
  // An answer proves that the broker answers, not that it streams.
  if (now - asked_at_ < answer_window_) return false;
  if (moving_ && traded_) steady_ = now - life_at_ > timeout_ / 2 ? 0 : std::min(steady_ + 1, kLivelyAfter);
  patience_.activity(now, life_at_);
  patience_.settle(now);
  life_at_ = silent_from_ = now;
  return true;
}

MonoTime StreamWatch::suspicious_at() const {
  if (timeout_ <= Duration::zero()) return kNever;
  if (!answered_) return never_answered_told_ ? kNever : asked_at_ + timeout_;
  return lively() ? silent_from_ + patience_.limit() : kNever;
}

void StreamWatch::suspected(MonoTime now) {
  if (answered_) {
    patience_.exhausted();
  } else {
    never_answered_told_ = true;
  }
  silent_from_ = now;
}

}  // namespace tidegate::ibkr
