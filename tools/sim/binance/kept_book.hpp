// A book kept from recorded texts: a snapshot and the depth events played since. Prices keep the spelling they came in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tools/sim/binance/symbols.hpp"

namespace tidegate::sim::binance {

class KeptBook {
 public:
  /// Loads the body of a depth answer; false when it is none.
  bool load(std::string_view snapshot);
  /// Empty, at this id.
  void reset(std::int64_t update_id);
  /// Applies a depth event unless the book has it already. What cannot be read is skipped.
  void apply(std::string_view event);

  [[nodiscard]] std::int64_t update_id() const { return update_id_; }
  [[nodiscard]] std::size_t levels() const { return bids_.size() > asks_.size() ? bids_.size() : asks_.size(); }
  /// The body of a depth answer with at most `limit` levels a side.
  [[nodiscard]] std::string answer(Market market, std::size_t limit, std::int64_t now_ms) const;

 private:
  struct Level {
    std::string price, quantity;
  };
  template <class Order>
  using Side = std::map<std::int64_t, Level, Order>;  // by price at 1e-8

  std::int64_t update_id_ = 0;
  Side<std::greater<>> bids_;
  Side<std::less<>> asks_;
};

}  // namespace tidegate::sim::binance
