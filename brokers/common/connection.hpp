// The reconnection manager: the one owner of one connection. Every adapter's sockets live in these.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/frame_port.hpp"
#include "brokers/common/liveness.hpp"
#include "brokers/common/market_hours.hpp"
#include "brokers/common/pacer.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::common {

enum class ConnectionPhase : std::uint8_t {
  Idle,        // not wanted, no socket
  Connecting,  // logging in, or the handshake is under way
  Open,
  Closing,  // closing handshake of a planned end; the successor comes after it
  Waiting,  // lost or refused; the next attempt is scheduled
  Parked,   // refused for good: only unpark(), or start() after stop(), tries again
};

struct ConnectionTimings {
  Duration reconnect_initial{};
  Duration reconnect_maximum{};  // an open connection this old has proved healthy: the backoff starts over
  LivenessLimits silence;
  Duration age_max{};               // planned renewal at this age; zero: never
  Duration age_jitter{};            // and up to so much earlier
  Duration probe_timeout{};         // how long a probe may take to bring data
  std::uint16_t close_code = 1000;  // of a planned end; 1005: the close frame says none
};

/// What a lost or refused connection means; the adapter knows its broker's ways.
struct LossVerdict {
  bool park = false;                              // trying again cannot help: `reason` names the cure
  Duration wait_min{};                            // the broker's Retry-After, or a slow-down
  BrokerState state = BrokerState::Reconnecting;  // as subscribers see it until the connection is open again
  std::string reason;
};

/// The close code of a connection that ended without a closing handshake.
inline constexpr int kCutCode = 1006;

/// Why a connection ended that a person had made anew.
inline constexpr std::string_view kReconnectWords = "an administrator asked for a new connection";

class Connection;

/// The adapter's side of a connection. Called on the loop's thread.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// An attempt is due: read the credentials, log in where the broker wants it, then call dial(attempt, ...) or refuse(attempt, ...), now or later.
  virtual void on_attempt(Connection& connection, std::uint64_t attempt) = 0;
  virtual void on_open(Connection& connection) = 0;
  /// A planned end of an open connection is due. True: the owner opens a successor beside it (see succession.hpp) and closes this one later;
  /// false: it is closed now, and opened anew.
  virtual bool on_renewal(Connection& connection, std::string_view why) {
    static_cast<void>(connection);
    static_cast<void>(why);
    return false;
  }
  /// An open connection is about to be closed by plan: the last chance to send.
  virtual void on_leave(Connection& connection) { static_cast<void>(connection); }
  virtual void on_message(Connection& connection, std::string&& payload, bool binary, const Stamp& stamp) = 0;
  virtual void on_ping(Connection& connection, std::string_view payload) = 0;
  /// No data came for too long, although heartbeats may. True: something was asked that a healthy broker answers with data, and the connection is
  /// cut only if none comes; false: it is cut now.
  virtual bool probe(Connection& connection) {
    static_cast<void>(connection);
    return false;
  }
  /// Only judges; `lost` says that it had been open. What follows is announced by on_phase.
  virtual LossVerdict judge(Connection& connection, const net::WsClosed& closed) = 0;
  /// After each change of phase.
  virtual void on_phase(Connection& connection) = 0;
};

/// At most one socket at any time: the old one is gone before the next attempt. Waits end at once on stop(), and early on wake(). Counts and
/// announces (Opened, Closed) what happens. The loop's thread; stop() may be called from inside any callback, destruction only from outside.
class Connection {
 public:
  /// `attempts` paces connection attempts and may be shared by several connections.
  Connection(SessionHost& host, FramePort& port, ConnectionOwner& owner, SlidingWindow& attempts, const ConnectionTimings& timings);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Keeps a connection open from now on.
  void start();
  /// No connection wanted: closes politely, without a successor unless start() comes first. One that is not open is stopped at once.
  void leave(std::string_view why);
  /// No connection wanted: cuts the socket at once; silent afterwards, except for the Closed frame of an open connection.
  void stop(std::string_view why);
  /// The demand changed: tries sooner than scheduled, though never within the broker's Retry-After nor a quarter of the backoff's ceiling, so
  /// that busy subscribers cannot turn an outage into a storm. A parked connection stays parked.
  void wake();
  /// What parked the connection has been mended: tries at once.
  void unpark();
  /// A planned end: leaves it to the owner where that opens the successor first; otherwise closes politely and opens it without backoff.
  void renew(std::string_view why);
  /// A person wants another one: cuts an open connection, and tries again where it waits or is parked, within the pace of attempts.
  void reconnect(std::string_view why);
  /// Declares an open connection dead.
  void cut(std::string_view why);

  /// The answers to on_attempt; ignored when `attempt` is no longer the current one. `shown_url` is what may be told of a URL that holds
  /// credentials; empty: all of it.
  void dial(std::uint64_t attempt, const net::WsClientOptions& options, std::string_view shown_url = {});
  void refuse(std::uint64_t attempt, const LossVerdict& verdict);
  /// Whether `attempt` is still to be answered.
  [[nodiscard]] bool awaits(std::uint64_t attempt) const { return attempt == attempt_ && phase_ == ConnectionPhase::Connecting; }

  void send_text(std::string_view payload);
  void send_binary(std::string_view payload);
  void pong(std::string_view payload);
  /// The message was a heartbeat of the broker's own making: feeds the second clock, as pings do without help.
  void on_heartbeat(const Stamp& stamp) { liveness_.on_heartbeat(stamp.mono); }
  /// The message was data: feeds the third clock. Bytes and pings are seen without help.
  void on_data(const Stamp& stamp) { liveness_.on_data(stamp.mono); }
  void expect_data(bool expected);
  /// Where what it carries, or will carry, is traded: data is expected only while one of these is open.
  void set_venues(const VenueSet& venues);

  [[nodiscard]] ConnectionPhase phase() const { return phase_; }
  [[nodiscard]] bool open() const { return phase_ == ConnectionPhase::Open; }
  /// The last verdict while the connection is not open; empty reason before the first loss and once open.
  [[nodiscard]] const LossVerdict& trouble() const { return trouble_; }
  [[nodiscard]] UtcTime since() const { return since_; }
  [[nodiscard]] FramePort& port() { return port_; }
  /// Fills state, reason, since, sessions of a report.
  void describe(ConnectionReport& report) const;

 private:
  class Handler;

  void enter(ConnectionPhase phase);
  void attempt();
  void close(std::string_view why, bool succeeded);
  void schedule(Duration delay);
  void end(const net::WsClosed& closed);
  void settle(LossVerdict verdict);
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] bool reading() const;
  void look_after();
  Duration look_at_hours(MonoTime now);
  void drop_socket();

  SessionHost& host_;
  FramePort& port_;
  ConnectionOwner& owner_;
  SlidingWindow& attempts_;
  ConnectionTimings timings_;
  Backoff backoff_;
  Liveness liveness_;
  MarketHours hours_;
  net::Timer retry_timer_;
  net::Timer liveness_timer_;
  net::Timer age_timer_;
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<net::WsClient> client_;
  ConnectionPhase phase_ = ConnectionPhase::Idle;
  LossVerdict trouble_;
  UtcTime since_;
  MonoTime opened_at_{};
  MonoTime next_attempt_{};
  MonoTime not_before_{};  // no attempt sooner, whoever asks
  std::uint64_t attempt_ = 0;
  std::string shown_url_;
  bool probing_ = false;
  MonoTime probed_at_{};
  std::string planned_;    // why this connection is being closed
  bool succeeded_ = true;  // by another connection, when its planned end is over
};

}  // namespace tidegate::common
