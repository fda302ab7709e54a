#include "tools/sim/zerodha/server.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "tools/sim/common/server.hpp"
#include "tools/sim/zerodha/venue.hpp"

namespace tidegate::sim {
namespace {

using namespace zerodha;

constexpr std::size_t kMessageBytesMax = 1U << 20U;  // a command with 3,000 tokens takes about 30 kB
constexpr std::size_t kSymbolsMax = 50'000;          // more would meet the numbers of instruments that are added later

std::string read_options(const ZerodhaOptions& options, VenueOptions& out) {
  if (options.rate < 0) return "the rate must not be negative";
  if (options.updates_per_second < 0) return "the updates a second must not be negative";
  if (options.symbols == 0 || options.symbols > kSymbolsMax) return "from 1 to 50000 symbols can be generated";
  if (options.flush_interval <= Duration::zero() || options.heartbeat_interval <= Duration::zero()) return "intervals must be above zero";
  for (const std::string& text : options.credentials) {
    Credentials::Pair pair;
    if (!Credentials::read_pair(text, pair)) return "credentials are KEY:TOKEN";
    out.credentials.push_back(std::move(pair));
  }
  if (!options.credentials_file.empty() && !std::ifstream{options.credentials_file}) return "cannot open " + options.credentials_file;
  if (std::string problem = parse_faults(fault_table(), options.faults, out.faults); !problem.empty()) return problem;
  if (!options.frames_path.empty()) {
    out.recording = std::make_unique<Recording>();
    if (std::string problem = examine(options.frames_path, *out.recording); !problem.empty()) return problem;
  }
  const double flush_seconds = std::chrono::duration<double>(options.flush_interval).count();
  out.credentials_file = options.credentials_file;
  out.connections_max = options.connections_max;
  out.instruments_max = options.instruments_max;
  out.flush_ns = options.flush_interval.count();
  out.heartbeat_ns = options.heartbeat_interval.count();
  out.symbols = options.symbols;
  out.market.seed = options.seed;
  out.market.exchange.moves_per_step = options.updates_per_second * options.rate * flush_seconds;
  out.market.exchange.always = options.rate == 0;
  out.frames_path = options.frames_path;
  out.replay.rate = options.rate;
  out.replay.loop = options.loop;
  out.replay.pause_ns = options.flush_interval.count();
  out.start_after_ns = options.start_after.count();
  out.rest.api_secret = options.api_secret;
  out.rest.redirect_url = options.redirect_url;
  out.app_code = options.app_code;
  out.snapshots = options.snapshots;
  out.subscribe_resets_mode = options.subscribe_resets_mode;
  out.unknown_token_error = options.unknown_token_error;
  out.meta_count = options.meta_count;
  return {};
}

std::string summarize(const Recording& recording) {
  std::string text = std::to_string(recording.tokens.size()) + " instruments, " + std::to_string(recording.frames) + " frames";
  if (recording.malformed != 0) text += ", " + std::to_string(recording.malformed) + " of them malformed";
  if (recording.bad_lines != 0) text += ", " + std::to_string(recording.bad_lines) + " bad lines, the first: " + recording.first_problem;
  return text;
}

}  // namespace

struct ZerodhaServer::Impl final : SimServer<Venue, Client> {
  Impl(net::EventLoop& event_loop, const ZerodhaOptions& options, const Clock* own_clock) : SimServer(event_loop, own_clock, options.tick) {
    VenueOptions venue_options;
    if (std::string problem = read_options(options, venue_options); !problem.empty()) {
      refuse(std::move(problem));
      return;
    }
    if (venue_options.recording) summary = summarize(*venue_options.recording);
    net::WsServerOptions server_options;
    server_options.message_bytes_max = kMessageBytesMax;
    serve(std::make_unique<Venue>(std::move(venue_options), now()), server_options);
  }

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override { reply(venue()->on_rest(request, now())); }
  int on_upgrade(const net::HttpRequest& request) override { return venue()->admit(request, now()); }
  std::string refusal_body() override { return venue()->refusal_body(); }
  std::chrono::milliseconds upgrade_delay() override { return std::chrono::milliseconds{venue()->handshake_delay_ns() / 1'000'000}; }
  Client& open(Wire& wire, const net::HttpRequest& request) override { return venue()->open(wire, request, now()); }
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override {
    venue()->on_message(client_of(connection), payload, binary, now());
  }

  std::string summary;
};

ZerodhaServer::ZerodhaServer(net::EventLoop& loop, const ZerodhaOptions& options, const Clock* clock)
    : impl_(std::make_unique<Impl>(loop, options, clock)) {}
ZerodhaServer::~ZerodhaServer() = default;

std::string ZerodhaServer::listen(const std::string& host, std::uint16_t port) { return impl_->listen(host, port); }

std::uint16_t ZerodhaServer::port() const { return impl_->port(); }

std::string ZerodhaServer::inject(std::string_view fault) { return impl_->inject(fault); }

std::size_t ZerodhaServer::publish(std::string_view body) { return impl_->venue() != nullptr ? impl_->venue()->publish(body, impl_->now()) : 0; }

std::size_t ZerodhaServer::publish_message(std::string_view bytes) {
  return impl_->venue() != nullptr ? impl_->venue()->publish_message(bytes, impl_->now()) : 0;
}

void ZerodhaServer::publish_text(std::string_view text) {
  if (impl_->venue() != nullptr) impl_->venue()->publish_text(text, impl_->now());
}

std::vector<ZerodhaConnection> ZerodhaServer::connections() const {
  std::vector<ZerodhaConnection> out;
  if (impl_->venue() == nullptr) return out;
  for (const auto& client : impl_->venue()->clients()) {
    ZerodhaConnection& connection = out.emplace_back();
    connection.id = client->id;
    connection.target = client->target;
    connection.api_key = client->api_key;
    connection.access_token = client->access_token;
    for (const Subscription& each : client->subscriptions) {
      connection.tokens.push_back(each.token);
      connection.modes.emplace(each.token, each.mode);
    }
  }
  return out;
}

ZerodhaCounters ZerodhaServer::counters() const {
  ZerodhaCounters out;
  if (impl_->venue() == nullptr) return out;
  const VenueCounters& from = impl_->venue()->counters();
  out.upgrades = from.upgrades;
  out.connections_accepted = from.accepted;
  out.refusals = from.refused;
  for (const auto& [status, count] : from.refused) out.connections_refused += count;
  out.connections_closed = from.closed;
  out.subscribe_commands = from.subscribe_commands;
  out.unsubscribe_commands = from.unsubscribe_commands;
  out.mode_commands = from.mode_commands;
  out.ignored_commands = from.ignored_commands;
  out.unknown_tokens = from.unknown_tokens;
  out.over_limit = from.over_limit;
  out.messages_sent = from.messages_sent;
  out.packets_sent = from.packets_sent;
  out.heartbeats_sent = from.heartbeats_sent;
  out.texts_sent = from.texts_sent;
  out.pings_received = from.pings_received;
  out.rest_requests = from.rest_requests;
  out.faults = from.faults;
  if (const Replay* replay = impl_->venue()->replay(); replay != nullptr) {
    out.frames_played = replay->frames_played();
    out.replay_started = replay->started();
    out.replay_ended = replay->ended();
  }
  return out;
}

const std::deque<std::string>& ZerodhaServer::requests() const { return impl_->requests(); }

std::vector<std::uint32_t> ZerodhaServer::tokens() const {
  std::vector<std::uint32_t> out;
  if (impl_->venue() == nullptr) return out;
  for (const Row& row : impl_->venue()->list().rows()) out.push_back(row.token);
  return out;
}

std::string ZerodhaServer::packet(std::uint32_t token, Mode mode) const {
  if (impl_->venue() == nullptr) return {};
  const Market& market = impl_->venue()->market();
  const std::size_t place = market.find(token);
  return place == Market::kNone ? std::string{} : std::string{market.packet(place, mode)};
}

std::string ZerodhaServer::recording_summary() const { return impl_->summary; }

}  // namespace tidegate::sim
