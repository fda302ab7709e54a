// What of a broker's update is compared with another broker's, and tells whether a source still moves. Asked only where several brokers could serve.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "gateway/core/update.hpp"

namespace tidegate {

struct PriceSample {
  Decimal price;              // the last price; of quotes and books the best bid, else the best ask. Absent: nothing to compare
  std::uint64_t prices = 0;   // a digest of its prices: brokers differ in how often they send the rest
  std::uint64_t content = 0;  // and of all that it says: the same again is no sign of life
};

namespace sample {

constexpr std::uint64_t mix(std::uint64_t digest, std::uint64_t value) {
  digest = (digest ^ value) * 0x9e3779b97f4a7c15U;
  return digest ^ (digest >> 32U);
}
inline std::uint64_t mix(std::uint64_t digest, Decimal value) {
  return mix(mix(digest, static_cast<std::uint64_t>(value.mantissa)), static_cast<std::uint64_t>(value.exponent));
}
inline std::uint64_t mix(std::uint64_t digest, UtcTime time) { return mix(digest, static_cast<std::uint64_t>(time.ns)); }

/// The best of one side, in whatever order its levels stand; absent when there is none.
inline Decimal best(std::span<const LevelUpdate> levels, bool highest) {
  Decimal best;
  for (const LevelUpdate& level : levels) {
    if (!level.price.present() || level.quantity.is_zero()) continue;
    if (!best.present() || (compare(level.price, best) > 0) == highest) best = level.price;
  }
  return best;
}

}  // namespace sample

inline PriceSample sample_of(const TradeUpdate& update) {
  const std::uint64_t prices = sample::mix(1, update.price);
  const std::uint64_t evidence = sample::mix(static_cast<std::uint64_t>(update.evidence.day_volume), update.evidence.last_trade_time);
  return {update.price, prices, sample::mix(sample::mix(prices ^ evidence, update.quantity), update.trade_id)};
}

inline PriceSample sample_of(const QuoteUpdate& update) {
  const std::uint64_t prices = sample::mix(sample::mix(2, update.bid_price), update.ask_price);
  const Decimal price = update.bid_price.present() && !update.bid_size.is_zero() ? update.bid_price : update.ask_price;
  return {price, prices, sample::mix(sample::mix(sample::mix(prices, update.bid_size), update.ask_size), update.book_id)};
}

inline PriceSample sample_of(const DepthUpdate& update) {
  std::uint64_t content = sample::mix(3, static_cast<std::uint64_t>(update.last_id));
  for (const std::span<const LevelUpdate> side : {update.bids, update.asks}) {
    content = sample::mix(content, side.size());
    for (const LevelUpdate& level : side) content = sample::mix(sample::mix(content, level.price), level.quantity);
  }
  if (update.kind != DepthKind::TopLevels) return {kAbsent, content, content};  // of a book that is kept, this is a part
  const Decimal bid = sample::best(update.bids, true);
  const Decimal ask = sample::best(update.asks, false);
  return {bid.present() ? bid : ask, sample::mix(sample::mix(3, bid), ask), content};
}

inline PriceSample sample_of(const TickerUpdate& update) {
  const Decimal price = update.values[static_cast<std::size_t>(TickerField::Price)];
  std::uint64_t content = sample::mix(sample::mix(4, update.last_trade_time), update.present);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    if ((update.present >> i & 1U) != 0) content = sample::mix(content, update.values[i]);
  }
  return {price, sample::mix(4, price), content};
}

inline PriceSample sample_of(const CandleUpdate& update) {
  const std::uint64_t prices = sample::mix(sample::mix(5, update.close), update.open_time);
  return {update.close, prices, sample::mix(sample::mix(sample::mix(prices, update.high), update.low), update.volume)};
}

inline PriceSample sample_of(const InstrumentStatusUpdate& update) {
  const std::uint64_t state = sample::mix(6, static_cast<std::uint64_t>(update.state));
  return {kAbsent, state, state};
}

}  // namespace tidegate
