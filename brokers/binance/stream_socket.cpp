#include "brokers/binance/stream_socket.hpp"

#include <chrono>
#include <utility>

#include "brokers/binance/refusal.hpp"

namespace tidegate::binance {
namespace {

constexpr std::chrono::seconds kPaceWindow{1};

common::ConnectionTimings timings_of(const BrokerConfig& config, const Settings& settings) {
  return {.reconnect_initial = config.reconnect_initial,
          .reconnect_maximum = config.reconnect_maximum,
          .silence = {.bytes = config.stale_after, .heartbeat = settings.ping_timeout, .data = settings.data_timeout},
          .age_max = settings.age_max,
          .age_jitter = settings.age_jitter};
}

}  // namespace

StreamSocket::StreamSocket(SessionHost& host, const BrokerConfig& config, const Settings& settings, Route route, common::FramePort& port,
                           common::SlidingWindow& attempts, const common::RequestLedger& wishes, StreamSocketOwner& owner)
    : host_(host),
      settings_(settings),
      route_(route),
      port_(port),
      owner_(owner),
      tls_{.verify = config.tls_verify, .ca_file = config.tls_ca_file},
      ledger_(wishes),
      pacer_(settings.frames_per_second, kPaceWindow),
      send_timer_(host.loop()),
      answer_timer_(host.loop()),
      audit_timer_(host.loop()),
      connection_(host, port, *this, attempts, timings_of(config, settings)) {
  connection_.set_venues({settings.venue});
  ledger_.session_lost();
}

void StreamSocket::after_change() {
  connection_.expect_data(ledger_.confirmed_count() > 0);
  pump();
  owner_.on_socket_changed(*this);
}

void StreamSocket::on_attempt(common::Connection& connection, std::uint64_t attempt) {
  net::WsClientOptions options;
  options.url = stream_url(settings_, route_);
  options.tls = tls_;
  options.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.handshake_timeout);
  options.answer_pings = false;  // pongs count against the venue's limit, so they go through the pacer
  connection.dial(attempt, options);
}

void StreamSocket::on_open(common::Connection&) {
  ledger_.session_opened();
  pacer_.clear();
  schedule_audit();
  owner_.on_socket_open(*this);
  after_change();
}

void StreamSocket::on_phase(common::Connection& connection) {
  if (!connection.open()) {
    ledger_.session_lost();
    requests_.clear();
    audit_due_ = false;
    audits_unanswered_ = 0;
    send_timer_.cancel();
    answer_timer_.cancel();
    audit_timer_.cancel();
  }
  // Lost while nothing was wanted: no reason to come back.
  const bool needed = ledger_.wanted_count() > 0;
  if (connection.phase() == common::ConnectionPhase::Waiting && !needed) return connection.stop("nothing is wanted");
  owner_.on_socket_changed(*this);
}

// The data path: what is in the combined envelope goes straight on.
void StreamSocket::on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) {
  if (!binary && !is_data(payload)) {
    if (const auto control = parse_control(payload)) return on_control(*control);
  }
  connection.on_data(stamp);
  port_.data(std::move(payload), binary, stamp);
}

void StreamSocket::on_ping(common::Connection&, std::string_view payload) {
  pacer_.owe_pong(payload);
  pump();
}

common::LossVerdict StreamSocket::judge(common::Connection& connection, const net::WsClosed& closed) {
  common::LossVerdict verdict = judge_closed(closed, settings_);
  if (is_rate_limit(closed)) count(host_.counters().rate_limited);
  if (connection.open()) owner_.on_socket_losing(*this, verdict.reason, closed.code != common::kCutCode);
  return verdict;
}

bool StreamSocket::on_renewal(common::Connection&, std::string_view why) {
  owner_.on_socket_renewal(*this, why);
  return true;
}

void StreamSocket::on_control(const ControlMessage& message) {
  count(host_.counters().control_messages);
  if (message.kind == ControlMessage::Kind::Shutdown) return connection_.renew("the venue announced a shutdown of this connection");
  if (!connection_.open()) return;
  // A refusal may come without its id; answers come in the order of the requests, so the oldest one is meant.
  auto it = message.id ? requests_.find(*message.id) : requests_.begin();
  if (it == requests_.end()) return;
  const auto [id, request] = *it;
  requests_.erase(it);
  watch_answers();
  on_answer(id, request, message);
}

void StreamSocket::on_answer(std::uint64_t id, const Request& request, const ControlMessage& message) {
  using Kind = ControlMessage::Kind;
  if (request.audit) {
    audits_unanswered_ = 0;
    if (message.kind == Kind::Listed) ledger_.reconcile(id, message.streams);
  } else if (message.kind == Kind::Refused) {
    count(host_.counters().requests_refused);
    owner_.on_streams_refused(*this, ledger_.refused(id), message.words);
  } else {
    owner_.on_streams_accepted(*this, ledger_.accepted(id));
  }
  after_change();
}

void StreamSocket::pump() {
  if (!connection_.open()) return;
  const MonoTime now = host_.clock().mono();
  while (const auto payload = pacer_.take_pong(now)) connection_.pong(*payload);
  while ((audit_due_ || ledger_.work_left()) && pacer_.take_frame(now)) {
    if (audit_due_) {
      const std::uint64_t id = ledger_.take_id();
      audit_due_ = false;
      connection_.send_text(list_request(id));
      sent(id, true);
      continue;
    }
    const common::BatchLimits limits{.bytes_max = settings_.request_bytes_max - kRequestOverhead};
    const auto batch = ledger_.next(limits);
    if (!batch) break;
    connection_.send_text(subscribe_request(batch->id, batch->subscribe, batch->streams));
    count(host_.counters().requests_sent);
    sent(batch->id, false);
  }
  if (pacer_.pong_owed() || audit_due_ || ledger_.work_left()) {
    send_timer_.start(pacer_.wait(now), [this] { pump(); });
  }
}

void StreamSocket::sent(std::uint64_t id, bool audit) {
  requests_.emplace(id, Request{.deadline = host_.clock().mono() + settings_.ack_timeout, .audit = audit});
  if (requests_.size() == 1) watch_answers();
}

void StreamSocket::watch_answers() {
  if (requests_.empty()) return answer_timer_.cancel();
  const Duration left = requests_.begin()->second.deadline - host_.clock().mono();
  answer_timer_.start(left > Duration::zero() ? left : Duration::zero(), [this] { on_no_answer(); });
}

// Requests above the venue's size limit, and now and then others, vanish without an answer: ask once more, then trust this socket no longer.
void StreamSocket::on_no_answer() {
  const MonoTime now = host_.clock().mono();
  bool trusted = true;
  while (!requests_.empty() && requests_.begin()->second.deadline <= now) {
    const auto [id, request] = *requests_.begin();
    requests_.erase(requests_.begin());
    count(host_.counters().requests_timed_out);
    if (request.audit) {
      audit_due_ = true;
      if (++audits_unanswered_ > 1) trusted = false;
    } else if (!ledger_.timed_out(id)) {
      trusted = false;
    }
  }
  if (!trusted) return connection_.cut("requests are not answered");
  watch_answers();
  after_change();
}

void StreamSocket::schedule_audit() {
  if (settings_.audit_interval <= Duration::zero()) return;
  audit_timer_.start(settings_.audit_interval, [this] {
    if (ledger_.occupied() > 0) audit_due_ = true;
    pump();
    schedule_audit();
  });
}

}  // namespace tidegate::binance
