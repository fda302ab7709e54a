#include "tools/sim/binance/market.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::sim::binance {
namespace {

constexpr int kTakePercent = 35;
constexpr int kCancelPercent = 20;
constexpr int kWarmUpActions = 40;  // a symbol has traded before anyone looks

constexpr BookSide opposite(BookSide side) { return side == BookSide::Bid ? BookSide::Ask : BookSide::Bid; }
/// +1 where prices get worse upwards (asks), -1 where downwards (bids).
constexpr std::int64_t worse(BookSide side) { return side == BookSide::Ask ? 1 : -1; }

}  // namespace

void Activity::clear() {
  trades.clear();
  agg_trades.clear();
  changes.clear();
  first_id = last_id = 0;
  top_changed = false;
}

SymbolMarket::SymbolMarket(SymbolSpec spec, std::uint64_t seed, UpdateIds& ids, std::int64_t now_us)
    : spec_(std::move(spec)), random_(seed), ids_(ids), updated_us_(now_us) {
  const std::int64_t ticks = std::max<std::int64_t>(spec_.price_e8 / spec_.tick_e8, 2);
  start_fair_ = fair_ = ticks * 256;
  spacing_ = std::max<std::int64_t>(ticks / 50 / static_cast<std::int64_t>(kLevels), 1);  // the book spans about 2 % a side
  const Wide lots = Wide{50} * kE8 * kE8 / (Wide{spec_.price_e8} * spec_.lot_e8);
  unit_lots_ = std::max<std::int64_t>(static_cast<std::int64_t>(lots), 1);
  trade_id_ = 1'000'000 + random_.below(1'000'000'000);
  agg_trade_id_ = trade_id_ / 2;
  fill_book();
  update_id_ = ids_.next(random_);
  Activity warm_up;
  for (int i = 0; i < kWarmUpActions || trades_.empty(); ++i) act(now_us, warm_up);
}

void SymbolMarket::fill_book() {
  for (const BookSide side : {BookSide::Bid, BookSide::Ask}) {
    std::int64_t price = fair_ / 256;
    for (std::size_t i = 0; i < kLevels; ++i) {
      price += worse(side) * (1 + random_.below(2 * spacing_ - 1 + (spacing_ == 1 ? 1 : 0)));
      if (price <= 0) break;
      book_.set(side, price, random_quantity());
    }
  }
}

std::int64_t SymbolMarket::random_quantity() {
  const std::int64_t whole = 1 + (random_.chance(10) ? random_.below(100) : random_.below(12));
  return whole * unit_lots_ + random_.below(unit_lots_);
}

void SymbolMarket::change(BookSide side, std::int64_t price, std::int64_t quantity, Activity& activity) {
  book_.set(side, price, quantity);
  update_id_ = ids_.next(random_);
  if (activity.changes.empty()) activity.first_id = update_id_;
  activity.last_id = update_id_;
  activity.changes.push_back({side, price});
}

void SymbolMarket::act(std::int64_t now_us, Activity& activity) {
  activity.clear();
  const BookLevel bid = book_.at(BookSide::Bid, 0);
  const BookLevel ask = book_.at(BookSide::Ask, 0);
  drift();
  retreat(activity);
  const std::int64_t choice = random_.below(100);
  if (choice < kTakePercent) {
    take(now_us, activity);
  } else if (choice < kTakePercent + kCancelPercent) {
    cancel(activity);
  } else {
    add(activity);
  }
  keep_size(BookSide::Bid, activity);
  keep_size(BookSide::Ask, activity);
  const BookLevel& new_bid = book_.at(BookSide::Bid, 0);
  const BookLevel& new_ask = book_.at(BookSide::Ask, 0);
  activity.top_changed =
      bid.price != new_bid.price || bid.quantity != new_bid.quantity || ask.price != new_ask.price || ask.quantity != new_ask.quantity;
  if (!activity.changes.empty()) updated_us_ = now_us;
}

/// A random walk that is pulled back towards its start, so that long runs neither vanish nor explode.
void SymbolMarket::drift() {
  const std::int64_t reach = std::max<std::int64_t>(fair_ / 50'000, 64);
  fair_ += random_.below(2 * reach + 1) - reach + (start_fair_ - fair_) / 65'536;
  fair_ = std::max<std::int64_t>(fair_, 512);
}

/// Makers whose price has become too good cancel.
void SymbolMarket::retreat(Activity& activity) {
  const std::int64_t fair = fair_ / 256;
  for (int i = 0; i < 3; ++i) {
    for (const BookSide side : {BookSide::Bid, BookSide::Ask}) {
      const bool generous = (book_.best(side) - fair) * worse(side) < -2 * spacing_;
      if (generous && book_.levels(side).size() > 20) change(side, book_.best(side), 0, activity);
    }
  }
}

void SymbolMarket::take(std::int64_t now_us, Activity& activity) {
  const std::int64_t middle = (book_.best(BookSide::Bid) + book_.best(BookSide::Ask)) / 2;
  const bool buys = random_.chance(fair_ / 256 > middle ? 65 : 35);
  const BookSide maker = buys ? BookSide::Ask : BookSide::Bid;
  std::int64_t left = random_.chance(15) ? random_quantity() * 3 : 1 + random_.below(4 * unit_lots_);
  for (int i = 0; i < 4 && left > 0 && book_.levels(maker).size() > 20; ++i) {
    const BookLevel level = book_.at(maker, 0);
    const std::int64_t filled = std::min(left, level.quantity);
    execute(maker, level, filled, now_us, activity);
    change(maker, level.price, level.quantity - filled, activity);
    left -= filled;
  }
}

/// The orders of a level are filled one after the other: a trade each, one aggregate trade for all.
void SymbolMarket::execute(BookSide maker, const BookLevel& level, std::int64_t quantity, std::int64_t now_us, Activity& activity) {
  MarketAggTrade aggregate{++agg_trade_id_, level.price, quantity, trade_id_ + 1, 0, now_us, maker == BookSide::Bid};
  std::int64_t orders = 1 + (random_.chance(30) ? random_.below(3) : 0);
  for (std::int64_t left = quantity; left > 0; --orders) {
    const std::int64_t part = orders <= 1 ? left : 1 + random_.below(left);
    const MarketTrade trade{++trade_id_, level.price, part, now_us, maker == BookSide::Bid};
    activity.trades.push_back(trade);
    trades_.push_back(trade);
    const Print print{trade.id, now_us / 1000, price_e8(trade.price), quantity_e8(part), maker == BookSide::Ask};
    candles_.add(print);
    day_.add(print);
    left -= part;
  }
  aggregate.last_trade = trade_id_;
  activity.agg_trades.push_back(aggregate);
  agg_trades_.push_back(aggregate);
  while (trades_.size() > kTradesKept) trades_.pop_front();
  while (agg_trades_.size() > kTradesKept) agg_trades_.pop_front();
}

void SymbolMarket::add(Activity& activity) {
  const BookSide side = random_.chance(50) ? BookSide::Bid : BookSide::Ask;
  const std::int64_t best = book_.best(side);
  const std::int64_t room = (book_.best(opposite(side)) - best) * -worse(side) - 1;  // free ticks inside the spread
  const std::int64_t wish = (fair_ / 256 - best) * -worse(side);                     // ticks up to the fair price
  const std::int64_t where = random_.below(10);
  std::int64_t price = best;
  if (where < 5) {
    const std::int64_t improve = std::min(room, wish);
    if (improve > 0) price -= worse(side) * (1 + random_.below(improve));
  } else if (where < 9) {
    price += worse(side) * random_.below(50 * spacing_);
  } else {
    price += worse(side) * random_.below(static_cast<std::int64_t>(kLevels) * spacing_);
  }
  if (price > 0) change(side, price, random_quantity(), activity);
}

void SymbolMarket::cancel(Activity& activity) {
  const BookSide side = random_.chance(50) ? BookSide::Bid : BookSide::Ask;
  const std::size_t size = book_.levels(side).size();
  if (size < 50) return;
  const std::size_t n = static_cast<std::size_t>(random_.below(random_.chance(60) ? 5 : static_cast<std::int64_t>(size)));
  change(side, book_.at(side, n).price, 0, activity);
}

void SymbolMarket::keep_size(BookSide side, Activity& activity) {
  const std::size_t size = book_.levels(side).size();
  const std::int64_t worst = book_.levels(side).front().price;
  if (size > kLevels + 50) {
    change(side, worst, 0, activity);
  } else if (size < kLevels - 50) {
    const std::int64_t price = worst + worse(side) * (1 + random_.below(2 * spacing_));
    if (price > 0) change(side, price, random_quantity(), activity);
  }
}

}  // namespace tidegate::sim::binance
