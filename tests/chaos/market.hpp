// The four simulated brokers of a run of chaos, as the run sees them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/chaos/strict_subscriber.hpp"
#include "tests/end_to_end/ibkr.hpp"
#include "tests/end_to_end/kite.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/end_to_end/xts.hpp"

namespace tidegate::chaos {

struct Broker {
  std::string name;
  std::vector<std::string> streams;  // of the steady subscriber, that flow while all is well
  std::function<void(const std::string& fault)> inject;
  std::function<void(std::chrono::milliseconds)> freeze;
  std::function<std::multiset<std::string>()> held;  // the subscriptions it holds for us now
  bool resumes = false;                              // knows the fault `resume`, which ends those that last
  std::uint16_t port = 0;                            // of all its servers
};

/// All of them on threads of their own.
class Market {
 public:
  Market();

  [[nodiscard]] std::vector<Broker>& brokers() { return brokers_; }
  [[nodiscard]] Broker& broker(const std::string& name);
  /// A gateway of all four; `caches` is a folder for instrument lists.
  [[nodiscard]] std::string yaml(const std::string& caches) const;
  /// What the steady subscriber asks for.
  [[nodiscard]] static std::vector<Wish> wishes();
  /// The URL of the book that Binance itself has of a symbol.
  [[nodiscard]] std::string book_url(const std::string& symbol) const;

 private:
  test::Venue venue_;
  test::Kite kite_;
  test::Xts xts_;
  test::Ibkr ibkr_;
  std::vector<Broker> brokers_;
};

}  // namespace tidegate::chaos
