// What a broker's connections come to, told as the state of the broker as a whole.
#pragma once

#include <string_view>

#include "brokers/common/connection.hpp"
#include "brokers/common/status_board.hpp"

namespace tidegate::common {

/// The worst of what is needed. Views into the connections' reasons: for use within one call.
class OverallState {
 public:
  /// One connection that has something to carry.
  void add(const Connection& connection);
  /// A connection that was only just added does not make a live broker less so.
  void tell(StatusBoard& board) const;

 private:
  BrokerState state_ = BrokerState::Live;
  std::string_view reason_;
};

}  // namespace tidegate::common
