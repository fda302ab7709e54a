#include "tools/sim/zerodha/market.hpp"

#include <algorithm>
#include <cstring>

namespace tidegate::sim::zerodha {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kIndiaSeconds = 19'800;     // ahead of UTC
constexpr std::int64_t kSessionStart = 9 * 3'600;  // of the day in India
constexpr std::int64_t kStampDelayUs = 300'000;    // the exchange's whole seconds come 0.3 s late at least
constexpr std::int64_t kMovesPerStepMax = 8;
constexpr std::int64_t kMillion = 1'000'000;

std::uint32_t stamp(std::int64_t utc_us) { return static_cast<std::uint32_t>((utc_us - kStampDelayUs) / kMillion); }

std::uint32_t session_start(std::int64_t utc_us) {
  const std::int64_t india = utc_us / kMillion + kIndiaSeconds;
  const std::int64_t start = india / kDaySeconds * kDaySeconds + kSessionStart - kIndiaSeconds;
  return static_cast<std::uint32_t>(std::min(start, static_cast<std::int64_t>(stamp(utc_us))));
}

}  // namespace

Market::Market(const std::vector<Row>& rows, const MarketOptions& options, std::int64_t utc_us) : options_(options) {
  instruments_.reserve(rows.size());
  for (const Row& row : rows) add(row, utc_us);
}

void Market::add(const Row& row, std::int64_t utc_us) {
  if (!places_.emplace(row.token, instruments_.size()).second) return;
  Instrument& instrument = instruments_.emplace_back();
  instrument.token = row.token;
  instrument.tick = static_cast<std::int32_t>(std::max<std::int64_t>(row.tick, 1));
  instrument.home = static_cast<std::int32_t>(row.price);
  instrument.lot = static_cast<std::uint32_t>(std::max(row.lot_size, 1));
  instrument.random = Random{options_.seed ^ (std::uint64_t{row.token} << 20U)};
  instrument.untraded = row.untraded;
  instrument.put(at::kToken, row.token);
  instrument.put(at::kLast, row.price);
  if (is_index(row.token)) {
    open_index(instrument);
    instrument.put(at::kIndexTime, stamp(utc_us));
  } else {
    open_tradable(instrument, row.type != "EQ", row.untraded ? session_start(utc_us) : stamp(utc_us));
  }
}

void Market::open_index(Instrument& instrument) {
  const std::int64_t last = instrument.home;
  const std::int64_t close = last + (instrument.random.below(101) - 50) * instrument.tick;
  instrument.put(at::kIndexHigh, last);
  instrument.put(at::kIndexLow, last);
  instrument.put(at::kIndexOpen, last);
  instrument.put(at::kIndexClose, close);
  instrument.put(at::kIndexChange, last - close);
}

void Market::open_tradable(Instrument& instrument, bool derivative, std::uint32_t time_s) {
  const std::int64_t last = instrument.home;
  instrument.put(at::kClose, std::max<std::int64_t>(last + (instrument.random.below(41) - 20) * instrument.tick, instrument.tick));
  instrument.put(at::kTime, time_s);
  if (derivative) {
    const std::int64_t open_interest = (1'000 + instrument.random.below(50'000)) * instrument.lot;
    instrument.put(at::kOpenInterest, open_interest);
    instrument.put(at::kOpenInterestHigh, open_interest);
    instrument.put(at::kOpenInterestLow, open_interest);
  }
  if (instrument.untraded) return;
  const std::int64_t volume = (1'000 + instrument.random.below(9'000)) * instrument.lot;
  for (const std::size_t price : {at::kAverage, at::kOpen, at::kHigh, at::kLow}) instrument.put(price, last);
  instrument.put(at::kLastQuantity, instrument.lot);
  instrument.put(at::kVolume, volume);
  instrument.put(at::kTradeTime, time_s);
  std::int64_t buy = 0, sell = 0;
  for (std::size_t level = 0; level < kDepthLevels; ++level) {
    for (const std::size_t side : {at::kBids, at::kAsks}) {
      const std::int64_t quantity = (1 + instrument.random.below(400)) * instrument.lot;
      instrument.put(side + level * at::kLevelBytes, quantity);
      put_u16(instrument.body.data() + side + level * at::kLevelBytes + at::kLevelOrders,
              static_cast<std::uint32_t>(1 + instrument.random.below(30)));
      (side == at::kBids ? buy : sell) += quantity;
    }
  }
  // The totals are of the whole book, most of which lies below the five levels.
  instrument.put(at::kTotalBuy, buy + 40'000 * static_cast<std::int64_t>(instrument.lot));
  instrument.put(at::kTotalSell, sell + 40'000 * static_cast<std::int64_t>(instrument.lot));
  place_book(instrument, last);
}

void Market::place_book(Instrument& instrument, std::int64_t middle) {
  for (std::size_t level = 0; level < kDepthLevels; ++level) {
    const std::int64_t away = static_cast<std::int64_t>(level + 1) * instrument.tick;
    instrument.put(at::kBids + level * at::kLevelBytes + at::kLevelPrice, middle - away);
    instrument.put(at::kAsks + level * at::kLevelBytes + at::kLevelPrice, middle + away);
  }
}

void Market::move_index(Instrument& instrument, std::uint32_t time_s) {
  const std::int64_t last = instrument.get(at::kLast);
  std::int64_t shift = (1 + instrument.random.below(40)) * instrument.tick;
  // Towards home when away from it, so that a long run stays plausible.
  if (instrument.random.below(200) < 100 + (last - instrument.home) / (10 * instrument.tick)) shift = -shift;
  const std::int64_t next = std::max<std::int64_t>(last + shift, instrument.tick);
  instrument.put(at::kLast, next);
  instrument.put(at::kIndexHigh, std::max<std::int64_t>(instrument.get(at::kIndexHigh), next));
  instrument.put(at::kIndexLow, std::min<std::int64_t>(instrument.get(at::kIndexLow), next));
  instrument.put(at::kIndexChange, next - static_cast<std::int64_t>(instrument.get(at::kIndexClose)));
  instrument.put(at::kIndexTime, time_s);
  instrument.mark(next != last ? Mode::Ltp : Mode::Full);
}

void Market::trade(Instrument& instrument, std::uint32_t time_s) {
  Random& random = instrument.random;
  const std::int64_t last = instrument.get(at::kLast);
  const std::int64_t bid = instrument.get(at::kBids + at::kLevelPrice), ask = instrument.get(at::kAsks + at::kLevelPrice);
  const std::int64_t pull = std::clamp<std::int64_t>((last - instrument.home) / instrument.tick, -40, 40);
  const bool bought = random.below(100) >= 50 + pull;
  // The price stays above the depth's five levels, which must not reach zero.
  const std::int64_t lowest = static_cast<std::int64_t>(kDepthLevels + 1) * instrument.tick;
  const std::int64_t price = std::max(bought ? ask : bid, lowest);
  const std::int64_t quantity = (1 + random.below(20)) * instrument.lot;
  const std::int64_t volume = instrument.get(at::kVolume), average = instrument.get(at::kAverage);
  instrument.put(at::kLast, price);
  instrument.put(at::kLastQuantity, quantity);
  instrument.put(at::kAverage, average + (price - average) * quantity / (volume + quantity));
  instrument.put(at::kVolume, volume + quantity);
  instrument.put(at::kHigh, std::max<std::int64_t>(instrument.get(at::kHigh), price));
  instrument.put(at::kLow, std::min<std::int64_t>(instrument.get(at::kLow), price));
  instrument.put(at::kTradeTime, time_s);
  place_book(instrument, price);
  if (instrument.get(at::kOpenInterest) != 0 && random.chance(30)) {
    const std::int64_t open_interest = std::max<std::int64_t>(instrument.get(at::kOpenInterest) + (random.below(3) - 1) * quantity, instrument.lot);
    instrument.put(at::kOpenInterest, open_interest);
    instrument.put(at::kOpenInterestHigh, std::max<std::int64_t>(instrument.get(at::kOpenInterestHigh), open_interest));
    instrument.put(at::kOpenInterestLow, std::min<std::int64_t>(instrument.get(at::kOpenInterestLow), open_interest));
  }
  instrument.mark(price != last ? Mode::Ltp : Mode::Quote);
}

void Market::change_quantity(Instrument& instrument) {
  const bool bids = instrument.random.chance(50);
  const auto level = static_cast<std::size_t>(instrument.random.below(kDepthLevels));
  const std::size_t offset = (bids ? at::kBids : at::kAsks) + level * at::kLevelBytes;
  const std::int64_t before = instrument.get(offset);
  const std::int64_t after =
      before + (1 + instrument.random.below(50)) * instrument.lot * (before > 500 * static_cast<std::int64_t>(instrument.lot) ? -1 : 1);
  const std::size_t total = bids ? at::kTotalBuy : at::kTotalSell;
  instrument.put(offset, after);
  instrument.put(total, instrument.get(total) + after - before);
  instrument.mark(Mode::Quote);
}

void Market::change_orders(Instrument& instrument) {
  const std::size_t side = instrument.random.chance(50) ? at::kBids : at::kAsks;
  const auto level = static_cast<std::size_t>(instrument.random.below(kDepthLevels));
  char* orders = instrument.body.data() + side + level * at::kLevelBytes + at::kLevelOrders;
  put_u16(orders, get_u16(orders) % 40 + 1);
  instrument.mark(Mode::Full);
}

void Market::move(Instrument& instrument, std::uint32_t time_s) {
  if (is_index(instrument.token)) return move_index(instrument, time_s);
  const std::int64_t kind = instrument.random.below(100);
  if (kind < 55) {
    trade(instrument, time_s);
  } else if (kind < 85) {
    change_quantity(instrument);
  } else {
    change_orders(instrument);
  }
  instrument.put(at::kTime, time_s);
}

void Market::step(std::int64_t utc_us) {
  const std::uint32_t time_s = stamp(utc_us);
  const double wanted = options_.always ? 1 : std::min(options_.moves_per_step, static_cast<double>(kMovesPerStepMax));
  const auto whole = static_cast<std::int64_t>(wanted);
  const auto rest = static_cast<std::int64_t>((wanted - static_cast<double>(whole)) * static_cast<double>(kMillion));
  for (Instrument& instrument : instruments_) {
    instrument.changed = 0;
    if (instrument.untraded) continue;
    std::int64_t moves = whole;
    if (rest > 0 && instrument.random.below(kMillion) < rest) ++moves;
    for (; moves > 0; --moves) move(instrument, time_s);
  }
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
