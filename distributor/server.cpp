#include "distributor/server.hpp"

#include <utility>

#include "distributor/control_messages.hpp"

namespace tidegate::distributor {
namespace {

/// The socket's own bound lies above ours, so that a client that oversteps is told so by an error and not by a bare close.
constexpr std::size_t kSocketBoundFactor = 4;

net::WsServerOptions socket_options(const DistributorOptions& options) {
  net::WsServerOptions socket;
  socket.message_bytes_max = options.message_bytes * kSocketBoundFactor;
  socket.tls = {options.tls_certificate, options.tls_private_key};
  socket.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(options.handshake_timeout);
  socket.pending_connections_max = options.pending_connections;
  return socket;
}

}  // namespace

Server::Server(net::EventLoop& loop, Hub& hub, RequestHandler& requests, HttpApi& http)
    : hub_(hub), requests_(requests), http_(http), server_(loop, *this, socket_options(hub.options)) {}

std::string Server::listen() {
  std::string problem = server_.listen(hub_.options.host, hub_.options.port);
  hub_.tls_expires_unix_s = server_.tls_expires_unix_s();
  return problem;
}

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
  counted_ = totals;
}

void Server::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  const Hub::Scope scope(hub_);
  reply(http_.respond(request));
}

/// The place where logins and limits of connections join: they accept here and close with their code after on_open.
int Server::on_upgrade(const net::HttpRequest& request) {
  if (hub_.shutting_down) return 503;
  if (!http_.origin_allowed(request)) return 403;
  return request.path() == "/ws" ? 101 : 404;
}

void Server::on_open(net::WsConnection& connection) {
  const Hub::Scope scope(hub_);
  Subscriber& subscriber = hub_.join(connection);
  if (hub_.shutting_down) return hub_.part(subscriber, {code::kShuttingDown, "the gateway is shutting down", "connect again later"});
  if (hub_.connection_count() > hub_.options.connections) {
    return hub_.part(subscriber, {code::kTooManyConnections, "at most " + std::to_string(hub_.options.connections) + " connections",
                                  "close one, or raise server.limits.connections"});
  }
  const std::string session = hub_.options.epoch + "-" + std::to_string(subscriber.id().value());
  WelcomeFacts facts;
  facts.session = session;
  facts.epoch = hub_.options.epoch;
  facts.version = hub_.options.version;
  facts.heartbeat_seconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(hub_.options.heartbeat).count());
  facts.subscriptions_per_connection = hub_.options.subscriptions_per_connection;
  facts.message_bytes = hub_.options.message_bytes;
  facts.outbox_bytes = hub_.options.outbox_bytes;
  facts.brokers = hub_.brokers;
  hub_.answer(subscriber, welcome_message(facts));
}

void Server::on_message(net::WsConnection& connection, std::string_view payload, bool binary) {
  const Hub::Scope scope(hub_);
  requests_.on_message(*static_cast<Subscriber*>(connection.user), payload, binary);
}

void Server::on_closed(net::WsConnection& connection, int, std::string_view) {
  const Hub::Scope scope(hub_);
  hub_.leave(*static_cast<Subscriber*>(connection.user));
  connection.user = nullptr;
}

}  // namespace tidegate::distributor
