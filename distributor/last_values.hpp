// What is known of each stream in demand: its last record whole, its state, and which numbers are accounted for. One thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "distributor/subscription_table.hpp"
#include "gateway/core/market_data.hpp"

namespace tidegate::distributor {

struct LastValue {
  std::vector<std::uint64_t> record;  // empty: none yet. Keeps its memory from record to record
  std::uint64_t last_seq = 0;         // the last number that a record or a gap accounted for; 0: none
  std::optional<Gap> gap;             // what was lost since `record`
  StreamState state = StreamState::Pending;
  std::uint16_t code = 0;
  std::string reason;
  UtcTime since;
  std::optional<BrokerId> broker;  // who serves it
  bool delayed = false;            // what comes now is delayed deliberately

  /// Null when there is none.
  [[nodiscard]] const RecordHeader* header() const { return record.empty() ? nullptr : reinterpret_cast<const RecordHeader*>(record.data()); }
  /// What the record is flagged with when it is shown as the last value.
  [[nodiscard]] Flags snapshot_flags() const { return is_stale() ? Flags::Snapshot | Flags::Stale : Flags::Snapshot; }
  [[nodiscard]] bool is_stale() const { return state == StreamState::Stale || state == StreamState::Failed; }
};

class LastValues {
 public:
  [[nodiscard]] LastValue& of(StreamSlot stream) {
    if (stream >= values_.size()) values_.resize(stream + std::size_t{1});
    return values_[stream];
  }
  /// The numbers between the last one and this record that nothing accounted for; none for a conflated record or the first one.
  [[nodiscard]] static std::optional<Gap> unexplained_hole(const LastValue& value, const RecordHeader& record);
  static void keep(LastValue& value, const RecordHeader& record);
  static void keep(LastValue& value, const Gap& gap);
  static void keep(LastValue& value, const State& state);
  void forget(StreamSlot stream) { of(stream) = LastValue{}; }

 private:
  std::vector<LastValue> values_;  // by StreamSlot
};

}  // namespace tidegate::distributor
