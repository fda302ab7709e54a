// One symbol's matching state. Every action changes book, trades, candles and windows together, so that all streams and REST answers agree.
// Pure: the time and the seed come from outside.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tools/sim/binance/book.hpp"
#include "tools/sim/binance/candles.hpp"
#include "tools/sim/binance/symbols.hpp"
#include "tools/sim/common/random.hpp"

namespace tidegate::sim::binance {

struct MarketTrade {
  std::int64_t id = 0;
  std::int64_t price = 0;     // ticks
  std::int64_t quantity = 0;  // lots
  std::int64_t time_us = 0;
  bool buyer_is_maker = false;
};

/// One taker order at one price.
struct MarketAggTrade {
  std::int64_t id = 0;
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  std::int64_t first_trade = 0, last_trade = 0;
  std::int64_t time_us = 0;
  bool buyer_is_maker = false;
};

struct LevelChange {
  BookSide side{};
  std::int64_t price = 0;
};

/// What one action did. Reused, so that a running market allocates nothing.
struct Activity {
  std::vector<MarketTrade> trades;
  std::vector<MarketAggTrade> agg_trades;
  std::vector<LevelChange> changes;
  std::int64_t first_id = 0;  // update ids of the changes
  std::int64_t last_id = 0;
  bool top_changed = false;

  void clear();
};

/// Book update ids: consecutive in a spot symbol's own counter, shared by all symbols and therefore with holes on USD-M.
class UpdateIds {
 public:
  UpdateIds(std::int64_t start, bool shared) : last_(start), shared_(shared) {}
  std::int64_t next(Random& random) {
    last_ += shared_ ? 1 + random.below(40) : 1;
    return last_;
  }

 private:
  std::int64_t last_;
  bool shared_;
};

class SymbolMarket {
 public:
  static constexpr std::size_t kLevels = 1000;  // a side, about
  static constexpr std::size_t kTradesKept = 1000;

  /// `ids` outlives this.
  SymbolMarket(SymbolSpec spec, std::uint64_t seed, UpdateIds& ids, std::int64_t now_us);

  /// One action of one participant: an order that takes, adds or cancels.
  void act(std::int64_t now_us, Activity& activity);
  /// Closes candles that have ended.
  void pass_time(std::int64_t now_us) { candles_.roll(now_us / 1000); }

  [[nodiscard]] const SymbolSpec& spec() const { return spec_; }
  [[nodiscard]] const Book& book() const { return book_; }
  [[nodiscard]] std::int64_t update_id() const { return update_id_; }  // the book as it is
  [[nodiscard]] std::int64_t updated_us() const { return updated_us_; }
  [[nodiscard]] const CandleSet& candles() const { return candles_; }
  [[nodiscard]] const RollingDay& day() const { return day_; }
  [[nodiscard]] const std::deque<MarketTrade>& trades() const { return trades_; }  // never empty
  [[nodiscard]] const std::deque<MarketAggTrade>& agg_trades() const { return agg_trades_; }
  [[nodiscard]] std::int64_t price_e8(std::int64_t ticks) const { return ticks * spec_.tick_e8; }
  [[nodiscard]] std::int64_t quantity_e8(std::int64_t lots) const { return lots * spec_.lot_e8; }

 private:
  void fill_book();
  void drift();
  void retreat(Activity& activity);
  void take(std::int64_t now_us, Activity& activity);
  void execute(BookSide maker, const BookLevel& level, std::int64_t quantity, std::int64_t now_us, Activity& activity);
  void add(Activity& activity);
  void cancel(Activity& activity);
  void keep_size(BookSide side, Activity& activity);
  void change(BookSide side, std::int64_t price, std::int64_t quantity, Activity& activity);
  [[nodiscard]] std::int64_t random_quantity();

  SymbolSpec spec_;
  Random random_;
  UpdateIds& ids_;
  Book book_;
  std::int64_t start_fair_ = 0;  // 1/256 ticks
  std::int64_t fair_ = 0;
  std::int64_t spacing_ = 1;    // ticks between levels, about
  std::int64_t unit_lots_ = 1;  // about 50 of the quote currency
  std::int64_t update_id_ = 0;
  std::int64_t updated_us_ = 0;
  std::int64_t trade_id_ = 0;
  std::int64_t agg_trade_id_ = 0;
  CandleSet candles_;
  RollingDay day_;
  std::deque<MarketTrade> trades_;
  std::deque<MarketAggTrade> agg_trades_;
};

}  // namespace tidegate::sim::binance
