// Servers that send the same records to the same number of subscribers, in interleaved rounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/server.hpp"
#include "tools/bench/fanout/subscribers.hpp"

namespace tidegate::bench {

/// At most so many deliveries a second that readers keep up and no socket fills, and so many turns.
struct Pace {
  std::chrono::nanoseconds per_delivery{20'000};
  std::chrono::nanoseconds shortest_turn{100'000};
  std::size_t fewest_turns = 5;
};

class Contest {
 public:
  /// What one contender's rounds came to.
  struct Result {
    std::string name;
    double cpu_us = 0;    // of the server for one delivery
    double to_first = 0;  // ratio to the first contender
    double to_second = 0;
    double p50_us = 0, p99_us = 0;
    bool complete = false;  // every record reached every subscriber once, in every round
  };

  Contest(std::size_t subscribers, std::size_t symbols) : subscribers_(subscribers), symbols_(symbols) {}

  /// `server` and `audience` outlive the contest. One pair may contend several times, each in its own way, which `before` chooses for a round.
  void add(
      std::string name, FanoutServer& server, Audience& audience, std::function<void()> before = [] {});
  /// Connects all subscribers, and waits until each has got a record. False: somebody did not, and it has said so.
  [[nodiscard]] bool prepare();
  [[nodiscard]] std::vector<Result> run(std::size_t burst, int rounds, std::chrono::nanoseconds round_time, const Pace& pace);

 private:
  struct Contender {
    std::string name;
    FanoutServer* server = nullptr;
    Audience* audience = nullptr;
    std::function<void()> before;
  };
  [[nodiscard]] static std::uint64_t settled_deliveries(const Contender& contender);
  [[nodiscard]] bool reaches_all(const Contender& contender) const;
  [[nodiscard]] std::vector<double> measure(const Contender& contender, const FanoutRun& run) const;

  std::size_t subscribers_, symbols_;
  std::vector<Contender> contenders_;
};

}  // namespace tidegate::bench
