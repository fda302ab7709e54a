#include "tools/sim/xts/server.hpp"

#include <fstream>
#include <utility>

#include "tools/sim/common/server.hpp"
#include "tools/sim/xts/venue.hpp"

namespace tidegate::sim {
namespace {

using namespace xts;

constexpr std::size_t kMessageBytesMax = 1U << 20U;
constexpr std::size_t kSymbolsMax = 50'000;  // more would meet the numbers of instruments that are added later

std::string read_roots(const XtsOptions& options, VenueOptions& out) {
  out.rest.roots = options.roots;
  out.rest.roots.insert(out.rest.roots.end(), options.binary_roots.begin(), options.binary_roots.end());
  out.binary_roots = options.binary_roots;
  for (const std::string& root : out.rest.roots) {
    if (!root.empty() && (root.front() != '/' || root.back() == '/')) return "a root begins with a slash and does not end with one: " + root;
  }
  return out.rest.roots.empty() ? "at least one root is needed" : "";
}

std::string read_access(const XtsOptions& options, VenueOptions& out) {
  for (const std::string& text : options.credentials) {
    Credentials::Pair pair;
    if (!Credentials::read_pair(text, pair)) return "credentials are KEY:SECRET";
    out.credentials.push_back(std::move(pair));
  }
  if (!options.credentials_file.empty() && !std::ifstream{options.credentials_file}) return "cannot open " + options.credentials_file;
  out.credentials_file = options.credentials_file;
  out.token_lifetime_s = std::chrono::duration_cast<std::chrono::seconds>(options.token_lifetime).count();
  if (options.refusal != "http" && options.refusal != "middleware" && options.refusal != "after-connect") {
    return "the refusal is http, middleware or after-connect";
  }
  if (options.refusal == "middleware") out.refusal = Refusal::Middleware;
  if (options.refusal == "after-connect") out.refusal = Refusal::AfterConnect;
  out.refusal_status = options.refusal_status;
  out.close_replaced = options.close_replaced;
  if (options.invalid_token_status != 400 && options.invalid_token_status != 401) return "the status of an invalid token is 400 or 401";
  return {};
}

void read_rest(const XtsOptions& options, RestOptions& out) {
  out.subscriptions_max = options.subscriptions_max;
  out.batch_max = options.batch_max;
  out.subscribe_per_second = options.subscribe_per_second;
  out.quotes_per_second = options.quotes_per_second;
  out.remaining_count = options.remaining_count;
  out.bound_to_root = options.bound_to_root;
  out.master_needs_token = options.master_needs_token;
  out.invalid_token_status = options.invalid_token_status;
  out.application_expiry_date = options.application_expiry_date;
}

std::string read_market(const XtsOptions& options, VenueOptions& out) {
  if (options.rate < 0) return "the rate must not be negative";
  if (options.updates_per_second < 0) return "the updates a second must not be negative";
  if (options.symbols == 0 || options.symbols > kSymbolsMax) return "from 1 to 50000 symbols can be generated";
  if (options.packets_per_event == 0) return "an event holds at least one packet";
  if (options.flush_interval <= Duration::zero() || options.bar_interval <= Duration::zero()) return "intervals must be above zero";
  const double flush_seconds = std::chrono::duration<double>(options.flush_interval).count();
  out.symbols = options.symbols;
  out.market.seed = options.seed;
  out.market.exchange.moves_per_step = options.updates_per_second * options.rate * flush_seconds;
  out.market.exchange.always = options.rate == 0;
  out.flush_ns = options.flush_interval.count();
  out.bar_ns = options.bar_interval.count();
  out.property_ns = options.property_interval.count();
  out.market_status = options.market_status;
  out.flat = options.flat;
  out.packed = {options.narrow, options.deflate};
  out.packets_per_event = options.packets_per_event;
  return {};
}

std::string read_options(const XtsOptions& options, VenueOptions& out) {
  if (std::string problem = read_roots(options, out); !problem.empty()) return problem;
  if (std::string problem = read_access(options, out); !problem.empty()) return problem;
  if (std::string problem = read_market(options, out); !problem.empty()) return problem;
  if (std::string problem = parse_faults(fault_table(), options.faults, out.faults); !problem.empty()) return problem;
  read_rest(options, out.rest);
  out.ping_interval_ms = std::chrono::duration_cast<std::chrono::milliseconds>(options.ping_interval).count();
  out.ping_timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(options.ping_timeout).count();
  out.polling = options.polling;
  out.frames_path = options.frames_path;
  out.replay = {options.rate, options.loop, options.flush_interval.count()};
  out.start_after_ns = options.start_after.count();
  if (options.frames_path.empty()) return {};
  out.recording = std::make_unique<Recording>();
  return examine(options.frames_path, *out.recording);
}

std::string summarize(const Recording& recording) {
  std::string text = std::to_string(recording.instruments.size()) + " instruments, " + std::to_string(recording.frames) + " frames";
  if (recording.malformed != 0) text += ", " + std::to_string(recording.malformed) + " of them malformed";
  if (recording.bad_lines != 0) text += ", " + std::to_string(recording.bad_lines) + " bad lines, the first: " + recording.first_problem;
  return text;
}

}  // namespace

struct XtsServer::Impl final : SimServer<Venue, Link> {
  Impl(net::EventLoop& event_loop, const XtsOptions& options, const Clock* own_clock) : SimServer(event_loop, own_clock, options.tick) {
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

  void on_http(const net::HttpRequest& request, net::HttpReply reply) override { venue()->on_http(request, std::move(reply), now()); }
  int on_upgrade(const net::HttpRequest& request) override { return venue()->admit(request, now()); }
  std::string refusal_body() override { return venue()->refusal_body(); }
  std::chrono::milliseconds upgrade_delay() override { return std::chrono::milliseconds{venue()->handshake_delay_ns() / 1'000'000}; }
  Link& open(Wire& wire, const net::HttpRequest& request) override { return venue()->open(wire, request, now()); }
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override {
    venue()->on_message(client_of(connection), payload, binary, now());
  }

  std::string summary;
};

XtsServer::XtsServer(net::EventLoop& loop, const XtsOptions& options, const Clock* clock) : impl_(std::make_unique<Impl>(loop, options, clock)) {}
XtsServer::~XtsServer() = default;

std::string XtsServer::listen(const std::string& host, std::uint16_t port) { return impl_->listen(host, port); }

std::uint16_t XtsServer::port() const { return impl_->port(); }

std::string XtsServer::inject(std::string_view fault) { return impl_->inject(fault); }

std::size_t XtsServer::publish(InstrumentKey instrument, std::string_view name, std::string_view argument) {
  return impl_->venue() != nullptr ? impl_->venue()->publish(instrument, name, argument, impl_->now()) : 0;
}

std::size_t XtsServer::publish_packed(std::string_view packets) {
  return impl_->venue() != nullptr ? impl_->venue()->publish_packed(packets, impl_->now()) : 0;
}

std::size_t XtsServer::publish_frame(std::string_view bytes, bool binary) {
  return impl_->venue() != nullptr ? impl_->venue()->publish_frame(bytes, binary, impl_->now()) : 0;
}

void XtsServer::set_snapshot(const Subscription& subscription, std::string body) {
  if (impl_->venue() != nullptr) impl_->venue()->set_snapshot(subscription, std::move(body));
}

std::vector<XtsConnection> XtsServer::connections() const {
  std::vector<XtsConnection> out;
  if (impl_->venue() == nullptr) return out;
  for (const auto& socket : impl_->venue()->sockets()) {
    if (socket->ended) continue;
    out.push_back(
        {socket->id, socket->sid, socket->target, socket->user_id, socket->connected, socket->link == nullptr, socket->packed, socket->partial});
  }
  return out;
}

std::vector<XtsSession> XtsServer::sessions() const {
  std::vector<XtsSession> out;
  if (impl_->venue() == nullptr) return out;
  for (const auto& login : impl_->venue()->logins()) out.push_back({login->app_key, login->user_id, login->token, login->subscriptions});
  return out;
}

XtsCounters XtsServer::counters() const {
  XtsCounters out;
  if (impl_->venue() == nullptr) return out;
  static_cast<VenueCounters&>(out) = impl_->venue()->counters();
  if (const FramesPlayer* replay = impl_->venue()->replay(); replay != nullptr) {
    out.frames_played = replay->frames_played();
    out.replay_started = replay->started();
    out.replay_ended = replay->ended();
  }
  return out;
}

const std::deque<std::string>& XtsServer::requests() const { return impl_->requests(); }

std::vector<InstrumentKey> XtsServer::instruments() const {
  std::vector<InstrumentKey> out;
  if (impl_->venue() == nullptr) return out;
  for (const Row& row : impl_->venue()->list().rows()) out.push_back(key_of(row));
  return out;
}

std::string XtsServer::snapshot(const Subscription& subscription) const {
  return impl_->venue() != nullptr ? impl_->venue()->snapshot(subscription) : std::string{};
}

std::string XtsServer::recording_summary() const { return impl_->summary; }

}  // namespace tidegate::sim
