// Has a stream fallen silent? Pure: the caller brings the time. docs/protocols/ibkr.md#silence
#pragma once

#include <cstdint>
#include <limits>

#include "brokers/common/liveness.hpp"
#include "brokers/ibkr/frame_hints.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

inline constexpr MonoTime kNever{std::numeric_limits<std::int64_t>::max()};

/// One stream's rhythm. Lives as long as the stream is wanted, over connections: what was lively on one is missed on the next.
class StreamWatch {
 public:
  /// `timeout`: silence after which a lively stream is suspicious; zero: never.
  explicit StreamWatch(Duration timeout);

  /// The first command for it since the broker could be asked.
  void on_opened(MonoTime now);
  /// Any command for it, that one included.
  void on_asked(MonoTime now) { asked_at_ = now; }
  /// A message came. True: it is a sign of life, and no answer to a command.
  bool on_data(const MarketHint& hint, MonoTime now);

  /// When it should be asked for again since it is silent, or never answered. kNever: not because of that.
  [[nodiscard]] MonoTime suspicious_at() const;
  /// It is asked for again because of that: patience grows. A stream that never answered is not suspected a second time.
  void suspected(MonoTime now);

  /// Its market was closed until now: its silence meant nothing.
  void on_market_opened(MonoTime now) { silent_from_ = now; }

  /// Messages came at short intervals, and the market is not known to be closed.
  [[nodiscard]] bool lively() const { return steady_ >= kLivelyAfter; }
  /// Anything came since on_opened().
  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] MonoTime life_at() const { return life_at_; }

 private:
  static constexpr std::uint32_t kLivelyAfter = 5;
  static constexpr int kPatienceMax = 16;  // times the timeout

  Duration timeout_;
  Duration answer_window_;
  common::Patience patience_;
  MonoTime asked_at_{};
  MonoTime life_at_{};        // the last sign of life; on a new connection, when it began
  MonoTime silent_from_{};    // the same, or when it was suspected last
  std::uint32_t steady_ = 0;  // signs of life in a row with short pauses, in a market that moves
  bool moving_ = true;
  bool traded_ = true;
  bool answered_ = false;
  bool never_answered_told_ = false;
};

}  // namespace tidegate::ibkr
