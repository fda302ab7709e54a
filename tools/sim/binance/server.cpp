#include "tools/sim/binance/server.hpp"

#include <algorithm>
#include <utility>

#include "gateway/net/ws_server.hpp"
#include "tools/sim/binance/venue.hpp"

namespace tidegate::sim {
namespace {

using namespace binance;

constexpr std::size_t kMessageBytesMax = 1U << 20U;  // the venue itself drops anything above 4 KiB, without closing
constexpr std::chrono::milliseconds kSocketsFull{1};
constexpr std::size_t kSocketsFullBytes = 1U << 20U;

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
  for (const std::string& text : options.faults) {
    Fault fault;
    if (std::string problem = parse_fault(text, fault); !problem.empty()) return problem;
    fault.timed = true;
    out.faults.push_back(std::move(fault));
  }
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

using ClientWire = SocketWire<Client>;

}  // namespace

struct BinanceServer::Impl final : net::WsServerHandler {
  Impl(net::EventLoop& event_loop, const BinanceOptions& options, const Clock* own_clock)
      : clock(own_clock != nullptr ? *own_clock : system_clock), tick_period(options.tick), timer(event_loop) {
    VenueOptions venue_options;
    problem = read_options(options, venue_options);
    if (!problem.empty()) return;
    if (venue_options.recording) {
      const Recording& recording = *venue_options.recording;
      summary = std::to_string(recording.streams.size()) + " streams, " + std::to_string(recording.frames) + " frames";
      if (recording.bad_lines != 0) summary += ", " + std::to_string(recording.bad_lines) + " bad lines, the first: " + recording.first_problem;
    }
    venue = std::make_unique<Venue>(std::move(venue_options), now());
    net::WsServerOptions server_options;
    server_options.message_bytes_max = kMessageBytesMax;
    server = std::make_unique<net::WsServer>(event_loop, *this, server_options);
  }

  [[nodiscard]] Now now() const { return {clock.mono().ns, clock.utc().ns / 1000}; }

  void tick() {
    const bool more = venue->tick(now());
    Duration wait = tick_period;
    if (more) wait = venue->hub().queued_bytes_max() >= kSocketsFullBytes ? Duration{kSocketsFull} : Duration{0};
    timer.start(wait, [this] { tick(); });
  }

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override {
    venue->on_rest({request.method, request.target, request.remote_address}, now(), [reply = std::move(reply)](RestAnswer answer) {
      net::HttpResponse response;
      response.status = answer.status;
      response.body = std::move(answer.body);
      response.headers = std::move(answer.headers);
      reply(std::move(response));
    });
  }
  int on_upgrade(const net::HttpRequest& request) override { return venue->admit(request.target, request.remote_address, now()); }
  std::chrono::milliseconds upgrade_delay() override { return std::chrono::milliseconds{venue->take_handshake_delay_ns() / 1'000'000}; }
  void on_open(net::WsConnection& connection) override {
    auto wire = std::make_unique<ClientWire>(connection);
    connection.user = wire.get();
    wire->client = &venue->open(*wire, connection.request().target, now());
    wires.emplace(&connection, std::move(wire));
  }
  static Client& client_of(net::WsConnection& connection) { return *static_cast<ClientWire*>(connection.user)->client; }
  void on_message(net::WsConnection& connection, std::string_view payload, bool) override {
    venue->on_message(client_of(connection), payload, now());
  }
  bool on_ping(net::WsConnection& connection, std::string_view) override { return venue->on_ping(client_of(connection), now()); }
  void on_pong(net::WsConnection& connection, std::string_view payload) override { venue->on_pong(client_of(connection), payload, now()); }
  void on_closed(net::WsConnection& connection, int, std::string_view) override {
    venue->closed(client_of(connection), now());
    wires.erase(&connection);
  }

  SystemClock system_clock;
  const Clock& clock;
  Duration tick_period;
  std::string problem;
  std::string summary;
  std::unique_ptr<Venue> venue;
  std::map<net::WsConnection*, std::unique_ptr<ClientWire>> wires;
  std::unique_ptr<net::WsServer> server;  // after what its handler uses
  net::Timer timer;
};

BinanceServer::BinanceServer(net::EventLoop& loop, const BinanceOptions& options, const Clock* clock)
    : impl_(std::make_unique<Impl>(loop, options, clock)) {}
BinanceServer::~BinanceServer() = default;

std::string BinanceServer::listen(const std::string& host, std::uint16_t port) {
  if (!impl_->problem.empty()) return impl_->problem;
  std::string problem = impl_->server->listen(host, port);
  if (problem.empty()) impl_->tick();
  return problem;
}

std::uint16_t BinanceServer::port() const { return impl_->server ? impl_->server->port() : std::uint16_t{0}; }

std::string BinanceServer::inject(std::string_view fault) { return impl_->venue ? impl_->venue->inject(fault, impl_->now()) : impl_->problem; }

std::vector<BinanceConnection> BinanceServer::connections() const {
  std::vector<BinanceConnection> out;
  if (!impl_->venue) return out;
  for (const auto& client : impl_->venue->hub().clients()) {
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
  if (!impl_->venue) return out;
  const VenueCounters& from = impl_->venue->counters();
  out.upgrades = from.upgrades;
  out.connections_accepted = from.connections_accepted;
  out.connections_refused = from.connections_refused;
  out.connections_closed = from.connections_closed;
  out.client_frames = from.client_frames;
  out.pings_sent = from.pings_sent;
  out.pongs_received = from.pongs_received;
  out.rest_requests = from.rest_requests;
  out.frames_sent = impl_->venue->hub().frames_sent();
  if (const ReplayFeed* replay = impl_->venue->replay(); replay != nullptr) {
    out.frames_played = replay->frames_played();
    out.replay_ended = replay->state() == ReplayFeed::State::Ended;
  }
  return out;
}

std::map<std::string, std::uint64_t> BinanceServer::frames_by_stream() const {
  return impl_->venue ? impl_->venue->hub().frames_by_stream() : std::map<std::string, std::uint64_t>{};
}

const std::deque<std::string>& BinanceServer::requests() const {
  static const std::deque<std::string> kNone;
  return impl_->venue ? impl_->venue->requests() : kNone;
}

std::string BinanceServer::recording_summary() const { return impl_->summary; }

}  // namespace tidegate::sim
