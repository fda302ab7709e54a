#include "brokers/common/succession.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::common {
namespace {

/// How often a renewal under way is looked at.
constexpr std::chrono::milliseconds kWatchInterval{10};

/// Whether a link that was started has failed. One that waits for its first attempt has no trouble yet.
bool failed(const Connection& connection) {
  const ConnectionPhase phase = connection.phase();
  if (phase == ConnectionPhase::Waiting) return !connection.trouble().reason.empty();
  return phase == ConnectionPhase::Idle || phase == ConnectionPhase::Parked;
}

}  // namespace

Succession::Succession(SessionHost& host, std::string name, const FramePort& slot, SuccessionOwner& owner, Overlap::StreamOf stream_of,
                       const SuccessionLimits& limits)
    : host_(host),
      name_(std::move(name)),
      slot_(slot),
      owner_(owner),
      stream_of_(stream_of),
      limits_(limits),
      backoff_(limits.retry_initial, limits.retry_maximum, host.random_seed()),
      look_timer_(host.loop()),
      retry_timer_(host.loop()),
      grave_timer_(host.loop()) {
  current_ = make(nullptr);
}

Succession::~Succession() = default;

std::unique_ptr<Succession::Member> Succession::make(Overlap* overlap) {
  auto member = std::make_unique<Member>();
  member->port = std::make_unique<FramePort>(current_ == nullptr ? slot_ : *current_->port, overlap);
  member->link = owner_.make_link(*member->port);
  return member;
}

// ---- a renewal's way ----

void Succession::renew(const Link& link, std::string_view why) {
  if (successor_ != nullptr && &link == successor_->link.get()) {
    once_more_ = why;
    return;
  }
  if (&link != current_->link.get() || successor_ != nullptr) return;
  reason_ = why;
  open_successor();
}

void Succession::open_successor() {
  if (!current_->link->connection().open()) {
    reason_.clear();  // lost meanwhile: its next socket is a new one
    return;
  }
  retry_timer_.cancel();
  overlap_.emplace(stream_of_, limits_.held_bytes_max);
  problem_.clear();
  announced_ = carries_all_ = false;
  deadline_ = host_.clock().mono() + limits_.timeout;
  successor_ = make(&*overlap_);
  successor_->link->connection().start();
  look_timer_.start(kWatchInterval, [this] { look(); });
  owner_.on_succession();
}

void Succession::changed(Link& link) {
  if (successor_ != nullptr && &link == successor_->link.get()) {
    Connection& connection = link.connection();
    if (!announced_ && connection.open()) {
      announced_ = true;
      current_->port->succeeding(*overlap_);
    } else if (problem_.empty() && failed(connection)) {
      // It must not try again by itself: what follows is decided outside of its callback.
      problem_ = connection.trouble().reason.empty() ? "its successor was lost" : connection.trouble().reason;
      connection.stop("its renewal is put off");
      look_timer_.start(Duration::zero(), [this] { look(); });
    }
    return;
  }
  if (&link == current_->link.get()) return;
  const ConnectionPhase phase = link.connection().phase();
  if (phase == ConnectionPhase::Waiting || phase == ConnectionPhase::Parked) return link.connection().stop("another connection has its place");
  if (phase == ConnectionPhase::Idle) grave_timer_.start(Duration::zero(), [this] { bury(); });
}

void Succession::look() {
  if (successor_ == nullptr) return;
  const MonoTime now = host_.clock().mono();
  Connection& connection = successor_->link->connection();
  if (!problem_.empty()) return put_off(problem_);
  const bool carries_all = connection.open() && successor_->link->carries_all();
  if (carries_all && !carries_all_) {
    overlap_->confirmed();
    settled_at_ = now + limits_.settle;
  }
  carries_all_ = carries_all;
  if (carries_all_ && (overlap_->joined() || (now >= settled_at_ && overlap_->flows()))) return take_over(Joint::Proven, true);
  if (overlap_->full()) {
    if (carries_all_ && overlap_->flows()) return take_over(Joint::Uncertain, true);
    return put_off("more of its successor's messages had to wait than renewal_buffer allows");
  }
  if (now >= deadline_) return put_off("its successor did not carry and deliver everything in time");
  look_timer_.start(kWatchInterval, [this] { look(); });
}

// From one message to the next: the old socket's port is shut, and what the successor's has held back follows what went through it.
void Succession::take_over(Joint joint, bool leave) {
  look_timer_.cancel();
  const std::string why = std::exchange(reason_, {});
  if (joint == Joint::Proven) overlap_->settle(host_.clock().mono() + -limits_.settle / 2);
  auto old = std::exchange(current_, std::move(successor_));
  old->port->retire();
  current_->port->take_over(why, joint);
  overlap_.reset();
  backoff_.reset();
  if (joint != Joint::Broken) count(host_.counters().renewals);
  Member& leaving = *leaving_.emplace_back(std::move(old));
  if (leave) leaving.link->connection().leave(why);
  owner_.on_succession();
  if (once_more_.empty()) return;
  reason_ = std::exchange(once_more_, {});
  retry_timer_.start(Duration::zero(), [this] { open_successor(); });
}

void Succession::put_off(std::string_view problem) {
  count(host_.counters().renewals_put_off);
  spdlog::warn("{}: a planned renewal ({}) is put off: {}", name_, reason_, problem);
  drop_successor("its renewal was put off");
  retry_timer_.start(backoff_.next(), [this] { open_successor(); });
  owner_.on_succession();
}

void Succession::drop_successor(std::string_view why) {
  look_timer_.cancel();
  if (announced_) current_->port->put_off();
  successor_->port->retire();
  Member& leaving = *leaving_.emplace_back(std::move(successor_));
  overlap_.reset();
  once_more_.clear();
  leaving.link->connection().stop(why);
  grave_timer_.start(Duration::zero(), [this] { bury(); });  // also where it was stopped already
}

void Succession::losing(const Link& link, std::string_view reason, bool whole) {
  if (&link != current_->link.get()) return;
  if (successor_ == nullptr || !successor_->link->connection().open()) return cancel();
  const bool carries_all = successor_->link->carries_all();
  if (!carries_all) current_->port->lost(reason);
  // Closed in order after the successor carried everything: all that the successor may lack has been delivered.
  const bool proven = carries_all_ && (whole || overlap_->joined());
  take_over(!carries_all ? Joint::Broken : (proven ? Joint::Proven : Joint::Uncertain), false);
}

std::size_t Succession::sockets() const {
  const auto counts = [](const std::unique_ptr<Member>& member) {
    return member != nullptr && member->link->connection().phase() != ConnectionPhase::Idle;
  };
  const auto leaving = static_cast<std::size_t>(std::count_if(leaving_.begin(), leaving_.end(), counts));
  return leaving + (counts(current_) ? 1 : 0) + (counts(successor_) ? 1 : 0);
}

// ---- ends ----

void Succession::cancel() {
  retry_timer_.cancel();
  reason_.clear();
  if (successor_ == nullptr) return;
  drop_successor("it is not needed any more");
}

void Succession::stop(std::string_view why) {
  cancel();
  for (const auto& member : leaving_) member->link->connection().stop(why);
  current_->link->connection().stop(why);
}

void Succession::bury() {
  std::erase_if(leaving_, [](const auto& member) { return member->link->connection().phase() == ConnectionPhase::Idle; });
}

}  // namespace tidegate::common
