#include "brokers/zerodha/ticker_socket.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "brokers/zerodha/refusal.hpp"

namespace tidegate::zerodha {
namespace {

constexpr std::chrono::seconds kPaceWindow{1};
/// 3,000 full packets with their framing are 558,002 bytes (section 4.1).
constexpr std::size_t kMessageBytesMax = 4U << 20U;

common::ConnectionTimings timings_of(const BrokerConfig& config, const Settings& settings) {
  return {.reconnect_initial = config.reconnect_initial,
          .reconnect_maximum = config.reconnect_maximum,
          .silence = {.bytes = config.stale_after, .heartbeat = settings.heartbeat_timeout, .data = settings.data_timeout},
          .age_max = {},
          .age_jitter = {},
          .probe_timeout = settings.probe_timeout};
}

/// The instrument of the first packet: after the packet count and that packet's length, two bytes each.
Token first_token(std::string_view message) {
  if (message.size() < 8) return 0;
  Token token = 0;
  for (const char c : message.substr(4, 4)) token = (token << 8U) | static_cast<unsigned char>(c);
  return token;
}

}  // namespace

TickerSocket::TickerSocket(SessionHost& host, const BrokerConfig& config, const Settings& settings, common::CredentialGate& gate,
                           common::FramePort& port, common::SlidingWindow& attempts, const ModeLedger& wishes, TickerSocketOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      gate_(gate),
      port_(port),
      owner_(owner),
      ledger_(wishes),
      pacer_(settings.commands_per_second, kPaceWindow),
      send_timer_(host.loop()),
      connection_(host, port, *this, attempts, timings_of(config, settings)) {
  ledger_.forget_sent();
}

void TickerSocket::after_change() {
  pump();
  connection_.expect_data(ledger_.carried_count() > 0);
  owner_.on_socket_changed(*this);
}

void TickerSocket::on_attempt(common::Connection&, std::uint64_t attempt) {
  gate_.fetch([this, attempt, alive = std::weak_ptr<const void>(alive_)](const std::optional<common::CredentialGate::Credentials>& taken) {
    if (!alive.expired()) dial(attempt, taken);
  });
}

void TickerSocket::dial(std::uint64_t attempt, const std::optional<common::CredentialGate::Credentials>& taken) {
  if (!taken) return connection_.refuse(attempt, {.park = true, .wait_min = {}, .state = BrokerState::AuthRequired, .reason = gate_.reason()});
  if (!connection_.awaits(attempt)) return;  // it came too late: what is open was made with others
  credentials_ = {.api_key = taken->at(0), .access_token = taken->at(1)};
  net::WsClientOptions options;
  options.url = ticker_url(settings_.ws_url, credentials_);
  options.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  options.headers.emplace_back("X-Kite-Version", "3");
  options.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.handshake_timeout);
  options.message_bytes_max = kMessageBytesMax;
  options.answer_pings = false;  // pongs go through the pacer
  connection_.dial(attempt, options, masked_ticker_url(settings_.ws_url));
}

void TickerSocket::on_open(common::Connection&) {
  pacer_.clear();
  after_change();
}

void TickerSocket::on_phase(common::Connection& connection) {
  if (!connection.open()) {
    ledger_.forget_sent();
    probe_.clear();
    subscribed_alone_.reset();
    send_timer_.cancel();
  }
  // Lost while nothing was wanted: no reason to come back.
  const bool needed = ledger_.wanted_count() > 0;
  if (connection.phase() == common::ConnectionPhase::Waiting && !needed) return connection.stop("nothing is wanted");
  owner_.on_socket_changed(*this);
}

// The data path: a binary message of more than a heartbeat's one byte, or an empty batch's two, goes straight on.
void TickerSocket::on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) {
  connection.on_heartbeat(stamp);
  if (!binary) {
    on_text(payload);
  } else if (payload.size() == 1) {
    return count(host_.counters().control_messages);
  } else if (payload.size() > 2) {
    connection.on_data(stamp);
    heard_ = first_token(payload);
  }
  port_.data(std::move(payload), binary, stamp);
}

void TickerSocket::on_ping(common::Connection&, std::string_view payload) {
  pacer_.owe_pong(payload);
  pump();
}

// A healthy server answers a subscription with the instrument's last state, outside market hours too (section 5). Best asked for is an instrument
// that has sent something: an expired one would stay silent.
bool TickerSocket::probe(common::Connection&) {
  std::optional<Token> token = ledger_.settled_after(heard_ - 1);
  if (!token || *token != heard_) token = ledger_.settled_after(probed_);
  if (!token) return true;  // everything is still to be asked for
  probed_ = *token;
  probe_.clear();
  for (const auto kind : {Command::Kind::Unsubscribe, Command::Kind::Subscribe, Command::Kind::SetMode}) {
    probe_.push_back(Command{kind, ledger_.sent_mode(*token), {*token}}.text());
  }
  pump();
  return true;
}

common::LossVerdict TickerSocket::judge(common::Connection& connection, const net::WsClosed& closed) {
  if (refuses_credentials(closed)) {
    gate_.refuse({credentials_.api_key, credentials_.access_token}, "access token refused (403): log in again and", "access_token");
    if (gate_.closed()) return {.park = true, .wait_min = {}, .state = BrokerState::AuthRequired, .reason = gate_.reason()};
    return {.park = false, .wait_min = {}, .state = BrokerState::AuthRequired, .reason = "access token refused (403); another one is there already"};
  }
  if (is_rate_limit(closed)) count(host_.counters().rate_limited);
  common::LossVerdict verdict = judge_closed(closed, settings_, credentials_);
  if (is_our_fault(closed) && !std::exchange(refusal_logged_, true)) spdlog::error("{}: {}", config_.name, verdict.reason);
  if (connection.open()) owner_.on_socket_losing(*this, verdict.reason, closed.code != common::kCutCode);
  return verdict;
}

bool TickerSocket::on_renewal(common::Connection&, std::string_view why) {
  owner_.on_socket_renewal(*this, why);
  return true;
}

void TickerSocket::pump() {
  if (!connection_.open()) return;
  const MonoTime now = host_.clock().mono();
  while (const auto payload = pacer_.take_pong(now)) connection_.pong(*payload);
  while (connection_.open() && (!probe_.empty() || ledger_.work_left()) && pacer_.take_frame(now)) {
    if (!probe_.empty()) {
      connection_.send_text(probe_.front());
      probe_.pop_front();
      continue;
    }
    const auto command = ledger_.next(settings_.subscribe_batch);
    if (!command) break;
    connection_.send_text(command->text());
    count(host_.counters().requests_sent);
    sent(*command);
  }
  if (pacer_.pong_owed() || !probe_.empty() || ledger_.work_left()) {
    send_timer_.start(pacer_.wait(now), [this] { after_change(); });
  }
}

void TickerSocket::sent(const Command& command) {
  switch (command.kind) {
    case Command::Kind::Unsubscribe:
      break;
    case Command::Kind::Subscribe:
      subscribed_alone_ = command.tokens.size() == 1 ? std::optional{command.tokens.front()} : std::nullopt;
      subscribed_at_ = host_.clock().mono();
      break;
    case Command::Kind::SetMode:
      owner_.on_tokens_asked(*this, command.tokens);
      break;
  }
}

}  // namespace tidegate::zerodha
