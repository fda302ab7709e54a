// Brokers of a whole gateway that a test plays: one kind has to be asked for names, the other lists all it has.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"

namespace tidegate::test {

/// Adapters `asked` (knows NASDAQ, NYSE and SMART, and bare names, when asked) and `listed` (venues NASDAQ and COINS, lists all it has).
[[nodiscard]] std::span<const Adapter* const> played_adapters();

/// The broker of that name in the next gateway. What is public is set before the gateway starts; the rest is for any thread.
class PlayedBroker {
 public:
  explicit PlayedBroker(std::string name);
  ~PlayedBroker();
  PlayedBroker(const PlayedBroker&) = delete;
  PlayedBroker& operator=(const PlayedBroker&) = delete;

  std::vector<std::string> list;                             // symbols, told at the start
  std::map<std::string, std::vector<std::string>> meanings;  // of texts that are asked for; of others it knows nothing
  bool reachable = true;                                     // false: names wait

  /// What waits is answered, as is what comes.
  void become_reachable();
  /// Its list comes again, as these.
  void tell_list(std::vector<std::string> symbols);
  /// Each call of look_up, as it came.
  [[nodiscard]] std::vector<std::vector<std::string>> look_ups() const;
  /// "NASDAQ:AAPL@ticker": what it is to stream now. It sends one price for each at every change.
  [[nodiscard]] std::vector<std::string> wanted() const;

 private:
  class PlayedSession;
  friend std::unique_ptr<Session> make_played_session(const BrokerConfig& config, SessionHost& host);

  std::string name_;
  PlayedSession* session_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<std::vector<std::string>> look_ups_;
  std::vector<std::string> wanted_;
};

}  // namespace tidegate::test
