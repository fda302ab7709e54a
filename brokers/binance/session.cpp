#include "brokers/binance/session.hpp"

#include <utility>

#include "brokers/common/overall_state.hpp"

namespace tidegate::binance {

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
          }),
      fills_(host, config_, settings_, rest_,
             [this](std::string&& request, std::string&& body) { slots_.front().port->rest(std::move(request), std::move(body)); }) {}

void StreamSession::start() {
  if (started_ || stopped_) return;
  started_ = true;
  slots_.push_back({std::make_unique<common::FramePort>(host_, config_.id, ConnectionId{0}), nullptr});
  board_.emplace(host_, *slots_.front().port, [this](BrokerReport& report) { fill_report(report); });
  board_->set(BrokerState::Connecting, "reading the instrument list");
  list_.start();
}

void StreamSession::reconnect() {
  if (stopped_) return;
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->reconnect(common::kReconnectWords);
  }
}

void StreamSession::renew(std::string_view why) {
  if (stopped_) return;
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->renew(why);
  }
}

void StreamSession::stop() noexcept {
  if (stopped_) return;
  stopped_ = true;
  if (board_) board_->close();
  for (Slot& slot : slots_) slot.port->close();
  list_.stop();
  snapshots_.stop();
  fills_.stop();
  rest_.stop();
  for (Slot& slot : slots_) {
    if (slot.shard) slot.shard->stop();
  }
}

void StreamSession::relist() {
  if (!stopped_) list_.read_again();
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
  const std::vector<std::size_t> changed = common::take_over(held_, wanted.wants, [this](Held& held) { release(held); });
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
  by_stream_[stream] = common::key_of(held.want);
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
  return common::find_held(held_, named->second);
}

void StreamSession::request_snapshot(std::string_view symbol) {
  const std::string* const own = own_symbol(std::string{symbol});
  if (!stopped_ && own != nullptr) snapshots_.request(*own);
}

void StreamSession::request_trades(std::string_view symbol, std::uint64_t first, std::uint64_t last) {
  const std::string* const own = own_symbol(std::string{symbol});
  if (!stopped_ && own != nullptr) fills_.request(*own, first, last);
}

common::FramePort* StreamSession::book_carrier(std::string_view symbol) {
  if (!is_delta_book(settings_, kFullDepth)) return nullptr;
  const auto stream = stream_name(settings_, symbol, Channel::OrderBook, kFullDepth);
  const Held* held = stream ? held_by(*stream) : nullptr;
  return held != nullptr && held->shard->connection().open() ? &held->shard->port() : nullptr;
}

void StreamSession::on_streams_accepted(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams) {
  for (const std::string& stream : streams) {
    if (const Held* held = held_by(stream); held != nullptr && held->shard == &shard) {
      port.accepted(held->want.instrument, held->want.channel);
    }
  }
}

void StreamSession::on_streams_refused(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams, std::string_view words) {
  for (const std::string& stream : streams) {
    if (const Held* held = held_by(stream); held != nullptr && held->shard == &shard) {
      port.refused(held->want.instrument, held->want.channel, words);
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
  common::OverallState overall;
  for (const Slot& slot : slots_) {
    if (slot.shard != nullptr && slot.shard->needed()) overall.add(slot.shard->connection());
  }
  overall.tell(*board_);
}

void StreamSession::fill_report(BrokerReport& report) const {
  report.instruments = static_cast<std::uint32_t>(listed_.size());
  std::array<std::size_t, kRouteCount> numbers{};
  for (const Slot& slot : slots_) {
    if (slot.shard == nullptr) continue;
    const Route route = slot.shard->route();
    ConnectionReport connection;
    connection.name = std::string{route_name(route)} + "-" + std::to_string(numbers[static_cast<std::size_t>(route)]++);
    slot.shard->describe(connection);
    report.connections.push_back(std::move(connection));
  }
}

}  // namespace tidegate::binance
