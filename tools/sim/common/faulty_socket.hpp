// A WebSocket of a simulated broker, and what faults do to it whatever is spoken there: silence, death, delay, cuts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "tools/sim/common/wire.hpp"

namespace tidegate::sim {

/// The simulators' clients are made of it. Times are those of Now::mono_ns; a time in the past, or zero: not at all.
struct FaultySocket {
  Wire* wire = nullptr;
  bool closing = false;
  std::int64_t silent_until_ns = 0;  // no data
  std::int64_t dead_until_ns = 0;    // nothing at all, and nothing is read

  /// A new socket; those that faults have silenced already stay so.
  void begin(Wire& on, std::int64_t now_ns, std::int64_t silent_until, std::int64_t dead_until);
  /// What is sent goes out, now or later.
  [[nodiscard]] bool reachable(std::int64_t now_ns) const { return !closing && now_ns >= dead_until_ns; }

  /// Sends, or keeps back for `slow_ns`, and behind what is kept back already. For one that is reachable.
  void send(std::string_view bytes, bool binary, std::int64_t now_ns, std::int64_t slow_ns);
  /// 1006, which no close frame may say, cuts.
  void close(int code, std::string_view reason);
  void cut();
  void die(std::int64_t until_ns);
  /// Ends silence, death and delay.
  void resume(std::int64_t now_ns);
  /// Does what is due; cuts a reader that is far behind. False: it is closing.
  bool look_after(std::int64_t now_ns);

 private:
  static constexpr std::size_t kQueuedBytesCut = 64U << 20U;
  struct Late {
    std::int64_t due_ns = 0;
    std::string bytes;
    bool binary = false;
  };

  void write(std::string_view bytes, bool binary);

  std::deque<Late> late_;
};

}  // namespace tidegate::sim
