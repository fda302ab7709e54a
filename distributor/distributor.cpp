#include "distributor/distributor.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "distributor/control_messages.hpp"
#include "distributor/http_api.hpp"
#include "distributor/hub.hpp"
#include "distributor/publisher.hpp"
#include "distributor/request_handler.hpp"
#include "distributor/server.hpp"
#include "distributor/sessions/keeper.hpp"
#include "distributor/sessions/login.hpp"

namespace tidegate {

using namespace distributor;  // NOLINT(google-build-using-namespace): this file is that namespace's face

namespace {

constexpr Duration kStandingRetry = std::chrono::minutes{1};
constexpr Duration kReleaseSlack = std::chrono::milliseconds{1};  // conflated values that become due together leave together
constexpr MonoTime kNever{INT64_MAX};

}  // namespace

struct Distributor::Parts {
  Parts(net::EventLoop& event_loop, const Clock& clock, Telemetry& telemetry, UpstreamHost& host, DistributorOptions options)
      : loop(event_loop), hub(clock, telemetry, host, std::move(options)), server(event_loop, hub, requests, http, login, keeper) {}

  void hold_standing();
  void let_go_of_standing();
  [[nodiscard]] bool hold(const std::string& symbol, Channel channel);
  void heartbeats(MonoTime now);
  void announce_demand();
  void wake_for_release(MonoTime now);

  net::EventLoop& loop;
  Hub hub;
  Publisher publisher{hub};
  Login login{hub};
  SessionKeeper keeper{hub, login};
  RequestHandler requests{hub, publisher, login};
  HttpApi http{hub, login, keeper};
  Server server;
  net::Timer release_timer{loop};
  MonoTime wakes_at;               // of the timer
  MonoTime next_heartbeat;         // nobody is due before
  MonoTime next_standing{kNever};  // standing subscriptions that cannot be held are tried again
  std::vector<StreamSlot> closed;  // scratch
};

Distributor::Distributor(net::EventLoop& loop, const Clock& clock, Telemetry& telemetry, UpstreamHost& host, DistributorOptions options)
    : parts_(std::make_unique<Parts>(loop, clock, telemetry, host, std::move(options))) {}

Distributor::~Distributor() = default;

std::string Distributor::listen() { return parts_->server.listen(); }

std::uint16_t Distributor::port() const { return parts_->server.port(); }

std::string Distributor::reload_tls() { return parts_->server.reload_tls(); }

UtcTime Distributor::tls_expires() const {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t seconds = std::min(parts_->hub.tls_expires_unix_s, INT64_MAX / kSecond);
  return seconds == 0 ? kNoTime : UtcTime{seconds * kSecond};
}

void Distributor::on_catalog(std::shared_ptr<const Catalog> catalog) {
  const Hub::Scope scope(parts_->hub);
  parts_->hub.catalog = std::move(catalog);
  if (parts_->hub.catalog == nullptr) return;
  parts_->hold_standing();
  parts_->requests.resolve_wishes();
}

/// Symbols that no list has yet are asked for, and tried again with the next list or answer, and from time to time: a broker may know tomorrow what
/// it does not know today.
void Distributor::Parts::hold_standing() {
  bool all = true;
  for (const distributor::StandingSubscription& standing : hub.options.standing) {
    for (const std::string& symbol : standing.symbols) {
      for (const Channel channel : standing.channels) all = hold(symbol, channel) && all;
    }
  }
  next_standing = all ? kNever : hub.clock.mono() + kStandingRetry;
}

bool Distributor::Parts::hold(const std::string& symbol, Channel channel) {
  const Resolution found = hub.catalog->resolve(symbol);
  if (found.instrument == kNoInstrument) {
    if (found.candidates.empty() && !hub.host.may_yet_be_listed(symbol)) static_cast<void>(hub.host.look_up(symbol));
    return false;
  }
  if (hub.host.check(found.instrument, channel).code != 0) {
    static_cast<void>(hub.host.look_up(found.instrument, channel));
    return false;
  }
  hub.table.hold(found.instrument, channel, kDefaultDepth);
  return true;
}

/// Streams that were held and are named no more.
void Distributor::Parts::let_go_of_standing() {
  std::set<std::uint64_t> named;
  for (const distributor::StandingSubscription& standing : hub.options.standing) {
    for (const std::string& symbol : standing.symbols) {
      const Resolution found = hub.catalog->resolve(symbol);
      for (const Channel channel : standing.channels) named.insert(SubscriptionTable::key(found.instrument, channel));
    }
  }
  for (std::size_t i = 0; i < hub.table.streams().size(); ++i) {
    const auto slot = static_cast<StreamSlot>(i);
    const Stream& stream = hub.table.stream(slot);
    if (!stream.standing || named.contains(SubscriptionTable::key(stream.instrument, stream.channel))) continue;
    if (hub.table.let_go(slot)) hub.begin_linger(slot);
  }
}

void Distributor::configure(DistributorOptions options) {
  Parts& parts = *parts_;
  const Hub::Scope scope(parts.hub);
  parts.hub.configure(std::move(options));
  parts.server.configure();
  parts.http.configure();
  parts.login.configure();
  parts.keeper.configure();
  parts.next_heartbeat = MonoTime{};
  if (parts.hub.catalog == nullptr) return;
  parts.let_go_of_standing();
  parts.hold_standing();
}

void Distributor::set_authenticator(std::shared_ptr<const Authenticator> authenticator, bool configured) {
  parts_->login.set_authenticator(std::move(authenticator), configured);
}

void Distributor::on_record(const RecordHeader& record) { parts_->publisher.publish(record); }

void Distributor::do_work(MonoTime now) {
  const Hub::Scope scope(parts_->hub);
  parts_->closed.clear();
  parts_->hub.table.expire(now, parts_->closed);
  for (const StreamSlot stream : parts_->closed) {
    parts_->hub.values.forget(stream);
    parts_->hub.replay.forget(stream);
    parts_->hub.completeness.forget(stream);
  }
  parts_->hub.replay.trim(now);
  parts_->publisher.find_stuck(now);
  parts_->keeper.do_work(now);
  parts_->hub.topics->do_work(now);
  if (now >= parts_->next_heartbeat) parts_->heartbeats(now);
  if (now >= parts_->next_standing) parts_->hold_standing();
}

void Distributor::Parts::heartbeats(MonoTime now) {
  next_heartbeat = now + hub.options.heartbeat;
  Message message;
  hub.for_each_subscriber([&](Subscriber& subscriber) {
    if (subscriber.parting()) return;
    MonoTime due = subscriber.last_sent() + hub.options.heartbeat;
    if (now >= due) {
      if (!message) message = hub.message(heartbeat_message(hub.clock.utc()));
      hub.offer(subscriber, message, now);
      due = now + hub.options.heartbeat;
    }
    next_heartbeat = std::min(next_heartbeat, due);
  });
}

void Distributor::Parts::announce_demand() {
  if (!hub.table.take_demand_change()) return;
  std::vector<Want> wants;
  wants.reserve(hub.table.stream_count());
  for (const Stream& stream : hub.table.streams()) {
    if (stream.instrument == kNoInstrument) continue;
    wants.push_back({stream.instrument, stream.channel, stream.depth, std::string(hub.symbol(stream.instrument))});
  }
  hub.host.on_demand(std::move(wants));
}

void Distributor::end_turn() {
  Parts& parts = *parts_;
  const Hub::Scope scope(parts.hub);
  parts.announce_demand();
  const MonoTime now = parts.hub.clock.mono();
  parts.publisher.release_due(now);
  parts.server.flush();
  if (const MonoTime first = parts.publisher.take_first_record_time(); first != MonoTime{}) {
    parts.hub.telemetry.normalized_to_written.record(parts.hub.clock.mono() - first);
  }
  const bool told = parts.hub.topics->feed_waiting();
  if (parts.publisher.feed_waiting() || told) {
    parts.server.flush();
    parts.loop.wake();  // there may be room for more already
  }
  parts.publisher.check_slow(now);
  parts.wake_for_release(now);
  ++parts.hub.turn;
}

/// The next conflated value may become due before anything else happens.
void Distributor::Parts::wake_for_release(MonoTime now) {
  const MonoTime next = publisher.next_release();
  if (next == kNever || (release_timer.pending() && wakes_at <= next)) return;
  wakes_at = next;
  release_timer.start(std::max(kReleaseSlack, next - now), [] {});  // the turn that ends after it does the work
}

void Distributor::shutdown(std::string_view reason) {
  Parts& parts = *parts_;
  const Hub::Scope scope(parts.hub);
  if (std::exchange(parts.hub.shutting_down, true)) return;
  parts.server.stop_listening();
  const std::string notice = notice_message("shutdown", reason, parts.hub.clock.utc());
  const Complaint farewell{code::kShuttingDown, std::string(reason), "connect again in a moment"};
  parts.hub.for_each_subscriber([&](Subscriber& subscriber) {
    parts.hub.offer(subscriber, notice);
    parts.hub.part(subscriber, farewell);
  });
}

bool Distributor::drained() const { return parts_->hub.connection_count() == 0; }

}  // namespace tidegate
