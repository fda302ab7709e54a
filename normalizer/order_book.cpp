#include "normalizer/order_book.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {

OrderBook::Fit OrderBook::fit(ChainRule chain, std::int64_t first_id, std::int64_t last_id, std::int64_t previous_id) const {
  if (any_first_) return Fit::Fits;
  if (chain == ChainRule::FirstFollowsLast) {
    if (last_id <= last_id_) return Fit::Before;
    return first_id <= last_id_ + 1 ? Fit::Fits : Fit::After;
  }
  if (!joined_) {
    // At the join a delta may end exactly at the snapshot's id, or continue it.
    if (last_id < last_id_) return Fit::Before;
    return previous_id <= last_id_ ? Fit::Fits : Fit::After;
  }
  if (previous_id == last_id_) return Fit::Fits;
  return last_id <= last_id_ ? Fit::Before : Fit::After;
}

void OrderBook::buffer(const DepthUpdate& update, UtcTime received) {
  if (buffered_.size() == kBufferedMax) buffered_.pop_front();
  Delta delta{update.chain, update.first_id, update.last_id, update.previous_id, update.flags, update.ts_event, received, {}, update.bids.size()};
  delta.levels.reserve(update.bids.size() + update.asks.size());
  delta.levels.insert(delta.levels.end(), update.bids.begin(), update.bids.end());
  delta.levels.insert(delta.levels.end(), update.asks.begin(), update.asks.end());
  buffered_.push_back(std::move(delta));
}

void OrderBook::void_book() {
  state_ = State::Waiting;
  joined_ = false;
  any_first_ = false;
  bids_.clear();
  asks_.clear();
}

void OrderBook::reset() {
  void_book();
  buffered_.clear();
}

OrderBook::Verdict OrderBook::broken(Reason reason) {
  void_book();
  broken_reason_ = reason;
  return Verdict::Broken;
}

OrderBook::Verdict OrderBook::apply_delta(const DepthUpdate& update, UtcTime received) {
  if (state_ == State::Waiting) {
    buffer(update, received);
    return Verdict::Buffered;
  }
  switch (fit(update.chain, update.first_id, update.last_id, update.previous_id)) {
    case Fit::Before:
      return Verdict::Duplicate;
    case Fit::Fits:
      return move_to(update.last_id, update.flags, update.ts_event, received, update.bids, update.asks);
    case Fit::After:
      break;
  }
  reset();
  buffer(update, received);
  return Verdict::Gap;
}

OrderBook::Verdict OrderBook::apply_snapshot(const DepthUpdate& update, UtcTime received) {
  if (state_ == State::Valid) return Verdict::Duplicate;  // asked for twice; the kept book is newer
  void_book();
  last_id_ = update.last_id;
  any_first_ = update.last_id < 0;
  std::size_t before = 0;
  while (before < buffered_.size()) {
    const Delta& delta = buffered_[before];
    const Fit where = fit(delta.chain, delta.first_id, delta.last_id, delta.previous_id);
    if (where == Fit::After) return Verdict::Rejected;
    if (where == Fit::Fits) break;
    ++before;
  }
  if (const auto reason = load(update)) return broken(*reason);
  dropped_at_join_ = before;
  buffered_.erase(buffered_.begin(), buffered_.begin() + static_cast<std::ptrdiff_t>(before));
  ts_event_ = update.ts_event;
  ts_received_ = received;
  state_ = State::Valid;
  return Verdict::Joined;
}

OrderBook::Verdict OrderBook::replace(const DepthUpdate& update, UtcTime received) {
  reset();
  if (const auto reason = load(update); reason && !(update.may_cross && *reason == Reason::CrossedBook)) return broken(*reason);
  last_id_ = update.last_id;
  ts_event_ = update.ts_event;
  ts_received_ = received;
  state_ = State::Valid;
  return Verdict::Applied;
}

std::optional<Reason> OrderBook::load(const DepthUpdate& update) {
  price_exponent_ = quantity_exponent_ = 0;
  flags_ = update.flags;
  if (const auto reason = set_levels(bids_, update.bids)) return reason;
  if (const auto reason = set_levels(asks_, update.asks)) return reason;
  return crossed() ? std::optional{Reason::CrossedBook} : std::nullopt;
}

std::optional<OrderBook::Verdict> OrderBook::next_buffered() {
  while (state_ == State::Valid && !buffered_.empty()) {
    const Delta& delta = buffered_.front();
    const Fit where = fit(delta.chain, delta.first_id, delta.last_id, delta.previous_id);
    if (where == Fit::After) {
      void_book();
      return Verdict::Gap;
    }
    const Delta taken = std::move(buffered_.front());
    buffered_.pop_front();
    if (where == Fit::Before) continue;
    const std::span<const LevelUpdate> levels{taken.levels};
    return move_to(taken.last_id, taken.flags, taken.ts_event, taken.ts_received, levels.first(taken.bid_count), levels.subspan(taken.bid_count));
  }
  return std::nullopt;
}

OrderBook::Verdict OrderBook::move_to(std::int64_t last_id, Flags flags, UtcTime ts_event, UtcTime received, std::span<const LevelUpdate> bids,
                                      std::span<const LevelUpdate> asks) {
  if (const auto reason = set_levels(bids_, bids)) return broken(*reason);
  if (const auto reason = set_levels(asks_, asks)) return broken(*reason);
  if (crossed()) return broken(Reason::CrossedBook);
  joined_ = true;
  any_first_ = false;
  flags_ |= flags;
  last_id_ = last_id;
  ts_event_ = ts_event;
  ts_received_ = received;
  return Verdict::Applied;
}

std::optional<Reason> OrderBook::set_levels(BookSide& side, std::span<const LevelUpdate> levels) {
  for (const LevelUpdate& level : levels) {
    if (!refine(level.price, level.quantity)) return Reason::Overflow;
    const Decimal price = rescale(level.price, price_exponent_);
    const Decimal quantity = rescale(level.quantity, quantity_exponent_);
    if (!price.present() || !quantity.present()) return Reason::Overflow;
    side.set({price.mantissa, quantity.mantissa, level.orders});
  }
  return side.size() > kLevelsMax ? std::optional{Reason::TooManyLevels} : std::nullopt;
}

bool OrderBook::refine(Decimal price, Decimal quantity) {
  const std::int8_t finer_price = std::min(price_exponent_, price.exponent);
  const std::int8_t finer_quantity = std::min(quantity_exponent_, quantity.exponent);
  if (finer_price == price_exponent_ && finer_quantity == quantity_exponent_) return true;
  const int price_steps = price_exponent_ - finer_price;
  const int quantity_steps = quantity_exponent_ - finer_quantity;
  if (price_steps > 18 || quantity_steps > 18) return false;
  const std::int64_t price_factor = kPowersOfTen[static_cast<std::size_t>(price_steps)];
  const std::int64_t quantity_factor = kPowersOfTen[static_cast<std::size_t>(quantity_steps)];
  price_exponent_ = finer_price;
  quantity_exponent_ = finer_quantity;
  return bids_.scale(price_factor, quantity_factor) && asks_.scale(price_factor, quantity_factor);
}

}  // namespace tidegate
