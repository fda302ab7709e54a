#include "brokers/zerodha/session.hpp"

#include <algorithm>
#include <utility>

#include "brokers/common/overall_state.hpp"
#include "brokers/common/trading_day.hpp"
#include "brokers/zerodha/segments.hpp"
#include "gateway/core/codes.hpp"

namespace tidegate::zerodha {

Mode mode_for(const Settings& settings, Channel channel, bool is_index) {
  if (channel == Channel::Ticker) return settings.ticker_mode;
  if (is_index) return Mode::None;
  if (channel == Channel::Trade) return settings.trade_mode;
  return channel == Channel::Quote || channel == Channel::OrderBook ? Mode::Full : Mode::None;
}

TickerSession::TickerSession(const BrokerConfig& config, SessionHost& host)
    : config_(config),
      settings_(config),
      host_(host),
      attempts_(settings_.connect_attempts, settings_.connect_window),
      gate_(host, {"api_key", "access_token"}, settings_.credential_check, [this] { on_gate(); }),
      list_(
          host, config_, settings_, [this](std::vector<Instrument>&& instruments) { on_list(std::move(instruments)); },
          [this](bool refused, std::string_view words) { on_list_failure(refused, words); }),
      room_timer_(host.loop()),
      credential_timer_(host.loop()) {}

void TickerSession::start() {
  if (started_ || stopped_) return;
  started_ = true;
  slots_.push_back({std::make_unique<common::FramePort>(host_, config_.id, ConnectionId{0}), nullptr});
  board_.emplace(host_, *slots_.front().port, [this](BrokerReport& report) { fill_report(report); });
  const common::CredentialExpiry::Words words{
      .broker = config_.name, .what = "access token", .remedy = "renew " + std::string{config_.secret_source("access_token")}};
  token_end_.emplace(host_, *board_, words, settings_.token_notice, [this] {
    const FreshConfig fresh = host_.read_config();
    return fresh.problem.empty() && fresh.config.text("access_token") != token_;
  });
  board_->set(BrokerState::Connecting, "reading the instrument list");
  list_.start();
  watch_credentials();
}

void TickerSession::reconnect() {
  if (stopped_) return;
  gate_.forgive();
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->reconnect(common::kReconnectWords);
  }
}

void TickerSession::renew(std::string_view why) {
  if (stopped_) return;
  why_renew_ = why;
  for (const Slot& slot : slots_) {
    if (slot.shard != nullptr && slot.shard->connection().open()) to_renew_.insert(slot.shard.get());
  }
  renew_next();
}

void TickerSession::stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  if (board_) board_->close();
  for (Slot& slot : slots_) slot.port->close();
  if (token_end_) token_end_->stop();
  room_timer_.cancel();
  credential_timer_.cancel();
  list_.stop();
  gate_.stop();
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->stop();
  }
}

// ---- the instrument list ----

void TickerSession::relist() {
  if (!stopped_) list_.read_again();
}

void TickerSession::on_list(std::vector<Instrument>&& instruments) {
  if (stopped_) return;
  // Upwards first: what is asked for from now on should find its instrument.
  host_.on_instruments(instruments);
  listed_.clear();
  listed_.reserve(instruments.size());
  for (const Instrument& instrument : instruments) {
    const auto token = static_cast<Token>(instrument.native.token);
    const Listed listed{token, instrument.kind == InstrumentKind::Index || is_index(segment_of(token))};
    listed_.insert_or_assign(instrument.symbol(), listed);
  }
  list_known_ = true;
  resolve_all();
  refresh_status();
  board_->touch();
}

void TickerSession::on_list_failure(bool refused, std::string_view words) {
  if (list_known_ || stopped_) return;  // the list of yesterday still serves
  std::string reason = "the instrument list does not come: ";
  board_->set(refused ? BrokerState::Down : BrokerState::Reconnecting, reason.append(words));
}

void TickerSession::on_instruments_etag(std::string_view etag) {
  if (!stopped_) list_.announced(etag);
}

// ---- wishes ----

void TickerSession::update(const WantedSet& wanted) {
  if (stopped_ || wanted.generation < generation_) return;
  generation_ = wanted.generation;
  const std::vector<std::size_t> changed = common::take_over(held_, wanted.wants, [this](Held& held) { release(held); });
  if (list_known_) {
    for (const std::size_t i : changed) resolve(held_[i]);
  }
  apply_touched();
}

void TickerSession::resolve_all() {
  for (Held& held : held_) resolve(held);
  apply_touched();
}

void TickerSession::resolve(Held& held) {
  const auto it = listed_.find(held.want.symbol);
  if (it == listed_.end()) {
    list_.missed();
    return refuse(held, "the instrument is not in Kite's list", code::kUnknownSymbol);
  }
  const auto [token, is_index] = it->second;
  const Mode mode = mode_for(settings_, held.want.channel, is_index);
  if (mode == Mode::None) {
    return refuse(held, is_index ? "an index has no trades and no book" : "Kite sends no such data", code::kNoChannel);
  }
  if (held.shard != nullptr && held.token == token && held.mode == mode) return;
  release(held);
  Shard* shard = place(token);
  if (shard == nullptr) {
    const std::string words = "Kite's limit is reached: connections_max " + std::to_string(settings_.connections_max) +
                              " x instruments_per_connection " + std::to_string(settings_.instruments_per_connection) + " are in use";
    refuse(held, words, code::kBrokerLimit);
    held.no_room = true;
    ++without_room_;
    return;
  }
  assign(held, token, mode, *shard);
}

void TickerSession::refuse(Held& held, std::string_view words, std::uint16_t code) {
  release(held);
  if (held.refusal == words) return;
  held.refusal = words;
  slots_.front().port->refused(held.want.instrument, held.want.channel, words, code);
}

/// Whatever the wish has or waits for; it is as new afterwards, except that a refusal already told is remembered.
void TickerSession::release(Held& held) {
  if (std::exchange(held.no_room, false)) --without_room_;
  held.asked_in = 0;
  if (held.shard == nullptr) return;
  const auto it = carried_.find(held.token);
  it->second.wishes.erase(common::key_of(held.want));
  tell_mode(held.token, it->second);
  if (it->second.wishes.empty()) carried_.erase(it);
  held.shard = nullptr;
}

void TickerSession::assign(Held& held, Token token, Mode mode, Shard& shard) {
  held.token = token;
  held.mode = mode;
  held.shard = &shard;
  held.refusal.clear();
  Carried& carried = carried_[token];
  carried.shard = &shard;
  carried.wishes[common::key_of(held.want)] = mode;
  tell_mode(token, carried);
  // A mode that is enough was sent already: nothing more will be.
  if (shard.ledger().sent_mode(token) >= mode && shard.connection().open()) announce(held, shard.port());
}

/// A token has one mode on its connection: the largest that one of its wishes needs.
void TickerSession::tell_mode(Token token, const Carried& carried) {
  Mode mode = Mode::None;
  for (const auto& [key, wanted] : carried.wishes) mode = std::max(mode, wanted);
  carried.shard->want(token, mode);
  touched_.insert(carried.shard);
}

/// `port`: of the socket on which it was asked for.
void TickerSession::announce(Held& held, common::FramePort& port) {
  const std::uint32_t session = port.session();
  if (std::exchange(held.asked_in, session) == session) return;
  port.asked(held.want.instrument, held.want.channel);
}

// A token goes back to the connection that still carries it, else to the first with room, so that holes are filled and late connections drain.
Shard* TickerSession::place(Token token) {
  Shard* room = nullptr;
  for (const Slot& slot : slots_) {
    Shard* shard = slot.shard.get();
    if (shard == nullptr) continue;
    if (shard->ledger().knows(token)) return shard;
    if (room == nullptr && shard->ledger().occupied() < settings_.instruments_per_connection) room = shard;
  }
  return room != nullptr ? room : add_shard();
}

Shard* TickerSession::add_shard() {
  if (slots_.front().shard != nullptr) {
    if (slots_.size() >= settings_.connections_max) return nullptr;
    const ConnectionId connection{static_cast<std::uint16_t>(slots_.size())};
    slots_.push_back({std::make_unique<common::FramePort>(host_, config_.id, connection), nullptr});
  }
  Slot& slot = slots_.back();
  ShardOwner& owner = *this;  // the base is private: only shards call back
  slot.shard = std::make_unique<Shard>(host_, config_, settings_, gate_, *slot.port, attempts_, owner);
  return slot.shard.get();
}

void TickerSession::tell_venues() {
  std::map<Shard*, common::VenueSet> venues;
  for (const Held& held : held_) {
    if (held.shard != nullptr) venues[held.shard].emplace(common::venue_of(held.want.symbol));
  }
  for (const auto& [shard, own] : venues) shard->set_venues(own);
}

void TickerSession::apply_touched() {
  if (!touched_.empty()) tell_venues();
  for (Shard* shard : std::exchange(touched_, {})) shard->apply();
}

void TickerSession::use_room() {
  for (Held& held : held_) {
    if (held.no_room) resolve(held);
  }
  apply_touched();
}

// ---- what the connections tell ----

void TickerSession::on_tokens_asked(Shard& shard, common::FramePort& port, const std::vector<Token>& tokens) {
  for (const Token token : tokens) {
    const auto it = carried_.find(token);
    if (it == carried_.end() || it->second.shard != &shard) continue;
    for (const auto& [key, mode] : it->second.wishes) {
      if (Held* held = common::find_held(held_, key)) announce(*held, port);
    }
  }
}

void TickerSession::on_token_refused(Shard& shard, common::FramePort& port, Token token, std::string_view words) {
  const auto it = carried_.find(token);
  if (it == carried_.end() || it->second.shard != &shard) return;
  for (const auto& [key, mode] : it->second.wishes) port.refused(key.first, key.second, words, code::kBrokerRefused);
}

void TickerSession::on_gate() {
  if (stopped_) return;
  if (!gate_.closed()) {
    for (const Slot& slot : slots_) {
      if (slot.shard) slot.shard->unpark();
    }
  }
  refresh_status();
}

void TickerSession::watch_credentials() {
  if (stopped_) return;
  credential_timer_.start(settings_.credential_check, [this] { watch_credentials(); });
  renew_next();
}

// A new access token does not end the connections of the old one, but the end of the old one's day may. One after the other, while the api_key's
// limit of connections leaves room for a successor; without room they stay, and use the new one when they are lost.
void TickerSession::renew_next() {
  std::size_t sockets = 0;
  bool one_at_a_time = true;
  bool any_open = false;
  for (const Slot& slot : slots_) {
    if (slot.shard == nullptr) continue;
    sockets += slot.shard->sockets();
    if (slot.shard->sockets() > 1) one_at_a_time = false;
    if (slot.shard->connection().open()) any_open = true;
  }
  if (gate_.closed() || !any_open || !one_at_a_time || sockets >= settings_.connections_max) return;
  const auto newest = gate_.newest();
  if (!newest) return;
  const Credentials usable{.api_key = newest->at(0), .access_token = newest->at(1)};
  for (const Slot& slot : slots_) {
    if (slot.shard == nullptr || !slot.shard->connection().open()) continue;
    const bool asked = to_renew_.erase(slot.shard.get()) != 0;
    if (slot.shard->credentials() == usable && !asked) continue;
    return slot.shard->renew(asked ? std::string_view{why_renew_} : "the access token was renewed");
  }
}

/// A token that was just taken ends at the next morning's time, whenever it was made (section 2.3).
void TickerSession::follow_token(const Shard& shard) {
  if (!shard.connection().open() || shard.credentials().access_token == token_) return;
  token_ = shard.credentials().access_token;
  token_end_->begin(common::next_trading_day(host_.clock().utc(), settings_.token_ends_at));
}

void TickerSession::on_shard_changed(Shard& shard) {
  if (stopped_) return;
  follow_token(shard);
  // Unsubscribing may have made room. Later: this may come from inside a walk over the wishes.
  if (without_room_ > 0 && !room_timer_.pending()) {
    const bool room = std::any_of(slots_.begin(), slots_.end(), [this](const Slot& slot) {
      return slot.shard != nullptr && slot.shard->ledger().occupied() < settings_.instruments_per_connection;
    });
    if (room) room_timer_.start(Duration::zero(), [this] { use_room(); });
  }
  refresh_status();
  board_->touch();
}

// The worst of what is needed. A connection that was only just added does not make a live broker less so. Connections that are open go on delivering
// while the access token is refused, since an expired one closes nothing; but the next loss would be final, so that is what is told.
void TickerSession::refresh_status() {
  if (!list_known_ || stopped_) return;
  if (gate_.closed()) return board_->set(BrokerState::AuthRequired, gate_.reason());
  common::OverallState overall;
  for (const Slot& slot : slots_) {
    if (slot.shard != nullptr && slot.shard->needed()) overall.add(slot.shard->connection());
  }
  overall.tell(*board_);
}

void TickerSession::fill_report(BrokerReport& report) const {
  report.instruments = static_cast<std::uint32_t>(listed_.size());
  report.credential_expires = token_end_->end();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].shard == nullptr) continue;
    const Shard& shard = *slots_[i].shard;
    ConnectionReport connection;
    connection.name = "ticker-" + std::to_string(i);
    shard.describe(connection);
    report.connections.push_back(std::move(connection));
  }
}

}  // namespace tidegate::zerodha
