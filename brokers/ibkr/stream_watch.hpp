// Has a stream, or have all of them, fallen silent? Pure: the caller brings the time. docs/protocols/ibkr.md#silence
#pragma once

#include <cstdint>

#include "brokers/common/liveness.hpp"
#include "brokers/ibkr/frame_hints.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

/// One stream's rhythm. Lives as long as it is wanted, over connections: a stream that was lively before is missed on the next one as well.
class StreamWatch {
 public:
  explicit StreamWatch(Duration timeout);

  /// It was asked for, be it the first time or again. `fresh`: nothing of it can be running.
  void on_asked(MonoTime now, bool fresh);
  /// A message came. True: it counts as a sign of life, not as an answer to a request.
  bool on_data(const MarketHint& hint, MonoTime now);

  /// When it should be asked for again because it is silent. Never: MonoTime::max-like `kNever`.
  [[nodiscard]] MonoTime silent_at() const;
  /// It was asked for again because of that.
  void exhausted(MonoTime now);

  /// Data came at short intervals, and the market is not known to be closed.
  [[nodiscard]] bool lively() const { return steady_ >= kLivelyAfter && live_data_ && traded_; }
  /// Something came since it was asked for on this connection.
  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] MonoTime last_life() const { return life_at_; }

 private:
  static constexpr std::uint32_t kLivelyAfter = 5;

  Duration timeout_;
  common::Patience patience_;
  MonoTime asked_at_{};  // last
  MonoTime life_at_{};   // last sign of life, or when it was first asked for
  MonoTime silence_from_{};
  std::uint32_t steady_ = 0;  // signs of life in a row without a long pause
  bool answered_ = false;
  bool asked_again_ = false;  // though it never answered
  bool live_data_ = true;
  bool traded_ = true;
};

}  // namespace tidegate::ibkr
