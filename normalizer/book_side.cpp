#include "normalizer/book_side.hpp"

#include <algorithm>

namespace tidegate {

void BookSide::set(const BookEntry& entry) {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), entry.price,
                                   [this](const BookEntry& e, std::int64_t price) { return worse(e.price, price); });
  const bool known = it != entries_.end() && it->price == entry.price;
  if (entry.quantity == 0) {
    if (known) entries_.erase(it);
  } else if (known) {
    *it = entry;
  } else {
    entries_.insert(it, entry);
  }
}

bool BookSide::scale(std::int64_t price_factor, std::int64_t quantity_factor) {
  return std::all_of(entries_.begin(), entries_.end(), [&](BookEntry& entry) {
    return !__builtin_mul_overflow(entry.price, price_factor, &entry.price) &&
           !__builtin_mul_overflow(entry.quantity, quantity_factor, &entry.quantity);
  });
}

}  // namespace tidegate
