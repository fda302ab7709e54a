#include "tools/sim/binance/server.hpp"

#include <algorithm>
#include <utility>

#include "tools/sim/binance/venue.hpp"
#include "tools/sim/common/server.hpp"

namespace tidegate::sim {
namespace {

using namespace binance;

constexpr std::size_t kMessageBytesMax = 1U << 20U;  // the venue itself drops anything above 4 KiB, without closing

std::int64_t scaled(std::int64_t ns, double scale) {
  return std::max<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(ns) / scale), 1'000'000);
}

ConnectionTimes connection_times(const ConnectionTimes& venue, const BinanceOptions& options) {
  const auto pick = [&options](const std::optional<Duration>& own, std::int64_t ns) { return own ? own->count() : scaled(ns, options.time_scale); };
  return {pick(options.ping_interval, venue.ping_interval_ns), pick(options.pong_timeout, venue.pong_timeout_ns),
          pick(options.max_age, venue.max_age_ns)};
}

std::string read_options(const BinanceOptions& options, VenueOptions& out) {
  if (options.market == "spot") {
    out.generator.serves = Serves::Spot;
  } else if (options.market == "usdm") {
    out.generator.serves = Serves::Usdm;
  } else if (options.market != "both") {
    return "market is spot, usdm or both, not " + options.market;
  }
  if (options.time_scale <= 0) return "the time scale must be above zero";
  if (options.rate < 0) return "the rate must not be negative";
  if (options.symbols == 0) return "at least one symbol is needed";
  if (std::string problem = parse_faults(fault_table(), options.faults, out.faults); !problem.empty()) return problem;
  if (!options.frames_path.empty()) {
    out.recording = std::make_unique<Recording>();
    if (std::string problem = examine(options.frames_path, *out.recording); !problem.empty()) return problem;
    const Serves held = out.recording->usdm ? Serves::Usdm : Serves::Spot;
    if (out.generator.serves != Serves::Both && out.generator.serves != held) return "the frames file holds the other market";
    out.generator.serves = held;
  }
  out.generator.symbols = options.symbols;
  out.generator.seed = options.seed;
  out.generator.rate = options.rate;
  out.replay = {options.frames_path, options.rate, options.loop, options.start_after.count()};
  out.spot = connection_times(out.spot, options);
  out.usdm = connection_times(out.usdm, options);
  out.connects_max = options.connects_max;
  out.connects_window_ns = scaled(out.connects_window_ns, options.time_scale);
  out.rest_latency_ns = options.rest_latency.count();
  out.rest.serves = out.generator.serves;
  out.rest.minute_ns = scaled(out.rest.minute_ns, options.time_scale);
  out.shuffle_keys = options.shuffle_keys;
  return {};
}

}  // namespace

struct BinanceServer::Impl final : SimServer<Venue, Client> {
  Impl(net::EventLoop& event_loop, const BinanceOptions& options, const Clock* own_clock) : SimServer(event_loop, own_clock, options.tick) {
    VenueOptions venue_options;
    if (std::string problem = read_options(options, venue_options); !problem.empty()) {
      refuse(std::move(problem));
      return;
    }
    if (venue_options.recording) {
      const Recording& recording = *venue_options.recording;
      summary = std::to_string(recording.streams.size()) + " streams, " + std::to_string(recording.frames) + " frames";
      if (recording.bad_lines != 0) summary += ", " + std::to_string(recording.bad_lines) + " bad lines, the first: " + recording.first_problem;
    }
    net::WsServerOptions server_options;
    server_options.message_bytes_max = kMessageBytesMax;
    serve(std::make_unique<Venue>(std::move(venue_options), now()), server_options);
  }

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override {
    venue()->on_rest({request.method, request.target, request.remote_address}, now(), [reply = std::move(reply)](RestAnswer answer) {
      net::HttpResponse response;
      response.status = answer.status;
      response.body = std::move(answer.body);
      response.headers = std::move(answer.headers);
      reply(std::move(response));
    });
  }
  int on_upgrade(const net::HttpRequest& request) override { return venue()->admit(request.target, request.remote_address, now()); }
  std::chrono::milliseconds upgrade_delay() override { return std::chrono::milliseconds{venue()->take_handshake_delay_ns() / 1'000'000}; }
  Client& open(Wire& wire, const net::HttpRequest& request) override { return venue()->open(wire, request.target, now()); }
  void on_message(net::WsConnection& connection, std::string_view payload, bool) override {
    venue()->on_message(client_of(connection), payload, now());
  }
  void on_pong(net::WsConnection& connection, std::string_view payload) override { venue()->on_pong(client_of(connection), payload, now()); }

  std::string summary;
};

BinanceServer::BinanceServer(net::EventLoop& loop, const BinanceOptions& options, const Clock* clock)
    : impl_(std::make_unique<Impl>(loop, options, clock)) {}
BinanceServer::~BinanceServer() = default;

std::string BinanceServer::listen(const std::string& host, std::uint16_t port) { return impl_->listen(host, port); }

std::uint16_t BinanceServer::port() const { return impl_->port(); }

std::string BinanceServer::inject(std::string_view fault) { return impl_->inject(fault); }

std::vector<BinanceConnection> BinanceServer::connections() const {
  std::vector<BinanceConnection> out;
  if (impl_->venue() == nullptr) return out;
  for (const auto& client : impl_->venue()->hub().clients()) {
    BinanceConnection& connection = out.emplace_back();
    connection.id = client->id;
    connection.target = client->target_text;
    connection.combined = client->combined;
    connection.frames_sent = client->frames_sent;
    for (const Topic* topic : client->topics) connection.streams.push_back(topic->name);
  }
  return out;
}

BinanceCounters BinanceServer::counters() const {
  BinanceCounters out;
  if (impl_->venue() == nullptr) return out;
  const VenueCounters& from = impl_->venue()->counters();
  out.upgrades = from.upgrades;
  out.connections_accepted = from.connections_accepted;
  out.connections_refused = from.connections_refused;
  out.connections_closed = from.connections_closed;
  out.client_frames = from.client_frames;
  out.pings_sent = from.pings_sent;
  out.pongs_received = from.pongs_received;
  out.rest_requests = from.rest_requests;
  out.frames_sent = impl_->venue()->hub().frames_sent();
  if (const ReplayFeed* replay = impl_->venue()->replay(); replay != nullptr) {
    out.frames_played = replay->frames_played();
    out.replay_ended = replay->state() == ReplayFeed::State::Ended;
  }
  return out;
}

std::map<std::string, std::uint64_t> BinanceServer::frames_by_stream() const {
  return impl_->venue() != nullptr ? impl_->venue()->hub().frames_by_stream() : std::map<std::string, std::uint64_t>{};
}

const std::deque<std::string>& BinanceServer::requests() const { return impl_->requests(); }

std::string BinanceServer::recording_summary() const { return impl_->summary; }

}  // namespace tidegate::sim
