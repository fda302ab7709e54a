// The last records of each stream in demand, for clients that come back: bounded in bytes for each stream, in bytes together, and in time.
// No sockets, no clock; one thread. Allocates nothing once a ring has its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "distributor/subscription_table.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

struct ReplayLimits {
  std::size_t stream_bytes = std::size_t{256} << 10U;  // 0: nothing is kept
  std::size_t total_bytes = std::size_t{64} << 20U;
  Duration window{60'000'000'000};
};

/// The last number that a data record or a gap accounts for.
[[nodiscard]] inline std::uint64_t last_number(const RecordHeader& record) {
  return record.kind == RecordKind::Gap ? as<Gap>(record).to_seq : record.seq;
}

/// A record that fills a hole which was told before: it came later than its number says.
[[nodiscard]] inline bool is_fill(const RecordHeader& record) { return record.kind == RecordKind::Trade && has(record.flags, Flags::Replayed); }

class ReplayRings {
 public:
  explicit ReplayRings(const ReplayLimits& limits) : limits_(limits) {}
  /// Rings that are larger than they may be now begin anew, and so do all when together they are.
  void set_limits(const ReplayLimits& limits);

  /// Keeps a data record or a gap, and drops what is too old or has no room any more. Returns how many records were dropped for want of room. A
  /// record of more than an eighth of a ring empties it instead: a few large books are no history.
  std::size_t keep(StreamSlot stream, const RecordHeader& record, MonoTime now);
  /// Keeps a trade that came later than its place, behind those that came before it. Where nothing is kept there is nobody who could miss it.
  std::size_t keep_fill(StreamSlot stream, const RecordHeader& record, MonoTime now);
  void forget(StreamSlot stream);
  /// Gives back what quiet streams hold. Cheap when called often.
  void trim(MonoTime now);

  /// The number from which on everything is here; 0: nothing is.
  [[nodiscard]] std::uint64_t first_seq(StreamSlot stream, MonoTime now);

  /// Walks along one ring; void after the next keep(), forget() or trim().
  struct Cursor {
    std::size_t at = 0;
    std::size_t left = 0;
  };
  /// The first record that accounts for number `seq` or a later one; null: there is none. Fills come behind what they followed.
  [[nodiscard]] const RecordHeader* find(StreamSlot stream, std::uint64_t seq, Cursor& cursor) const;
  [[nodiscard]] const RecordHeader* next(StreamSlot stream, Cursor& cursor) const;

  /// Of all rings together, used or not.
  [[nodiscard]] std::size_t bytes() const { return total_words_ * 8; }

 private:
  // Each entry: when it came (nanoseconds), then the record. kWrap in place of the time: goes on at the start.
  struct Ring {
    std::vector<std::uint64_t> words;
    std::size_t head = 0;
    std::size_t tail = 0;
    std::size_t used = 0;  // words, those left empty before the end included
    std::size_t entries = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  std::size_t append(Ring& ring, const RecordHeader& record, MonoTime now, bool& kept);
  [[nodiscard]] static std::size_t start_of(const Ring& ring, std::size_t at);
  [[nodiscard]] static const RecordHeader& record_at(const Ring& ring, std::size_t at);
  [[nodiscard]] static bool place(Ring& ring, std::size_t need, std::size_t& at);
  static void clear(Ring& ring);
  static void evict(Ring& ring);
  bool grow(Ring& ring);
  void resize(Ring& ring, std::size_t words);
  void evict_old(Ring& ring, MonoTime now) const;

  ReplayLimits limits_;
  std::vector<Ring> rings_;  // by StreamSlot
  std::size_t total_words_ = 0;
  MonoTime next_trim_;
};

}  // namespace tidegate::distributor
