#include "brokers/binance/session.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::binance {
namespace {

std::pair<InstrumentId, Channel> key_of(const Want& want) { return {want.instrument, want.channel}; }

/// One wish per instrument and channel, in that order; of several the deepest.
std::vector<Want> sorted(std::vector<Want> wants) {
  std::sort(wants.begin(), wants.end(), [](const Want& a, const Want& b) {
    if (key_of(a) != key_of(b)) return key_of(a) < key_of(b);
    return a.depth > b.depth;
  });
  wants.erase(std::unique(wants.begin(), wants.end(), [](const Want& a, const Want& b) { return key_of(a) == key_of(b); }), wants.end());
  return wants;
}

}  // namespace

StreamSession::StreamSession(const BrokerConfig& config, SessionHost& host)
    : config_(config),
      settings_(config),
      host_(host),
      attempts_(settings_.connect_attempts, settings_.connect_window),
      rest_(host, config_, settings_),
      list_(
          host, config_, settings_, rest_, [this](ExchangeInfo&& info) { on_list(std::move(info)); },
          [this](bool refused, std::string_view words) { on_list_failure(refused, words); }),
      snapshots_(
          host, config_, settings_, rest_, [this](std::string_view symbol) { return book_carrier(symbol); },
          [this](std::string_view symbol, std::string_view words) {
            if (const auto stream = stream_name(settings_, symbol, Channel::OrderBook, kFullDepth); stream) {
              if (Held* held = held_by(*stream)) held->shard->port().refused(held->want.instrument, held->want.channel, words);
            }
          }) {}

void StreamSession::start() {
  if (started_ || stopped_) return;
  started_ = true;
  slots_.push_back({std::make_unique<common::FramePort>(host_, config_.id, ConnectionId{0}), nullptr});
  board_.emplace(host_, *slots_.front().port, [this](BrokerReport& report) { fill_report(report); });
  board_->set(BrokerState::Connecting, "reading the instrument list");
  list_.start();
}

void StreamSession::stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  if (board_) board_->close();
  for (Slot& slot : slots_) slot.port->close();
  list_.stop();
  snapshots_.stop();
  rest_.stop();
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->stop();
  }
}

void StreamSession::on_list(ExchangeInfo&& info) {
  rest_.set_weight_limit(info.weight_per_minute.value_or(0));
  // Upwards first: what is accepted from now on should find its instrument.
  host_.on_instruments(info.instruments);
  listed_.clear();
  for (const Instrument& instrument : info.instruments) listed_.insert_or_assign(instrument.symbol(), instrument.native.text);
  list_known_ = true;
  resolve_all();
  refresh_status();
  board_->touch();
}

void StreamSession::on_list_failure(bool refused, std::string_view words) {
  if (list_known_ || stopped_) return;  // the list of yesterday still serves
  std::string reason = "the instrument list does not come: ";
  board_->set(refused ? BrokerState::Down : BrokerState::Reconnecting, reason.append(words));
}

void StreamSession::update(const WantedSet& wanted) {
  if (stopped_ || wanted.generation < generation_) return;
  generation_ = wanted.generation;
  std::vector<Held> before = std::exchange(held_, {});
  auto old = before.begin();
  std::vector<std::size_t> changed;
  for (Want& want : sorted(wanted.wants)) {
    while (old != before.end() && key_of(old->want) < key_of(want)) release(*old++);
    Held held;
    const bool known = old != before.end() && key_of(old->want) == key_of(want);
    if (known) held = std::move(*old++);
    if (!known || held.want != want) {
      held.want = std::move(want);
      changed.push_back(held_.size());
    }
    held_.push_back(std::move(held));
  }
  while (old != before.end()) release(*old++);
  if (list_known_) {
    for (const std::size_t i : changed) resolve(held_[i]);
  }
  apply_touched();
}

void StreamSession::resolve_all() {
  for (Held& held : held_) resolve(held);
  apply_touched();
}

const std::string* StreamSession::own_symbol(const std::string& symbol) const {
  const auto it = listed_.find(symbol);
  return it == listed_.end() ? nullptr : &it->second;
}

void StreamSession::resolve(Held& held) {
  const std::string* const symbol = own_symbol(held.want.symbol);
  if (symbol == nullptr) return refuse(held, "the instrument is not in the venue's list");
  const auto stream = stream_name(settings_, *symbol, held.want.channel, held.want.depth);
  if (!stream) return refuse(held, "the venue has no such stream for this instrument");
  if (*stream == held.stream) return;
  release(held);
  Shard* shard = place(route_of(settings_, held.want.channel), *stream);
  if (shard == nullptr) return refuse(held, "all connections are full: connections_max x streams_per_connection streams are in use");
  assign(held, *stream, *shard);
}

void StreamSession::refuse(Held& held, std::string_view words) {
  release(held);
  if (held.refusal == words) return;
  held.refusal = words;
  slots_.front().port->refused(held.want.instrument, held.want.channel, words);
}

void StreamSession::release(Held& held) {
  if (held.shard == nullptr) return;
  held.shard->unwant(held.stream);
  touched_.insert(held.shard);
  by_stream_.erase(held.stream);
  held.stream.clear();
  held.shard = nullptr;
}

void StreamSession::assign(Held& held, const std::string& stream, Shard& shard) {
  held.stream = stream;
  held.shard = &shard;
  held.refusal.clear();
  by_stream_[stream] = key_of(held.want);
  shard.want(stream);
  touched_.insert(&shard);
  // Dropped and wanted again before the venue was told: there will be no answer to wait for.
  if (shard.ledger().state(stream) == common::RequestLedger::State::Present) shard.port().accepted(held.want.instrument, held.want.channel);
}

// A stream goes back to the connection that still carries it, else to the first with room, so that holes are filled and late connections drain.
Shard* StreamSession::place(Route route, std::string_view stream) {
  Shard* room = nullptr;
  for (const Slot& slot : slots_) {
    Shard* shard = slot.shard.get();
    if (shard == nullptr || shard->route() != route) continue;
    if (shard->ledger().state(stream) != common::RequestLedger::State::Absent) return shard;
    if (room == nullptr && shard->ledger().occupied() < settings_.streams_per_connection) room = shard;
  }
  return room != nullptr ? room : add_shard(route);
}

Shard* StreamSession::add_shard(Route route) {
  if (slots_.front().shard != nullptr) {
    if (slots_.size() >= settings_.connections_max) return nullptr;
    const ConnectionId connection{static_cast<std::uint16_t>(slots_.size())};
    slots_.push_back({std::make_unique<common::FramePort>(host_, config_.id, connection), nullptr});
  }
  Slot& slot = slots_.back();
  ShardOwner& owner = *this;  // the base is private: only shards call back
  slot.shard = std::make_unique<Shard>(host_, config_, settings_, route, *slot.port, attempts_, owner);
  return slot.shard.get();
}

void StreamSession::apply_touched() {
  for (Shard* shard : std::exchange(touched_, {})) shard->apply();
}

StreamSession::Held* StreamSession::held_by(std::string_view stream) {
  const auto named = by_stream_.find(std::string{stream});
  if (named == by_stream_.end()) return nullptr;
  const auto it =
      std::lower_bound(held_.begin(), held_.end(), named->second, [](const Held& held, const auto& key) { return key_of(held.want) < key; });
  return it != held_.end() && key_of(it->want) == named->second ? &*it : nullptr;
}

void StreamSession::request_snapshot(std::string_view symbol) {
  const std::string* const own = own_symbol(std::string{symbol});
  if (!stopped_ && own != nullptr) snapshots_.request(*own);
}

common::FramePort* StreamSession::book_carrier(std::string_view symbol) {
  if (!is_delta_book(settings_, kFullDepth)) return nullptr;
  const auto stream = stream_name(settings_, symbol, Channel::OrderBook, kFullDepth);
  const Held* held = stream ? held_by(*stream) : nullptr;
  return held != nullptr && held->shard->connection().open() ? &held->shard->port() : nullptr;
}

void StreamSession::on_streams_accepted(Shard& shard, const std::vector<std::string>& streams) {
  for (const std::string& stream : streams) {
    if (const Held* held = held_by(stream); held != nullptr && held->shard == &shard) {
      shard.port().accepted(held->want.instrument, held->want.channel);
    }
  }
}

void StreamSession::on_streams_refused(Shard& shard, const std::vector<std::string>& streams, std::string_view words) {
  for (const std::string& stream : streams) {
    if (const Held* held = held_by(stream); held != nullptr && held->shard == &shard) {
      shard.port().refused(held->want.instrument, held->want.channel, words);
    }
  }
}

void StreamSession::on_shard_changed(Shard&) {
  if (stopped_) return;
  refresh_status();
  board_->touch();
}

// The worst of what is needed. A connection that was only just added does not make a live broker less so.
void StreamSession::refresh_status() {
  if (!list_known_ || stopped_) return;
  const auto badness = [](BrokerState state) {
    switch (state) {
      case BrokerState::AuthRequired:
        return 4;
      case BrokerState::Down:
        return 3;
      case BrokerState::Reconnecting:
        return 2;
      case BrokerState::Stale:
      case BrokerState::Connecting:
        return 1;
      case BrokerState::Live:
        return 0;
    }
    return 0;
  };
  BrokerState state = BrokerState::Live;
  std::string_view reason;
  for (const Slot& slot : slots_) {
    if (slot.shard == nullptr || !slot.shard->needed() || slot.shard->connection().open()) continue;
    const common::LossVerdict& trouble = slot.shard->connection().trouble();
    const BrokerState shard_state = slot.shard->troubled() ? trouble.state : BrokerState::Connecting;
    if (badness(shard_state) <= badness(state)) continue;
    state = shard_state;
    reason = slot.shard->troubled() ? std::string_view{trouble.reason} : "connecting";
  }
  if (state == BrokerState::Connecting && board_->state() == BrokerState::Live) return;
  board_->set(state, reason);
}

void StreamSession::fill_report(BrokerReport& report) const {
  report.instruments = static_cast<std::uint32_t>(listed_.size());
  std::array<std::size_t, kRouteCount> numbers{};
  for (const Slot& slot : slots_) {
    if (slot.shard == nullptr) continue;
    const Route route = slot.shard->route();
    ConnectionReport connection;
    connection.name = std::string{route_name(route)} + "-" + std::to_string(numbers[static_cast<std::size_t>(route)]++);
    slot.shard->connection().describe(connection);
    connection.streams = static_cast<std::uint32_t>(slot.shard->ledger().confirmed_count());
    connection.wanted = static_cast<std::uint32_t>(slot.shard->ledger().wanted_count());
    report.connections.push_back(std::move(connection));
  }
}

}  // namespace tidegate::binance
