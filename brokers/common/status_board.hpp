// What a broker tells about itself: the Status frame when its state changes, and the report for /v1/brokers.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/common/frame_port.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::common {

/// The state of the broker as a whole, announced once per change. The loop's thread.
class StatusBoard {
 public:
  /// `fill` completes a report: instruments and connections.
  StatusBoard(SessionHost& host, FramePort& port, std::function<void(BrokerReport&)> fill);

  /// Announces a change of state or reason; the same again is silent.
  void set(BrokerState state, std::string_view reason);
  /// What is told as the reason as long as the broker is live and there is no other; announced like a change of the reason. Empty: nothing.
  void set_note(std::string_view note);
  /// Something else that a report shows changed. Many changes in a short time make one report.
  void touch();
  void close();

  [[nodiscard]] BrokerState state() const { return state_; }

 private:
  void announce();
  void report();
  [[nodiscard]] const std::string& shown_reason() const;

  SessionHost& host_;
  FramePort& port_;
  std::function<void(BrokerReport&)> fill_;
  net::Timer timer_;
  BrokerState state_ = BrokerState::Connecting;
  std::string reason_;
  std::string note_;
  UtcTime since_;
  bool announced_ = false;
  bool closed_ = false;
};

}  // namespace tidegate::common
