// Who holds one of the broker's lines, and who waits for one. Pure. docs/protocols/ibkr.md#lines
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "gateway/core/market_data.hpp"

namespace tidegate::ibkr {

/// First come, first served: each holder is known by the number of its arrival. What has a line keeps it; one that becomes free goes to whoever
/// waits longest.
class LineBudget {
 public:
  /// Longest sentence that reaches subscribers whole.
  static constexpr std::size_t kWordsBytesMax = sizeof(State::reason) - 1;

  /// `option` is where the number of lines is configured: "lines_max".
  LineBudget(std::size_t maximum, std::string option) : maximum_(maximum), option_(std::move(option)) {}

  void enter(std::uint64_t arrival, std::string symbol);
  void leave(std::uint64_t arrival);

  [[nodiscard]] bool holds(std::uint64_t arrival) const { return holders_.contains(arrival); }
  [[nodiscard]] std::size_t waiting_count() const { return waiting_.size(); }
  /// Why there is no room: "lines_max (100) is reached; held by NASDAQ:AAPL, NASDAQ:MSFT and 98 more", the oldest first.
  [[nodiscard]] std::string words() const;

 private:
  using Symbols = std::map<std::uint64_t, std::string>;  // by arrival

  std::size_t maximum_;
  std::string option_;
  Symbols holders_;
  Symbols waiting_;
};

}  // namespace tidegate::ibkr
