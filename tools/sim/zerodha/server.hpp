// The simulated broker on a port: WebSocket and REST, for the program and, in the same process, for tests.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"
#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim {

struct ZerodhaOptions {
  std::vector<std::string> credentials;  // KEY:TOKEN; none, and no file: any pair that is not empty
  std::string credentials_file;          // the same, one a line; read again at each upgrade
  std::string api_secret = "simulator-secret";
  std::string redirect_url;  // of GET /connect/login; empty: a page
  std::size_t connections_max = 3;
  std::size_t instruments_max = 3000;
  Duration heartbeat_interval{3'000'000'000};
  Duration flush_interval{250'000'000};

  std::uint64_t seed = 1;
  std::size_t symbols = 60;
  double updates_per_second = 1;  // of each instrument; 0: nothing moves but by publish()
  double rate = 1;                // multiplies them, or is the speed of a recording; 0: all in every flush, or as fast as sockets take it

  std::string frames_path;  // empty: generate a market
  bool loop = false;
  Duration start_after{1'000'000'000};

  bool app_code = false;
  std::int64_t meta_count = -1;  // of instruments_meta; below zero: the length of the list
  bool snapshots = true;
  bool subscribe_resets_mode = false;  // whether a repeated subscribe does is not known of the broker
  bool unknown_token_error = false;    // an error text instead of silence
  std::vector<std::string> faults;     // NAME[=ARG]@SECONDS
  Duration tick{10'000'000};           // between two looks at what is due
};

struct ZerodhaConnection {
  std::uint64_t id = 0;
  std::string target;  // path and query of the upgrade
  std::string api_key, access_token;
  std::vector<std::uint32_t> tokens;  // in order of subscription
  std::map<std::uint32_t, zerodha::Mode> modes;
};

struct ZerodhaCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::map<int, std::uint64_t> refusals;  // by status
  std::uint64_t connections_closed = 0;
  std::uint64_t subscribe_commands = 0;
  std::uint64_t unsubscribe_commands = 0;
  std::uint64_t mode_commands = 0;
  std::uint64_t ignored_commands = 0;
  std::uint64_t unknown_tokens = 0;
  std::uint64_t over_limit = 0;
  std::uint64_t messages_sent = 0;  // of data, over all connections
  std::uint64_t packets_sent = 0;
  std::uint64_t heartbeats_sent = 0;
  std::uint64_t texts_sent = 0;
  std::uint64_t pings_received = 0;
  std::uint64_t rest_requests = 0;
  std::map<std::string, std::uint64_t> faults;  // committed, by name
  std::uint64_t frames_played = 0;              // of the frames file
  bool replay_started = false;
  bool replay_ended = false;
};

/// Runs on its loop's thread; outlived by the loop.
class ZerodhaServer {
 public:
  /// `clock` may be null (the machine's); otherwise it outlives this.
  ZerodhaServer(net::EventLoop& loop, const ZerodhaOptions& options, const Clock* clock = nullptr);
  ~ZerodhaServer();
  ZerodhaServer(const ZerodhaServer&) = delete;
  ZerodhaServer& operator=(const ZerodhaServer&) = delete;

  /// Port 0 takes a free one. Returns an empty text, or what is wrong with the port or the options.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// NAME[=ARG][@SECONDS], at once without SECONDS. Returns an empty text, or what is wrong.
  std::string inject(std::string_view fault);

  /// One packet's body to every connection that has subscribed its token, at once and whatever the mode; later snapshots begin with it.
  /// Returns to how many it went.
  std::size_t publish(std::string_view body);
  /// A whole message, as it is, to every connection that has subscribed anything.
  std::size_t publish_message(std::string_view bytes);
  /// A text message to every connection.
  void publish_text(std::string_view text);

  [[nodiscard]] std::vector<ZerodhaConnection> connections() const;
  [[nodiscard]] ZerodhaCounters counters() const;
  /// The latest 10,000: "GET /instruments", "WS 1 {\"a\":...}" with the connection's id.
  [[nodiscard]] const std::deque<std::string>& requests() const;
  /// Tokens of the instrument list, in its order.
  [[nodiscard]] std::vector<std::uint32_t> tokens() const;
  /// The packet that a subscription of the generated market would get now; empty: unknown token, or a recording.
  [[nodiscard]] std::string packet(std::uint32_t token, zerodha::Mode mode) const;
  /// What examining the frames file found: "4 instruments, 15 frames"; empty without one.
  [[nodiscard]] std::string recording_summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sim
