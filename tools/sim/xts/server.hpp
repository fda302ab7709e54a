// The simulated broker on a port: Socket.IO and REST, for the program and, in the same process, for tests.
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
#include "tools/sim/xts/logins.hpp"
#include "tools/sim/xts/venue.hpp"

namespace tidegate::sim {

struct XtsOptions {
  std::vector<std::string> roots = {"/apimarketdata"};
  std::vector<std::string> binary_roots = {"/apibinarymarketdata"};  // these send packed packets
  std::vector<std::string> credentials;                              // KEY:SECRET; none, and no file: any pair that is not empty
  std::string credentials_file;                                      // the same, one a line; read again at each login
  Duration token_lifetime{86'400'000'000'000};
  bool bound_to_root = false;
  bool master_needs_token = false;
  int invalid_token_status = 400;  // of REST: 400 or 401
  std::string application_expiry_date = "31-12-2030";

  std::size_t subscriptions_max = 50;
  std::size_t batch_max = 50;
  std::size_t subscribe_per_second = 10;  // 0: no limit
  std::size_t quotes_per_second = 1;
  bool remaining_count = true;

  Duration ping_interval{25'000'000'000};
  Duration ping_timeout{60'000'000'000};
  bool polling = true;
  std::string refusal = "http";  // of sockets with a wrong token: http, middleware, after-connect
  int refusal_status = 400;      // of http
  bool close_replaced = true;    // sockets whose session another login took; false: they stay open and silent

  bool flat = false;     // 1501
  bool narrow = false;   // packed packets
  bool deflate = false;  // packed packets
  std::size_t packets_per_event = 1;
  bool market_status = true;  // 1507 at the start
  Duration bar_interval{60'000'000'000};
  Duration property_interval{60'000'000'000};  // between two bursts of 1105; 0: none
  Duration flush_interval{250'000'000};

  std::uint64_t seed = 1;
  std::size_t symbols = 60;
  double updates_per_second = 1;  // of each instrument; 0: nothing moves but by publish()
  double rate = 1;                // multiplies them, or is the speed of a recording; 0: all in every flush, or as fast as sockets take it

  std::string frames_path;  // empty: generate a market
  bool loop = false;
  Duration start_after{1'000'000'000};

  std::vector<std::string> faults;  // NAME[=ARG]@SECONDS
  Duration tick{10'000'000};        // between two looks at what is due
};

struct XtsConnection {
  std::uint64_t id = 0;
  std::string sid;
  std::string target;  // path and query of the upgrade, or of the first poll
  std::string user_id;
  bool connected = false;  // its name space
  bool polling = false;
  bool packed = false, partial = false;
};

struct XtsSession {
  std::string app_key, user_id, token;
  std::vector<xts::Subscription> subscriptions;  // in order
};

struct XtsCounters : xts::VenueCounters {
  std::uint64_t frames_played = 0;  // of the frames file
  bool replay_started = false;
  bool replay_ended = false;
};

/// Runs on its loop's thread; outlived by the loop.
class XtsServer {
 public:
  /// `clock` may be null (the machine's); otherwise it outlives this.
  XtsServer(net::EventLoop& loop, const XtsOptions& options, const Clock* clock = nullptr);
  ~XtsServer();
  XtsServer(const XtsServer&) = delete;
  XtsServer& operator=(const XtsServer&) = delete;

  /// Port 0 takes a free one. Returns an empty text, or what is wrong with the port or the options.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// NAME[=ARG][@SECONDS], at once without SECONDS. Returns an empty text, or what is wrong.
  std::string inject(std::string_view fault);

  /// An event with this text as its argument, to every socket whose session has subscribed the instrument, under whatever code.
  /// Returns how many it reached, as the others do.
  std::size_t publish(xts::InstrumentKey instrument, std::string_view name, std::string_view argument);
  /// One `xts-binary-packet` event with these bytes (without the Engine.IO byte) to every connected socket.
  std::size_t publish_packed(std::string_view packets);
  /// A WebSocket message as it is to every connected socket.
  std::size_t publish_frame(std::string_view bytes, bool binary = false);
  /// What listQuotes holds for this subscription from now on.
  void set_snapshot(const xts::Subscription& subscription, std::string body);

  /// Sockets that are open.
  [[nodiscard]] std::vector<XtsConnection> connections() const;
  /// Login sessions that are alive.
  [[nodiscard]] std::vector<XtsSession> sessions() const;
  [[nodiscard]] XtsCounters counters() const;
  /// The latest 10,000: "POST /apimarketdata/instruments/subscription {...}", "WS 1 2" with the socket's id, "POLL 1", "POLL 1 1:2".
  /// Logins are without a body.
  [[nodiscard]] const std::deque<std::string>& requests() const;
  /// Instruments, in the order of the list.
  [[nodiscard]] std::vector<xts::InstrumentKey> instruments() const;
  /// The Full JSON that a subscription would get in its answer now; empty: none.
  [[nodiscard]] std::string snapshot(const xts::Subscription& subscription) const;
  /// What examining the frames file found: "4 instruments, 15 frames"; empty without one.
  [[nodiscard]] std::string recording_summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sim
