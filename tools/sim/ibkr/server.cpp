#include "tools/sim/ibkr/server.hpp"

#include <fstream>
#include <utility>

#include "tools/sim/common/server.hpp"
#include "tools/sim/common/tls_relay.hpp"

namespace tidegate::sim {
namespace {

using namespace ibkr;

constexpr std::size_t kMessageBytesMax = 1U << 16U;
constexpr std::size_t kSymbolsMax = 50'000;
constexpr const char* kCertificateNames = "DNS:localhost,IP:127.0.0.1";

std::string check(const IbkrOptions& options) {
  if (options.rate < 0) return "the rate must not be negative";
  if (options.updates_per_second < 0) return "the updates a second must not be negative";
  if (options.symbols == 0 || options.symbols > kSymbolsMax) return "from 1 to 50000 symbols can be generated";
  if (options.grid <= Duration::zero() || options.heartbeat_interval <= Duration::zero()) return "intervals must be above zero";
  if (options.certificate_file.empty() != options.private_key_file.empty()) return "a certificate and its private key go together";
  if (!options.tls && (!options.certificate_file.empty() || !options.write_certificate.empty())) return "a certificate needs --tls";
  return {};
}

std::string read_options(const IbkrOptions& options, VenueOptions& out) {
  if (std::string problem = check(options); !problem.empty()) return problem;
  if (std::string problem = parse_faults(fault_table(), options.faults, out.faults); !problem.empty()) return problem;
  out.oauth = std::make_unique<OAuth>();
  if (std::string problem = out.oauth->open(options.oauth); !problem.empty()) return problem;
  if (!options.frames_path.empty()) {
    out.recording = std::make_unique<Recording>();
    if (std::string problem = examine(options.frames_path, *out.recording); !problem.empty()) return problem;
  }
  out.login.logged_in = options.logged_in;
  out.login.brokerage_open = !options.needs_init && !out.oauth->on();
  out.login.login_after_ns = options.login_after.count();
  out.login.init_ns = options.init_delay.count();
  out.login.session_timeout_ns = options.session_timeout.count();
  out.login.user = options.user;
  out.login.account = options.account;
  out.rest.requests_per_second = options.rest_rate;
  out.rest.no_session_401 = options.no_session_401;
  out.rest.https = options.tls;
  out.market.moves_per_step = options.updates_per_second * options.rate * std::chrono::duration<double>(options.grid).count();
  out.market.always = options.rate == 0;
  out.seed = options.seed;
  out.symbols = options.symbols;
  out.frames_path = options.frames_path;
  out.replay.rate = options.rate;
  out.replay.loop = options.loop;
  out.replay.pause_ns = options.grid.count();
  out.start_after_ns = options.start_after.count();
  out.greeting_ns = options.greeting_delay.count();
  out.heartbeat_ns = options.heartbeat_interval.count();
  out.grid_ns = options.grid.count();
  out.snapshot_ns = options.snapshot_delay.count();
  out.stream_life_ns = options.stream_life.count();
  out.lines_max = options.lines_max;
  out.frames = options.frames;
  out.shuffle_keys = options.shuffle_keys;
  out.snapshot_twice = options.snapshot_twice;
  out.bare_first = options.bare_first;
  out.renewal_snapshots = options.renewal_snapshots;
  out.extras = options.extras;
  out.numbers = options.numbers;
  out.refuse_bad_session = options.refuse_bad_session;
  out.tic_answers = options.tic_answers;
  out.truth_kept = options.truth_kept;
  return {};
}

std::string summarize(const Recording& recording) {
  std::string text = std::to_string(recording.targets.size()) + " streams, " + std::to_string(recording.frames) + " frames";
  if (recording.bad_lines != 0) text += ", " + std::to_string(recording.bad_lines) + " bad lines, the first: " + recording.first_problem;
  return text;
}

/// A relay with the certificate that the options want. Returns an empty text, or what is wrong.
std::string prepare_tls(const IbkrOptions& options, TlsRelay& relay) {
  std::string problem = options.certificate_file.empty() ? relay.make_certificate(kCertificateNames)
                                                         : relay.load_certificate(options.certificate_file, options.private_key_file);
  if (!problem.empty() || options.write_certificate.empty()) return problem;
  std::ofstream file{options.write_certificate, std::ios::trunc};
  file << relay.certificate();
  return file.flush() ? "" : "cannot write " + options.write_certificate;
}

}  // namespace

struct IbkrServer::Impl final : SimServer<Venue, Client> {
  Impl(net::EventLoop& event_loop, const IbkrOptions& options, const Clock* own_clock) : SimServer(event_loop, own_clock, options.tick) {
    VenueOptions venue_options;
    if (std::string problem = read_options(options, venue_options); !problem.empty()) {
      refuse(std::move(problem));
      return;
    }
    if (options.tls) {
      relay = std::make_unique<TlsRelay>();
      if (std::string problem = prepare_tls(options, *relay); !problem.empty()) {
        refuse(std::move(problem));
        return;
      }
    }
    if (venue_options.recording) summary = summarize(*venue_options.recording);
    net::WsServerOptions server_options;
    server_options.message_bytes_max = kMessageBytesMax;
    serve(std::make_unique<Venue>(std::move(venue_options), now()), server_options);
  }

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override { reply(venue()->on_rest(request, now())); }
  int on_upgrade(const net::HttpRequest& request) override { return venue()->admit(request, now()); }
  std::chrono::milliseconds upgrade_delay() override { return std::chrono::milliseconds{venue()->handshake_delay_ns() / 1'000'000}; }
  Client& open(Wire& wire, const net::HttpRequest& request) override { return venue()->open(wire, request, now()); }
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override {
    venue()->on_message(client_of(connection), payload, binary, now());
  }

  std::string summary;
  std::unique_ptr<TlsRelay> relay;  // in front of the plain server, which then takes a port of its own
};

IbkrServer::IbkrServer(net::EventLoop& loop, const IbkrOptions& options, const Clock* clock) : impl_(std::make_unique<Impl>(loop, options, clock)) {}
IbkrServer::~IbkrServer() = default;

std::string IbkrServer::listen(const std::string& host, std::uint16_t port) {
  if (!impl_->relay) return impl_->listen(host, port);
  if (std::string problem = impl_->listen("127.0.0.1", 0); !problem.empty()) return problem;
  return impl_->relay->listen(host, port, impl_->port());
}

std::uint16_t IbkrServer::port() const { return impl_->relay ? impl_->relay->port() : impl_->port(); }

std::string IbkrServer::certificate() const { return impl_->relay ? impl_->relay->certificate() : std::string{}; }

std::string IbkrServer::inject(std::string_view fault) { return impl_->inject(fault); }

std::size_t IbkrServer::publish(std::string_view frame, const std::string& target) {
  return impl_->venue() != nullptr ? impl_->venue()->publish(target, frame, impl_->now()) : 0;
}

std::vector<IbkrConnection> IbkrServer::connections() const {
  std::vector<IbkrConnection> out;
  if (impl_->venue() == nullptr) return out;
  for (const auto& client : impl_->venue()->clients()) {
    IbkrConnection& connection = out.emplace_back();
    connection.id = client->id;
    connection.target = client->target;
    connection.authorised_by = client->authorised_by;
    connection.greeted = client->phase == Client::Phase::Greeted;
    for (const Stream& stream : client->streams) {
      connection.streams.push_back(stream.target);
      connection.fields[stream.target] = stream.fields;
      connection.state[stream.target] = stream.sent;
    }
    for (const Ladder& ladder : client->ladders) connection.ladders.push_back(ladder.target);
  }
  return out;
}

IbkrCounters IbkrServer::counters() const {
  IbkrCounters out;
  if (impl_->venue() == nullptr) return out;
  static_cast<VenueCounters&>(out) = impl_->venue()->counters();
  out.refused_for_rate = impl_->venue()->rest().refused_for_rate();
  if (const Replay* replay = impl_->venue()->replay(); replay != nullptr) {
    out.frames_played = replay->frames_played();
    out.replay_started = replay->started();
    out.replay_ended = replay->ended();
  }
  return out;
}

const std::deque<std::string>& IbkrServer::requests() const { return impl_->requests(); }

const std::deque<TruthRow>& IbkrServer::truth() const {
  static const std::deque<TruthRow> kNone;
  return impl_->venue() != nullptr ? impl_->venue()->truth() : kNone;
}

std::vector<Contract> IbkrServer::contracts() const {
  return impl_->venue() != nullptr ? impl_->venue()->contracts().all() : std::vector<Contract>{};
}

std::string IbkrServer::session() const { return impl_->venue() != nullptr ? impl_->venue()->login().session() : std::string{}; }

std::string IbkrServer::live_session_token() const {
  return impl_->venue() != nullptr ? impl_->venue()->oauth().live_session_token() : std::string{};
}

std::string IbkrServer::recording_summary() const { return impl_->summary; }

}  // namespace tidegate::sim
