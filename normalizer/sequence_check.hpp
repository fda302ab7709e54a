// Numbers that brokers give their data: what came before, what is missing.
#pragma once

#include <cstdint>

#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"

namespace tidegate {

enum class Order : std::uint8_t { Next, Duplicate, Gap };

struct Checked {
  Order order = Order::Next;
  std::uint64_t lost = 0;  // Gap: how many numbers are missing; 0: unknown
};

/// Consecutive numbers, such as trade ids.
class ConsecutiveCheck {
 public:
  /// A repeated trade lies at most this far back (a replayed tail); anything further is a restart of the numbering.
  static constexpr std::uint64_t kRepeatDistanceMax = 10'000;

  /// Judges `id` against the last one. A number far below the last is a venue that began to count anew: a gap of unknown size.
  Checked check(std::uint64_t id) { return check(id, kRepeatDistanceMax); }
  /// The same where a repeated tail may be `repeat_distance` long.
  Checked check(std::uint64_t id, std::uint64_t repeat_distance);
  void forget() { last_ = 0; }
  [[nodiscard]] bool begun() const { return last_ != 0; }
  /// Another source with numbers of its own: the next one is a gap of unknown size.
  void renumber() { renumbered_ = true; }

 private:
  std::uint64_t last_ = 0;  // 0: none yet
  bool renumbered_ = false;
};

/// Numbers that only grow, such as book ids of a quote: good for order, useless for losses.
class GrowingCheck {
 public:
  /// `session` tells openings of the connection apart: the first number of another session is always taken.
  Order check(std::uint64_t id, std::uint64_t session);
  void forget() { last_ = 0; }
  /// The numbers go on in another session.
  void carry_on(std::uint64_t session) { session_ = session; }

 private:
  std::uint64_t last_ = 0;
  std::uint64_t session_ = 0;
};

/// Whether snapshots of a day's trading prove that a trade happened between two of them.
class EvidenceCheck {
 public:
  /// True: the volume grew or the last trade is a later one. The first snapshot proves nothing, and a volume that shrank begins a new day.
  bool moved(const TradeEvidence& evidence);
  void forget() { last_ = {}; }

 private:
  TradeEvidence last_;
};

}  // namespace tidegate
