// One run of chaos: a gateway with four simulated brokers, a fleet of strict subscribers, and a schedule of faults that the seed decides.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/chaos/market.hpp"
#include "tests/chaos/packet_loss.hpp"
#include "tests/chaos/strict_subscriber.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate::chaos {

/// The machine's clocks; its wall clock can be set wrong.
class JumpingClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc() const override { return UtcTime{machine_.utc().ns + offset_ns_.load(std::memory_order_relaxed)}; }
  [[nodiscard]] MonoTime mono() const override { return machine_.mono(); }
  void set_wrong_by(Duration offset) { offset_ns_.store(offset.count(), std::memory_order_relaxed); }

 private:
  SystemClock machine_;
  std::atomic<std::int64_t> offset_ns_{0};
};

struct Report {
  std::map<std::string, std::uint64_t> faults;  // "binance drop": how often
  std::vector<double> recoveries;               // seconds from a fault, or the last of several at once, until every stream of the broker flowed again
  std::string slowest;                          // what the longest of them was from
  Totals totals;                                // of all subscribers
  std::size_t memory_growth_kib = 0;            // of the process, simulators included, after the first third
  std::vector<std::string> broken;              // promises that were not kept; empty: all were

  void add(const Report& other);
};

class Run {
 public:
  explicit Run(std::uint64_t seed);
  Report run(std::chrono::seconds duration);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Trouble {
    Time since;
    std::string fault;
    std::map<std::string, std::uint64_t> data_before;
    std::uint64_t stale_before = 0;
    bool breaks = false;
    Time heal_at;
    bool healed = false;
  };
  /// Connects, asks for something, and leaves without a word.
  struct Visitor {
    std::unique_ptr<StrictSubscriber> subscriber;
    Time leaves_at;
  };

  struct BrokenLine {
    std::unique_ptr<PacketLoss> loss;
    Time until;
  };

  /// A fault at its time.
  struct Event {
    std::chrono::milliseconds at;
    std::size_t broker;
    const Fault* fault;
    std::chrono::milliseconds heals_after;  // what lasts
    std::chrono::milliseconds frozen_for;   // the faults `freeze` and `packet-loss`
  };

  void fleet();
  [[nodiscard]] std::vector<Event> make_schedule(std::uint64_t seed, std::chrono::seconds duration);
  void note_wanted();
  void turn(std::chrono::milliseconds duration);
  void move_fleet(Time now);
  void disturb(Time now);
  void strike(Broker& broker, const Event& event, Time now);
  void disturb_machine(Time now);
  void mend_lines(Time now);
  void look_after(Broker& broker, Time now);
  void settle();
  void compare_books();
  [[nodiscard]] std::string venue_book(const std::string& symbol);
  [[nodiscard]] bool wait_until(std::chrono::seconds limit, const std::function<bool()>& done);
  void note_broken(const std::string& what);
  [[nodiscard]] std::uint64_t random(std::uint64_t below) { return random_() % below; }

  std::mt19937_64 random_;
  std::uint64_t seed_;
  test::TemporaryFolder caches_;
  JumpingClock clock_;
  Market market_;
  test::GatewayUnderTest gateway_;
  net::EventLoop loop_;
  net::HttpClient http_;
  std::unique_ptr<StrictSubscriber> steady_;
  std::vector<std::unique_ptr<StrictSubscriber>> returning_, conflating_;
  std::vector<Time> next_move_;  // of returning_
  Visitor visitor_;
  std::map<std::string, std::multiset<std::string>> wanted_;  // by broker
  std::map<std::string, Trouble> troubles_;                   // by broker
  std::map<std::string, BrokenLine> broken_lines_;            // by broker
  std::vector<Event> events_;
  std::size_t next_event_ = 0;
  Time begin_, next_machine_fault_, machine_heals_at_;
  bool machine_ill_ = false;
  Report report_;
};

}  // namespace tidegate::chaos
