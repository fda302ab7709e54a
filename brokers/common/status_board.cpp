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
  announce();
}

void StatusBoard::set_note(std::string_view note) {
  if (closed_ || note == note_) return;
  const std::string before = shown_reason();
  note_ = note;
  if (announced_ && shown_reason() != before) announce();
}

const std::string& StatusBoard::shown_reason() const { return state_ == BrokerState::Live && reason_.empty() ? note_ : reason_; }

void StatusBoard::announce() {
  port_.status(state_, shown_reason());
  touch();
}

void StatusBoard::touch() {
  if (closed_ || timer_.pending()) return;
  timer_.start(kReportDelay, [this] { report(); });
}

void StatusBoard::report() {
  BrokerReport report;
  report.state = state_;
  report.reason = shown_reason();
  report.since = since_;
  fill_(report);
  host_.on_report(std::move(report));
}

void StatusBoard::close() {
  closed_ = true;
  timer_.cancel();
}

}  // namespace tidegate::common
