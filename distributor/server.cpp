#include "distributor/server.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "distributor/control_messages.hpp"
#include "distributor/dialects/dialect.hpp"
#include "distributor/http_answers.hpp"

namespace tidegate::distributor {
namespace {

/// The socket's own bound lies above ours, so that a client that oversteps is told so by an error and not by a bare close.
constexpr std::size_t kSocketBoundFactor = 4;

/// Of a publish request, besides its data.
constexpr std::size_t kPublishAroundBytes = 4096;

/// Where a WebSocket may be opened.
constexpr std::array<std::string_view, 3> kPaths = {"/ws", "/ws/market", "/ws/trading"};

net::WsServerOptions socket_options(const DistributorOptions& options) {
  net::WsServerOptions socket;
  socket.message_bytes_max = options.message_bytes * kSocketBoundFactor;
  socket.http_body_bytes_max = std::max(socket.http_body_bytes_max, options.topics.message_bytes + kPublishAroundBytes);
  socket.tls = {options.tls_certificate, options.tls_private_key};
  socket.handshake_timeout = std::chrono::ceil<std::chrono::milliseconds>(options.limits.handshake_timeout);
  socket.pending_connections_max = options.pending_connections;
  socket.threads = options.threads;
  socket.io_uring = options.io_uring;
  socket.compression = options.compression;
  return socket;
}

}  // namespace

Server::Server(net::EventLoop& loop, Hub& hub, RequestHandler& requests, HttpApi& http, Login& login, SessionKeeper& keeper)
    : hub_(hub), requests_(requests), http_(http), login_(login), keeper_(keeper), server_(loop, *this, socket_options(hub.options)) {}

std::string Server::listen() {
  std::string problem = server_.listen(hub_.options.host, hub_.options.port);
  hub_.tls_expires_unix_s = server_.tls_expires_unix_s();
  return problem;
}

void Server::configure() { server_.set_limits(socket_options(hub_.options)); }

std::string Server::reload_tls() {
  std::string problem = server_.reload_tls();
  hub_.tls_expires_unix_s = server_.tls_expires_unix_s();
  return problem;
}

void Server::flush() {
  server_.flush();
  const net::WsServerTotals totals = server_.totals();
  GatewayCounters& counters = hub_.telemetry.gateway;
  count(counters.writes, totals.writes - counted_.writes);
  count(counters.bytes_sent, totals.bytes - counted_.bytes);
  count(counters.handshakes_expired, totals.handshakes_expired - counted_.handshakes_expired);
  count(counters.pending_displaced, totals.pending_displaced - counted_.pending_displaced);
  count(counters.protocol_violations, totals.protocol_violations - counted_.protocol_violations);
  count(counters.tls_failures, totals.tls_failures - counted_.tls_failures);
  const net::CompressionTotals &compression = totals.compression, &compression_counted = counted_.compression;
  count(counters.frames_compressed, compression.frames - compression_counted.frames);
  count(counters.compression_bytes_before, compression.bytes_before - compression_counted.bytes_before);
  count(counters.compression_bytes_after, compression.bytes_after - compression_counted.bytes_after);
  count(counters.compressions_in_vain, compression.frames_as_before - compression_counted.frames_as_before);
  counted_ = totals;
}

void Server::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  const Hub::Scope scope(hub_);
  reply(http_.respond(request));
}

/// 101, or why there is no upgrade. Logins and limits of connections come after it: they accept, tell, and close with their code.
net::HttpResponse Server::upgrade_answer(const net::HttpRequest& request) {
  if (auto refused = http_.turn_away(request)) return std::move(*refused);
  if (hub_.shutting_down || hub_.draining) return refusal(503, "the gateway takes no more clients", "connect again later");
  const auto* const known = std::find(kPaths.begin(), kPaths.end(), request.path());
  return known == kPaths.end() ? refusal(404, "no such page", "WebSockets are at /ws, /ws/market and /ws/trading") : json_answer(101, {});
}

int Server::on_upgrade(const net::HttpRequest& request) {
  net::HttpResponse answer = upgrade_answer(request);
  refusal_body_ = std::move(answer.body);
  return answer.status;
}

void Server::on_open(net::WsConnection& connection) {
  const Hub::Scope scope(hub_);
  Subscriber& subscriber = hub_.join(connection);
  if (hub_.shutting_down || hub_.draining) {
    return hub_.part(subscriber, {code::kShuttingDown, "the gateway takes no more clients", "connect again later"});
  }
  if (const Complaint complaint = choose_dialect(subscriber, connection.request()); complaint.code != 0) return hub_.part(subscriber, complaint);
  if (!login_.admit(subscriber, connection.request())) return;
  keeper_.watch(subscriber);
  const std::string session = hub_.options.epoch + "-" + std::to_string(subscriber.id().value());
  WelcomeFacts facts;
  facts.session = session;
  facts.epoch = hub_.options.epoch;
  facts.version = hub_.options.version;
  facts.heartbeat_seconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(hub_.options.heartbeat).count());
  facts.subscriptions_per_connection = hub_.options.subscriptions_per_connection;
  facts.message_bytes = hub_.options.message_bytes;
  facts.outbox_bytes = hub_.options.outbox_bytes;
  if (!subscriber.session.awaiting_login) facts.brokers = hub_.brokers;
  hub_.answer(subscriber, welcome_message(facts));
}

void Server::on_message(net::WsConnection& connection, std::string_view payload, bool binary) {
  const Hub::Scope scope(hub_);
  Subscriber& subscriber = *static_cast<Subscriber*>(connection.user);
  keeper_.heard(subscriber);
  requests_.on_message(subscriber, payload, binary);
}

bool Server::on_ping(net::WsConnection& connection, std::string_view) {
  const Hub::Scope scope(hub_);  // the pong goes behind what came before
  if (connection.user != nullptr) keeper_.heard(*static_cast<Subscriber*>(connection.user));
  return true;
}

void Server::on_pong(net::WsConnection& connection, std::string_view) {
  if (connection.user != nullptr) keeper_.heard(*static_cast<Subscriber*>(connection.user));
}

void Server::on_closed(net::WsConnection& connection, int, std::string_view) {
  const Hub::Scope scope(hub_);
  hub_.leave(*static_cast<Subscriber*>(connection.user));
  connection.user = nullptr;
}

}  // namespace tidegate::distributor
