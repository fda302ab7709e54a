#include "brokers/xts/partial_state.hpp"

#include <algorithm>

namespace tidegate::xts {
namespace {

using Key = PartialKey;

void set_if_sent(PartialValues& values, Key key, Decimal value) {
  if (value.present()) values.set(key, value);
}

void set_time(PartialValues& values, Key key, std::int64_t time) {
  if (time != 0) values.set(key, {time, 0});
}

PartialValues to_values(const Touchline& touchline) {
  PartialValues values;
  set_if_sent(values, Key::LastPrice, touchline.last_price);
  set_if_sent(values, Key::LastQuantity, touchline.last_quantity);
  set_if_sent(values, Key::TotalBuy, touchline.total_buy);
  set_if_sent(values, Key::TotalSell, touchline.total_sell);
  set_if_sent(values, Key::Volume, touchline.volume);
  set_if_sent(values, Key::Average, touchline.average);
  set_if_sent(values, Key::PercentChange, touchline.percent_change);
  set_if_sent(values, Key::Open, touchline.open);
  set_if_sent(values, Key::High, touchline.high);
  set_if_sent(values, Key::Low, touchline.low);
  set_if_sent(values, Key::Close, touchline.close);
  set_if_sent(values, Key::Turnover, touchline.turnover);
  set_time(values, Key::LastTradeTime, touchline.last_trade_time);
  set_time(values, Key::LastUpdateTime, touchline.last_update_time);
  return values;
}

/// A book of a whole message says of each row whether there is one.
void set_rows(std::array<BookRow, kPartialRows>& rows, std::span<const BookRow> sent) {
  for (std::size_t i = 0; i < kPartialRows; ++i) rows[i] = i < sent.size() ? sent[i] : BookRow{.size = {0, 0}, .price = {0, 0}, .orders = 0};
}

Touchline to_touchline(const PartialValues& values) {
  return {
      .bid = values.bids.front(),
      .ask = values.asks.front(),
      .last_price = values.value(Key::LastPrice),
      .last_quantity = values.value(Key::LastQuantity),
      .total_buy = values.value(Key::TotalBuy),
      .total_sell = values.value(Key::TotalSell),
      .volume = values.value(Key::Volume),
      .average = values.value(Key::Average),
      .percent_change = values.value(Key::PercentChange),
      .open = values.value(Key::Open),
      .high = values.value(Key::High),
      .low = values.value(Key::Low),
      .close = values.value(Key::Close),
      .turnover = values.value(Key::Turnover),
      .last_trade_time = values.time(Key::LastTradeTime),
      .last_update_time = values.time(Key::LastUpdateTime),
  };
}

}  // namespace

PartialInstrument* PartialState::find_or_add(std::uint32_t code, std::uint32_t segment, std::uint64_t instrument) {
  const Key key{instrument, segment, code};
  if (const auto known = instruments_.find(key); known != instruments_.end()) return &known->second;
  if (instruments_.size() == kInstrumentsMax) return nullptr;
  return &instruments_[key];
}

std::size_t PartialState::Hash::operator()(const Key& key) const noexcept {
  std::uint64_t hash = key.instrument ^ (std::uint64_t{key.segment} << 40U) ^ (std::uint64_t{key.code} << 52U);
  hash = (hash ^ (hash >> 31U)) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 29U);
}

void take_event(PartialInstrument& known, const PartialValues& whole) { known = {.values = whole, .changed_by_text = false}; }

bool take_snapshot(PartialInstrument& known, const PartialValues& whole) {
  const std::int64_t theirs = whole.time(Key::LastUpdateTime), ours = known.values.time(Key::LastUpdateTime);
  // Texts that brought no time of their own cannot be told older than the snapshot, and came later.
  const bool newer = known.changed_by_text ? ours != 0 && theirs > ours : theirs >= ours;
  if (newer) {
    take_event(known, whole);
    return true;
  }
  PartialValues merged = whole;
  merged.apply(known.values);
  known.values = merged;
  return false;
}

PartialValues to_values(const TouchlineMessage& message) {
  PartialValues values = to_values(message.touchline);
  values.bids.front() = message.touchline.bid;
  values.asks.front() = message.touchline.ask;
  return values;
}

PartialValues to_values(const DepthMessage& message) {
  PartialValues values = to_values(message.touchline);
  set_rows(values.bids, message.bids);
  set_rows(values.asks, message.asks);
  return values;
}

PartialValues to_values(const LastPriceMessage& message) {
  PartialValues values;
  set_if_sent(values, Key::LastPrice, message.last_price);
  set_if_sent(values, Key::LastQuantity, message.last_quantity);
  set_time(values, Key::LastUpdateTime, message.last_update_time);
  return values;
}

TouchlineMessage to_touchline(const Header& header, const PartialValues& values) { return {header, to_touchline(values)}; }

DepthMessage to_depth(const Header& header, const PartialValues& values) {
  return {.header = header, .touchline = to_touchline(values), .bids = values.bids, .asks = values.asks};
}

CandleMessage to_candle(const Header& header, const PartialValues& values) {
  return {
      .header = header,
      .bar_time = values.time(Key::Bt),
      .open = values.value(Key::Open),
      .high = values.value(Key::High),
      .low = values.value(Key::Low),
      .close = values.value(Key::Close),
      .volume = values.value(Key::BarVolume),
      .open_interest = kAbsent,
  };
}

LastPriceMessage to_last_price(const Header& header, const PartialValues& values) {
  return {header, values.value(Key::LastPrice), values.value(Key::LastQuantity), values.time(Key::LastUpdateTime)};
}

}  // namespace tidegate::xts
