// The whole simulated broker without I/O: connections come and go, commands come in, messages and answers go out. Every call carries the time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/sim/common/credentials.hpp"
#include "tools/sim/common/faulty_socket.hpp"
#include "tools/sim/common/request_log.hpp"
#include "tools/sim/common/wire.hpp"
#include "tools/sim/zerodha/commands.hpp"
#include "tools/sim/zerodha/faults.hpp"
#include "tools/sim/zerodha/instruments.hpp"
#include "tools/sim/zerodha/market.hpp"
#include "tools/sim/zerodha/replay.hpp"
#include "tools/sim/zerodha/rest.hpp"

namespace tidegate::sim::zerodha {

struct VenueOptions {
  std::vector<Credentials::Pair> credentials;
  std::string credentials_file;
  std::size_t connections_max = 3;     // of one api_key
  std::size_t instruments_max = 3000;  // of one connection
  std::int64_t flush_ns = 250'000'000;
  std::int64_t heartbeat_ns = 3 * kSecondNs;
  std::size_t symbols = 60;
  MarketOptions market;
  std::string frames_path;
  std::unique_ptr<Recording> recording;  // what examine() found in frames_path; null: generate
  ReplayOptions replay;
  std::int64_t start_after_ns = kSecondNs;
  RestOptions rest;
  bool app_code = false;
  bool snapshots = true;
  bool subscribe_resets_mode = false;
  bool unknown_token_error = false;
  std::int64_t meta_count = -1;  // of instruments_meta; below zero: the length of the list
  std::vector<Fault> faults;
};

struct VenueCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t accepted = 0;
  std::map<int, std::uint64_t> refused;  // by status
  std::uint64_t closed = 0;
  std::uint64_t subscribe_commands = 0;
  std::uint64_t unsubscribe_commands = 0;
  std::uint64_t mode_commands = 0;
  std::uint64_t ignored_commands = 0;  // not understood
  std::uint64_t unknown_tokens = 0;    // asked for
  std::uint64_t over_limit = 0;        // errors sent because of instruments_max
  std::uint64_t messages_sent = 0;     // of data
  std::uint64_t packets_sent = 0;
  std::uint64_t heartbeats_sent = 0;
  std::uint64_t texts_sent = 0;
  std::uint64_t pings_received = 0;
  std::uint64_t rest_requests = 0;
  std::map<std::string, std::uint64_t> faults;  // committed, by name
};

struct Subscription {
  std::uint32_t token = 0;
  Mode mode = Mode::Quote;
  std::size_t place = Market::kNone;  // in the generated market
};

struct Client : FaultySocket {
  std::uint64_t id = 0;
  std::string target, api_key, access_token;
  std::vector<Subscription> subscriptions;  // in order
  std::unordered_map<std::uint32_t, std::size_t> places;
  std::int64_t next_heartbeat_ns = 0;
};

class Venue {
 public:
  static constexpr std::size_t kAddedRowsFrom = 50'000;  // numbers of made-up instruments that list_changed adds

  Venue(VenueOptions options, Now now);
  Venue(const Venue&) = delete;
  Venue& operator=(const Venue&) = delete;

  /// 101, or the HTTP status that refuses the upgrade.
  int admit(const net::HttpRequest& request, Now now);
  [[nodiscard]] const std::string& refusal_body() const { return refusal_body_; }
  [[nodiscard]] std::int64_t handshake_delay_ns() const { return slow_ns_; }
  Client& open(Wire& wire, const net::HttpRequest& request, Now now);
  void closed(Client& client, Now now);
  void on_message(Client& client, std::string_view payload, bool binary, Now now);
  /// True: answer with a pong.
  bool on_ping(Client& client, Now now);
  [[nodiscard]] net::HttpResponse on_rest(const net::HttpRequest& request, Now now);

  /// Everything that is due. True: more is waiting, call again soon.
  bool tick(Now now);
  /// Commits a fault of faults.hpp, NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong with it.
  std::string inject(std::string_view fault, Now now);
  /// One packet to every connection that has subscribed its token, at once and whatever the mode; later snapshots begin with it.
  /// Returns to how many it went.
  std::size_t publish(std::string_view body, Now now);
  /// A whole message, as it is, to every connection that has subscribed anything.
  std::size_t publish_message(std::string_view bytes, Now now);
  void publish_text(std::string_view text, Now now);

  [[nodiscard]] const VenueCounters& counters() const { return counters_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  [[nodiscard]] const InstrumentList& list() const { return list_; }
  [[nodiscard]] const Market& market() const { return market_; }
  [[nodiscard]] const Replay* replay() const { return replay_.get(); }
  [[nodiscard]] std::size_t queued_bytes_max() const;
  /// Commands and REST requests in order, the latest RequestLog::kKept: "GET /instruments", "WS 1 {...}".
  [[nodiscard]] const std::deque<std::string>& requests() const { return requests_.texts(); }

 private:
  void enter(Now now) { now_ = now; }

  // commands (venue_commands.cpp)
  void subscribe(Client& client, const Command& command);  // also SetMode, which subscribes where need be
  void unsubscribe(Client& client, const Command& command);
  /// The place of the token's subscription, made if need be; kNone when the limit is reached or nobody knows the token.
  std::size_t place_of(Client& client, std::uint32_t token, bool& over_limit);
  void send_snapshots(Client& client, const std::vector<std::size_t>& places, bool replayed);
  void greet(Client& client);

  // sending (venue.cpp)
  [[nodiscard]] bool reachable(const Client& client) const { return client.reachable(now_.mono_ns); }
  [[nodiscard]] bool gives_data(const Client& client) const { return reachable(client) && now_.mono_ns >= client.silent_until_ns; }
  void send_data(Client& client, std::string_view message, std::size_t packets);
  void send_text(Client& client, std::string_view text);
  void keep_alive(Client& client);
  void flush();
  void flush(Client& client);
  bool play();
  void play_binary(const std::string& message);

  // faults (venue_faults.cpp)
  void run_faults();
  void commit(const Fault& fault);
  void commit_on_connections(const Fault& fault);
  [[nodiscard]] std::string_view packet_of(const Subscription& subscription, Mode mode) const;
  void add_message(Client& client, const Fault& fault);
  void add_malformed(Client& client, FaultKind kind, std::string_view good);
  void add_big(Client& client, std::size_t packets);
  void add_texts(Client& client, const Fault& fault);
  void resume();

  VenueOptions options_;
  InstrumentList list_;
  Market market_;
  std::unique_ptr<Replay> replay_;
  Credentials credentials_;
  Rest rest_;
  Now now_;
  VenueCounters counters_;
  RequestLog requests_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t next_client_ = 1;
  std::string refusal_body_;
  std::int64_t next_flush_ns_ = 0;
  std::int64_t last_subscription_ns_ = -1;
  Batch batch_;
  std::vector<std::string_view> bodies_;

  FaultSchedule<FaultKind> faults_;
  std::int64_t silent_until_ns_ = 0, dead_until_ns_ = 0;  // of connections still to come
  std::int64_t slow_ns_ = 0;
  int refuse_status_ = 0;
  std::int64_t refuse_count_ = 0;  // below zero: all
  bool unknown_token_error_ = false;
  std::size_t added_rows_ = 0;
};

}  // namespace tidegate::sim::zerodha
