// What the distributor is told at the start, and what it asks of the pipeline above it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/replay_ring.hpp"
#include "gateway/access/authenticator.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/demand.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/frame_buffer.hpp"

namespace tidegate::distributor {

/// Streams held upstream with or without a subscriber: every symbol on every channel.
struct StandingSubscription {
  std::vector<Channel> channels;
  std::vector<std::string> symbols;
};

/// What clients may make of the gateway. Behind each stand a key of the same name under server.limits, and a counter. 0: no limit, where it says so.
struct SessionLimits {
  std::size_t connections_per_user = 5;         // of one logged-in user
  std::size_t connections_per_address = 0;      // 0: no limit; programs of one machine, or behind one proxy, share an address
  std::size_t subscriptions_per_user = 0;       // of all connections of one logged-in user; 0: no limit
  std::size_t requests_per_minute = 1000;       // of one connection
  std::size_t http_requests_per_minute = 1200;  // and upgrades, of one address that is not loopback
  std::size_t look_ups = 256;                   // names that brokers are asked for, under way or of the last minute, of one subscriber
  Duration handshake_timeout{std::chrono::seconds{5}};
};

/// Limits of topics and of publishing to them. Behind each stand a key of the same name under server.topics, and a counter.
struct TopicOptions {
  std::size_t topics = 100'000;                           // known at once: read, published to, or holding a retained value
  std::size_t retained = 10'000;                          // retained values
  std::size_t retained_bytes = std::size_t{64} << 20U;    // of those together
  std::size_t message_bytes = std::size_t{64} << 10U;     // `data` of one message
  std::size_t publish_per_minute = 6000;                  // messages of one user
  Duration idle{std::chrono::hours{24}};                  // a topic to which nobody published for so long has no publisher
  Duration idempotency_window{std::chrono::minutes{10}};  // a repeated key is recognised for so long
  std::size_t idempotency_keys = 100'000;                 // keys remembered at once; the oldest make room
};

/// Who may connect. docs/client-protocol.md, "Logging in".
struct LoginOptions {
  std::shared_ptr<const Authenticator> authenticator;  // null: nobody can log in
  bool configured = false;                             // tokens or keys are configured at all
  bool required = false;                               // on every path; /ws/trading wants a login always
  Duration timeout{std::chrono::seconds{10}};          // from the upgrade to the login
  Duration expiry_notice{std::chrono::seconds{60}};
};

struct DistributorOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                                   // 0: a free one
  Duration heartbeat{std::chrono::seconds{30}};             // a connection that got nothing for so long gets a heartbeat
  Duration linger{std::chrono::seconds{30}};                // for streams whose broker is not known
  std::size_t outbox_bytes = std::size_t{1} << 20U;         // waiting for one connection; beyond it the reader is too slow
  Duration slow_reader_timeout{std::chrono::seconds{10}};   // losing, or taking nothing, for so long ends a connection
  Duration slow_reader_farewell{std::chrono::seconds{30}};  // for reading what it is told last
  ReplayLimits replay;
  std::size_t message_bytes = std::size_t{64} << 10U;  // one request
  std::size_t subscriptions_per_connection = 1000;
  std::size_t completeness_logs = 10'000;  // of what single clients lost or had merged, of one stream each
  std::size_t connections = 10'000;        // clients at once; the next ones are told 4003
  std::string tls_certificate;             // PEM files; empty: no TLS
  std::string tls_private_key;
  std::size_t pending_connections = 1000;  // clients that are no open WebSocket, at once
  std::size_t threads = 1;                 // that write to the sockets
  bool io_uring = true;                    // many writes by one call where the kernel takes them
  net::FrameCompression compression;       // permessage-deflate, for clients that offer it
  std::string version;
  std::string epoch;                 // `seq` counts within it; another start is another epoch
  std::vector<std::string> origins;  // browser origins allowed besides our own: "https://desk.example"
  std::vector<std::string> hosts;    // names by which we may be called besides loopback and `host`: "gate.example", "gate.example:7410"
  SessionLimits limits;
  LoginOptions login;
  TopicOptions topics;
  // by BrokerId
  std::vector<std::string> broker_names;
  std::vector<bool> broker_required;    // counts for /ready
  std::vector<bool> broker_retired;     // taken out of the configuration while the gateway runs; missing ones are not
  std::vector<Duration> broker_linger;  // an unwanted stream stays in demand so long
  std::vector<StandingSubscription> standing;
};

/// Whether a stream can be had at all. `code` 0: yes.
struct Availability {
  std::uint16_t code = 0;
  std::string message;
  std::string hint;
};

/// How the brokers are asked for a name that no list holds.
enum class LookUp : std::uint8_t {
  Nobody,    // has to be asked: no broker may know it
  UnderWay,  // a new catalog comes with the last answer, whatever it is
  Unknown,   // all who may know it were asked a moment ago, and it stands for nothing
  TooMany,   // names are under way or remembered: not now
};

/// An administrator's order that some broker serve a symbol or a venue.
struct SourceOrder {
  std::string problem;  // empty: taken
  std::string hint;
  std::string target;  // as it was understood: "NSE", "NSE:RELIANCE"
};

/// What a reload came to.
struct Reloaded {
  std::string problem;  // not empty: what is wrong, with file, line and key; nothing has changed
  std::string changes;  // else: members of a JSON object that say what has
};

/// A planned renewal of a broker's connections.
struct Renewal {
  std::string problem;  // empty: under way
  std::string hint;
};

/// What lies above the distributor. Called on the distributor's thread.
class UpstreamHost {
 public:
  virtual ~UpstreamHost() = default;
  [[nodiscard]] virtual Availability check(InstrumentId instrument, Channel channel) = 0;
  /// Whether a list that could hold `symbol` (VENUE:SYMBOL, or a bare name) has not come yet, or a broker is being asked for it.
  [[nodiscard]] virtual bool may_yet_be_listed(std::string_view symbol) = 0;
  /// `symbol`, which the catalog does not resolve, is asked for wherever it may be known. Any text.
  [[nodiscard]] virtual LookUp look_up(std::string_view symbol) = 0;
  /// The same for an instrument of the catalog at brokers that do not list it and could serve a channel that nobody serves.
  [[nodiscard]] virtual LookUp look_up(InstrumentId instrument, Channel channel) = 0;
  /// The whole set that subscribers want now; at most once a turn, and only when it changed.
  virtual void on_demand(std::vector<Want> wants) = 0;
  /// A JSON array with a report of each broker.
  [[nodiscard]] virtual std::string brokers_json() = 0;
  /// Has a broker's connections made anew.
  virtual void reconnect(BrokerId broker) { static_cast<void>(broker); }
  /// `broker` is to serve `target`, a venue or a symbol, from its next record on, whatever the rank; until the order is taken back.
  [[nodiscard]] virtual SourceOrder order_source(std::string_view target, BrokerId broker) {
    static_cast<void>(target), static_cast<void>(broker);
    return {"this gateway routes nothing", {}, {}};
  }
  /// False: there is no such order.
  [[nodiscard]] virtual bool take_back_order(std::string_view target) {
    static_cast<void>(target);
    return false;
  }
  /// The rules and the orders.
  [[nodiscard]] virtual std::string routing_json() { return "{}"; }
  /// Reads the configuration anew, as SIGHUP does, and applies what has changed.
  [[nodiscard]] virtual Reloaded reload() { return {"there is nothing to reload", {}}; }
  /// A broker's connections are made anew, each before its predecessor is left.
  [[nodiscard]] virtual Renewal renew(BrokerId broker) {
    static_cast<void>(broker);
    return {"this gateway has no brokers", {}};
  }
};

}  // namespace tidegate::distributor
