#include "gateway/distributor_options.hpp"

#include <cstddef>
#include <cstdint>

#include "gateway/version.hpp"

namespace tidegate {
namespace {

/// The configuration has checked that it is not negative.
std::size_t bound(std::int64_t configured) { return static_cast<std::size_t>(configured); }

}  // namespace

bool logins_configured(const Config& config) {
  const AuthSettings& auth = config.server.auth;
  return !auth.tokens_file.empty() || !auth.jwt.key.empty() || !auth.jwt.key_files.empty();
}

distributor::DistributorOptions distributor_options(const Config& config, const Access& access, const std::string& epoch) {
  distributor::DistributorOptions options;
  options.host = config.server.listen.host;
  options.port = config.server.listen.port;
  options.heartbeat = config.server.heartbeat;
  options.compression.on = config.server.compression == Compression::Deflate;
  options.compression.level = static_cast<int>(config.server.compression_level);
  options.compression.payload_bytes_min = bound(config.server.compression_min_bytes);
  options.outbox_bytes = bound(config.server.limits.outbox_bytes);
  options.message_bytes = bound(config.server.limits.message_bytes);
  options.slow_reader_timeout = config.server.limits.slow_reader_timeout;
  options.slow_reader_farewell = config.server.limits.slow_reader_farewell;
  options.replay = {bound(config.server.replay.per_stream_bytes), bound(config.server.replay.total_bytes), config.server.replay.window};
  options.completeness_logs = bound(config.server.replay.accounts);
  options.subscriptions_per_connection = bound(config.server.limits.subscriptions_per_connection);
  options.connections = bound(config.server.limits.connections);
  options.tls_certificate = config.server.tls.certificate;
  options.tls_private_key = config.server.tls.private_key;
  options.pending_connections = bound(config.server.limits.pending_connections);
  options.threads = bound(config.server.threads);
  options.io_uring = config.server.io_uring;
  const ServerTopics& topics = config.server.topics;
  options.topics.topics = bound(topics.topics);
  options.topics.retained = bound(topics.retained);
  options.topics.retained_bytes = bound(topics.retained_bytes);
  options.topics.message_bytes = bound(topics.message_bytes);
  options.topics.publish_per_minute = bound(topics.publish_per_minute);
  options.topics.idle = topics.idle;
  options.topics.idempotency_window = topics.idempotency_window;
  options.topics.idempotency_keys = bound(topics.idempotency_keys);
  options.version = kVersion;
  options.epoch = epoch;
  options.origins = config.server.origins;
  options.hosts = config.server.hosts;
  const ServerLimits& limits = config.server.limits;
  options.limits.connections_per_user = bound(limits.connections_per_user);
  options.limits.connections_per_address = bound(limits.connections_per_address);
  options.limits.subscriptions_per_user = bound(limits.subscriptions_per_user);
  options.limits.requests_per_minute = bound(limits.requests_per_minute);
  options.limits.http_requests_per_minute = bound(limits.http_requests_per_minute);
  options.limits.look_ups = bound(limits.look_ups);
  options.limits.handshake_timeout = limits.handshake_timeout;
  options.login.authenticator = access.authenticator;
  options.login.configured = logins_configured(config);
  options.login.required = config.server.auth.required;
  options.login.timeout = config.server.auth.login_timeout;
  options.login.expiry_notice = config.server.auth.expiry_notice;
  for (const BrokerConfig& broker : config.brokers) {
    options.broker_names.push_back(broker.name);
    options.broker_required.push_back(broker.required);
    options.broker_linger.push_back(broker.linger);
  }
  for (const StandingSubscription& standing : config.subscriptions) options.standing.push_back({standing.channels, standing.symbols});
  return options;
}

}  // namespace tidegate
