#include "brokers/ibkr/feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/safe_text.hpp"
#include "brokers/ibkr/frame_hints.hpp"

namespace tidegate::ibkr {
namespace {

using common::LossVerdict;
using Kind = ControlMessage::Kind;

constexpr std::size_t kMessageBytesMax = 4U << 20U;
constexpr std::size_t kWordsMax = 80;  // of the 119 that a status has
constexpr int kDaySeconds = 24 * 3600;
constexpr int kNormalClose = 1000;
/// How often one socket may ask for the session.
constexpr int kSessionsGivenMax = 3;

common::ConnectionTimings timings_of(const BrokerConfig& config, const Settings& settings) {
  // Silence of data is judged stream by stream, by whoever knows them (section 7.5).
  return {.reconnect_initial = config.reconnect_initial,
          .reconnect_maximum = config.reconnect_maximum,
          .silence = {.bytes = config.stale_after, .heartbeat = settings.heartbeat_timeout, .data = {}},
          .age_max = {},
          .age_jitter = {},
          .probe_timeout = {}};
}

}  // namespace

Feed::Feed(SessionHost& host, const BrokerConfig& config, const Settings& settings, LoginKeeper& keeper, common::FramePort& port, FeedOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      keeper_(keeper),
      port_(port),
      owner_(owner),
      attempts_(settings.connect_attempts, settings.connect_window),
      status_timer_(host.loop()),
      tic_timer_(host.loop()),
      connection_(host, port, *this, attempts_, timings_of(config, settings)) {}

// ---- getting there ----

void Feed::on_attempt(common::Connection&, std::uint64_t attempt) {
  if (keeper_.fresh()) return dial(attempt);
  attempt_ = attempt;
  keeper_.check();
}

void Feed::on_login() {
  if (attempt_) return dial(*std::exchange(attempt_, std::nullopt));
  if (!connection_.open()) return;
  // Another session's socket goes on as long as it brings something; its server ends it otherwise.
  if (stage_ == Stage::Void && session_ != keeper_.session()) return connection_.renew("somebody logged in anew");
  if (stage_ == Stage::Greeting && !overdue_) return;
  if (stage_ == Stage::Void) port_.opened(settings_.socket_url);  // the same socket, and nothing of what it carried
  if (stage_ != Stage::Up) go_up();
}

void Feed::on_login_lost(std::string_view why) {
  if (stage_ == Stage::Closed || stage_ == Stage::Void) return;
  const bool was_up = up();
  stage_ = Stage::Void;
  status_timer_.cancel();
  if (!was_up) return;
  port_.lost(why);
  owner_.on_feed_changed();
}

void Feed::dial(std::uint64_t attempt) {
  session_ = keeper_.session();
  net::WsClientOptions options;
  options.url = settings_.socket_url;
  if (settings_.oauth) options.url += "?oauth_token=" + common::percent_encoded(keeper_.access_token());
  options.headers.emplace_back("Cookie", "api=" + session_);
  options.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  options.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.handshake_timeout);
  options.message_bytes_max = kMessageBytesMax;
  connection_.dial(attempt, options, settings_.socket_url);
}

void Feed::on_open(common::Connection&) {
  stage_ = Stage::Greeting;
  status_ = {};
  overdue_ = false;
  sessions_given_ = 0;
  status_timer_.start(settings_.status_timeout, [this] {
    overdue_ = true;
    keeper_.check();
  });
  tic_timer_.start(settings_.tic_interval, [this] { tic(); });
}

void Feed::go_up() {
  stage_ = Stage::Up;
  status_ = {};
  status_timer_.cancel();
  owner_.on_feed_changed();
}

void Feed::tic() {
  connection_.send_text("tic");
  owner_.on_feed_command(host_.clock().mono());
  tic_timer_.start(settings_.tic_interval, [this] { tic(); });
}

// ---- messages ----

// The data path: what is market data by its topic goes straight on.
void Feed::on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) {
  const std::string_view topic = topic_of(payload);
  if (topic.starts_with("smd+") || topic.starts_with("sbd")) return on_data(topic, std::move(payload), binary, stamp);
  const ControlMessage control = read_control(payload);
  port_.data(std::move(payload), binary, stamp);  // the decoder counts it, and knows what of it is the account's
  switch (control.kind) {
    case Kind::Heartbeat:
      return connection.on_heartbeat(stamp);
    case Kind::Status:
      return on_status(control.status);
    case Kind::SessionWanted:
      return give_session();
    case Kind::Complaint:
      return count(host_.counters().broker_errors);
    default:
      return;
  }
}

void Feed::on_data(std::string_view topic, std::string&& payload, bool binary, const common::Stamp& stamp) {
  connection_.on_data(stamp);
  // What still comes after the brokerage session was lost belongs to streams that are void.
  if (stage_ == Stage::Void) return count(host_.counters().frames_ignored);
  owner_.on_feed_data(topic, payload, stamp.mono);
  port_.data(std::move(payload), binary, stamp);
}

void Feed::on_status(const AuthStatus& news) {
  status_.merge(news);
  if (status_.lost()) {
    keeper_.lost(status_.taken() ? "another program took the brokerage session" : "IBKR says that the brokerage session is gone");
  } else if (stage_ == Stage::Greeting && status_.usable()) {
    go_up();
  } else if (stage_ == Stage::Void && status_.usable()) {
    keeper_.hint();
  }
}

void Feed::give_session() {
  if (stage_ != Stage::Greeting || ++sessions_given_ > kSessionsGivenMax) return;
  connection_.send_text(R"({"session":")" + session_ + "\"}");
}

// ---- ends ----

LossVerdict Feed::judge(common::Connection&, const net::WsClosed& closed) {
  LossVerdict verdict{.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = {}};
  const std::string words = common::printable(closed.reason, {session_, keeper_.access_token()});
  if (!closed.opened && closed.http_status >= 300) {
    verdict.reason = "connection refused with HTTP " + std::to_string(closed.http_status);
    verdict.wait_min = std::chrono::seconds{std::clamp(closed.retry_after_seconds, 0, kDaySeconds)};
    if (closed.http_status == 429) {
      count(host_.counters().rate_limited);
      verdict.wait_min = std::max(verdict.wait_min, settings_.rate_limit_wait);
    } else if (closed.http_status == 404 || closed.http_status < 400) {
      verdict.wait_min = std::max(verdict.wait_min, settings_.refused_wait);
      verdict.state = BrokerState::Down;
      verdict.reason += ": check rest_url and ws_url";
    }
  } else if (!closed.opened && means_certificate(words)) {
    verdict.state = BrokerState::Down;
    verdict.wait_min = settings_.refused_wait;
    verdict.reason = words;
  } else if (closed.opened && closed.code == kNormalClose) {
    verdict.reason = "IBKR closed the connection; the login is looked at again";
  } else {
    verdict.reason = closed.opened ? "connection lost" : "cannot connect";
    if (!words.empty()) verdict.reason += ": " + words.substr(0, kWordsMax);
  }
  return verdict;
}

void Feed::on_phase(common::Connection& connection) {
  if (!connection.open()) {
    stage_ = Stage::Closed;
    status_timer_.cancel();
    tic_timer_.cancel();
  }
  if (connection.phase() != common::ConnectionPhase::Connecting) attempt_.reset();
  if (connection.phase() == common::ConnectionPhase::Waiting && !connection.trouble().reason.empty()) keeper_.doubt();
  owner_.on_feed_changed();
}

void Feed::describe(ConnectionReport& report) const {
  connection_.describe(report);
  if (report.state == BrokerState::Live && !up()) report.state = BrokerState::Connecting;
}

}  // namespace tidegate::ibkr
