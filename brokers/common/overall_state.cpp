#include "brokers/common/overall_state.hpp"

namespace tidegate::common {
namespace {

constexpr int badness(BrokerState state) {
  switch (state) {
    case BrokerState::AuthRequired:
      return 4;
    case BrokerState::Down:
      return 3;
    case BrokerState::Reconnecting:
      return 2;
    case BrokerState::Stale:
    case BrokerState::Connecting:
      return 1;
    case BrokerState::Live:
      return 0;
  }
  return 0;
}

}  // namespace

void OverallState::add(const Connection& connection) {
  if (connection.open()) return;
  const LossVerdict& trouble = connection.trouble();
  const bool troubled = !trouble.reason.empty();
  const BrokerState state = troubled ? trouble.state : BrokerState::Connecting;
  if (badness(state) <= badness(state_)) return;
  state_ = state;
  reason_ = troubled ? std::string_view{trouble.reason} : "connecting";
}

void OverallState::tell(StatusBoard& board) const {
  if (state_ == BrokerState::Connecting && board.state() == BrokerState::Live) return;
  board.set(state_, reason_);
}

}  // namespace tidegate::common
