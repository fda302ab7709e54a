#include "tools/sim/binance/venue.hpp"

#include <algorithm>
#include <utility>

#include "tools/sim/binance/control.hpp"

namespace tidegate::sim::binance {
namespace {

constexpr std::size_t kConnectingAddressesMax = 10'000;
constexpr std::size_t kClientFrameHeader = 8;  // masked, 126 bytes and more

std::unique_ptr<GeneratedFeed> make_generated(Hub& hub, const VenueOptions& options, Now now) {
  return options.recording ? nullptr : std::make_unique<GeneratedFeed>(hub, options.generator, now);
}

std::unique_ptr<ReplayFeed> make_replay(Hub& hub, VenueOptions& options) {
  return options.recording ? std::make_unique<ReplayFeed>(hub, options.replay, std::move(*options.recording)) : nullptr;
}

}  // namespace

Venue::Venue(VenueOptions options, Now now)
    : options_(std::move(options)),
      hub_(options_.generator.seed, options_.shuffle_keys),
      generated_(make_generated(hub_, options_, now)),
      replay_(make_replay(hub_, options_)),
      rest_(feed(), options_.rest),
      now_(now),
      faults_(fault_table(), options_.faults) {
  hub_.set_listener(feed());
  hub_.set_now(now);
}

Feed& Venue::feed() {
  if (generated_) return *generated_;
  return *replay_;
}

void Venue::enter(Now now) {
  now_ = now;
  hub_.set_now(now);
}

const ConnectionTimes& Venue::times(const Client& client) const { return client.target.market == Market::Spot ? options_.spot : options_.usdm; }

void Venue::close(Client& client, int code, std::string_view reason) {
  if (client.closing) return;
  client.closing = true;
  client.wire->close(code, reason);
}

int Venue::admit(std::string_view target, const std::string& remote_address, Now now) {
  enter(now);
  ++counters_.upgrades;
  faults_.on_connection(now.mono_ns);
  run_faults();
  StreamTarget parsed;
  int status = parse_target(options_.generator.serves, target, parsed) ? 101 : 404;
  if (connects_.size() > kConnectingAddressesMax) connects_.clear();
  auto& window = connects_.try_emplace(remote_address, options_.connects_max, options_.connects_window_ns).first->second;
  if (!window.allow(now.mono_ns)) status = 429;
  if (now.mono_ns < refuse_until_ns_) status = refuse_status_;
  if (parsed.streams.size() > kStreamsMax) status = 400;
  if (status != 101) ++counters_.connections_refused;
  return status;
}

Client& Venue::open(Wire& wire, std::string_view target, Now now) {
  enter(now);
  ++counters_.connections_accepted;
  StreamTarget parsed;
  static_cast<void>(parse_target(options_.generator.serves, target, parsed));  // admitted before
  Client& client = hub_.open(wire, parsed, target);
  client.next_ping_ns = now.mono_ns + times(client).ping_interval_ns;
  if (now.mono_ns < hub_.half_open_until_ns) {
    client.half_open_until_ns = hub_.half_open_until_ns;
    wire.pause_reading(true);
  }
  for (const std::string& name : parsed.streams) static_cast<void>(hub_.subscribe(client, name));
  return client;
}

void Venue::closed(Client& client, Now now) {
  enter(now);
  ++counters_.connections_closed;
  hub_.remove(client);
}

/// Pings, pongs and requests share one limit. False: it was one too many.
bool Venue::count_frame(Client& client) {
  if (client.closing) return false;
  if (client.frames_in.allow(now_.mono_ns)) return true;
  close(client, 1008, "Too many requests");
  return false;
}

void Venue::on_message(Client& client, std::string_view payload, Now now) {
  enter(now);
  ++counters_.client_frames;
  requests_.note("WS " + std::to_string(client.id) + " " + std::string{payload.substr(0, kClientFrameBytesMax)});
  if (!count_frame(client)) return;
  if (payload.size() + kClientFrameHeader > kClientFrameBytesMax) return;  // dropped without a word
  std::string answer = answer_control(hub_, client, payload);
  if (acks_to_lose_ > 0) {
    --acks_to_lose_;
  } else if (ack_delay_ns_ > 0) {
    acks_.push_back({now.mono_ns + std::exchange(ack_delay_ns_, 0), client.id, std::move(answer)});
  } else {
    hub_.send(client, answer);
  }
}

bool Venue::on_ping(Client& client, Now now) {
  enter(now);
  return count_frame(client) && hub_.reachable(client);
}

void Venue::on_pong(Client& client, std::string_view payload, Now now) {
  enter(now);
  ++counters_.pongs_received;
  if (!count_frame(client)) return;
  // Only a copy of a ping's payload counts; it answers the older ones too.
  const auto it = std::find_if(client.pings.begin(), client.pings.end(), [payload](const auto& ping) { return ping.payload == payload; });
  if (it != client.pings.end()) client.pings.erase(client.pings.begin(), it + 1);
}

void Venue::on_rest(RestCall call, Now now, Reply reply) {
  enter(now);
  ++counters_.rest_requests;
  requests_.note(call.method + " " + call.target);
  run_faults();
  auto answer = rest_.answer(call, now);
  held_.push_back({now.mono_ns + options_.rest_latency_ns + rest_slow_ns_, std::move(call), std::move(reply), std::move(answer)});
}

void Venue::answer_held() {
  std::vector<HeldAnswer> due;
  for (auto it = held_.begin(); it != held_.end();) {
    if (!it->answer) it->answer = rest_.finish(it->call, now_);
    if (!it->answer || now_.mono_ns < it->due_ns) {
      ++it;
      continue;
    }
    due.push_back(std::move(*it));
    it = held_.erase(it);
  }
  for (HeldAnswer& each : due) each.reply(std::move(*each.answer));
}

void Venue::send_acks() {
  while (!acks_.empty() && acks_.front().due_ns <= now_.mono_ns) {
    for (const auto& client : hub_.clients()) {
      if (client->id == acks_.front().client) hub_.send(*client, acks_.front().text);
    }
    acks_.pop_front();
  }
}

void Venue::keep_alive(Client& client) {
  const ConnectionTimes& limits = times(client);
  if (client.closing) return;
  if (client.half_open_until_ns != 0 && now_.mono_ns >= client.half_open_until_ns) {
    client.half_open_until_ns = 0;
    client.wire->pause_reading(false);
  }
  if (now_.mono_ns - client.opened_ns >= limits.max_age_ns) return close(client, 1001, "");
  if (!hub_.reachable(client)) return;
  if (!client.pings.empty() && now_.mono_ns - client.pings.front().sent_ns >= limits.pong_timeout_ns) return close(client, 1008, "Pong timeout");
  if (client.wire->queued_bytes() > kQueuedBytesCut) {
    client.closing = true;
    client.wire->cut();
    return;
  }
  if (now_.mono_ns < client.next_ping_ns) return;
  client.next_ping_ns = now_.mono_ns + limits.ping_interval_ns;
  client.pings.push_back({std::to_string(now_.utc_us / 1000), now_.mono_ns});
  client.wire->ping(client.pings.back().payload);
  ++counters_.pings_sent;
}

bool Venue::tick(Now now) {
  enter(now);
  run_faults();
  for (const auto& client : hub_.clients()) keep_alive(*client);
  hub_.send_delayed();
  send_acks();
  const bool more = feed().advance(now);
  answer_held();
  return more;
}

}  // namespace tidegate::sim::binance
