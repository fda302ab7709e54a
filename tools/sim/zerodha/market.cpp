#include "tools/sim/zerodha/market.hpp"

#include <algorithm>
#include <cstring>

namespace tidegate::sim::zerodha {
namespace {

void put(char* body, std::size_t offset, std::int64_t value) { put_u32(body + offset, static_cast<std::uint32_t>(value)); }

void write_index(char* body, const Figures& figures) {
  put(body, at::kIndexHigh, figures.high);
  put(body, at::kIndexLow, figures.low);
  put(body, at::kIndexOpen, figures.open);
  put(body, at::kIndexClose, figures.close);
  put(body, at::kIndexChange, figures.last - figures.close);
  put(body, at::kIndexTime, figures.time_s);
}

void write_level(char* to, const BookLevel& level) {
  put(to, 0, level.quantity);
  put(to, at::kLevelPrice, level.price);
  put_u16(to + at::kLevelOrders, static_cast<std::uint32_t>(level.orders));
}

void write_tradable(char* body, const Figures& figures) {
  put(body, at::kLastQuantity, figures.last_quantity);
  put(body, at::kAverage, figures.average);
  put(body, at::kVolume, figures.volume);
  put(body, at::kTotalBuy, figures.total_buy);
  put(body, at::kTotalSell, figures.total_sell);
  put(body, at::kOpen, figures.open);
  put(body, at::kHigh, figures.high);
  put(body, at::kLow, figures.low);
  put(body, at::kClose, figures.close);
  put(body, at::kTradeTime, figures.trade_time_s);
  put(body, at::kOpenInterest, figures.open_interest);
  put(body, at::kOpenInterestHigh, figures.open_interest_high);
  put(body, at::kOpenInterestLow, figures.open_interest_low);
  put(body, at::kTime, figures.time_s);
  for (std::size_t level = 0; level < kDepthLevels; ++level) {
    write_level(body + at::kBids + level * at::kLevelBytes, figures.bids[level]);
    write_level(body + at::kAsks + level * at::kLevelBytes, figures.asks[level]);
  }
}

}  // namespace

Market::Market(const std::vector<Row>& rows, const MarketOptions& options, std::int64_t utc_us) : seed_(options.seed), exchange_(options.exchange) {
  instruments_.reserve(rows.size());
  for (const Row& row : rows) add(row, utc_us);
}

void Market::add(const Row& row, std::int64_t utc_us) {
  if (!places_.emplace(row.token, instruments_.size()).second) return;
  instruments_.emplace_back().token = row.token;
  Listing listing;
  listing.seed = seed_ ^ (std::uint64_t{row.token} << 20U);
  if (row.type != "EQ") listing.kind = Trading::Derivative;
  if (is_index(row.token)) listing.kind = Trading::Index;
  listing.price = row.price;
  listing.tick = std::max<std::int64_t>(row.tick, 1);
  listing.lot = std::max(row.lot_size, 1);
  listing.untraded = row.untraded;
  write(exchange_.add(listing, utc_us));
}

void Market::write(std::size_t index) {
  Instrument& instrument = instruments_[index];
  char* body = instrument.body.data();
  const Figures& figures = exchange_.figures(index);
  put(body, at::kToken, instrument.token);
  put(body, at::kLast, figures.last);
  if (is_index(instrument.token)) {
    write_index(body, figures);
  } else {
    write_tradable(body, figures);
  }
}

void Market::step(std::int64_t utc_us) {
  exchange_.step(utc_us);
  for (std::size_t index = 0; index < instruments_.size(); ++index) {
    if (exchange_.changes(index) != 0) write(index);
  }
}

bool Market::changed(std::size_t index, Mode mode) const {
  unsigned seen = change::kPrice;
  if (mode != Mode::Ltp && !is_index(instruments_[index].token)) seen |= change::kTrade | change::kQuantity;
  if (mode == Mode::Full) seen = ~0U;
  return (exchange_.changes(index) & seen) != 0;
}

std::size_t Market::find(std::uint32_t token) const {
  const auto place = places_.find(token);
  return place == places_.end() ? kNone : place->second;
}

void Market::overwrite(std::size_t index, std::string_view packet) {
  Instrument& instrument = instruments_[index];
  if (known_length(packet.size()) && packet.size() <= body_bytes(instrument.token, Mode::Full)) {
    std::memcpy(instrument.body.data(), packet.data(), packet.size());
  }
}

}  // namespace tidegate::sim::zerodha
