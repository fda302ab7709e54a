#include "normalizer/sequence_check.hpp"

#include <utility>

namespace tidegate {

Checked ConsecutiveCheck::check(std::uint64_t id, std::uint64_t repeat_distance) {
  if (std::exchange(renumbered_, false)) {
    last_ = id;
    return {Order::Gap, 0};
  }
  if (last_ == 0) {
    last_ = id;
    return {};
  }
  if (id <= last_) {
    if (last_ - id < repeat_distance && id != 0) return {Order::Duplicate, 0};
    last_ = id;
    return {Order::Gap, 0};
  }
  const std::uint64_t lost = id - last_ - 1;
  last_ = id;
  return lost == 0 ? Checked{} : Checked{Order::Gap, lost};
}

Order GrowingCheck::check(std::uint64_t id, std::uint64_t session) {
  if (id == 0) return Order::Next;
  if (session != session_ || last_ == 0) {
    session_ = session;
    last_ = id;
    return Order::Next;
  }
  if (id <= last_) return Order::Duplicate;
  last_ = id;
  return Order::Next;
}

bool EvidenceCheck::moved(const TradeEvidence& evidence) {
  const bool volume_grew = last_.day_volume >= 0 && evidence.day_volume > last_.day_volume;
  const bool later_trade = last_.last_trade_time.known() && evidence.last_trade_time > last_.last_trade_time;
  if (evidence.day_volume >= 0) last_.day_volume = evidence.day_volume;
  if (evidence.last_trade_time.known() && (later_trade || !last_.last_trade_time.known())) last_.last_trade_time = evidence.last_trade_time;
  return volume_grew || later_trade;
}

}  // namespace tidegate
