// The whole simulated broker without I/O: WebSockets and polls come and go, packets come in, events and answers go out. Every call carries the time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/common/frames_player.hpp"
#include "tools/sim/common/request_log.hpp"
#include "tools/sim/common/wire.hpp"
#include "tools/sim/xts/engine_io.hpp"
#include "tools/sim/xts/faults.hpp"
#include "tools/sim/xts/logins.hpp"
#include "tools/sim/xts/market.hpp"
#include "tools/sim/xts/recording.hpp"
#include "tools/sim/xts/rest.hpp"

namespace tidegate::sim::xts {

/// What a socket with a wrong token gets; which of them the broker does is not known.
enum class Refusal : std::uint8_t {
  Http,          // a status instead of the upgrade
  Middleware,    // 44 without 40, and the socket stays
  AfterConnect,  // 40, then 44, 41 and a close
};

struct VenueOptions {
  std::vector<Credentials::Pair> credentials;
  std::string credentials_file;
  std::int64_t token_lifetime_s = 86'400;
  RestOptions rest;
  std::vector<std::string> binary_roots;  // of the roots, those that send packed packets
  Refusal refusal = Refusal::Http;
  int refusal_status = 400;
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 60'000;
  bool polling = true;
  bool close_replaced = true;  // sockets of a login that another replaced; false: they stay open and silent
  bool flat = false;           // 1501
  PackedForm packed;
  std::size_t packets_per_event = 1;
  bool market_status = true;
  std::int64_t flush_ns = 250'000'000;
  std::int64_t bar_ns = 60 * kSecondNs;
  std::int64_t property_ns = 60 * kSecondNs;  // between two bursts of 1105; 0: none
  std::size_t symbols = 60;
  MarketOptions market;
  std::string frames_path;
  std::unique_ptr<Recording> recording;  // what examine() found in frames_path; null: generate
  ReplayOptions replay;
  std::int64_t start_after_ns = kSecondNs;
  std::vector<Fault> faults;
};

struct VenueCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t polling_handshakes = 0;
  std::uint64_t accepted = 0;            // sockets, of either transport
  std::map<int, std::uint64_t> refused;  // by status; 0: left unanswered
  std::uint64_t upgraded = 0;            // from polling
  std::uint64_t closed = 0;
  std::uint64_t logins = 0;
  std::uint64_t pings_received = 0;  // 2
  std::uint64_t ping_timeouts = 0;
  std::uint64_t unparsable_packets = 0;
  std::uint64_t events_sent = 0;  // of data, over all sockets
  std::map<std::uint32_t, std::uint64_t> events_by_code;
  std::uint64_t packed_sent = 0;  // packets
  std::uint64_t rest_requests = 0;
  std::map<int, std::uint64_t> rest_answers;    // by status
  std::map<std::string, std::uint64_t> faults;  // committed, by name
};

struct Link;

/// One Engine.IO socket: it outlives the change of its transport.
struct Socket {
  std::uint64_t id = 0;
  std::string sid, target, user_id;
  std::shared_ptr<Login> login;  // null: refused, but not closed
  bool packed = false, partial = false;
  bool connected = false;  // its name space: events reach it
  bool ended = false;      // closed by the server, or gone
  Link* link = nullptr;    // null: polling
  std::int64_t last_packet_ns = 0;
  std::int64_t silent_until_ns = 0, dead_until_ns = 0;

  net::HttpReply poll;           // the outstanding one
  std::vector<OutPacket> queue;  // for the next poll
  bool upgrading = false;        // a WebSocket has probed: polls are answered with 6
  std::string batch;             // packed packets of the event under construction
  std::size_t batch_count = 0;

  struct Late {
    std::int64_t due_ns = 0;
    OutPacket packet;
  };
  std::deque<Late> late;  // held back by `slow`
};

/// One WebSocket.
struct Link {
  Wire* wire = nullptr;
  Socket* socket = nullptr;
  bool probing = false;  // its socket still polls
};

class Venue final : private RestSource {
 public:
  static constexpr std::size_t kQueuedBytesCut = 64U << 20U;  // a reader that falls so far behind is cut
  static constexpr std::size_t kAddedRowsFrom = 50'000;       // numbers of made-up instruments that list_changed adds
  static constexpr std::int64_t kUnansweredNs = kSecondNs;    // how long an upgrade without its slash stays open

  Venue(VenueOptions options, Now now);
  Venue(const Venue&) = delete;
  Venue& operator=(const Venue&) = delete;

  /// 101, 0 (no answer at all), or the HTTP status that refuses the upgrade.
  int admit(const net::HttpRequest& request, Now now);
  [[nodiscard]] const std::string& refusal_body() const { return refusal_body_; }
  [[nodiscard]] std::int64_t handshake_delay_ns() const { return unanswered_ ? kUnansweredNs : slow_ns_; }
  Link& open(Wire& wire, const net::HttpRequest& request, Now now);
  void closed(Link& link, Now now);
  void on_message(Link& link, std::string_view payload, bool binary, Now now);
  /// WebSocket pings are no packets. True: answer with a pong.
  bool on_ping(Link& link, Now now);
  /// REST, and polling.
  void on_http(const net::HttpRequest& request, net::HttpReply reply, Now now);

  /// Everything that is due. True: more is waiting, call again soon.
  bool tick(Now now);
  /// Commits a fault of faults.hpp, NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong with it.
  std::string inject(std::string_view fault, Now now);

  // For tests. Each returns how many sockets it reached.
  std::size_t publish(InstrumentKey instrument, std::string_view name, std::string_view argument, Now now);
  std::size_t publish_packed(std::string_view packets, Now now);
  std::size_t publish_frame(std::string_view bytes, bool binary, Now now);
  /// What listQuotes holds for it from now on.
  void set_snapshot(const Subscription& subscription, std::string body) { snapshots_[subscription] = std::move(body); }
  std::string snapshot(const Subscription& subscription) override;

  [[nodiscard]] const VenueCounters& counters() const { return counters_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Socket>>& sockets() const { return sockets_; }
  [[nodiscard]] std::vector<std::shared_ptr<Login>> logins() const { return logins_.all(); }
  [[nodiscard]] const InstrumentList& list() const { return list_; }
  [[nodiscard]] const Market& market() const { return market_; }
  [[nodiscard]] const FramesPlayer* replay() const { return replay_.get(); }
  [[nodiscard]] std::size_t queued_bytes_max() const;
  /// Packets of clients, polls and REST requests in order, the latest RequestLog::kKept: "POST /apimarketdata/instruments/subscription {...}",
  /// "WS 1 2", "POLL 1", "POLL 1 1:2".
  [[nodiscard]] const std::deque<std::string>& requests() const { return requests_.texts(); }

 private:
  void enter(Now now) { now_ = now; }
  void subscribed() override { last_subscription_ns_ = now_.mono_ns; }
  std::vector<Candle> candles(InstrumentKey instrument) override;

  // transport (venue_sockets.cpp)
  int refuse(int status, std::string body);
  /// 0: welcome; else the status of the refusal.
  int refusal_of(const net::HttpRequest& request);
  Socket& make_socket(const net::HttpRequest& request);
  [[nodiscard]] std::string open_packet(const Socket& socket, bool can_upgrade) const;
  void connect(Socket& socket);
  void greet(Socket& socket);
  void on_packet(Socket& socket, Link* link, const ReadPacket& packet);
  void on_upgrade_packet(Socket& socket, Link& link, const ReadPacket& packet);
  void end_socket(Socket& socket, int code = 1005);
  void on_login_ended(Login& login, LoginEnd why);
  void on_polling(const net::HttpRequest& request, net::HttpReply reply);
  void on_poll(Socket& socket, net::HttpReply reply);
  void on_polled_packets(Socket& socket, const net::HttpRequest& request);
  void answer_poll(Socket& socket);
  void keep_alive(Socket& socket);
  void sweep();

  // sending (venue_publish.cpp)
  [[nodiscard]] bool reachable(const Socket& socket) const { return !socket.ended && now_.mono_ns >= socket.dead_until_ns; }
  [[nodiscard]] bool gives_data(const Socket& socket) const {
    return reachable(socket) && socket.connected && now_.mono_ns >= socket.silent_until_ns;
  }
  void send(Socket& socket, OutPacket packet);
  void deliver(Socket& socket, const OutPacket& packet);
  void send_late(Socket& socket);
  void send_event(Socket& socket, std::uint32_t message_code, std::string_view form, const std::string& argument);
  void send_packed(Socket& socket, std::string_view packet);
  void end_batch(Socket& socket);
  void flush();
  void publish_changes(Login& login, const std::vector<Socket*>& sockets);
  void publish_change(const Subscription& subscription, std::size_t place, const std::vector<Socket*>& sockets);
  void end_bars();
  void publish_properties(std::size_t count);
  [[nodiscard]] std::string full_text(std::uint32_t message_code, std::size_t place);
  [[nodiscard]] std::string partial_text(std::uint32_t message_code, std::size_t place);
  [[nodiscard]] std::string packed_bytes(std::uint32_t message_code, std::size_t place);
  std::uint64_t next_sequence();
  bool play();
  void play_text(const std::string& text);
  void play_attachment(const std::string& attachment);
  template <class Work>
  std::size_t each_connected(const Work& work) {
    std::size_t count = 0;
    for (const auto& socket : sockets_) {
      if (!gives_data(*socket)) continue;
      work(*socket);
      ++count;
    }
    return count;
  }

  // faults (venue_faults.cpp)
  void run_faults();
  void commit(const Fault& fault);
  void commit_on_rest(const Fault& fault);
  void commit_on_sockets(const Fault& fault);
  void commit_on_socket(Socket& socket, const Fault& fault, std::int64_t n);
  void end_logins(LoginEnd why);
  void change_list(const Fault& fault);
  void add_event(Socket& socket, const Fault& fault);
  void resume();

  VenueOptions options_;
  InstrumentList list_;
  Market market_;
  std::unique_ptr<FramesPlayer> replay_;
  Logins logins_;
  Rest rest_;
  Now now_;
  VenueCounters counters_;
  RequestLog requests_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<Link>> links_;
  std::uint64_t next_socket_ = 1;
  std::string refusal_body_;
  bool unanswered_ = false;
  std::int64_t next_flush_ns_ = 0, next_bar_us_ = 0, next_properties_ns_ = 0;
  std::int64_t last_subscription_ns_ = -1;
  std::uint64_t sequence_ = 1'600'000'000'000'000;
  std::map<Subscription, std::string> snapshots_;  // made by tests, or recorded
  std::string packed_header_;                      // a recorded 451- text whose attachment has not come yet

  struct HeldReply {
    std::int64_t due_ns = 0;
    net::HttpReply reply;
    net::HttpResponse response;
  };
  std::deque<HeldReply> held_;

  FaultSchedule<FaultKind> faults_;
  std::int64_t silent_until_ns_ = 0, dead_until_ns_ = 0;  // of sockets still to come
  std::int64_t slow_ns_ = 0, slow_master_ns_ = 0;
  int refuse_status_ = 0;
  std::int64_t refuse_count_ = 0;  // below zero: all
  bool no_pong_ = false, duplicate_ = false, object_argument_ = false, mixed_shapes_ = false;
  std::size_t added_rows_ = 0;
};

}  // namespace tidegate::sim::xts
