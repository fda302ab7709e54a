#include "tools/sim/xts/market.hpp"

namespace tidegate::sim::xts {

Market::Market(const std::vector<Row>& rows, const MarketOptions& options, std::int64_t utc_us) : seed_(options.seed), exchange_(options.exchange) {
  for (const Row& row : rows) add(row, utc_us);
}

void Market::add(const Row& row, std::int64_t utc_us) {
  if (!places_.emplace(key_of(row), rows_.size()).second) return;
  Listing listing;
  listing.seed = seed_ ^ (std::uint64_t{row.segment} << 40U) ^ (row.id << 8U);
  if (is_derivative(row)) listing.kind = Trading::Derivative;
  if (row.kind == RowKind::Index) listing.kind = Trading::Index;
  listing.price = row.price;
  listing.tick = row.tick;
  listing.lot = row.lot;
  listing.untraded = row.untraded;
  exchange_.add(listing, utc_us);
  rows_.push_back(row);
  candles_.emplace_back();
}

void Market::end_bars(std::int64_t end_s) {
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    const Bar bar = exchange_.take_bar(index);
    if (rows_[index].untraded) continue;
    const Figures& now = exchange_.figures(index);
    candles_[index].push_back({bar, now.volume, now.open_interest, end_s});
    if (candles_[index].size() > kBarsKept) candles_[index].pop_front();
  }
}

std::size_t Market::find(InstrumentKey key) const {
  const auto place = places_.find(key);
  return place == places_.end() ? kNone : place->second;
}

}  // namespace tidegate::sim::xts
