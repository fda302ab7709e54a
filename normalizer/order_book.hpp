// A kept order book: snapshot and deltas to depth and top of book, and the proof that nothing is missing in between.
// The joining rules are those of docs/protocols/binance.md#the-local-book.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "gateway/core/market_data.hpp"
#include "gateway/core/update.hpp"
#include "normalizer/book_side.hpp"

namespace tidegate {

class OrderBook {
 public:
  /// Deltas kept while no snapshot joins them; the oldest goes first (a later snapshot then needs to be newer).
  static constexpr std::size_t kBufferedMax = 2'000;
  /// Levels a side; a book beyond that is not believed.
  static constexpr std::size_t kLevelsMax = 50'000;

  enum class Verdict : std::uint8_t {
    Buffered,   // kept until a snapshot comes
    Applied,    // the book moved on
    Duplicate,  // came before; ignored
    Gap,        // something is missing: the book is void, and this delta is the first of the next buffer
    Rejected,   // snapshot too old to join what is buffered: another one is needed
    Joined,     // snapshot loaded; `next_buffered` has what came since
    Broken,     // the state is impossible (crossed, overflow, too many levels): void, as after a gap; see broken_reason
  };

  /// One delta, in order of arrival.
  Verdict apply_delta(const DepthUpdate& update, UtcTime received);
  /// A snapshot, at any time. Joined leaves the book at the snapshot's own state.
  Verdict apply_snapshot(const DepthUpdate& update, UtcTime received);
  /// A complete state that chains with nothing: Applied or Broken.
  Verdict replace(const DepthUpdate& update, UtcTime received);
  /// After Joined: applies the next buffered delta. Nothing: all done. Applied, Gap or Broken as for apply_delta.
  std::optional<Verdict> next_buffered();
  /// Everything is forgotten: another connection, another life.
  void reset();

  [[nodiscard]] bool valid() const { return state_ == State::Valid; }
  [[nodiscard]] Reason broken_reason() const { return broken_reason_; }
  [[nodiscard]] std::int64_t last_id() const { return last_id_; }
  /// Of all updates that the present state is made of.
  [[nodiscard]] Flags flags() const { return flags_; }
  [[nodiscard]] UtcTime ts_event() const { return ts_event_; }
  [[nodiscard]] UtcTime ts_received() const { return ts_received_; }
  [[nodiscard]] std::size_t dropped_at_join() const { return dropped_at_join_; }
  [[nodiscard]] const BookSide& bids() const { return bids_; }
  [[nodiscard]] const BookSide& asks() const { return asks_; }
  [[nodiscard]] std::int8_t price_exponent() const { return price_exponent_; }
  [[nodiscard]] std::int8_t quantity_exponent() const { return quantity_exponent_; }

 private:
  enum class State : std::uint8_t { Waiting, Valid };
  struct Delta {
    ChainRule chain;
    std::int64_t first_id, last_id, previous_id;
    Flags flags;
    UtcTime ts_event, ts_received;
    std::vector<LevelUpdate> levels;  // bids, then asks
    std::size_t bid_count;
  };
  enum class Fit : std::uint8_t { Before, Fits, After };

  [[nodiscard]] Fit fit(ChainRule chain, std::int64_t first_id, std::int64_t last_id, std::int64_t previous_id) const;
  void buffer(const DepthUpdate& update, UtcTime received);
  void void_book();
  [[nodiscard]] std::optional<Reason> load(const DepthUpdate& update);
  [[nodiscard]] bool crossed() const { return !bids_.empty() && !asks_.empty() && bids_.best().price >= asks_.best().price; }
  Verdict broken(Reason reason);
  Verdict move_to(std::int64_t last_id, Flags flags, UtcTime ts_event, UtcTime received, std::span<const LevelUpdate> bids,
                  std::span<const LevelUpdate> asks);
  [[nodiscard]] std::optional<Reason> set_levels(BookSide& side, std::span<const LevelUpdate> levels);
  [[nodiscard]] bool refine(Decimal price, Decimal quantity);

  State state_ = State::Waiting;
  bool joined_ = false;     // a delta was applied since the snapshot: from here the chain rule holds strictly
  bool any_first_ = false;  // the snapshot had no id (symbol not yet open): the first delta is taken as it comes
  Reason broken_reason_ = Reason::CrossedBook;
  std::int64_t last_id_ = 0;
  Flags flags_ = Flags::None;
  UtcTime ts_event_, ts_received_;
  std::size_t dropped_at_join_ = 0;
  BookSide bids_{BookSide::Order::HighestFirst};
  BookSide asks_{BookSide::Order::LowestFirst};
  std::int8_t price_exponent_ = 0;
  std::int8_t quantity_exponent_ = 0;
  std::deque<Delta> buffered_;
};

}  // namespace tidegate
