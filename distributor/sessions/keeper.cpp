#include "distributor/sessions/keeper.hpp"

#include <algorithm>

#include "distributor/control_messages.hpp"

namespace tidegate::distributor {
namespace {

constexpr MonoTime kNever{INT64_MAX};
/// A peer from which nothing came for so many heartbeats, although it was pinged after the first, is gone.
constexpr int kSilentHeartbeatsMax = 3;

}  // namespace

SessionKeeper::SessionKeeper(Hub& hub, Login& login) : hub_(hub), login_(login), next_(kNever) {
  login_.on_identity_changed.emplace_back([this](Subscriber& subscriber) { watch(subscriber); });
}

// Its own deadlines are found at the next look; looking at everybody for each that comes would take a crowd of newcomers the square of its size.
void SessionKeeper::watch(Subscriber& subscriber) { unseen_.push_back(subscriber.slot()); }

void SessionKeeper::do_work(MonoTime now) {
  if (drain_) drain_some(now);
  for (std::size_t i = 0; i < unseen_.size(); ++i) {
    Subscriber* const subscriber = hub_.subscribers()[unseen_[i]].get();  // it may have gone since
    if (subscriber != nullptr && subscriber->connected()) next_ = std::min(next_, look_after(*subscriber, now));
  }
  unseen_.clear();
  if (now < next_) return;
  next_ = kNever;
  hub_.for_each_subscriber([&](Subscriber& subscriber) { next_ = std::min(next_, look_after(subscriber, now)); });
}

MonoTime SessionKeeper::look_after(Subscriber& subscriber, MonoTime now) {
  if (subscriber.parting()) return kNever;
  const MonoTime login = login_.look_after(subscriber, now);
  return subscriber.parting() ? kNever : std::min(login, listen_for(subscriber, now));
}

/// A peer for which bytes still wait has not got our ping yet: that is slowness, and judged as such.
MonoTime SessionKeeper::listen_for(Subscriber& subscriber, MonoTime now) {
  const Duration heartbeat = hub_.options.heartbeat;
  SessionState& session = subscriber.session;
  const bool pinged = session.last_pinged > session.last_heard;
  if (pinged && now - session.last_heard >= heartbeat * kSilentHeartbeatsMax && subscriber.queued_bytes() == 0) {
    count(hub_.telemetry.gateway.heartbeats_missed);
    hub_.part(subscriber, {code::kHeartbeatMissed, "nothing was heard from this client, not even an answer to a ping",
                           "answer WebSocket pings (most libraries do), or send {\"op\":\"ping\"}; then connect again"});
    return kNever;
  }
  MonoTime due = std::max(session.last_heard, session.last_pinged) + heartbeat;
  if (now >= due) {
    session.last_pinged = now;
    subscriber.ping();
    due = now + heartbeat;
  }
  return due;
}

// ---- drain ----

void SessionKeeper::drain(Duration over, const std::string& reason) {
  const MonoTime now = hub_.clock.mono();
  hub_.draining = true;
  drain_ = Drain{now, now + over, hub_.connection_count(), reason};
  const Message notice = hub_.message(notice_message("drain", reason, hub_.clock.utc()));
  hub_.for_each_subscriber([&](Subscriber& subscriber) { hub_.offer(subscriber, notice, now); });
  drain_some(now);
}

void SessionKeeper::end_drain() {
  hub_.draining = false;
  drain_.reset();
}

/// As many may stay as there is time left, in parts of all.
void SessionKeeper::drain_some(MonoTime now) {
  const Drain& drain = *drain_;
  std::size_t may_stay = 0;
  if (now < drain.end) {
    const double left = static_cast<double>((drain.end - now).count()) / static_cast<double>((drain.end - drain.begun).count());
    may_stay = static_cast<std::size_t>(left * static_cast<double>(drain.connections));
  }
  std::size_t staying = 0;
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (subscriber.parting() || ++staying <= may_stay) return;
    count(hub_.telemetry.gateway.sessions_disconnected);
    hub_.part(subscriber, {code::kShuttingDown, drain.reason, "connect again; another gateway may be there for you"});
  });
}

}  // namespace tidegate::distributor
