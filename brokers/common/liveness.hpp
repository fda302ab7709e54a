// Is this connection still alive? Three clocks: any bytes, the broker's heartbeats, data. Heartbeats do not count as data.
#pragma once

#include <memory>

#include "gateway/core/connection_clocks.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::common {

/// Zero: that clock is not watched.
struct LivenessLimits {
  Duration bytes{};
  Duration heartbeat{};
  Duration data{};
};

/// A silence limit that learns an instrument set's own rhythm: each time it was used in vain it doubles, up to `maximum`, and it returns to the
/// configured value once traffic has been steady. So a dead feed is cut after the configured time, and a quiet one is not cut for ever.
class Patience {
 public:
  Patience(Duration base, Duration maximum) : base_(base), maximum_(maximum > base ? maximum : base), limit_(base) {}

  [[nodiscard]] Duration limit() const { return limit_; }
  void exhausted() { limit_ = limit_ > maximum_ / 2 ? maximum_ : limit_ * 2; }
  void activity(MonoTime now, MonoTime before) {
    if (now - before > base_ / 2) quiet_at_ = now;
  }
  void settle(MonoTime last) {
    if (last - quiet_at_ > base_ * kSteadyFactor) limit_ = base_;
  }
  void opened(MonoTime now) { quiet_at_ = now; }

 private:
  static constexpr int kSteadyFactor = 16;
  Duration base_;
  Duration maximum_;
  Duration limit_;
  MonoTime quiet_at_{};  // when a pause of more than half the limit last ended
};

/// Pure: the caller brings the time. Lives as long as the connection's owner, over reconnects, since patience is learned over several.
class Liveness {
 public:
  explicit Liveness(const LivenessLimits& limits);

  enum class Verdict { Alive, NoBytes, NoHeartbeat, NoData };
  struct Check {
    Verdict verdict = Verdict::Alive;
    Duration again_in{};  // Alive: when to look again at the latest
  };

  void opened(MonoTime now);
  void on_heartbeat(MonoTime now);
  void on_data(MonoTime now);
  void on_bytes(MonoTime now);
  /// Data is expected from now on (something is subscribed), or no more.
  void expect_data(bool expected, MonoTime now);
  /// Whether the venues of what is subscribed are open; until it is told, they are. A closed market owes no data; but one that brought some steadily
  /// for as long as the limit is taken to move on, whatever its calendar says, until it pauses. `until`: where that is known.
  void market_open(bool open, UtcTime until, MonoTime now);
  [[nodiscard]] DataExpectation expectation() const;
  /// As others may read it.
  [[nodiscard]] std::shared_ptr<const ConnectionClocks> clocks() const { return clocks_; }
  [[nodiscard]] MonoTime data_at() const { return data_at_; }
  /// Judges, and learns from a verdict that is not Alive: the caller cuts the connection then.
  Check check(MonoTime now);

 private:
  void tell_expectation() { clocks_->expectation.store(expectation(), std::memory_order_relaxed); }

  LivenessLimits limits_;
  Patience bytes_patience_;
  Patience data_patience_;
  MonoTime bytes_at_{};
  MonoTime heartbeat_at_{};
  MonoTime data_at_{};
  MonoTime due_from_{};      // since when data is expected
  MonoTime moving_since_{};  // since when data has come without a long pause
  bool data_expected_ = false;
  bool market_open_ = true;
  std::shared_ptr<ConnectionClocks> clocks_ = std::make_shared<ConnectionClocks>();
};

[[nodiscard]] constexpr const char* to_text(Liveness::Verdict verdict) {
  switch (verdict) {
    case Liveness::Verdict::Alive:
      return "alive";
    case Liveness::Verdict::NoBytes:
      return "nothing was received for too long";
    case Liveness::Verdict::NoHeartbeat:
      return "the broker's pings or heartbeats stopped";
    case Liveness::Verdict::NoData:
      return "no data came for too long";
  }
  return "";
}

}  // namespace tidegate::common
