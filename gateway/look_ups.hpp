// Names that no list holds and that brokers are asked for: which are under way, and which were answered a moment ago. No I/O, no clock; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// Bounds what subscribers can make of it: whatever they write, so many names at most are kept, and a broker gets no name twice within `kept`.
class LookUps {
 public:
  struct Limits {
    std::size_t names = 4096;                 // under way and remembered, together
    std::size_t found = 50'000;               // names that some broker knew, in the life of the gateway: they stay in the catalog
    Duration kept = std::chrono::minutes{1};  // an answer is remembered so long, then the name may be asked for again
  };
  enum class Stand : std::uint8_t {
    UnderWay,
    Asked,     // it is under way from now on
    Answered,  // by all who were asked, less than `kept` ago
    Full,      // not asked: a limit is reached
  };

  LookUps(std::size_t broker_count, Limits limits) : limits_(limits), requests_(broker_count) {}
  explicit LookUps(std::size_t broker_count) : LookUps(broker_count, Limits{}) {}

  /// Whether a text may be a name at all: up to 64 bytes of printable ASCII, no quotes or backslashes, no space at either end.
  [[nodiscard]] static bool is_name(std::string_view text);

  /// `brokers` (one at least) are to be asked for `name`, unless it is under way or was answered a moment ago.
  Stand ask(const std::string& name, std::span<const BrokerId> brokers, MonoTime now);
  [[nodiscard]] bool under_way(std::string_view name) const;
  /// True: that was the last answer awaited. Of a name that is not under way it changes nothing.
  bool answered(const std::string& name, BrokerId broker, bool found, MonoTime now);

  /// So many brokers there are from now on; more than before, or as many.
  void set_brokers(std::size_t brokers) { requests_.resize(brokers); }
  /// This broker answers nothing of what it was asked; names that awaited nobody else may be asked for again.
  void give_up(BrokerId broker, MonoTime now);

  /// What is to be sent to each broker, by BrokerId; once.
  [[nodiscard]] bool has_requests() const { return has_requests_; }
  [[nodiscard]] std::vector<std::vector<std::string>> take_requests();

 private:
  void forget(MonoTime now);

  Limits limits_;
  std::map<std::string, std::vector<BrokerId>, std::less<>> names_;  // whose answer is awaited; nobody's: remembered
  std::deque<std::pair<MonoTime, std::string>> remembered_;          // and until when, oldest first
  std::size_t found_ = 0;
  std::vector<std::vector<std::string>> requests_;
  bool has_requests_ = false;
};

}  // namespace tidegate
