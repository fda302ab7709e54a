// The whole venue without I/O: connections come and go, frames come in, frames and answers go out. Every call carries the time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/binance/faults.hpp"
#include "tools/sim/binance/generator.hpp"
#include "tools/sim/binance/hub.hpp"
#include "tools/sim/binance/limits.hpp"
#include "tools/sim/binance/replay.hpp"
#include "tools/sim/binance/rest.hpp"
#include "tools/sim/common/request_log.hpp"

namespace tidegate::sim::binance {

/// Times of one market's connections.
struct ConnectionTimes {
  std::int64_t ping_interval_ns = 20 * kSecondNs;
  std::int64_t pong_timeout_ns = 60 * kSecondNs;
  std::int64_t max_age_ns = 24 * 3600 * kSecondNs;
};

struct VenueOptions {
  GeneratorOptions generator;
  std::unique_ptr<Recording> recording;  // what examine() found in replay.path; null: generate
  ReplayOptions replay;
  ConnectionTimes spot;
  ConnectionTimes usdm{180 * kSecondNs, 600 * kSecondNs, 24 * 3600 * kSecondNs};
  std::size_t connects_max = 300;  // of one address
  std::int64_t connects_window_ns = 300 * kSecondNs;
  std::int64_t rest_latency_ns = 20'000'000;
  RestOptions rest;
  bool shuffle_keys = false;
  std::vector<Fault> faults;
};

struct VenueCounters {
  std::uint64_t upgrades = 0;  // asked for
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_closed = 0;
  std::uint64_t client_frames = 0;  // control requests
  std::uint64_t pings_sent = 0;
  std::uint64_t pongs_received = 0;
  std::uint64_t rest_requests = 0;
};

class Venue {
 public:
  static constexpr std::size_t kQueuedBytesCut = 64U << 20U;  // a reader that falls so far behind is cut

  Venue(VenueOptions options, Now now);
  Venue(const Venue&) = delete;
  Venue& operator=(const Venue&) = delete;

  /// 101, or the HTTP status that refuses the upgrade.
  int admit(std::string_view target, const std::string& remote_address, Now now);
  /// How long the next upgrade's answer is to be held back; asking takes the fault.
  std::int64_t take_handshake_delay_ns() { return std::exchange(handshake_delay_ns_, 0); }
  Client& open(Wire& wire, std::string_view target, Now now);
  void closed(Client& client, Now now);
  void on_message(Client& client, std::string_view payload, Now now);
  /// True: answer with a pong.
  bool on_ping(Client& client, Now now);
  void on_pong(Client& client, std::string_view payload, Now now);

  using Reply = std::function<void(RestAnswer)>;
  void on_rest(RestCall call, Now now, Reply reply);

  /// Everything that is due. True: more is waiting, call again soon.
  bool tick(Now now);
  /// Commits a fault of faults.hpp, NAME[=ARG][@SECONDS]. Returns an empty text, or what is wrong with it.
  std::string inject(std::string_view fault, Now now);

  [[nodiscard]] const VenueCounters& counters() const { return counters_; }
  [[nodiscard]] const Hub& hub() const { return hub_; }
  [[nodiscard]] GeneratedFeed* generated() { return generated_.get(); }
  [[nodiscard]] ReplayFeed* replay() { return replay_.get(); }
  [[nodiscard]] std::size_t queued_bytes_max() const { return hub_.queued_bytes_max(); }
  /// Client frames and REST requests in order, the latest RequestLog::kKept: "GET /api/v3/time", "WS 1 {...}".
  [[nodiscard]] const std::deque<std::string>& requests() const { return requests_.texts(); }

 private:
  struct HeldAnswer {
    std::int64_t due_ns = 0;
    RestCall call;
    Reply reply;
    std::optional<RestAnswer> answer;  // none: the feed has it not yet
  };
  struct DelayedAck {
    std::int64_t due_ns = 0;
    std::uint64_t client = 0;
    std::string text;
  };

  void enter(Now now);
  [[nodiscard]] const ConnectionTimes& times(const Client& client) const;
  [[nodiscard]] Feed& feed();
  bool count_frame(Client& client);
  void close(Client& client, int code, std::string_view reason);
  void keep_alive(Client& client);
  void answer_held();
  void send_acks();
  void run_faults();
  void commit(const Fault& fault);
  void commit_on_connections(const Fault& fault);
  void add_frame(const Fault& fault);
  void announce_shutdown(std::int64_t seconds);
  void spoil_old_trades(std::string_view how);

  VenueOptions options_;
  Hub hub_;
  std::unique_ptr<GeneratedFeed> generated_;
  std::unique_ptr<ReplayFeed> replay_;
  Rest rest_;
  Now now_;
  VenueCounters counters_;
  RequestLog requests_;
  std::map<std::string, SlidingWindow> connects_;
  std::vector<HeldAnswer> held_;
  std::deque<DelayedAck> acks_;

  FaultSchedule<FaultKind> faults_;
  int refuse_status_ = 0;
  std::int64_t refuse_until_ns_ = 0;
  std::int64_t handshake_delay_ns_ = 0;
  std::int64_t acks_to_lose_ = 0;
  std::int64_t ack_delay_ns_ = 0;
  std::int64_t rest_slow_ns_ = 0;
};

}  // namespace tidegate::sim::binance
