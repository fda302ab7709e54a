// One symbol's order book in whole ticks and lots.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tidegate::sim::binance {

enum class BookSide : std::uint8_t { Bid, Ask };

struct BookLevel {
  std::int64_t price = 0;     // ticks
  std::int64_t quantity = 0;  // lots
};

/// Levels of both sides, the best at the end of each list, so that what moves most is cheapest to move.
class Book {
 public:
  [[nodiscard]] const std::vector<BookLevel>& levels(BookSide side) const { return side == BookSide::Bid ? bids_ : asks_; }
  /// The n-th best level, from 0; n must be below the side's size.
  [[nodiscard]] const BookLevel& at(BookSide side, std::size_t n) const {
    const auto& list = levels(side);
    return list[list.size() - 1 - n];
  }
  /// Both sides must not be empty.
  [[nodiscard]] std::int64_t best(BookSide side) const { return at(side, 0).price; }

  /// Zero removes the level.
  void set(BookSide side, std::int64_t price, std::int64_t quantity) {
    auto& list = side == BookSide::Bid ? bids_ : asks_;
    const auto place = find(side, price);
    const auto it = list.begin() + (place - levels(side).begin());
    if (it != list.end() && it->price == price) {
      if (quantity == 0) {
        list.erase(it);
      } else {
        it->quantity = quantity;
      }
    } else if (quantity != 0) {
      list.insert(it, {price, quantity});
    }
  }
  /// Zero where there is no such level.
  [[nodiscard]] std::int64_t quantity(BookSide side, std::int64_t price) const {
    const auto it = find(side, price);
    return it != levels(side).end() && it->price == price ? it->quantity : 0;
  }

 private:
  [[nodiscard]] std::vector<BookLevel>::const_iterator find(BookSide side, std::int64_t price) const {
    const auto& list = levels(side);
    return std::lower_bound(list.begin(), list.end(), price, [side](const BookLevel& level, std::int64_t wanted) {
      return side == BookSide::Bid ? level.price < wanted : level.price > wanted;
    });
  }

  std::vector<BookLevel> bids_, asks_;
};

}  // namespace tidegate::sim::binance
