// The effective configuration as YAML. Shows every key; never shows a secret.
#include <algorithm>
#include <string>

#include "gateway/config/broker_section.hpp"
#include "gateway/config/calendars_section.hpp"
#include "gateway/config/config.hpp"
#include "gateway/core/frame.hpp"

namespace tidegate {
namespace {

constexpr std::int64_t kTopicBytes = 512;  // of a topic with a long name, without what is retained
constexpr std::int64_t kKeyBytes = 768;    // of a long user, topic and key

constexpr std::string_view kMask = "***";
constexpr std::int64_t kOutboxReserveBytes = 64 << 10;  // distributor/subscriber.hpp, kReserveBytes
constexpr std::int64_t kAccountBytes = 64 * 32 + 128;   // distributor/range_log.hpp: ranges, and what holds them

/// `text` as a YAML value: plain where that is safe, else in double quotes.
std::string yaml_text(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-:";
  constexpr std::string_view kSpecial[] = {"null", "Null", "NULL", "true", "false", "yes", "no", "on", "off"};
  const bool plain = !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos && text.front() != '-' && text.front() != ':' &&
                     text.back() != ':' && std::find(std::begin(kSpecial), std::end(kSpecial), text) == std::end(kSpecial);
  if (plain) return std::string(text);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20 || byte == 0x7F) {
      out.append("\\x").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 0xFU]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string option_text(const OptionSpec& spec, const OptionValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (spec.type == OptionType::Secret) return yaml_text(text->empty() ? std::string_view{} : kMask);
    return yaml_text(masked_url(*text));
  }
  if (const auto* duration = std::get_if<Duration>(&value)) return duration_text(*duration);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  const std::int64_t number = std::get<std::int64_t>(value);
  return spec.type == OptionType::Size ? size_text(number) : std::to_string(number);
}

class Printer {
 public:
  explicit Printer(const Config& config) : config_(config) {}

  std::string print() {
    server();
    pipeline();
    out_ += "brokers:\n";
    for (const BrokerConfig& broker : config_.brokers) one_broker(broker);
    lists();
    out_ += print_calendars(config_.calendars);
    out_ += "log:\n";
    put(1, "log", "level", config_.log.level);
    put(1, "log", "format", config_.log.format == LogFormat::Json ? "json" : "text");
    memory_bound();
    return std::move(out_);
  }

 private:
  /// One line `key: text`, where text is YAML already; a value that came from outside is shown as it was written.
  void put(int level, std::string_view path, std::string_view key, std::string_view text) {
    out_.append(static_cast<std::size_t>(level) * 2, ' ').append(key).append(": ").append(as_written(join_path(path, key), text)).append("\n");
  }
  void open(int level, std::string_view key) { out_.append(static_cast<std::size_t>(level) * 2, ' ').append(key).append(":\n"); }
  [[nodiscard]] std::string as_written(const std::string& path, std::string_view text) const {
    const auto found = config_.written.find(path);
    return found == config_.written.end() ? std::string(text) : yaml_text(found->second);
  }
  static std::string path_or_none(const std::string& path) { return path.empty() ? "~" : yaml_text(path); }
  static std::string_view truth(bool value) { return value ? "true" : "false"; }

  template <class List>
  std::string flow(const std::string& path, const List& list) const {
    std::string text = "[";
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) text += ", ";
      text += as_written(path + "[" + std::to_string(i) + "]", yaml_text(list[i]));
    }
    return text + "]";
  }

  void server() {
    const ServerConfig& server = config_.server;
    open(0, "server");
    put(1, "server", "listen", yaml_text(endpoint_text(server.listen)));
    open(1, "tls");
    put(2, "server.tls", "certificate", path_or_none(server.tls.certificate));
    put(2, "server.tls", "private_key", path_or_none(server.tls.private_key));
    put(1, "server", "origins", flow("server.origins", server.origins));
    put(1, "server", "hosts", flow("server.hosts", server.hosts));
    auth(server.auth);
    plans(server.plans);
    open(1, "limits");
    const ServerLimits& limits = server.limits;
    put(2, "server.limits", "connections", std::to_string(limits.connections));
    put(2, "server.limits", "connections_per_user", std::to_string(limits.connections_per_user));
    put(2, "server.limits", "connections_per_address", std::to_string(limits.connections_per_address));
    put(2, "server.limits", "subscriptions_per_connection", std::to_string(limits.subscriptions_per_connection));
    put(2, "server.limits", "subscriptions_per_user", std::to_string(limits.subscriptions_per_user));
    put(2, "server.limits", "requests_per_minute", std::to_string(limits.requests_per_minute));
    put(2, "server.limits", "http_requests_per_minute", std::to_string(limits.http_requests_per_minute));
    put(2, "server.limits", "look_ups", std::to_string(limits.look_ups));
    put(2, "server.limits", "outbox", size_text(limits.outbox_bytes));
    put(2, "server.limits", "message", size_text(limits.message_bytes));
    put(2, "server.limits", "handshake_timeout", duration_text(limits.handshake_timeout));
    put(2, "server.limits", "pending_connections", std::to_string(limits.pending_connections));
    put(2, "server.limits", "slow_reader_timeout", duration_text(limits.slow_reader_timeout));
    put(2, "server.limits", "slow_reader_farewell", duration_text(limits.slow_reader_farewell));
    open(1, "replay");
    put(2, "server.replay", "window", duration_text(server.replay.window));
    put(2, "server.replay", "per_stream", size_text(server.replay.per_stream_bytes));
    put(2, "server.replay", "total", size_text(server.replay.total_bytes));
    put(2, "server.replay", "accounts", std::to_string(server.replay.accounts));
    topics(server.topics);
    put(1, "server", "heartbeat", duration_text(server.heartbeat));
    put(1, "server", "threads", std::to_string(server.threads));
    put(1, "server", "io_uring", truth(server.io_uring));
    put(1, "server", "compression", server.compression == Compression::Off ? "off" : "deflate");
    put(1, "server", "compression_level", std::to_string(server.compression_level));
    put(1, "server", "compression_min_bytes", size_text(server.compression_min_bytes));
  }

  void auth(const AuthSettings& auth) {
    const JwtSettings& jwt = auth.jwt;
    const auto text_or_none = [](const std::string& text) { return text.empty() ? std::string("~") : yaml_text(text); };
    open(1, "auth");
    put(2, "server.auth", "required", truth(auth.required));
    put(2, "server.auth", "tokens_file", text_or_none(auth.tokens_file));
    open(2, "jwt");
    put(3, "server.auth.jwt", "algorithm", to_text(jwt.algorithm));
    const bool secret = jwt.algorithm == JwtAlgorithm::HS256 && !jwt.key.empty();
    put(3, "server.auth.jwt", "key", secret ? yaml_text(kMask) : text_or_none(jwt.key));
    put(3, "server.auth.jwt", "key_file", flow("server.auth.jwt.key_file", jwt.key_files));
    put(3, "server.auth.jwt", "issuer", text_or_none(jwt.issuer));
    put(3, "server.auth.jwt", "audience", text_or_none(jwt.audience));
    put(3, "server.auth.jwt", "leeway", duration_text(jwt.leeway));
    put(3, "server.auth.jwt", "require_expiry", truth(jwt.require_expiry));
    put(2, "server.auth", "login_timeout", duration_text(auth.login_timeout));
    put(2, "server.auth", "expiry_notice", duration_text(auth.expiry_notice));
  }

  void plans(const Plans& plans) {
    open(1, "plans");
    for (const auto& [name, grant] : plans) {
      const std::string path = join_path("server.plans", name);
      open(2, yaml_text(name));
      put(3, path, "symbols", flow(path + ".symbols", grant.symbols.texts()));
      put(3, path, "channels", flow(path + ".channels", grant.channels.texts()));
      put(3, path, "topics", flow(path + ".topics", grant.topics.texts()));
      put(3, path, "publish", flow(path + ".publish", grant.publish.texts()));
    }
  }

  void topics(const ServerTopics& topics) {
    open(1, "topics");
    put(2, "server.topics", "topics", std::to_string(topics.topics));
    put(2, "server.topics", "retained", std::to_string(topics.retained));
    put(2, "server.topics", "retained_bytes", size_text(topics.retained_bytes));
    put(2, "server.topics", "message", size_text(topics.message_bytes));
    put(2, "server.topics", "publish_per_minute", std::to_string(topics.publish_per_minute));
    put(2, "server.topics", "idle", duration_text(topics.idle));
    put(2, "server.topics", "idempotency_window", duration_text(topics.idempotency_window));
    put(2, "server.topics", "idempotency_keys", std::to_string(topics.idempotency_keys));
  }

  void pipeline() {
    const PipelineConfig& pipeline = config_.pipeline;
    constexpr std::string_view kModes[] = {"auto", "inline", "threads"};
    open(0, "pipeline");
    put(1, "pipeline", "mode", kModes[static_cast<std::size_t>(pipeline.mode)]);
    put(1, "pipeline", "wait", pipeline.wait == PipelineWait::Spin ? "spin" : "sleep");
    put(1, "pipeline", "quiet_after", duration_text(pipeline.quiet_after));
    put(1, "pipeline", "frame_queue", std::to_string(pipeline.frame_queue_frames));
    put(1, "pipeline", "frame_queue_bytes", size_text(pipeline.frame_queue_bytes));
    put(1, "pipeline", "record_queue", size_text(pipeline.record_queue_bytes));
  }

  void one_broker(const BrokerConfig& broker) {
    const std::string path = join_path("brokers", broker.name);
    out_ += "  " + yaml_text(broker.name) + ":\n";
    put(2, path, "adapter", yaml_text(broker.adapter));
    put(2, path, "ws_url", yaml_text(masked_url(broker.ws_url)));
    put(2, path, "rest_url", yaml_text(masked_url(broker.rest_url)));
    open(2, "tls");
    put(3, path + ".tls", "verify", truth(broker.tls_verify));
    put(3, path + ".tls", "ca_file", yaml_text(broker.tls_ca_file));
    open(2, "reconnect");
    put(3, path + ".reconnect", "initial", duration_text(broker.reconnect_initial));
    put(3, path + ".reconnect", "maximum", duration_text(broker.reconnect_maximum));
    put(2, path, "stale_after", duration_text(broker.stale_after));
    put(2, path, "linger", duration_text(broker.linger));
    put(2, path, "secret_timeout", duration_text(broker.secret_timeout));
    put(2, path, "required", truth(broker.required));
    put(2, path, "insecure", truth(broker.insecure));
    options(broker, path);
  }

  /// In the adapter's order, except that the keys of one section ("requests.timeout") stand together under its name.
  void options(const BrokerConfig& broker, const std::string& path) {
    std::vector<std::string_view> sections;
    const std::span<const OptionSpec> specs = config_.broker_sources[broker.id.value()]->adapter->options;
    for (const OptionSpec& spec : specs) {
      const std::size_t dot = spec.key.find('.');
      if (dot == std::string_view::npos) {
        put(2, path, spec.key, option_text(spec, broker.options.find(spec.key)->second));
        continue;
      }
      const std::string_view section = spec.key.substr(0, dot);
      if (std::find(sections.begin(), sections.end(), section) != sections.end()) continue;
      sections.push_back(section);
      open(2, section);
      for (const OptionSpec& inner : specs) {
        if (inner.key.size() <= dot || inner.key.substr(0, dot + 1) != spec.key.substr(0, dot + 1)) continue;
        put(3, path + "." + std::string(section), inner.key.substr(dot + 1), option_text(inner, broker.options.find(inner.key)->second));
      }
    }
  }

  void lists() {
    out_ += config_.routing.empty() ? "routing: []\n" : "routing:\n";
    for (std::size_t i = 0; i < config_.routing.size(); ++i) {
      const std::string path = "routing[" + std::to_string(i) + "]";
      const RoutingRule& rule = config_.routing[i];
      out_ += "  - venues: " + flow(path + ".venues", rule.venues) + "\n";
      put(2, path, "brokers", flow(path + ".brokers", rule.brokers));
      put(2, path, "standby", rule.failover.standby == Standby::Hot ? "hot" : "warm");
      put(2, path, "failover_after", duration_text(rule.failover.failover_after));
      put(2, path, "return_after", duration_text(rule.failover.return_after));
      put(2, path, "tolerance", rule.failover.tolerance.present() ? to_text(rule.failover.tolerance) + "%" : "off");
    }
    out_ += config_.instruments.empty() ? "instruments: []\n" : "instruments:\n";
    for (std::size_t i = 0; i < config_.instruments.size(); ++i) {
      const std::string path = "instruments[" + std::to_string(i) + "]";
      out_ += "  - symbol: " + as_written(path + ".symbol", yaml_text(config_.instruments[i].symbol)) + "\n    ids:\n";
      for (const auto& [broker, id] : config_.instruments[i].ids) put(3, path + ".ids", yaml_text(broker), yaml_text(id));
    }
    out_ += config_.subscriptions.empty() ? "subscriptions: []\n" : "subscriptions:\n";
    for (std::size_t i = 0; i < config_.subscriptions.size(); ++i) {
      const std::string path = "subscriptions[" + std::to_string(i) + "]";
      std::vector<std::string_view> channels;
      for (const Channel channel : config_.subscriptions[i].channels) channels.push_back(to_text(channel));
      out_ +=
          "  - {channels: " + flow(path + ".channels", channels) + ", symbols: " + flow(path + ".symbols", config_.subscriptions[i].symbols) + "}\n";
    }
  }

  /// Rounded up to whole MiB: a bound, read by people.
  static std::string rounded(std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + "MiB"; }

  void memory_bound() {
    const ServerLimits& limits = config_.server.limits;
    const std::int64_t outboxes = limits.connections * (limits.outbox_bytes + kOutboxReserveBytes);
    const std::int64_t replay = config_.server.replay.per_stream_bytes == 0 ? 0 : config_.server.replay.total_bytes;
    const std::int64_t accounts = config_.server.replay.accounts * kAccountBytes;
    const std::int64_t frames =
        config_.pipeline.frame_queue_frames * static_cast<std::int64_t>(sizeof(RawFrame)) + config_.pipeline.frame_queue_bytes;
    const std::int64_t records = config_.pipeline.record_queue_bytes;
    const ServerTopics& limits_of_topics = config_.server.topics;
    const std::int64_t topics =
        limits_of_topics.retained_bytes + limits_of_topics.topics * kTopicBytes + limits_of_topics.idempotency_keys * kKeyBytes;
    out_ += "# Memory when every bound is reached at once: " + rounded(outboxes + frames + records + replay + accounts + topics) + "\n";
    out_ += "#   outboxes: " + rounded(outboxes) + " (server.limits: " + std::to_string(limits.connections) + " connections of " +
            size_text(limits.outbox_bytes) + " and a reserve of " + size_text(kOutboxReserveBytes) + "; an empty outbox holds nothing)\n";
    out_ += "#   replay: " + rounded(replay) + " (server.replay.total)\n";
    out_ += "#   accounts of losses: " + rounded(accounts) + " (server.replay.accounts, " + std::to_string(kAccountBytes) + "B each)\n";
    out_ += "#   frame queue: " + rounded(frames) + " (" + std::to_string(config_.pipeline.frame_queue_frames) + " frames and " +
            size_text(config_.pipeline.frame_queue_bytes) + " of text)\n";
    out_ += "#   record queue: " + rounded(records) + "\n";
    out_ += "#   topics: " + rounded(topics) + " (server.topics: " + size_text(limits_of_topics.retained_bytes) + " of retained values, " +
            std::to_string(limits_of_topics.topics) + " topics, " + std::to_string(limits_of_topics.idempotency_keys) + " keys)\n";
  }

  const Config& config_;
  std::string out_;
};

}  // namespace

std::string print_config(const Config& config) { return Printer(config).print(); }

}  // namespace tidegate
