#include "tools/sim/zerodha/venue.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::sim::zerodha {
namespace {

constexpr std::size_t kRequestTextMax = 4096;
// Data leaves shortly after whole quarters of a second, as it was seen live: packets' whole seconds are then 0.3 to 1.1 s old.
constexpr std::int64_t kFlushPhaseNs = 55'000'000;

std::vector<Row> rows_of(const VenueOptions& options) {
  if (!options.recording) return generated_rows(options.symbols);
  const Recording& recording = *options.recording;
  std::vector<Row> rows;
  for (const std::uint32_t token : recording.instruments.empty() ? recording.tokens : listed_tokens(recording.instruments)) {
    rows.push_back(row_of_token(token));
  }
  return rows;
}

std::int64_t until_next_flush(const VenueOptions& options, Now now) {
  const std::int64_t into = (now.utc_us * 1000 - kFlushPhaseNs) % options.flush_ns;
  return options.flush_ns - (into < 0 ? into + options.flush_ns : into);
}

}  // namespace

Venue::Venue(VenueOptions options, Now now)
    : options_(std::move(options)),
      list_(rows_of(options_), now.utc_us / 1'000'000),
      market_(options_.recording ? std::vector<Row>{} : list_.rows(), options_.market, now.utc_us),
      credentials_(options_.credentials, options_.credentials_file),
      rest_(list_, credentials_, options_.rest),
      now_(now),
      faults_(fault_table(), options_.faults),
      unknown_token_error_(options_.unknown_token_error) {
  next_flush_ns_ = now.mono_ns + until_next_flush(options_, now);
  if (!options_.recording) return;
  replay_ = std::make_unique<Replay>(options_.frames_path, options_.replay);
  if (!options_.recording->instruments.empty()) list_.use_text(options_.recording->instruments);
}

int Venue::admit(const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.upgrades;
  run_faults();
  const auto refuse = [this](int status, std::string_view body) {
    refusal_body_ = body;
    ++counters_.refused[status];
    return status;
  };
  if (request.path() != "/" && !request.path().empty()) return refuse(404, "");
  if (refuse_count_ != 0) {
    if (refuse_count_ > 0) --refuse_count_;
    return refuse(refuse_status_, refuse_status_ == 403 ? "Authentication failed" : "");
  }
  const std::string api_key = request.query("api_key");
  if (!credentials_.valid(api_key, request.query("access_token"))) return refuse(403, "Authentication failed");
  // A dead connection is one that nobody counts any more: that its client has left is not seen here.
  const auto same_key = std::count_if(clients_.begin(), clients_.end(),
                                      [&](const auto& client) { return client->api_key == api_key && now.mono_ns >= client->dead_until_ns; });
  if (static_cast<std::size_t>(same_key) >= options_.connections_max) return refuse(429, "Too many connections");
  refusal_body_.clear();
  return 101;
}

Client& Venue::open(Wire& wire, const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.accepted;
  Client& client = *clients_.emplace_back(std::make_unique<Client>());
  client.id = next_client_++;
  client.begin(wire, now.mono_ns, silent_until_ns_, dead_until_ns_);
  client.target = request.target;
  client.api_key = request.query("api_key");
  client.access_token = request.query("access_token");
  client.next_heartbeat_ns = now.mono_ns + options_.heartbeat_ns;
  faults_.on_connection(now.mono_ns);
  greet(client);
  return client;
}

void Venue::closed(Client& client, Now now) {
  enter(now);
  ++counters_.closed;
  clients_.erase(std::find_if(clients_.begin(), clients_.end(), [&client](const auto& each) { return each.get() == &client; }));
}

void Venue::on_message(Client& client, std::string_view payload, bool binary, Now now) {
  enter(now);
  requests_.note("WS " + std::to_string(client.id) + " " + std::string{payload.substr(0, kRequestTextMax)});
  if (client.closing) return;
  const Command command = binary ? Command{} : read_command(payload);
  switch (command.action) {
    case Action::Nothing:
      ++counters_.ignored_commands;
      break;
    case Action::Subscribe:
    case Action::SetMode:
      ++(command.action == Action::SetMode ? counters_.mode_commands : counters_.subscribe_commands);
      subscribe(client, command);
      break;
    case Action::Unsubscribe:
      ++counters_.unsubscribe_commands;
      unsubscribe(client, command);
      break;
  }
}

bool Venue::on_ping(Client& client, Now now) {
  enter(now);
  ++counters_.pings_received;
  return reachable(client);
}

net::HttpResponse Venue::on_rest(const net::HttpRequest& request, Now now) {
  enter(now);
  ++counters_.rest_requests;
  requests_.note(request.method + " " + request.target);
  run_faults();
  return rest_.answer(request);
}

void Venue::send_data(Client& client, std::string_view message, std::size_t packets) {
  if (!gives_data(client)) return;
  ++counters_.messages_sent;
  counters_.packets_sent += packets;
  client.send(message, true, now_.mono_ns, slow_ns_);
}

void Venue::send_text(Client& client, std::string_view text) {
  if (!reachable(client)) return;
  ++counters_.texts_sent;
  client.send(text, false, now_.mono_ns, slow_ns_);
}

void Venue::keep_alive(Client& client) {
  if (!client.look_after(now_.mono_ns)) return;
  if (now_.mono_ns < client.next_heartbeat_ns) return;
  client.next_heartbeat_ns += std::max(options_.heartbeat_ns, now_.mono_ns - client.next_heartbeat_ns);
  if (!reachable(client)) return;
  client.wire->send_binary(std::string_view{"\0", 1});
  ++counters_.heartbeats_sent;
}

void Venue::flush() {
  if (now_.mono_ns < next_flush_ns_) return;
  next_flush_ns_ = now_.mono_ns + until_next_flush(options_, now_);
  // The market stands still while nobody is there, so that the first snapshots of a seed are always the same.
  if (replay_ || clients_.empty()) return;
  market_.step(now_.utc_us);
  for (const auto& client : clients_) flush(*client);
}

void Venue::flush(Client& client) {
  batch_.clear();
  for (const Subscription& each : client.subscriptions) {
    if (each.place != Market::kNone && market_.changed(each.place, each.mode)) batch_.add(market_.packet(each.place, each.mode));
  }
  if (batch_.count() != 0) send_data(client, batch_.bytes(), batch_.count());
}

bool Venue::play() {
  if (!replay_ || replay_->ended()) return false;
  if (!replay_->started()) {
    const bool wanted = std::any_of(clients_.begin(), clients_.end(), [](const auto& client) { return !client->subscriptions.empty(); });
    if (!wanted || now_.mono_ns - last_subscription_ns_ < options_.start_after_ns) return false;
    replay_->start(now_.mono_ns);
  }
  // Bounded, so that heartbeats and commands come round.
  for (int i = 0; i < 200; ++i) {
    if (options_.replay.rate == 0 && queued_bytes_max() >= kSocketsFullBytes) return true;
    const RecordedFrame* frame = replay_->due(now_.mono_ns);
    if (frame == nullptr) return false;
    if (frame->kind == RecordedKind::Binary) {
      play_binary(frame->bytes);
    } else {
      for (const auto& client : clients_) send_text(*client, frame->bytes);
    }
  }
  return true;
}

void Venue::play_binary(const std::string& message) {
  if (message.size() == 1) {
    for (const auto& client : clients_) {
      if (!reachable(*client)) continue;
      client->wire->send_binary(message);
      ++counters_.heartbeats_sent;
    }
    return;
  }
  const bool whole = split_message(message, bodies_);
  for (const std::string_view body : bodies_) replay_->remember(body);
  for (const auto& client : clients_) {
    if (client->subscriptions.empty()) continue;
    if (!whole || bodies_.empty()) {
      send_data(*client, message, bodies_.size());
      continue;
    }
    batch_.clear();
    for (const std::string_view body : bodies_) {
      if (client->places.count(token_of(body)) != 0) batch_.add(body);
    }
    if (batch_.count() == bodies_.size()) {
      send_data(*client, message, bodies_.size());
    } else if (batch_.count() != 0) {
      send_data(*client, batch_.bytes(), batch_.count());
    }
  }
}

std::size_t Venue::queued_bytes_max() const {
  std::size_t most = 0;
  for (const auto& client : clients_) most = std::max(most, client->wire->queued_bytes());
  return most;
}

std::size_t Venue::publish(std::string_view body, Now now) {
  enter(now);
  const std::uint32_t token = token_of(body);
  if (replay_) {
    replay_->remember(body);
  } else if (const std::size_t place = market_.find(token); place != Market::kNone) {
    market_.overwrite(place, body);
  }
  batch_.clear();
  batch_.add(body);
  std::size_t reached = 0;
  for (const auto& client : clients_) {
    if (client->places.count(token) == 0) continue;
    send_data(*client, batch_.bytes(), 1);
    ++reached;
  }
  return reached;
}

std::size_t Venue::publish_message(std::string_view bytes, Now now) {
  enter(now);
  static_cast<void>(split_message(bytes, bodies_));  // what it holds is only counted
  std::size_t reached = 0;
  for (const auto& client : clients_) {
    if (client->subscriptions.empty()) continue;
    send_data(*client, bytes, bodies_.size());
    ++reached;
  }
  return reached;
}

void Venue::publish_text(std::string_view text, Now now) {
  enter(now);
  for (const auto& client : clients_) send_text(*client, text);
}

bool Venue::tick(Now now) {
  enter(now);
  run_faults();
  for (const auto& client : clients_) keep_alive(*client);
  flush();
  return play();
}

}  // namespace tidegate::sim::zerodha
