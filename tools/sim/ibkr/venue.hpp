// The whole simulated broker without I/O: sockets come and go, commands and requests come in, frames and answers go out. Every call carries the time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/common/exchange.hpp"
#include "tools/sim/common/request_log.hpp"
#include "tools/sim/common/wire.hpp"
#include "tools/sim/ibkr/commands.hpp"
#include "tools/sim/ibkr/contracts.hpp"
#include "tools/sim/ibkr/faults.hpp"
#include "tools/sim/ibkr/login.hpp"
#include "tools/sim/ibkr/oauth.hpp"
#include "tools/sim/ibkr/recording.hpp"
#include "tools/sim/ibkr/rest.hpp"
#include "tools/sim/ibkr/streams.hpp"

namespace tidegate::sim::ibkr {

/// In which kind of WebSocket message frames leave.
enum class Frames : std::uint8_t { Binary, Text, Mixed };

struct VenueOptions {
  LoginOptions login;
  std::unique_ptr<OAuth> oauth;  // opened
  RestOptions rest;
  ExchangeOptions market;
  std::uint64_t seed = 1;
  std::size_t symbols = 60;
  std::string frames_path;
  std::unique_ptr<Recording> recording;  // what examine() found in frames_path; null: generate
  ReplayOptions replay;
  std::int64_t start_after_ns = kSecondNs;

  std::int64_t greeting_ns = 200'000'000;
  std::int64_t heartbeat_ns = 10 * kSecondNs;
  std::int64_t grid_ns = 500'000'000;
  std::int64_t snapshot_ns = 150'000'000;  // from a subscription to its full set
  std::int64_t stream_life_ns = 900 * kSecondNs;
  std::size_t lines_max = 100;
  std::size_t ladders_max = 3;
  Frames frames = Frames::Binary;
  bool shuffle_keys = true;
  bool snapshot_twice = true;
  bool bare_first = false;          // the first frame of a stream says only how available data is
  bool renewal_snapshots = true;    // a repeated smd brings the full set again
  bool extras = true;               // now and then 6508, or a frame with nothing in it
  bool numbers = false;             // bid and ask as JSON numbers
  bool refuse_bad_session = false;  // 401 instead of a socket that closes
  int tic_answers = 4;
  std::size_t truth_kept = 0;  // states in the log of what was sent; 0: none
  std::vector<Fault> faults;
};

struct VenueCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t accepted = 0;
  std::map<int, std::uint64_t> refused;  // by status
  std::uint64_t closed = 0;
  std::uint64_t bad_sessions = 0;
  std::uint64_t smd_commands = 0, umd_commands = 0, depth_commands = 0, tics = 0, other_commands = 0, unknown_commands = 0, early_commands = 0;
  std::uint64_t over_lines = 0;       // streams that stay silent
  std::uint64_t streams_expired = 0;  // after their life, or on demand
  std::uint64_t streams_lost = 0;     // with the brokerage session, or REST
  std::uint64_t snapshots_sent = 0;   // of streams, each of the two
  std::uint64_t updates_sent = 0;     // of streams, whatever they hold
  std::uint64_t depth_sent = 0;
  std::uint64_t frames_sent = 0;  // all that is not a heartbeat
  std::uint64_t heartbeats_sent = 0;
  std::uint64_t pings_received = 0;
  std::uint64_t rest_requests = 0;
  std::map<std::string, std::uint64_t> faults;  // committed, by name
};

/// What a stream's frames said so far, after one of them.
struct TruthRow {
  std::uint64_t connection = 0;
  std::string target;
  std::uint64_t frame = 0;  // of the stream, from 1
  std::int64_t updated_ms = 0;
  FieldValues state;
};

class Venue final : private MarketDesk {
 public:
  Venue(VenueOptions options, Now now);
  Venue(const Venue&) = delete;
  Venue& operator=(const Venue&) = delete;

  /// 101, or the HTTP status that refuses the upgrade.
  int admit(const net::HttpRequest& request, Now now);
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
  /// A frame to every greeted socket, or to those with a stream of this target: "265598" or "265598@ARCA". Returns to how many it went.
  std::size_t publish(const std::string& target, std::string_view frame, Now now);

  [[nodiscard]] const VenueCounters& counters() const { return counters_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  [[nodiscard]] const ContractList& contracts() const { return contracts_; }
  [[nodiscard]] const Login& login() const { return login_; }
  [[nodiscard]] const Rest& rest() const { return rest_; }
  [[nodiscard]] const OAuth& oauth() const { return *options_.oauth; }
  [[nodiscard]] const Replay* replay() const { return replay_.get(); }
  [[nodiscard]] const std::deque<TruthRow>& truth() const { return truth_; }
  [[nodiscard]] std::size_t queued_bytes_max() const;
  /// Commands and REST requests in order, the latest RequestLog::kKept: "POST /v1/api/tickle", "WS 1 tic".
  [[nodiscard]] const std::deque<std::string>& requests() const { return requests_.texts(); }

 private:
  void enter(Now now) { now_ = now; }
  [[nodiscard]] std::int64_t utc_ms() const { return now_.utc_us / 1000; }

  // MarketDesk
  [[nodiscard]] Quote quote_of(const Contract& contract, const std::string& exchange) override;
  bool unsubscribe(std::int64_t conid) override;
  void unsubscribe_all() override;

  // sockets (venue.cpp)
  [[nodiscard]] bool reachable(const Client& client) const { return client.reachable(now_.mono_ns); }
  [[nodiscard]] bool gives_data(const Client& client) const {
    return reachable(client) && client.phase == Client::Phase::Greeted && now_.mono_ns >= client.silent_until_ns;
  }
  void send(Client& client, std::string_view frame);
  void send_bytes(Client& client, std::string_view bytes, bool binary);
  void authorise(Client& client, std::string_view session, std::string_view how);
  void greet(Client& client);
  void keep_alive(Client& client);
  void tell_login_news();

  // streams (venue_streams.cpp)
  void subscribe(Client& client, const Command& command);
  void unsubscribe(Client& client, const std::string& target);
  [[nodiscard]] std::size_t lines_used() const;
  void add_fields(Stream& stream, std::string_view body);
  void send_stream(Client& client, Stream& stream, const FieldValues& fields);
  void send_snapshot(Client& client, Stream& stream);
  void send_changes(Client& client, Stream& stream);
  void send_due_snapshots(Client& client);
  void expire(Client& client);
  void subscribe_depth(Client& client, const Command& command);
  void send_ladder(Client& client, Ladder& ladder);
  void flush();
  void flush(Client& client);
  void drop_streams();
  bool play();
  void play_frame(const RecordedFrame& frame);

  // commands (venue_commands.cpp)
  void run_command(Client& client, const Command& command);
  bool run_account_command(Client& client, const Command& command);
  void send_account_topics(Client& client);

  // faults (venue_faults.cpp)
  void run_faults();
  void commit(const Fault& fault);
  void commit_on_login(const Fault& fault);
  void commit_on_market(const Fault& fault);
  void commit_on_sockets(const Fault& fault);
  void commit_on_socket(Client& client, const Fault& fault);
  void halt(std::string_view symbol);
  void resume();

  VenueOptions options_;
  ContractList contracts_;
  Exchange exchange_;
  Login login_;
  Rest rest_;
  std::unique_ptr<Replay> replay_;
  Now now_;
  VenueCounters counters_;
  RequestLog requests_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t next_client_ = 1;
  std::int64_t next_flush_ns_ = 0;
  std::int64_t last_subscription_ns_ = -1;
  std::deque<TruthRow> truth_;

  FaultSchedule<FaultKind> faults_;
  std::int64_t silent_until_ns_ = 0, dead_until_ns_ = 0;  // of sockets still to come
  std::int64_t slow_ns_ = 0;
  int refuse_status_ = 0;
  std::int64_t refuse_count_ = 0;  // below zero: all
  std::int64_t login_back_ns_ = 0;
  std::string availability_;  // of all instruments; empty: each one's own
  std::int64_t availability_until_ns_ = 0;
  std::map<std::int64_t, Figures> halted_;  // by conid, as trading stopped
  bool swap_next_ = false, wrong_suffix_next_ = false;
};

}  // namespace tidegate::sim::ibkr
