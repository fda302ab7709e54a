// The file as a whole: its sections, and what must fit between them.
#include <algorithm>
#include <iterator>
#include <set>

#include "gateway/config/access_files.hpp"
#include "gateway/config/access_section.hpp"
#include "gateway/config/broker_section.hpp"
#include "gateway/config/calendars_section.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/tls_files.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {
namespace {

constexpr std::size_t kBrokersMax = 1000;
constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kGiB = 1 << 30;
constexpr Duration kHeartbeatMin{1'000'000};
constexpr Duration kTimeoutMin{10'000'000};
constexpr Duration kHour{3'600'000'000'000};
constexpr Duration kIdleMin{1'000'000'000};
constexpr Duration kIdleMax = 8760 * kHour;
constexpr Duration kReturnMin{1'000'000};

void read_origins(Section& server, ServerConfig& config) {
  for (const Scalar& origin : server.texts("origins")) {
    const UrlText url = parse_url(origin.text);
    const bool bare = url.url && origin.text.find_first_of("/?#@", url.url->scheme.size() + 3) == std::string::npos;
    if (!bare || (url.url->scheme != "http" && url.url->scheme != "https")) {
      origin.refuse(origin.shown + " is not a browser origin", "write scheme, host and port only, such as https://charts.example.com");
    }
    config.origins.push_back(origin.text);
  }
}

void warn(Config& config, const Scalar& about, std::string_view problem, std::string_view remedy) {
  config.warnings.emplace_back(ConfigError(about.place, about.path, problem, remedy).what());
}

void read_tls(Section& tls, Config& config) {
  ServerTls& files = config.server.tls;
  files.certificate = tls.file("certificate").value_or("");
  files.private_key = tls.file("private_key").value_or("");
  if (files.certificate.empty() && files.private_key.empty()) return;
  if (files.certificate.empty()) tls.missing("certificate", "name the file of the certificate chain (PEM)");
  if (files.private_key.empty()) tls.missing("private_key", "name the file of the private key (PEM)");
  const Scalar certificate = *tls.scalar("certificate");
  const Scalar key = *tls.scalar("private_key");
  std::string certificate_text, key_text;
  if (!read_whole_file(files.certificate, certificate_text).empty() || !read_whole_file(files.private_key, key_text).empty()) {
    certificate.refuse("the files changed while they were read", "start again");
  }
  const TlsFilesReport report = inspect_tls_texts(certificate_text, key_text, SystemClock{}.utc());
  if (report.wrong != TlsFilesReport::Wrong::Nothing) {
    const Scalar& wrong = report.wrong == TlsFilesReport::Wrong::PrivateKey ? key : certificate;
    wrong.refuse("the file " + wrong.shown + " " + report.problem, report.remedy);
  }
  if (!report.warning.empty()) {
    warn(config, certificate, "the certificate in " + certificate.shown + " " + report.warning,
         "renew it, put it in the file's place, and send the gateway SIGHUP");
  }
}

void read_hosts(Section& server, ServerConfig& config) {
  for (const Scalar& host : server.texts("hosts")) {
    if (host.text.empty() || host.text.find_first_of("/*@?# \t") != std::string::npos) {
      host.refuse(host.shown + " is not the name of a host", "write NAME or NAME:PORT, such as gate.example.com");
    }
    config.hosts.push_back(host.text);
  }
}

void read_limits(Section& limits, ServerLimits& config) {
  config.connections = limits.integer("connections", config.connections, 1, 1'000'000);
  config.connections_per_user = limits.integer("connections_per_user", config.connections_per_user, 1, 1'000'000);
  config.connections_per_address = limits.integer("connections_per_address", config.connections_per_address, 0, 1'000'000);
  config.subscriptions_per_connection = limits.integer("subscriptions_per_connection", config.subscriptions_per_connection, 1, 1'000'000);
  config.subscriptions_per_user = limits.integer("subscriptions_per_user", config.subscriptions_per_user, 0, 1'000'000'000);
  config.requests_per_minute = limits.integer("requests_per_minute", config.requests_per_minute, 1, 1'000'000'000);
  config.http_requests_per_minute = limits.integer("http_requests_per_minute", config.http_requests_per_minute, 0, 1'000'000'000);
  config.look_ups = limits.integer("look_ups", config.look_ups, 1, 4096);
  config.outbox_bytes = limits.size("outbox", config.outbox_bytes, kKiB, kGiB);
  config.message_bytes = limits.size("message", config.message_bytes, 128, 64 * kKiB * kKiB);
  config.handshake_timeout = limits.duration("handshake_timeout", config.handshake_timeout, kTimeoutMin, kHour);
  config.pending_connections = limits.integer("pending_connections", config.pending_connections, 1, 1'000'000);
  config.slow_reader_timeout = limits.duration("slow_reader_timeout", config.slow_reader_timeout, kTimeoutMin, kHour);
  config.slow_reader_farewell = limits.duration("slow_reader_farewell", config.slow_reader_farewell, kTimeoutMin, kHour);
}

void read_replay(Section& replay, ServerReplay& config) {
  config.window = replay.duration("window", config.window, kTimeoutMin, 24 * kHour);
  config.per_stream_bytes = replay.size("per_stream", config.per_stream_bytes, 0, kGiB);
  config.total_bytes = replay.size("total", config.total_bytes, 0, 64 * kGiB);
  config.accounts = replay.integer("accounts", config.accounts, 0, 10'000'000);
}

void read_topics(Section& topics, ServerTopics& config) {
  config.topics = topics.integer("topics", config.topics, 1, 10'000'000);
  config.retained = topics.integer("retained", config.retained, 0, 10'000'000);
  config.retained_bytes = topics.size("retained_bytes", config.retained_bytes, 0, 64 * kGiB);
  config.message_bytes = topics.size("message", config.message_bytes, 128, 16 * kMiB);
  config.publish_per_minute = topics.integer("publish_per_minute", config.publish_per_minute, 1, 1'000'000'000);
  config.idle = topics.duration("idle", config.idle, kIdleMin, kIdleMax);
  config.idempotency_window = topics.duration("idempotency_window", config.idempotency_window, kIdleMin, 24 * kHour);
  config.idempotency_keys = topics.integer("idempotency_keys", config.idempotency_keys, 1, 10'000'000);
}

void read_server(Section& server, Config& whole, const LoadOptions& options) {
  ServerConfig& config = whole.server;
  const auto listen = server.scalar("listen");
  if (listen) {
    EndpointText endpoint = parse_endpoint(listen->text);
    if (!endpoint.endpoint) listen->refuse("the address " + listen->shown + " " + endpoint.problem, "write HOST:PORT, such as 127.0.0.1:7410");
    config.listen = std::move(*endpoint.endpoint);
  }
  read_tls(server.child("tls"), whole);
  read_origins(server, config);
  read_hosts(server, config);
  read_auth(server.child("auth"), config.auth, !options.login_at.empty());
  read_plans(server, config.plans, whole.written);
  read_limits(server.child("limits"), config.limits);
  read_topics(server.child("topics"), config.topics);
  read_replay(server.child("replay"), config.replay);
  config.heartbeat = server.duration("heartbeat", config.heartbeat, kHeartbeatMin, kHour);
  config.threads = server.integer("threads", config.threads, 1, 64);
  config.io_uring = server.boolean("io_uring", config.io_uring);
  config.compression = server.choice("compression", "off", {"off", "deflate"}) == "off" ? Compression::Off : Compression::Deflate;
  config.compression_level = server.integer("compression_level", config.compression_level, 1, 9);
  config.compression_min_bytes = server.size("compression_min_bytes", config.compression_min_bytes, 0, kMiB);
  if (!is_loopback(config.listen.host) && !config.auth.required) {
    listen->refuse("the address " + listen->shown + " can be reached from other machines, and server.auth.required is false",
                   "set it to true and say in server.auth who may log in, or listen on 127.0.0.1");
  }
  if (!is_loopback(config.listen.host) && config.tls.certificate.empty()) {
    warn(whole, *listen,
         "tokens and data travel in the clear, since the address " + listen->shown + " can be reached from other machines without TLS",
         "set server.tls, or put a proxy with TLS in front and listen on 127.0.0.1");
  }
}

void read_pipeline(Section& pipeline, PipelineConfig& config) {
  const std::string mode = pipeline.choice("mode", "auto", {"auto", "inline", "threads"});
  config.mode = mode == "auto" ? PipelineMode::Auto : mode == "inline" ? PipelineMode::Inline : PipelineMode::Threads;
  config.wait = pipeline.choice("wait", "sleep", {"sleep", "spin"}) == "sleep" ? PipelineWait::Sleep : PipelineWait::Spin;
  config.quiet_after = pipeline.duration("quiet_after", config.quiet_after, Duration{}, 24 * kHour);
  config.frame_queue_frames = pipeline.integer("frame_queue", config.frame_queue_frames, 64, 16'777'216);
  config.frame_queue_bytes = pipeline.size("frame_queue_bytes", config.frame_queue_bytes, 16 * kMiB, 64 * kGiB);
  config.record_queue_bytes = pipeline.size("record_queue", config.record_queue_bytes, 64 * kKiB, 4 * kGiB);
}

void read_brokers(Section& root, Config& config, std::span<const Adapter* const> adapters, const LoadOptions& options) {
  constexpr std::string_view kRemedy = "write at least one, such as {binance: {adapter: binance}}";
  const YamlValue* brokers = root.value("brokers");
  if (brokers == nullptr) root.missing("brokers", kRemedy);
  Section section(*brokers, "brokers", config.written);  // refuses what is not a mapping
  if (brokers->entries.empty()) root.refuse("brokers", "names no broker", kRemedy);
  if (brokers->entries.size() > kBrokersMax) root.refuse("brokers", "names more than 1000 brokers", "run several gateways");
  for (const YamlEntry& entry : brokers->entries) {
    const BrokerId id{static_cast<std::uint16_t>(config.brokers.size())};
    config.broker_sources.push_back(find_broker_source(entry, id, adapters));
    config.brokers.push_back(read_broker(*config.broker_sources.back(), config.written, options));
  }
}

FailoverRule read_failover(Section& rule) {
  FailoverRule read;
  read.standby = rule.choice("standby", "warm", {"hot", "warm"}) == "hot" ? Standby::Hot : Standby::Warm;
  read.failover_after = rule.duration("failover_after", read.failover_after, Duration::zero(), kHour);
  read.return_after = rule.duration("return_after", read.return_after, kReturnMin, 24 * kHour);
  const auto tolerance = rule.scalar("tolerance");
  if (!tolerance || tolerance->text == "off") return read;
  const auto percent = parse_percent(tolerance->text);
  if (!percent) {
    tolerance->refuse(tolerance->shown + " is not a percentage between 0.0001% and 100%",
                      "write a decimal with at most four places and %, such as 0.5%, or off");
  }
  read.tolerance = *percent;
  return read;
}

class CrossReader {  // the sections that speak of brokers and venues
 public:
  explicit CrossReader(Config& config) : config_(config) {
    for (const BrokerConfig& broker : config.brokers) {
      names_.push_back(broker.name);
      const Adapter& adapter = *config.broker_sources[broker.id.value()]->adapter;
      if (adapter.venues == nullptr) continue;
      asks_for_names_ = asks_for_names_ || adapter.may_know != nullptr;
      for (std::string& venue : adapter.venues(broker)) {
        if (std::find(venues_.begin(), venues_.end(), venue) == venues_.end()) venues_.push_back(venue);
        served_.emplace(broker.name, std::move(venue));
      }
    }
  }

  void read_routing(Section& root) {
    std::set<std::string> routed;
    each(root, "routing", [&](Section& rule) {
      RoutingRule& read = config_.routing.emplace_back();
      for (const Scalar& broker : need_texts(rule, "brokers", "name at least one broker")) {
        require_broker(broker);
        if (std::find(read.brokers.begin(), read.brokers.end(), broker.text) != read.brokers.end()) {
          broker.refuse("the broker " + broker.shown + " stands in the list twice", "name it once");
        }
        read.brokers.push_back(broker.text);
      }
      for (const Scalar& venue : need_texts(rule, "venues", "name at least one venue")) {
        if (!is_venue(venue.text)) venue.refuse(venue.shown + " cannot be a venue", "write it in capitals, such as BINANCE");
        if (!routed.insert(venue.text).second) venue.refuse("the venue " + venue.shown + " is routed twice", "keep one rule for a venue");
        for (const std::string& broker : read.brokers) {
          if (!served_.contains({broker, venue.text})) {
            venue.refuse("the broker \"" + broker + "\" does not serve the venue " + venue.shown, "route a venue to brokers that serve it");
          }
        }
        read.venues.push_back(venue.text);
      }
      read.failover = read_failover(rule);
    });
  }

  void read_instruments(Section& root) {
    std::set<std::string> seen;
    each(root, "instruments", [&](Section& entry) {
      InstrumentConfig& read = config_.instruments.emplace_back();
      const auto symbol = entry.scalar("symbol");
      if (!symbol) entry.missing("symbol", "write VENUE:NAME");
      require_symbol(*symbol);
      if (!seen.insert(symbol->text).second) symbol->refuse("the symbol " + symbol->shown + " is listed twice", "keep one entry for a symbol");
      read.symbol = symbol->text;
      const YamlValue* ids = entry.value("ids");
      if (ids == nullptr || ids->entries.empty()) {
        if (ids != nullptr) Section(*ids, entry.path_of("ids"), config_.written);  // refuses what is not a mapping
        entry.missing("ids", "write {BROKER: ID}, the broker's own id of the instrument");
      }
      for (const YamlEntry& id : ids->entries) {
        const std::string path = join_path(entry.path_of("ids"), id.key);
        require_broker({id.key, in_quotes(id.key), path, id.place, false});
        const Scalar text = read_scalar(id.value, path, config_.written);
        if (text.text.empty()) text.refuse("the id is empty", "write the broker's own id of the instrument");
        read.ids.emplace_back(id.key, text.text);
      }
    });
  }

  void read_subscriptions(Section& root) {
    each(root, "subscriptions", [&](Section& entry) {
      StandingSubscription& read = config_.subscriptions.emplace_back();
      for (const Scalar& name : need_texts(entry, "channels", "name at least one channel, such as trade")) {
        const auto channel = parse_channel(name.text);
        if (!channel)
          name.refuse("there is no channel " + name.shown, suggest(name.text, {kChannelNames.begin(), kChannelNames.end()}, "the channels"));
        read.channels.push_back(*channel);
      }
      for (const Scalar& symbol : need_texts(entry, "symbols", "name at least one symbol, as VENUE:NAME")) {
        require_symbol(symbol);
        const std::string venue(*venue_of(symbol.text));
        if (std::find(venues_.begin(), venues_.end(), venue) == venues_.end()) {
          symbol.refuse("no configured broker serves the venue of " + symbol.shown, suggest(venue, venues_, "the venues"));
        }
        read.symbols.push_back(symbol.text);
      }
    });
  }

  void read_calendars(Section& root) {
    CalendarsRead read = tidegate::read_calendars(root, asks_for_names_ ? std::vector<std::string>{} : venues_, SystemClock{}.utc(), config_.written);
    config_.calendars = std::move(read.calendars);
    std::move(read.warnings.begin(), read.warnings.end(), std::back_inserter(config_.warnings));
  }

 private:
  template <class Read>
  void each(Section& root, std::string_view key, Read read) {
    const YamlValue* list = root.value(key);
    if (list == nullptr) return;
    require_list(*list, std::string(key));
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const std::string path = std::string(key) + "[" + std::to_string(i) + "]";
      Section section(list->items[i], path, config_.written);
      read(section);
      section.finish();
    }
  }

  static std::vector<Scalar> need_texts(Section& section, std::string_view key, std::string_view remedy) {
    std::vector<Scalar> texts = section.texts(key);
    if (texts.empty()) section.missing(key, remedy);
    return texts;
  }
  void require_broker(const Scalar& name) const {
    if (std::find(names_.begin(), names_.end(), name.text) != names_.end()) return;
    name.refuse("there is no broker " + name.shown + " under brokers", suggest(name.text, names_, "the brokers"));
  }
  static void require_symbol(const Scalar& symbol) {
    if (!venue_of(symbol.text)) symbol.refuse(symbol.shown + " is not a symbol", "write VENUE:NAME, such as BINANCE:BTCUSDT");
  }

  Config& config_;
  std::vector<std::string> names_;
  std::vector<std::string> venues_;
  std::set<std::pair<std::string, std::string>> served_;  // broker, venue
  bool asks_for_names_ = false;                           // some broker may serve more venues than it lists
};

void read_log(Section& log, LogConfig& config) {
  config.level = log.choice("level", config.level, {"trace", "debug", "info", "warning", "error"});
  config.format = log.choice("format", "text", {"text", "json"}) == "json" ? LogFormat::Json : LogFormat::Text;
}

Place place_of_jwt_key(Section& root, const std::filesystem::path& path) {
  const YamlValue* key = root.child("server").child("auth").child("jwt").value("key");
  return key != nullptr ? key->place : Place{std::make_shared<const std::string>(path.string()), 1, 1};
}

}  // namespace

Config load_config(const std::filesystem::path& path, std::span<const Adapter* const> adapters, const LoadOptions& options) {
  std::string content;
  if (const std::string wrong = read_whole_file(path, content); !wrong.empty()) {
    throw ConfigError({std::make_shared<const std::string>(path.string()), 1, 1}, kWholeFile, "the file cannot be read (" + wrong + ")",
                      "correct the path, or start from configs/example.yaml");
  }
  const YamlValue tree = parse_yaml(content, path.string(), "");
  Config config;
  Section root(tree, "", config.written);
  // Known from the start, so that a misspelt section is not first reported as a missing one.
  for (const std::string_view key : {"server", "pipeline", "brokers", "routing", "instruments", "subscriptions", "calendars", "log"}) root.value(key);
  root.finish();
  read_server(root.child("server"), config, options);
  read_pipeline(root.child("pipeline"), config.pipeline);
  read_brokers(root, config, adapters, options);
  CrossReader cross(config);
  cross.read_routing(root);
  cross.read_instruments(root);
  cross.read_subscriptions(root);
  cross.read_calendars(root);
  read_log(root.child("log"), config.log);
  root.finish();
  config.jwt_key_place = place_of_jwt_key(root, path);
  if (options.login_at.empty()) static_cast<void>(load_access(config));  // its mistakes are mistakes of the configuration
  return config;
}

}  // namespace tidegate
