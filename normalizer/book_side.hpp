// One side of a book: price to quantity, best first on demand. Prices and quantities are int64 at the book's exponents.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tidegate {

struct BookEntry {
  std::int64_t price;
  std::int64_t quantity;
  std::uint32_t orders;
};

/// Sorted worst to best, so that changes near the top, the usual ones, move little memory.
class BookSide {
 public:
  enum class Order : std::uint8_t { HighestFirst, LowestFirst };  // bids, asks

  explicit BookSide(Order order) : order_(order) {}

  /// Sets the quantity at a price; zero removes the level. Removing an unknown level does nothing.
  void set(const BookEntry& entry);
  void clear() { entries_.clear(); }
  /// Multiplies every price and quantity; false (and the side unusable) when one does not fit.
  [[nodiscard]] bool scale(std::int64_t price_factor, std::int64_t quantity_factor);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const BookEntry& best() const { return entries_.back(); }
  /// The i-th best, from 0.
  [[nodiscard]] const BookEntry& at(std::size_t i) const { return entries_[entries_.size() - 1 - i]; }

 private:
  [[nodiscard]] bool worse(std::int64_t a, std::int64_t b) const { return order_ == Order::HighestFirst ? a < b : a > b; }

  Order order_;
  std::vector<BookEntry> entries_;
};

}  // namespace tidegate
