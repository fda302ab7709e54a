#include "brokers/common/connection.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::common {

/// Keeps the WebSocket callbacks out of Connection's interface.
class Connection::Handler final : public net::WsClientHandler {
 public:
  explicit Handler(Connection& connection) : connection_(connection) {}

  void on_open() override {
    Connection& c = connection_;
    if (c.phase_ != ConnectionPhase::Connecting) return;
    const MonoTime now = c.host_.clock().mono();
    c.opened_at_ = now;
    c.trouble_ = {};
    c.liveness_.opened(now);
    c.probing_ = false;
    c.port_.opened(c.shown_url_);
    if (c.timings_.age_max > Duration::zero()) {
      const Duration earlier = c.backoff_.jitter(std::min(c.timings_.age_jitter, c.timings_.age_max / 2));
      c.age_timer_.start(c.timings_.age_max - earlier, [&c] { c.renew("planned renewal: the connection reached its age limit"); });
    }
    c.enter(ConnectionPhase::Open);
    if (c.phase_ == ConnectionPhase::Open) c.owner_.on_open(c);
    if (c.phase_ == ConnectionPhase::Open) c.look_after();
  }

  void on_message(std::string&& payload, bool binary) override {
    Connection& c = connection_;
    if (!c.reading()) return;
    const Stamp stamp{c.host_.clock().utc(), c.host_.clock().mono()};
    c.liveness_.on_bytes(stamp.mono);
    c.owner_.on_message(c, std::move(payload), binary, stamp);
  }

  void on_ping(std::string_view payload) override {
    Connection& c = connection_;
    if (!c.reading()) return;
    c.liveness_.on_heartbeat(c.host_.clock().mono());
    c.owner_.on_ping(c, payload);
  }

  void on_pong(std::string_view) override { connection_.liveness_.on_bytes(connection_.host_.clock().mono()); }

  void on_closed(const net::WsClosed& closed) override { connection_.end(closed); }

 private:
  Connection& connection_;
};

Connection::Connection(SessionHost& host, FramePort& port, ConnectionOwner& owner, SlidingWindow& attempts, const ConnectionTimings& timings)
    : host_(host),
      port_(port),
      owner_(owner),
      attempts_(attempts),
      timings_(timings),
      backoff_(timings.reconnect_initial, timings.reconnect_maximum, host.random_seed()),
      liveness_(timings.silence),
      hours_(host.calendars()),
      retry_timer_(host.loop()),
      liveness_timer_(host.loop()),
      age_timer_(host.loop()),
      handler_(std::make_unique<Handler>(*this)),
      since_(host.clock().utc()) {}

Connection::~Connection() = default;

bool Connection::reading() const { return phase_ == ConnectionPhase::Open || phase_ == ConnectionPhase::Closing; }

void Connection::enter(ConnectionPhase phase) {
  if (phase != phase_) since_ = host_.clock().utc();
  phase_ = phase;
  owner_.on_phase(*this);
}

void Connection::start() {
  succeeded_ = true;
  if (phase_ != ConnectionPhase::Idle) return;
  trouble_ = {};
  schedule(Duration::zero());
}

void Connection::stop(std::string_view why) {
  if (phase_ == ConnectionPhase::Idle) return;
  ++attempt_;
  const bool was_open = reading();
  drop_socket();
  retry_timer_.cancel();
  trouble_ = {};
  if (was_open) {
    count(host_.counters().disconnects);
    port_.lost(why);
  }
  enter(ConnectionPhase::Idle);
}

void Connection::wake() {
  if (phase_ != ConnectionPhase::Waiting) return;
  const Duration soonest = std::max(not_before_ - host_.clock().mono(), Duration::zero());
  if (host_.clock().mono() + soonest < next_attempt_) schedule(soonest);
}

void Connection::unpark() {
  if (phase_ == ConnectionPhase::Parked) schedule(Duration::zero());
}

void Connection::renew(std::string_view why) {
  if (phase_ == ConnectionPhase::Waiting) return wake();
  if (phase_ == ConnectionPhase::Open && !owner_.on_renewal(*this, why)) close(why, true);
}

void Connection::leave(std::string_view why) {
  if (phase_ == ConnectionPhase::Open) return close(why, false);
  if (phase_ != ConnectionPhase::Closing) return stop(why);
  succeeded_ = false;
}

void Connection::close(std::string_view why, bool succeeded) {
  planned_ = why;
  succeeded_ = succeeded;
  liveness_timer_.cancel();
  age_timer_.cancel();
  owner_.on_leave(*this);
  client_->close(timings_.close_code, "");
  enter(ConnectionPhase::Closing);
}

void Connection::cut(std::string_view why) {
  if (!reading() && phase_ != ConnectionPhase::Connecting) return;
  const bool opened = reading();
  ++attempt_;
  drop_socket();
  end(net::WsClosed{.code = kCutCode, .reason = std::string{why}, .http_status = 0, .opened = opened});
}

void Connection::reconnect(std::string_view why) {
  wake();
  unpark();
  cut(why);
}

// Every attempt starts from the timer, so no socket is replaced from inside one of its own callbacks.
void Connection::schedule(Duration delay) {
  const Duration paced = std::max(delay, attempts_.wait(host_.clock().mono()));
  next_attempt_ = host_.clock().mono() + paced;
  retry_timer_.start(paced, [this] { attempt(); });
  if (phase_ != ConnectionPhase::Waiting) enter(ConnectionPhase::Waiting);
}

void Connection::attempt() {
  const MonoTime now = host_.clock().mono();
  if (const Duration wait = attempts_.wait(now); wait > Duration::zero()) return schedule(wait);
  attempts_.take(now);
  count(host_.counters().connects);
  client_.reset();
  const std::uint64_t number = ++attempt_;
  enter(ConnectionPhase::Connecting);
  if (phase_ == ConnectionPhase::Connecting && attempt_ == number) owner_.on_attempt(*this, number);
}

void Connection::dial(std::uint64_t attempt, const net::WsClientOptions& options, std::string_view shown_url) {
  if (attempt != attempt_ || phase_ != ConnectionPhase::Connecting || client_ != nullptr) return;
  shown_url_ = shown_url.empty() ? std::string_view{options.url} : shown_url;
  client_ = std::make_unique<net::WsClient>(host_.loop(), *handler_);
  client_->connect(options);
}

void Connection::refuse(std::uint64_t attempt, const LossVerdict& verdict) {
  if (attempt != attempt_ || phase_ != ConnectionPhase::Connecting) return;
  drop_socket();
  count(host_.counters().connects_failed);
  settle(verdict);
}

void Connection::drop_socket() {
  liveness_timer_.cancel();
  age_timer_.cancel();
  if (client_ != nullptr) client_->abort();
}

bool Connection::healthy() const { return host_.clock().mono() - opened_at_ >= timings_.reconnect_maximum; }

void Connection::end(const net::WsClosed& closed) {
  liveness_timer_.cancel();
  age_timer_.cancel();
  const bool was_open = reading();
  const bool planned = phase_ == ConnectionPhase::Closing;
  if (!was_open && phase_ != ConnectionPhase::Connecting) return;
  if (was_open && healthy()) backoff_.reset();
  if (!was_open) count(host_.counters().connects_failed);
  if (was_open) count(host_.counters().disconnects);
  if (planned) {
    trouble_ = LossVerdict{.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = planned_};
    port_.lost(planned_);
    if (!succeeded_) {
      trouble_ = {};
      return enter(ConnectionPhase::Idle);
    }
    // At once; but a broker that ends every new connection meets the backoff.
    const bool first = backoff_.failures() == 0;
    const Duration wait = backoff_.next();
    not_before_ = host_.clock().mono();
    return schedule(first ? Duration::zero() : wait);
  }
  LossVerdict verdict = owner_.judge(*this, closed);
  if (was_open) port_.lost(verdict.reason);
  settle(std::move(verdict));
}

void Connection::settle(LossVerdict verdict) {
  trouble_ = std::move(verdict);
  not_before_ = host_.clock().mono() + std::max(backoff_.ceiling() / 4, trouble_.wait_min);
  if (trouble_.park) return enter(ConnectionPhase::Parked);
  schedule(std::max(backoff_.next(), trouble_.wait_min));
}

void Connection::expect_data(bool expected) { liveness_.expect_data(expected, host_.clock().mono()); }

void Connection::set_venues(const VenueSet& venues) {
  hours_.set_venues(venues);
  look_at_hours(host_.clock().mono());
}

Duration Connection::look_at_hours(MonoTime now) {
  const MarketHours::Look look = hours_.look(host_.clock().utc());
  liveness_.market_open(look.data_expected, look.closed_until, now);
  return look.again_in;
}

void Connection::look_after() {
  const MonoTime now = host_.clock().mono();
  const Duration hours_change = look_at_hours(now);
  if (std::exchange(probing_, false) && liveness_.data_at() <= probed_at_) return cut("no data came, not even when it was asked for");
  const Liveness::Check check = liveness_.check(now);
  if (check.verdict == Liveness::Verdict::Alive) {
    return liveness_timer_.start(std::min(check.again_in, hours_change), [this] { look_after(); });
  }
  if (check.verdict != Liveness::Verdict::NoData || !owner_.probe(*this)) return cut(to_text(check.verdict));
  probing_ = true;
  probed_at_ = now;
  liveness_timer_.start(timings_.probe_timeout, [this] { look_after(); });
}

void Connection::send_text(std::string_view payload) {
  if (open()) client_->send_text(payload);
}

void Connection::send_binary(std::string_view payload) {
  if (open()) client_->send_binary(payload);
}

void Connection::pong(std::string_view payload) {
  if (open()) client_->pong(payload);
}

void Connection::describe(ConnectionReport& report) const {
  switch (phase_) {
    case ConnectionPhase::Open:
      report.state = BrokerState::Live;
      break;
    case ConnectionPhase::Idle:
      report.state = BrokerState::Connecting;
      break;
    case ConnectionPhase::Parked:
      report.state = trouble_.state;
      break;
    case ConnectionPhase::Connecting:
    case ConnectionPhase::Closing:
    case ConnectionPhase::Waiting:
      report.state = trouble_.reason.empty() ? BrokerState::Connecting : trouble_.state;
      break;
  }
  report.reason = phase_ == ConnectionPhase::Idle ? "nothing is wanted" : trouble_.reason;
  report.since = since_;
  report.sessions = port_.session();
  report.clocks = liveness_.clocks();
}

}  // namespace tidegate::common
