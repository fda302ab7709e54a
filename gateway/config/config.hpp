// The whole configuration, read from YAML, checked and complete: every default is filled in. configs/example.yaml shows each key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/access/access_settings.hpp"
#include "gateway/config/config_error.hpp"
#include "gateway/config/credentials.hpp"
#include "gateway/config/secret_source.hpp"
#include "gateway/config/values.hpp"
#include "gateway/core/broker_config.hpp"
#include "gateway/core/calendar.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/failover.hpp"

namespace tidegate {

struct ServerLimits {
  std::int64_t connections = 10'000;         // of all clients together
  std::int64_t connections_per_user = 5;     // logged-in users
  std::int64_t connections_per_address = 0;  // 0: no limit
  std::int64_t subscriptions_per_connection = 1000;
  std::int64_t subscriptions_per_user = 0;        // of all connections of a logged-in user; 0: no limit
  std::int64_t requests_per_minute = 1000;        // per connection
  std::int64_t http_requests_per_minute = 1200;   // per address that is not loopback; 0: no limit
  std::int64_t look_ups = 256;                    // names that brokers are asked for, per subscriber
  std::int64_t outbox_bytes = 1 << 20;            // per connection, not yet taken by the kernel
  std::int64_t message_bytes = 64 << 10;          // one message from a client
  Duration handshake_timeout{5'000'000'000};      // from the connection to the whole request, TLS included
  std::int64_t pending_connections = 1000;        // in their handshake, asking for HTTP, or closing; the oldest gives way
  Duration slow_reader_timeout{10'000'000'000};   // losing messages, or taking none, for so long ends a connection
  Duration slow_reader_farewell{30'000'000'000};  // for reading what it is told last
};

/// What clients that come back are sent again.
struct ServerReplay {
  Duration window{60'000'000'000};
  std::int64_t per_stream_bytes = 256 << 10;  // 0: nothing is kept
  std::int64_t total_bytes = 64 << 20;
  std::int64_t accounts = 10'000;  // of what one client lost, or had merged, of one stream
};

/// What users' programs publish for one another.
struct ServerTopics {
  std::int64_t topics = 100'000;           // known at once
  std::int64_t retained = 10'000;          // retained values
  std::int64_t retained_bytes = 64 << 20;  // of those together
  std::int64_t message_bytes = 64 << 10;   // one message
  std::int64_t publish_per_minute = 6000;  // of one user
  Duration idle{86'400'000'000'000};       // without a message for so long a topic has no publisher
  Duration idempotency_window{600'000'000'000};
  std::int64_t idempotency_keys = 100'000;  // remembered at once
};

struct ServerTls {
  std::string certificate, private_key;  // empty: plain ws:// and http://
};

enum class Compression : std::uint8_t { Off, Deflate };

struct ServerConfig {
  Endpoint listen;
  ServerTls tls;
  std::vector<std::string> origins;  // browser origins allowed besides the gateway's own
  std::vector<std::string> hosts;    // names by which it may be called besides loopback and the listen address
  AuthSettings auth;
  Plans plans = built_in_plans();  // by name; those that the file names replace the built-in ones of the same name
  ServerLimits limits;
  ServerTopics topics;
  ServerReplay replay;
  Duration heartbeat{30'000'000'000};
  std::int64_t threads = 1;                    // that write to clients' sockets
  bool io_uring = true;                        // many writes by one call where the kernel takes them
  Compression compression = Compression::Off;  // of WebSocket messages, for clients that offer it
  std::int64_t compression_level = 1;          // zlib's
  std::int64_t compression_min_bytes = 200;    // a smaller message goes as it is
};

enum class PipelineMode : std::uint8_t { Auto, Inline, Threads };
enum class PipelineWait : std::uint8_t { Sleep, Spin };

struct PipelineConfig {
  PipelineMode mode = PipelineMode::Auto;
  PipelineWait wait = PipelineWait::Sleep;
  Duration quiet_after{std::chrono::seconds{60}};  // a lively stream, silent while others move; 0: not watched
  std::int64_t frame_queue_frames = 65'536;
  std::int64_t frame_queue_bytes = 256 << 20;
  std::int64_t record_queue_bytes = 16 << 20;

  /// Auto is inline on up to 4 cores, where a hand-off between threads costs more than it gains.
  [[nodiscard]] bool runs_inline(unsigned cores) const { return mode == PipelineMode::Inline || (mode == PipelineMode::Auto && cores <= 4); }
};

/// Which brokers serve some venues, best first.
struct RoutingRule {
  std::vector<std::string> venues;
  std::vector<std::string> brokers;
  FailoverRule failover{};
};

/// A name and the brokers' ids for it, where their own lists cannot give them.
struct InstrumentConfig {
  std::string symbol;
  std::vector<std::pair<std::string, std::string>> ids;  // broker, its id as written
};

/// Held upstream with or without a subscriber.
struct StandingSubscription {
  std::vector<Channel> channels;
  std::vector<std::string> symbols;
};

enum class LogFormat : std::uint8_t { Text, Json };
struct LogConfig {
  std::string level = "info";  // trace, debug, info, warning, error
  LogFormat format = LogFormat::Text;
};

struct BrokerSource;  // one broker's part of the file, for reading it again

struct Config {
  ServerConfig server;
  PipelineConfig pipeline;
  std::vector<BrokerConfig> brokers;  // by BrokerId
  std::vector<RoutingRule> routing;
  std::vector<InstrumentConfig> instruments;
  std::vector<StandingSubscription> subscriptions;
  std::vector<Calendar> calendars;
  LogConfig log;
  std::vector<std::string> warnings;  // what is allowed and probably not meant; each as a ConfigError would say it

  std::map<std::string, std::string, std::less<>> written;          // dotted key to its text, where that refers to something outside
  std::vector<std::shared_ptr<const BrokerSource>> broker_sources;  // by BrokerId
  Place jwt_key_place;                                              // of server.auth.jwt.key, for complaints when it is read again
};

struct LoadOptions {
  /// The broker that a person is about to log in at. The token that the login brings may be missing then, and so may all Secrets of other brokers:
  /// a variable that is not set, a file that is not there yet or is empty. Such values are empty. All else stays a mistake.
  std::string_view login_at{};
  /// What the sources behind Secrets said when somebody else asked them. Null: they are asked here, which takes secret_timeout each at worst.
  const SecretAnswers* answers = nullptr;
  /// False: they are not run, and something else stands for what they would give; for those who do not use it.
  bool ask_sources = true;
};

/// Reads, checks and completes a configuration. Throws ConfigError at the first mistake.
[[nodiscard]] Config load_config(const std::filesystem::path& path, std::span<const Adapter* const> adapters, const LoadOptions& options = {});

/// One broker of a loaded configuration with its ${NAME} and ${file:PATH} read anew, as must be done before each connect: credentials may have
/// changed since. `answers`: what its sources said last. Throws ConfigError when one is gone or no longer fits.
[[nodiscard]] BrokerConfig read_broker_again(const Config& config, BrokerId broker, const SecretAnswers& answers = {});

/// The programs and web servers that a broker's Secrets name.
[[nodiscard]] std::vector<SecretSource> secret_sources_of(const Config& config, BrokerId broker);

[[nodiscard]] const Adapter& adapter_of(const Config& config, BrokerId broker);

/// Where a broker's Secret is taken from; an absent or empty one is a Literal.
[[nodiscard]] ValueOrigin secret_origin(const Config& config, BrokerId broker, std::string_view key);

/// The effective configuration as YAML, every key with its value, secrets masked (a reference such as ${NAME} is shown as written), and the
/// bound of memory as comments. load_config reads it back, but for a secret under server.auth.jwt.key, which it refuses as masked.
[[nodiscard]] std::string print_config(const Config& config);

}  // namespace tidegate
