// Connections, the streams they hold, and the way of a frame from a feed to the sockets, with the faults that happen on that way.
// Pure: sockets are behind Wire, the time is set from outside.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/binance/limits.hpp"
#include "tools/sim/binance/streams.hpp"
#include "tools/sim/common/random.hpp"
#include "tools/sim/common/wire.hpp"

namespace tidegate::sim::binance {

using sim::Now;
using sim::Wire;

struct Client;

/// Those who receive one kind of frame.
struct Audience {
  std::string name;
  StreamKind kind = StreamKind::Other;
  std::vector<Client*> clients;
  std::uint64_t frames_sent = 0;
  bool holding = false;  // the reorder fault keeps a frame back until the next one
  std::string held_payload, held_recorded;
};

/// One stream name in one market and time unit.
struct Topic : Audience {
  Market market = Market::Spot;
  bool microseconds = false;
  StreamName stream;
  std::size_t holders = 0;  // connections that list it; `clients` may be fewer (wrong path, stalled)
};

/// One connection.
struct Client {
  std::uint64_t id = 0;
  Wire* wire = nullptr;
  StreamTarget target;
  std::string target_text;
  bool combined = false;
  bool closing = false;
  std::int64_t opened_ns = 0;
  std::vector<Topic*> topics;  // in order of subscription
  SlidingWindow frames_in{5, kSecondNs};
  std::uint64_t frames_sent = 0;

  struct Ping {
    std::string payload;
    std::int64_t sent_ns = 0;
  };
  std::int64_t next_ping_ns = 0;
  std::deque<Ping> pings;  // without a pong yet

  std::int64_t silent_until_ns = 0;
  std::int64_t half_open_until_ns = 0;
  std::int64_t shutdown_at_ns = kForever;  // told that it will be closed then
  std::int64_t slow_ns = 0;
  struct Delayed {
    std::int64_t due_ns = 0;
    std::string payload;
  };
  std::deque<Delayed> delayed;
};

/// Told when a topic gains or loses receivers.
class TopicListener {
 public:
  virtual ~TopicListener() = default;
  virtual void on_topic(Topic& topic) = 0;
  /// Before a topic that nobody holds any more goes away.
  virtual void on_topic_gone(Topic& topic) = 0;
};

class Hub {
 public:
  Hub(std::uint64_t seed, bool shuffle_keys) : random_(seed), shuffle_keys_(shuffle_keys) {}

  void set_listener(TopicListener& listener) { listener_ = &listener; }
  void set_now(Now now) { now_ = now; }
  [[nodiscard]] Now now() const { return now_; }

  Client& open(Wire& wire, const StreamTarget& target, std::string_view target_text);
  void remove(Client& client);
  [[nodiscard]] const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  [[nodiscard]] bool anyone_subscribed() const;
  /// Sends what a slow connection was still owed.
  void send_delayed();

  enum class Outcome : std::uint8_t { Done, TooMany };
  Outcome subscribe(Client& client, std::string_view name);
  void unsubscribe(Client& client, std::string_view name);

  /// A frame of a stream. `recorded` is the text with its envelope where it must leave exactly so.
  void publish(Audience& audience, std::string_view payload, std::string_view recorded = {});
  /// Text outside any stream: control answers, and what faults add. Obeys half-open and slow.
  void send(Client& client, std::string_view text);
  void send_binary(Client& client, std::string_view bytes);
  /// May the connection be told anything at all?
  [[nodiscard]] bool reachable(const Client& client) const;
  [[nodiscard]] std::map<std::string, std::uint64_t> frames_by_stream() const { return frames_; }
  [[nodiscard]] std::uint64_t frames_sent() const { return frames_sent_; }
  /// The fullest outbox among connections that take anything.
  [[nodiscard]] std::size_t queued_bytes_max() const;

  // Faults.
  std::int64_t silent_until_ns = 0;  // all connections
  std::int64_t half_open_until_ns = 0;
  std::int64_t wrong_route_until_ns = 0;
  std::string lose_next, repeat_next, swap_next;  // a stream's name, or "*" for any depth stream; empty: none
  void stall(Client& client, std::string_view name);

 private:
  Topic& topic(const Client& client, std::string_view name);
  void deliver(Audience& audience, std::string_view payload, std::string_view recorded);
  void send_data(Client& client, std::string_view text);
  static bool take_fault(std::string& wanted, const Audience& audience);

  Random random_;
  bool shuffle_keys_;
  Now now_;
  TopicListener* listener_ = nullptr;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t next_id_ = 1;
  std::map<std::string, std::unique_ptr<Topic>> topics_;  // key: market, unit, name
  std::map<std::string, std::uint64_t> frames_;
  std::uint64_t frames_sent_ = 0;
  std::string envelope_, shuffled_;
};

/// The same JSON with members in another order and members nobody knows. What is not a JSON object or array stays as it is.
void shuffle_json(std::string_view text, Random& random, std::string& out);

}  // namespace tidegate::sim::binance
