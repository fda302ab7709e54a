#include "tools/sim/common/exchange.hpp"

#include <algorithm>

namespace tidegate::sim {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kIndiaSeconds = 19'800;     // ahead of UTC
constexpr std::int64_t kSessionStart = 9 * 3'600;  // of the day in India
constexpr std::int64_t kStampDelayUs = 300'000;    // the exchange's whole seconds come 0.3 s late at least
constexpr std::int64_t kMovesPerStepMax = 8;
constexpr std::int64_t kMillion = 1'000'000;

std::int64_t stamp(std::int64_t utc_us) { return (utc_us - kStampDelayUs) / kMillion; }

std::int64_t session_start(std::int64_t utc_us) {
  const std::int64_t india = utc_us / kMillion + kIndiaSeconds;
  return std::min(india / kDaySeconds * kDaySeconds + kSessionStart - kIndiaSeconds, stamp(utc_us));
}

}  // namespace

std::size_t Exchange::add(const Listing& listing, std::int64_t utc_us) {
  Instrument& instrument = instruments_.emplace_back();
  instrument.listing = listing;
  instrument.random = Random{listing.seed};
  Figures& figures = instrument.figures;
  figures.last = listing.price;
  if (listing.kind == Trading::Index) {
    figures.close = listing.price + (instrument.random.below(101) - 50) * listing.tick;
    figures.open = figures.high = figures.low = listing.price;
    figures.trade_time_s = figures.time_s = stamp(utc_us);
  } else {
    open_tradable(instrument, utc_us);
  }
  instrument.before = figures;
  instrument.bar = {listing.price, listing.price, listing.price, listing.price, 0};
  return instruments_.size() - 1;
}

void Exchange::open_tradable(Instrument& instrument, std::int64_t utc_us) {
  const Listing& listing = instrument.listing;
  Figures& figures = instrument.figures;
  Random& random = instrument.random;
  figures.close = std::max(listing.price + (random.below(41) - 20) * listing.tick, listing.tick);
  figures.time_s = listing.untraded ? session_start(utc_us) : stamp(utc_us);
  if (listing.kind == Trading::Derivative) {
    figures.open_interest = (1'000 + random.below(50'000)) * listing.lot;
    figures.open_interest_high = figures.open_interest_low = figures.open_interest;
  }
  if (listing.untraded) return;
  figures.volume = (1'000 + random.below(9'000)) * listing.lot;
  figures.average = figures.open = figures.high = figures.low = listing.price;
  figures.last_quantity = listing.lot;
  figures.trade_time_s = figures.time_s;
  for (std::size_t level = 0; level < kBookLevels; ++level) {
    for (BookLevel* side : {&figures.bids[level], &figures.asks[level]}) {
      side->quantity = (1 + random.below(400)) * listing.lot;
      side->orders = 1 + random.below(30);
    }
    figures.total_buy += figures.bids[level].quantity;
    figures.total_sell += figures.asks[level].quantity;
  }
  figures.total_buy += 40'000 * listing.lot;
  figures.total_sell += 40'000 * listing.lot;
  place_book(figures, listing.tick, listing.price);
}

void Exchange::place_book(Figures& figures, std::int64_t tick, std::int64_t middle) {
  for (std::size_t level = 0; level < kBookLevels; ++level) {
    const std::int64_t away = static_cast<std::int64_t>(level + 1) * tick;
    figures.bids[level].price = middle - away;
    figures.asks[level].price = middle + away;
  }
}

void Exchange::note_price(Instrument& instrument, std::int64_t price, std::int64_t quantity) {
  Figures& figures = instrument.figures;
  instrument.changes |= change::kTrade | (price != figures.last ? change::kPrice : 0U);
  figures.last = price;
  figures.high = std::max(figures.high, price);
  figures.low = std::min(figures.low, price);
  instrument.bar.high = std::max(instrument.bar.high, price);
  instrument.bar.low = std::min(instrument.bar.low, price);
  instrument.bar.close = price;
  instrument.bar.volume += quantity;
}

void Exchange::move_index(Instrument& instrument, std::int64_t time_s) {
  const std::int64_t last = instrument.figures.last, tick = instrument.listing.tick;
  std::int64_t shift = (1 + instrument.random.below(40)) * tick;
  // Towards home when away from it, so that a long run stays plausible.
  if (instrument.random.below(200) < 100 + (last - instrument.listing.price) / (10 * tick)) shift = -shift;
  note_price(instrument, std::max(last + shift, tick), 0);
  instrument.figures.trade_time_s = instrument.figures.time_s = time_s;
}

void Exchange::trade(Instrument& instrument, std::int64_t time_s) {
  Random& random = instrument.random;
  const Listing& listing = instrument.listing;
  Figures& figures = instrument.figures;
  const std::int64_t pull = std::clamp<std::int64_t>((figures.last - listing.price) / listing.tick, -40, 40);
  const bool bought = random.below(100) >= 50 + pull;
  // The price stays above the depth's five levels, which must not reach zero.
  const std::int64_t lowest = static_cast<std::int64_t>(kBookLevels + 1) * listing.tick;
  const std::int64_t price = std::max(bought ? figures.asks[0].price : figures.bids[0].price, lowest);
  const std::int64_t quantity = (1 + random.below(20)) * listing.lot;
  note_price(instrument, price, quantity);
  figures.last_quantity = quantity;
  figures.average += (price - figures.average) * quantity / (figures.volume + quantity);
  figures.volume += quantity;
  figures.trade_time_s = time_s;
  place_book(figures, listing.tick, price);
  if (figures.open_interest != 0 && random.chance(30)) change_open_interest(instrument, quantity);
}

void Exchange::change_open_interest(Instrument& instrument, std::int64_t quantity) {
  Figures& figures = instrument.figures;
  const std::int64_t before = figures.open_interest;
  figures.open_interest = std::max(before + (instrument.random.below(3) - 1) * quantity, instrument.listing.lot);
  figures.open_interest_high = std::max(figures.open_interest_high, figures.open_interest);
  figures.open_interest_low = std::min(figures.open_interest_low, figures.open_interest);
  if (figures.open_interest != before) instrument.changes |= change::kOpenInterest;
}

void Exchange::change_quantity(Instrument& instrument) {
  Figures& figures = instrument.figures;
  const std::int64_t lot = instrument.listing.lot;
  const bool bids = instrument.random.chance(50);
  const auto level = static_cast<std::size_t>(instrument.random.below(kBookLevels));
  BookLevel& changed = bids ? figures.bids[level] : figures.asks[level];
  const std::int64_t by = (1 + instrument.random.below(50)) * lot * (changed.quantity > 500 * lot ? -1 : 1);
  changed.quantity += by;
  (bids ? figures.total_buy : figures.total_sell) += by;
  instrument.changes |= change::kQuantity;
}

void Exchange::change_orders(Instrument& instrument) {
  const bool bids = instrument.random.chance(50);
  const auto level = static_cast<std::size_t>(instrument.random.below(kBookLevels));
  BookLevel& changed = bids ? instrument.figures.bids[level] : instrument.figures.asks[level];
  changed.orders = changed.orders % 40 + 1;
  instrument.changes |= change::kOrders;
}

void Exchange::move(Instrument& instrument, std::int64_t time_s) {
  if (instrument.listing.kind == Trading::Index) return move_index(instrument, time_s);
  const std::int64_t kind = instrument.random.below(100);
  if (kind < 55) {
    trade(instrument, time_s);
  } else if (kind < 85) {
    change_quantity(instrument);
  } else {
    change_orders(instrument);
  }
  instrument.figures.time_s = time_s;
}

void Exchange::step(std::int64_t utc_us) {
  const std::int64_t time_s = stamp(utc_us);
  const double wanted = options_.always ? 1 : std::min(options_.moves_per_step, static_cast<double>(kMovesPerStepMax));
  const auto whole = static_cast<std::int64_t>(wanted);
  const auto rest = static_cast<std::int64_t>((wanted - static_cast<double>(whole)) * static_cast<double>(kMillion));
  for (Instrument& instrument : instruments_) {
    instrument.changes = 0;
    if (instrument.listing.untraded) continue;
    std::int64_t moves = whole;
    if (rest > 0 && instrument.random.below(kMillion) < rest) ++moves;
    if (moves == 0) continue;
    instrument.before = instrument.figures;
    for (; moves > 0; --moves) move(instrument, time_s);
  }
}

Bar Exchange::take_bar(std::size_t index) {
  Instrument& instrument = instruments_[index];
  const Bar taken = instrument.bar;
  const std::int64_t last = instrument.figures.last;
  instrument.bar = {last, last, last, last, 0};
  return taken;
}

}  // namespace tidegate::sim
