#include "brokers/xts/feed.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/xts/socket_url.hpp"

namespace tidegate::xts {
namespace {

using common::LossVerdict;

constexpr std::size_t kMessageBytesMax = 4U << 20U;
/// What a server that names no times is taken to mean (section 4.4).
constexpr std::chrono::milliseconds kPingIntervalUnsaid{25'000};
constexpr std::chrono::milliseconds kPingTimeoutUnsaid{60'000};
constexpr std::chrono::milliseconds kPingIntervalMin{10};
constexpr std::uint16_t kNoCloseCode = 1005;  // as the vendor's clients close
constexpr std::size_t kWordsMax = 80;         // of the 119 that a status has
constexpr int kDaySeconds = 24 * 3600;

common::ConnectionTimings timings_of(const BrokerConfig& config, const Settings& settings) {
  return {.reconnect_initial = config.reconnect_initial,
          .reconnect_maximum = config.reconnect_maximum,
          .silence = {.bytes = config.stale_after, .heartbeat = {}, .data = settings.data_timeout},
          .age_max = {},
          .age_jitter = {},
          .probe_timeout = settings.probe_timeout,
          .close_code = kNoCloseCode};
}

/// Events whose names begin with a message code are market data; they are not looked into here.
bool is_data_event(std::string_view payload) {
  constexpr std::string_view kBegin = "42[\"";
  return payload.size() > kBegin.size() && payload.starts_with(kBegin) && payload[kBegin.size()] >= '0' && payload[kBegin.size()] <= '9';
}

/// Whether words of refusal are about the token; the same test as for REST (section 3.2).
bool means_token(std::string_view words) {
  std::string text{words};
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto has = [&text](std::string_view word) { return text.find(word) != std::string::npos; };
  return has("token") || has("unauthor") || has("authenticat") || (has("session") && has("expired"));
}

}  // namespace

Feed::Feed(SessionHost& host, const BrokerConfig& config, const Settings& settings, TokenKeeper& keeper, RestClient& rest, common::FramePort& port,
           FeedOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      keeper_(keeper),
      rest_(rest),
      port_(port),
      owner_(owner),
      attempts_(settings.connect_attempts, settings.connect_window),
      polling_(host, config, settings),
      heartbeat_(
          host.loop(), [this] { connection_.send_text("2"); }, [this] { connection_.cut("the broker does not answer pings"); }),
      joined_timer_(host.loop()),
      connection_(host, port, *this, attempts_, timings_of(config, settings)) {}

void Feed::stop(std::string_view why) {
  if (connection_.open()) on_leave(connection_);
  connection_.stop(why);
}

// ---- getting there ----

void Feed::on_attempt(common::Connection& connection, std::uint64_t attempt) {
  verdict_.reset();
  token_words_.clear();
  doubtful_ = false;
  polled_open_.reset();
  polled_.clear();
  if (!keeper_.ready()) return connection.refuse(attempt, {.park = false, .wait_min = {}, .state = keeper_.state(), .reason = keeper_.reason()});
  login_ = keeper_.generation();
  if (!settings_.poll_first) return dial(attempt, {});
  polling_.start(keeper_.token(), keeper_.user(), [this, attempt](Polled&& polled) { on_polled(attempt, std::move(polled)); });
}

void Feed::on_polled(std::uint64_t attempt, Polled&& polled) {
  if (!polled.open) return refuse_polled(attempt, polled.refusal);
  for (const std::string& text : polled.packets) {
    const auto packet = parse_packet(text);
    if (!packet || packet->type != PacketType::Error) continue;
    RestAnswer refusal;
    refusal.words = packet->payload;
    refusal.kind = means_token(packet->payload) ? RestAnswer::Kind::TokenRejected : RestAnswer::Kind::Refused;
    return refuse_polled(attempt, refusal);
  }
  polled_ = std::move(polled.packets);
  const std::string sid = polled.open->sid;
  polled_open_ = std::move(polled.open);
  dial(attempt, sid);
}

void Feed::refuse_polled(std::uint64_t attempt, const RestAnswer& refusal) {
  const std::string words = rest_.printable(refusal.words, kWordsMax);
  LossVerdict verdict{.park = false, .wait_min = refusal.retry_after.value_or(Duration::zero()), .state = BrokerState::Reconnecting, .reason = {}};
  verdict.reason = "polling refused: " + words;
  if (refusal.kind == RestAnswer::Kind::TokenRejected || refusal.status == 403) {
    verdict = token_verdict(refusal.words);
  } else if (refusal.kind == RestAnswer::Kind::RateLimited) {
    verdict.wait_min = std::max(verdict.wait_min, settings_.rate_limit_wait);
  } else if (refusal.kind == RestAnswer::Kind::Refused || (refusal.status >= 400 && refusal.status < 500)) {
    verdict.wait_min = std::max(verdict.wait_min, settings_.refused_wait);
    verdict.state = BrokerState::Down;
  }
  connection_.refuse(attempt, verdict);
}

void Feed::dial(std::uint64_t attempt, std::string_view sid) {
  net::WsClientOptions options;
  options.url = websocket_url(settings_, keeper_.token(), keeper_.user(), sid);
  options.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  options.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.handshake_timeout);
  options.message_bytes_max = kMessageBytesMax;
  connection_.dial(attempt, options, masked_websocket_url(settings_, keeper_.user()));
}

void Feed::on_open(common::Connection& connection) {
  joined_timer_.start(settings_.joined_timeout, [this] { connection_.cut("the broker did not connect the namespace in time"); });
  if (polled_open_) connection.send_text("2probe");
}

void Feed::on_leave(common::Connection& connection) {
  if (up_) connection.send_text("41");
}

// ---- messages ----

// The data path: what can only be market data goes straight on.
void Feed::on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) {
  connection.on_heartbeat(stamp);
  if (binary || is_data_event(payload)) return on_data(std::move(payload), binary, stamp);
  on_text(std::move(payload), stamp);
}

void Feed::on_data(std::string&& payload, bool binary, const common::Stamp& stamp) {
  connection_.on_data(stamp);
  last_data_ = stamp.utc;
  keeper_.proved(login_);
  port_.data(std::move(payload), binary, stamp);
}

void Feed::on_text(std::string&& payload, const common::Stamp& stamp) {
  const auto packet = parse_packet(payload);
  if (!packet) return port_.data(std::move(payload), false, stamp);  // the decoder counts it
  switch (packet->type) {
    case PacketType::Event: {
      const auto event = split_event(packet->payload);
      // A view into the frame, whose bytes move on with it: the name first.
      return on_event(std::move(payload), event ? std::string{event->name} : std::string{}, stamp);
    }
    case PacketType::BinaryEvent:
      return port_.data(std::move(payload), false, stamp);  // the packet itself follows
    case PacketType::Open:
      if (const auto open = parse_open(packet->payload)) return begin_heartbeat(*open);
      return end_as({.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = "the broker's open packet cannot be read"});
    case PacketType::Connect:
      return on_connected();
    case PacketType::Ping:
      connection_.send_text("3");
      break;
    case PacketType::Pong:
      if (polled_open_ && packet->payload == "probe") return on_upgraded();
      heartbeat_.on_pong();
      break;
    case PacketType::Disconnect:
    case PacketType::Close:
      return end_as({.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = "the broker ended the session of the socket"});
    case PacketType::Error:
      return on_error_packet(packet->payload);
    case PacketType::Ack:
    case PacketType::BinaryAck:
    case PacketType::Upgrade:
    case PacketType::Noop:
      break;
  }
  count(host_.counters().control_messages);
}

void Feed::on_event(std::string&& payload, std::string_view event, const common::Stamp& stamp) {
  if (event == "logout") {
    count(host_.counters().control_messages);
    return keeper_.taken_over(login_);
  }
  if (event == "joined") return count(host_.counters().control_messages);
  if (const auto kept_back = event_log_.take(stamp.mono)) {
    spdlog::info("{}: unknown event {} ({} more were left out)", config_.name, rest_.printable(event, kWordsMax), *kept_back);
  }
  port_.data(std::move(payload), false, stamp);
}

void Feed::on_error_packet(std::string_view payload) {
  count(host_.counters().broker_errors);
  if (means_token(payload)) return end_as(token_verdict(payload));
  end_as({.park = false,
          .wait_min = settings_.refused_wait,
          .state = BrokerState::Down,
          .reason = "the broker refuses the connection: " + rest_.printable(payload, kWordsMax)});
}

void Feed::on_upgraded() {
  connection_.send_text("5");
  begin_heartbeat(*std::exchange(polled_open_, std::nullopt));
  const common::Stamp stamp{host_.clock().utc(), host_.clock().mono()};
  for (std::string& text : std::exchange(polled_, {})) {
    if (connection_.open()) on_message(connection_, std::move(text), false, stamp);
  }
}

void Feed::begin_heartbeat(const OpenPacket& open) {
  count(host_.counters().control_messages);
  const auto or_else = [](std::int64_t said_ms, std::chrono::milliseconds otherwise) {
    return said_ms > 0 ? std::chrono::milliseconds{said_ms} : otherwise;
  };
  const Duration interval = or_else(open.ping_interval_ms, kPingIntervalUnsaid);
  const Duration timeout = or_else(open.ping_timeout_ms, kPingTimeoutUnsaid);
  Duration every = std::min(interval, timeout) / 2;
  // The answers keep the clock of all bytes going while the market is quiet.
  if (config_.stale_after > Duration::zero()) every = std::min(every, config_.stale_after / 2);
  if (settings_.ping_interval > Duration::zero()) every = settings_.ping_interval;
  heartbeat_.start(std::max<Duration>(every, kPingIntervalMin), std::max<Duration>(timeout, kPingIntervalMin));
}

void Feed::on_connected() {
  count(host_.counters().control_messages);
  if (std::exchange(up_, true)) return;
  joined_timer_.cancel();
  last_data_ = host_.clock().utc();
  owner_.on_feed_changed();
}

// ---- ends ----

void Feed::end_as(LossVerdict verdict) {
  verdict_ = std::move(verdict);
  connection_.cut(std::string{verdict_->reason});
}

LossVerdict Feed::token_verdict(std::string_view words) {
  token_words_ = words;
  return {.park = false,
          .wait_min = {},
          .state = BrokerState::Reconnecting,
          .reason = "the broker refuses the token: " + rest_.printable(words, kWordsMax)};
}

LossVerdict Feed::judge_refused_upgrade(const net::WsClosed& closed) {
  const std::string status = "HTTP " + std::to_string(closed.http_status);
  if (closed.http_status == 401 || closed.http_status == 403) return token_verdict(status);
  LossVerdict verdict{.park = false,
                      .wait_min = std::chrono::seconds{std::clamp(closed.retry_after_seconds, 0, kDaySeconds)},
                      .state = BrokerState::Reconnecting,
                      .reason = "connection refused with " + status};
  if (closed.http_status == 429) {
    count(host_.counters().rate_limited);
    verdict.wait_min = std::max(verdict.wait_min, settings_.rate_limit_wait);
  } else if (closed.http_status < 500 && closed.http_status != 408) {
    doubtful_ = closed.http_status == 400;  // its body, which may say that it is the token, does not reach us
    verdict.wait_min = std::max(verdict.wait_min, settings_.refused_wait);
    verdict.state = BrokerState::Down;
    verdict.reason += ": check rest_url and socket_path, or try poll_first";
  }
  return verdict;
}

LossVerdict Feed::judge(common::Connection&, const net::WsClosed& closed) {
  if (verdict_) return *std::exchange(verdict_, std::nullopt);
  if (!closed.opened && closed.http_status >= 300) return judge_refused_upgrade(closed);
  LossVerdict verdict{.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = {}};
  verdict.reason = closed.opened ? "connection lost" : "cannot connect";
  if (!closed.reason.empty()) verdict.reason += ": " + rest_.printable(closed.reason, kWordsMax);
  return verdict;
}

// The loss is settled when this hears of it, so that the keeper may end the connection for good.
void Feed::on_phase(common::Connection& connection) {
  if (!connection.open()) {
    up_ = false;
    heartbeat_.stop();
    joined_timer_.cancel();
  }
  if (connection.phase() != common::ConnectionPhase::Connecting) polling_.cancel();
  owner_.on_feed_changed();
  if (connection.phase() != common::ConnectionPhase::Waiting) return;
  if (std::exchange(doubtful_, false)) keeper_.doubt(login_);
  if (const std::string words = std::exchange(token_words_, {}); !words.empty()) keeper_.rejected(login_, words);
}

void Feed::describe(ConnectionReport& report) const {
  connection_.describe(report);
  if (report.state == BrokerState::Live && !up_) report.state = BrokerState::Connecting;
}

}  // namespace tidegate::xts
