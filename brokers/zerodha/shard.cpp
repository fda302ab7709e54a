#include "brokers/zerodha/shard.hpp"

#include <string>
#include <utility>

namespace tidegate::zerodha {
namespace {

common::SuccessionLimits limits_of(const BrokerConfig& config, const Settings& settings) {
  return {.timeout = settings.renewal_timeout,
          .settle = settings.renewal_settle,
          .held_bytes_max = settings.renewal_buffer,
          .retry_initial = config.reconnect_initial,
          .retry_maximum = config.reconnect_maximum};
}

}  // namespace

// The ticker gathers packets into messages for each connection, so messages of two cannot be compared: only time settles a renewal.
Shard::Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, common::CredentialGate& gate, const common::FramePort& slot,
             common::SlidingWindow& attempts, ShardOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      gate_(gate),
      attempts_(attempts),
      owner_(owner),
      idle_timer_(host.loop()),
      succession_(host, config.name, slot, *this, nullptr, limits_of(config, settings)) {}

std::unique_ptr<common::Link> Shard::make_link(common::FramePort& port) {
  const ModeLedger wishes = std::exchange(first_, false) ? ModeLedger{} : current().ledger();
  TickerSocketOwner& owner = *this;
  auto socket = std::make_unique<TickerSocket>(host_, config_, settings_, gate_, port, attempts_, wishes, owner);
  socket->set_venues(venues_);
  return socket;
}

// ---- what should be carried ----

void Shard::want(Token token, Mode mode) {
  current().want(token, mode);
  if (TickerSocket* const next = successor()) next->want(token, mode);
}

void Shard::set_venues(const common::VenueSet& venues) {
  venues_ = venues;
  current().set_venues(venues);
  if (TickerSocket* const next = successor()) next->set_venues(venues);
}

void Shard::apply() {
  common::Connection& connection = current().connection();
  if (needed()) {
    idle_timer_.cancel();
    connection.start();
    connection.wake();
  } else if (!connection.open()) {
    succession_.stop("nothing is wanted");
  } else if (!idle_timer_.pending()) {
    idle_timer_.start(settings_.idle_close, [this] { succession_.stop("nothing is wanted"); });
  }
  current().apply();
  if (TickerSocket* const next = successor()) next->apply();
}

void Shard::reconnect(std::string_view why) {
  succession_.cancel();
  current().connection().reconnect(why);
}

void Shard::stop() {
  idle_timer_.cancel();
  succession_.stop("stopped");
}

void Shard::describe(ConnectionReport& report) const {
  connection().describe(report);
  if (connection().open() && !succession_.reason().empty()) report.reason = succession_.reason() + "; its successor is being opened beside it";
  report.streams = static_cast<std::uint32_t>(ledger().carried_count());
  report.wanted = static_cast<std::uint32_t>(ledger().wanted_count());
}

// ---- what the sockets tell ----

void Shard::on_socket_changed(TickerSocket& socket) {
  succession_.changed(socket);
  owner_.on_shard_changed(*this);
}

void Shard::on_socket_losing(TickerSocket& socket, std::string_view reason, bool whole) { succession_.losing(socket, reason, whole); }

void Shard::on_socket_renewal(TickerSocket& socket, std::string_view why) { succession_.renew(socket, why); }

void Shard::on_tokens_asked(TickerSocket& socket, const std::vector<Token>& tokens) { owner_.on_tokens_asked(*this, socket.port(), tokens); }

void Shard::on_token_refused(TickerSocket& socket, Token token, std::string_view words) {
  owner_.on_token_refused(*this, socket.port(), token, words);
}

}  // namespace tidegate::zerodha
