// The simulated broker on a port: WebSocket and REST, plain or with TLS, for the program and, in the same process, for tests.
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
#include "tools/sim/ibkr/oauth.hpp"
#include "tools/sim/ibkr/venue.hpp"

namespace tidegate::sim {

struct IbkrOptions {
  bool tls = false;
  std::string certificate_file, private_key_file;  // PEM; neither: a certificate made at the start
  std::string write_certificate;                   // where to write the certificate in PEM; empty: nowhere

  bool logged_in = true;                      // a person has logged in before the start
  bool needs_init = false;                    // the brokerage session waits for ssodh/init; with OAuth always
  Duration login_after{0};                    // of a start without login: a person logs in so much later; zero: never
  Duration init_delay{0};                     // from ssodh/init to an open brokerage session
  Duration session_timeout{360'000'000'000};  // without a request; zero: never
  std::string user = "simuser";
  std::string account = "DU0000001";
  std::int64_t rest_rate = 10;  // requests a second; 0: no limit
  bool no_session_401 = false;  // tickle without a login
  ibkr::OAuthOptions oauth;     // consumer_key empty: none

  Duration greeting_delay{200'000'000};
  Duration heartbeat_interval{10'000'000'000};
  Duration grid{500'000'000};
  Duration snapshot_delay{150'000'000};
  Duration stream_life{900'000'000'000};
  std::size_t lines_max = 100;
  ibkr::Frames frames = ibkr::Frames::Binary;
  bool shuffle_keys = true;
  bool snapshot_twice = true;
  bool bare_first = false;
  bool renewal_snapshots = true;
  bool extras = true;
  bool numbers = false;
  bool refuse_bad_session = false;
  int tic_answers = 4;
  std::size_t truth_kept = 0;  // states in truth(); 0: none

  std::uint64_t seed = 1;
  std::size_t symbols = 100;
  double updates_per_second = 1;  // of each instrument; 0: nothing moves
  double rate = 1;                // multiplies them, or is the speed of a recording; 0: all on every grid, or as fast as sockets take it

  std::string frames_path;  // empty: generate a market
  bool loop = false;
  Duration start_after{1'000'000'000};

  std::vector<std::string> faults;  // NAME[=ARG]@SECONDS
  Duration tick{10'000'000};        // between two looks at what is due
};

struct IbkrConnection {
  std::uint64_t id = 0;
  std::string target;         // path and query of the upgrade
  std::string authorised_by;  // "cookie", "json cookie", "message"; empty: not yet
  bool greeted = false;
  std::vector<std::string> streams;                        // targets that live, in order of subscription
  std::map<std::string, std::vector<std::string>> fields;  // asked for, by target
  std::map<std::string, ibkr::FieldValues> state;          // what the frames so far say, by target
  std::vector<std::string> ladders;                        // of depth
};

struct IbkrCounters : ibkr::VenueCounters {
  std::uint64_t refused_for_rate = 0;
  std::uint64_t frames_played = 0;  // of the frames file
  bool replay_started = false;
  bool replay_ended = false;
};

/// Runs on its loop's thread; outlived by the loop.
class IbkrServer {
 public:
  /// `clock` may be null (the machine's); otherwise it outlives this.
  IbkrServer(net::EventLoop& loop, const IbkrOptions& options, const Clock* clock = nullptr);
  ~IbkrServer();
  IbkrServer(const IbkrServer&) = delete;
  IbkrServer& operator=(const IbkrServer&) = delete;

  /// Port 0 takes a free one. Returns an empty text, or what is wrong with the port or the options.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// In PEM; empty without TLS.
  [[nodiscard]] std::string certificate() const;
  /// NAME[=ARG][@SECONDS], at once without SECONDS. Returns an empty text, or what is wrong.
  std::string inject(std::string_view fault);
  /// A frame as it is to every greeted socket, or to those with a stream of this target. Returns to how many it went.
  std::size_t publish(std::string_view frame, const std::string& target = {});

  [[nodiscard]] std::vector<IbkrConnection> connections() const;
  [[nodiscard]] IbkrCounters counters() const;
  /// The latest 10,000: "POST /v1/api/tickle", "WS 1 smd+265598+{...}" with the socket's id.
  [[nodiscard]] const std::deque<std::string>& requests() const;
  /// The state of a stream after each of its frames, the latest `truth_kept`.
  [[nodiscard]] const std::deque<ibkr::TruthRow>& truth() const;
  [[nodiscard]] std::vector<ibkr::Contract> contracts() const;
  /// What tickle tells; empty: nobody is logged in.
  [[nodiscard]] std::string session() const;
  /// Base64; empty without OAuth, or before one was made.
  [[nodiscard]] std::string live_session_token() const;
  /// What examining the frames file found: "25 streams, 53 frames"; empty without one.
  [[nodiscard]] std::string recording_summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sim
