// Who holds one of the broker's market data lines, and who waits for one. Pure. docs/protocols/ibkr.md#lines
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace tidegate::ibkr {

/// First come, first served: each holder is known by the number of its arrival. What has a line keeps it; a line that becomes free goes to the one
/// that waits longest.
class LineBudget {
 public:
  /// `what` names one line in words: "market data line".
  LineBudget(std::size_t maximum, std::string what) : maximum_(maximum), what_(std::move(what)) {}

  void enter(std::uint64_t arrival, std::string symbol);
  void leave(std::uint64_t arrival);

  [[nodiscard]] bool holds(std::uint64_t arrival) const { return holders_.contains(arrival); }
  [[nodiscard]] std::size_t maximum() const { return maximum_; }
  [[nodiscard]] std::size_t waiting_count() const { return waiting_.size(); }
  /// Why there is no room, naming the holders, oldest first, as far as a sentence allows.
  [[nodiscard]] std::string words() const;

 private:
  using Symbols = std::map<std::uint64_t, std::string>;  // by arrival

  std::size_t maximum_;
  std::string what_;
  Symbols holders_;
  Symbols waiting_;
};

}  // namespace tidegate::ibkr
