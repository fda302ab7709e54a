#include "distributor/last_values.hpp"

#include <algorithm>

namespace tidegate::distributor {

std::optional<Gap> LastValues::unexplained_hole(const LastValue& value, const RecordHeader& record) {
  if (value.last_seq == 0 || record.seq <= value.last_seq + 1 || has(record.flags, Flags::Conflated)) return std::nullopt;
  Gap gap = make_record<Gap>(record.instrument, record.channel);
  gap.header.source = record.source;
  gap.header.seq = value.last_seq + 1;
  gap.to_seq = record.seq - 1;
  gap.cause = GapCause::Upstream;
  return gap;
}

void LastValues::keep(LastValue& value, const RecordHeader& record) {
  value.record.resize(record.size_words);
  std::memcpy(value.record.data(), &record, record.size_bytes());
  value.last_seq = record.seq;
  value.gap.reset();
  value.broker = record.source;
  value.delayed = has(record.flags, Flags::Delayed);
}

void LastValues::keep(LastValue& value, const Gap& gap) {
  if (value.gap) {
    value.gap->to_seq = std::max(value.gap->to_seq, gap.to_seq);
  } else if (!value.record.empty()) {
    value.gap = gap;
  }
  value.last_seq = std::max(value.last_seq, gap.to_seq);
}

void LastValues::keep(LastValue& value, const State& state) {
  value.state = state.state;
  value.code = state.code;
  value.reason = state.reason;
  value.since = state.header.ts_received;
  value.broker = state.header.source;
  if (state.state == StreamState::Live) value.delayed = has(state.header.flags, Flags::Delayed);
}

}  // namespace tidegate::distributor
