// The simulated venue on a port: REST and WebSocket, for the program and, in the same process, for tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::sim {

struct BinanceOptions {
  std::string market = "both";  // spot, usdm, both; with a frames file that file decides
  std::string frames_path;      // empty: generate a market
  double rate = 1;
  std::uint64_t seed = 1;
  std::size_t symbols = 10;
  bool loop = false;
  Duration start_after{1'000'000'000};
  bool shuffle_keys = false;
  double time_scale = 1;                                         // divides ping, pong, age, connection-window and weight-minute times
  std::optional<Duration> ping_interval, pong_timeout, max_age;  // instead of the venue's, in both markets
  std::size_t connects_max = 300;
  Duration rest_latency{20'000'000};
  Duration tick{10'000'000};  // between two looks at what is due
  std::vector<std::string> faults;
};

struct BinanceConnection {
  std::uint64_t id = 0;
  std::string target;  // path and query of the upgrade
  bool combined = false;
  std::vector<std::string> streams;  // in order of subscription
  std::uint64_t frames_sent = 0;     // data frames
};

struct BinanceCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_closed = 0;
  std::uint64_t client_frames = 0;  // requests over WebSocket
  std::uint64_t pings_sent = 0;
  std::uint64_t pongs_received = 0;
  std::uint64_t rest_requests = 0;
  std::uint64_t frames_sent = 0;    // data frames, over all connections
  std::uint64_t frames_played = 0;  // of the frames file
  bool replay_ended = false;
};

/// Runs on its loop's thread; outlived by the loop.
class BinanceServer {
 public:
  /// `clock` may be null (the machine's); otherwise it outlives this.
  BinanceServer(net::EventLoop& loop, const BinanceOptions& options, const Clock* clock = nullptr);
  ~BinanceServer();
  BinanceServer(const BinanceServer&) = delete;
  BinanceServer& operator=(const BinanceServer&) = delete;

  /// Port 0 takes a free one. Returns an empty text, or what is wrong with the port or the options.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// NAME[=ARG][@SECONDS], at once without SECONDS. Returns an empty text, or what is wrong.
  std::string inject(std::string_view fault);

  [[nodiscard]] std::vector<BinanceConnection> connections() const;
  [[nodiscard]] BinanceCounters counters() const;
  [[nodiscard]] std::map<std::string, std::uint64_t> frames_by_stream() const;
  /// The latest 10,000: "GET /api/v3/time", "WS 1 {\"method\":...}" with the connection's id.
  [[nodiscard]] const std::deque<std::string>& requests() const;
  /// What examining the frames file found: "3 streams, 41248 frames"; empty without one.
  [[nodiscard]] std::string recording_summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sim
