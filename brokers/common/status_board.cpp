#include "brokers/common/status_board.hpp"

#include <chrono>
#include <utility>

namespace tidegate::common {
namespace {

/// Changes within this time share one report.
constexpr std::chrono::milliseconds kReportDelay{20};

}  // namespace

StatusBoard::StatusBoard(SessionHost& host, FramePort& port, std::function<void(BrokerReport&)> fill)
    : host_(host), port_(port), fill_(std::move(fill)), timer_(host.loop()), since_(host.clock().utc()) {}

void StatusBoard::set(BrokerState state, std::string_view reason) {
  if (closed_ || (announced_ && state == state_ && reason == reason_)) return;
  if (state != state_ || !announced_) since_ = host_.clock().utc();
  announced_ = true;
  state_ = state;
  reason_ = reason;
  port_.status(state, reason);
  touch();
}

void StatusBoard::touch() {
  if (closed_ || timer_.pending()) return;
  timer_.start(kReportDelay, [this] { report(); });
}

void StatusBoard::report() {
  BrokerReport report;
  report.state = state_;
  report.reason = reason_;
  report.since = since_;
  fill_(report);
  host_.on_report(std::move(report));
}

void StatusBoard::close() {
  closed_ = true;
  timer_.cancel();
}

}  // namespace tidegate::common
