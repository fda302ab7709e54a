#include "tests/toy_broker/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/safe_text.hpp"
#include "gateway/core/codes.hpp"
#include "tests/toy_broker/lines.hpp"
#include "tests/toy_broker/mapping.hpp"

namespace tidegate::toy {
namespace {

constexpr std::chrono::seconds kSecond{1};
constexpr std::size_t kAttemptsPerSecond = 5;
constexpr std::size_t kMessageBytesMax = 4'096;
constexpr std::size_t kInstrumentsMax = 10'000;

common::ConnectionTimings timings_of(const BrokerConfig& config, const Settings& settings) {
  return {.reconnect_initial = config.reconnect_initial,
          .reconnect_maximum = config.reconnect_maximum,
          .silence = {.bytes = config.stale_after, .heartbeat = settings.heartbeat_timeout, .data = settings.data_timeout},
          .age_max = {},
          .age_jitter = {},
          .probe_timeout = settings.probe_timeout};
}

}  // namespace

LineSession::LineSession(const BrokerConfig& config, SessionHost& host)
    : config_(config),
      settings_(config),
      host_(host),
      port_(host, config.id, ConnectionId{0}),
      board_(host, port_, [this](BrokerReport& report) { fill_report(report); }),
      attempts_(kAttemptsPerSecond, kSecond),
      pacer_(settings_.commands_per_second, kSecond),
      send_timer_(host.loop()) {
  common::ConnectionOwner& owner = *this;  // the base is private: only the connection calls back
  connection_.emplace(host, port_, owner, attempts_, timings_of(config_, settings_));
}

void LineSession::start() {
  if (stopped_) return;
  board_.set(BrokerState::Connecting, "connecting");
  connection_->start();
}

void LineSession::reconnect() {
  if (!stopped_) connection_->reconnect(common::kReconnectWords);
}

void LineSession::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  board_.close();
  port_.close();
  send_timer_.cancel();
  connection_->stop("stopped");
}

// ---- the connection ----

void LineSession::on_attempt(common::Connection& connection, std::uint64_t attempt) {
  net::WsClientOptions options;
  options.url = config_.ws_url;
  options.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  options.message_bytes_max = kMessageBytesMax;
  options.answer_pings = false;  // pongs go through the pacer
  connection.dial(attempt, options);
}

// A new connection carries nothing, and its list may be another one: protocol.md#commands
void LineSession::on_open(common::Connection&) {
  pacer_.clear();
  coming_.clear();
  list_due_ = true;
  pump();
}

void LineSession::on_phase(common::Connection& connection) {
  if (stopped_) return;
  if (!connection.open()) {
    list_known_ = false;
    sent_.clear();
    send_timer_.cancel();
    const common::LossVerdict& trouble = connection.trouble();
    if (!trouble.reason.empty()) board_.set(trouble.state, trouble.reason);
  }
  board_.touch();
}

common::LossVerdict LineSession::judge(common::Connection&, const net::WsClosed& closed) {
  const std::string words = common::printable(closed.reason, {});
  return {.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = words.empty() ? "the connection was lost" : words};
}

void LineSession::on_ping(common::Connection&, std::string_view payload) {
  pacer_.owe_pong(payload);
  pump();
}

// The data path: a trade goes straight on. What else there is, the decoder counts.
void LineSession::on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) {
  const LineKind kind = binary ? LineKind::Other : kind_of(payload);
  switch (kind) {
    case LineKind::Trade:
      connection.on_data(stamp);
      break;
    case LineKind::Heartbeat:
      connection.on_heartbeat(stamp);
      break;
    case LineKind::Instrument:
      on_list_line(payload);
      break;
    case LineKind::EndOfList:
      connection.on_data(stamp);  // the answer to a probe, too
      on_list_end();
      break;
    case LineKind::Refusal:
      on_refusal(payload);
      break;
    case LineKind::Other:
      break;
  }
  port_.data(std::move(payload), binary, stamp);
}

bool LineSession::probe(common::Connection&) {
  list_due_ = true;
  pump();
  return true;
}

// ---- the list ----

void LineSession::on_list_line(std::string_view line) {
  const auto instrument = read_instrument(line);
  if (instrument.ok() && coming_.size() < kInstrumentsMax) {
    coming_.push_back(to_instrument(*instrument));
  } else {
    count(host_.counters().frames_bad);
  }
}

void LineSession::relist() {
  list_due_ = true;
  if (connection_) pump();
}

void LineSession::on_list_end() {
  std::vector<Instrument> instruments = std::exchange(coming_, {});
  listed_.clear();
  for (const Instrument& instrument : instruments) listed_.insert(instrument.name);
  host_.on_instruments(instruments);  // upwards first: what is asked for from now on should find its instrument
  list_known_ = true;
  for (Held& held : held_) resolve(held);
  board_.set(BrokerState::Live, "");
  pump();
}

// ---- wishes ----

void LineSession::update(const WantedSet& wanted) {
  if (stopped_ || wanted.generation < generation_) return;
  generation_ = wanted.generation;
  const auto changed = common::take_over(held_, wanted.wants, [](const Held&) {});
  for (const std::size_t place : changed) {
    Held& held = held_[place];
    if (list_known_) resolve(held);
    if (sent_.contains(held.name)) port_.asked(held.want.instrument, held.want.channel);  // nothing more will be sent
  }
  pump();
}

void LineSession::resolve(Held& held) {
  const std::string prefix = std::string{kVenue} + ":";
  held.name = held.want.symbol.starts_with(prefix) ? held.want.symbol.substr(prefix.size()) : std::string{};
  if (held.want.channel != Channel::Trade) return refuse(held, "the toy broker sends trades alone", code::kNoChannel);
  if (!listed_.contains(held.name)) return refuse(held, "the instrument is not in the toy broker's list", code::kUnknownSymbol);
  held.refusal.clear();
}

void LineSession::refuse(Held& held, std::string_view words, std::uint16_t code) {
  held.name.clear();
  if (std::exchange(held.refusal, std::string{words}) != words) port_.refused(held.want.instrument, held.want.channel, words, code);
}

void LineSession::on_refusal(std::string_view line) {
  const auto refusal = read_refusal(line);
  if (!refusal.ok()) return count(host_.counters().frames_bad);
  count(host_.counters().requests_refused);
  const std::string words = common::printable(refusal->words, {});
  sent_.erase(std::string{refusal->name});
  for (Held& held : held_) {
    if (held.name == refusal->name) refuse(held, words, code::kBrokerRefused);
  }
}

void LineSession::announce(const std::string& name) {
  for (const Held& held : held_) {
    if (held.name == name) port_.asked(held.want.instrument, held.want.channel);
  }
}

// ---- sending ----

void LineSession::pump() {
  if (!connection_->open()) return;
  const MonoTime now = host_.clock().mono();
  while (const auto pong = pacer_.take_pong(now)) connection_->pong(*pong);
  while (!pacer_.pong_owed() && pacer_.wait(now) == Duration::zero()) {
    const std::string command = next_command();
    if (command.empty()) break;
    static_cast<void>(pacer_.take_frame(now));
    connection_->send_text(command);
    count(host_.counters().requests_sent);
  }
  connection_->expect_data(!sent_.empty());
  board_.touch();
  if (const Duration wait = pacer_.wait(now); wait > Duration::zero()) send_timer_.start(wait, [this] { pump(); });
}

// What goes first: its places may be needed by what comes.
std::string LineSession::next_command() {
  if (std::exchange(list_due_, false)) return "LIST";
  if (!list_known_) return {};
  std::set<std::string> wanted;
  for (const Held& held : held_) {
    if (!held.name.empty()) wanted.insert(held.name);
  }
  std::vector<std::string> names;
  std::ranges::set_difference(sent_, wanted, std::back_inserter(names));
  const bool drops = !names.empty();
  if (!drops) std::ranges::set_difference(wanted, sent_, std::back_inserter(names));
  names.resize(std::min(names.size(), settings_.names_per_command));
  if (names.empty()) return {};
  std::string command = drops ? "UNSUB" : "SUB";
  for (const std::string& name : names) {
    command += " " + name;
    if (drops) {
      sent_.erase(name);
    } else if (sent_.insert(name).second) {
      announce(name);
    }
  }
  return command;
}

void LineSession::fill_report(BrokerReport& report) const {
  report.instruments = static_cast<std::uint32_t>(listed_.size());
  ConnectionReport connection;
  connection.name = "feed-0";
  connection_->describe(connection);
  connection.streams = static_cast<std::uint32_t>(sent_.size());
  connection.wanted = static_cast<std::uint32_t>(held_.size());
  report.connections.push_back(std::move(connection));
}

}  // namespace tidegate::toy
