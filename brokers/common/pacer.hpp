// Limits on how often something may be done.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::common {

/// At most `limit` events in any window of that length. A strict sliding window, since venues close sockets over bursts that a token bucket
/// would allow. Pure: the caller brings the time.
class SlidingWindow {
 public:
  SlidingWindow(std::size_t limit, Duration window) : limit_(limit), window_(window) {}

  /// Zero: one event may happen now. Otherwise how long to wait.
  [[nodiscard]] Duration wait(MonoTime now) const;
  void take(MonoTime now);
  void clear() { taken_.clear(); }

 private:
  std::size_t limit_;
  Duration window_;
  std::deque<MonoTime> taken_;  // the last `limit_` events, oldest first
};

/// The one sender of a connection: decides what may be written next. Pongs that are owed go before everything else, and count.
class SendPacer {
 public:
  SendPacer(std::size_t frames_max, Duration window) : window_(frames_max, window) {}

  /// A ping came; its payload must be echoed. Only the newest few are kept: answering the latest ping answers those before it (RFC 6455, 5.5.3).
  void owe_pong(std::string_view payload);
  /// The pong to write now, if one is owed and the window has room; it counts as written.
  std::optional<std::string> take_pong(MonoTime now);
  /// True: one frame of another kind may be written now, and counts as written. Never while a pong is owed.
  bool take_frame(MonoTime now);
  /// How long until the window has room.
  [[nodiscard]] Duration wait(MonoTime now) const { return window_.wait(now); }
  [[nodiscard]] bool pong_owed() const { return !pongs_.empty(); }
  /// A new socket: nothing is owed and nothing was sent.
  void clear();

 private:
  static constexpr std::size_t kPongsMax = 4;
  SlidingWindow window_;
  std::deque<std::string> pongs_;
};

}  // namespace tidegate::common
