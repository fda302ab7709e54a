// The normalizer's part for trades that are missing: a hole of exactly so many numbers is told at once, remembered, and asked for; what comes later
// is emitted under the numbers that the hole was told as, flagged Replayed. The stream itself goes on meanwhile, and never waits.
#include <algorithm>
#include <chrono>
#include <memory>

#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// Until trades that did not come are asked for again; doubles up to the second.
constexpr Duration kAskAgain = std::chrono::seconds{1};
constexpr Duration kAskAgainMax = std::chrono::seconds{8};

}  // namespace

Trade Normalizer::trade_of(const TradeUpdate& update, InstrumentId instrument) {
  auto trade = make_record<Trade>(instrument, Channel::Trade);
  trade.header.price_exponent = update.price.exponent;
  trade.header.quantity_exponent = update.quantity.exponent;
  trade.price = update.price.mantissa;
  trade.quantity = update.quantity.mantissa;
  trade.trade_id = update.trade_id & 0x00FF'FFFF'FFFF'FFFFU;
  trade.side = static_cast<std::uint8_t>(update.side);
  return trade;
}

/// The trade at hand has proven that `lost` before it are missing, which has just been told; 0: it cannot be known how many, for the broker counts
/// anew.
void Normalizer::remember_hole(const TradeUpdate& update, std::uint64_t lost) {
  const TradeFillLimits& limits = fill_limits_[stream_->source.broker.value()];
  if (lost == 0) return give_up_holes();
  if (limits.trades_max == 0) return;
  if (lost > limits.trades_max) return count(broker_->counters.holes_too_large);
  if (state_->fill == nullptr) {
    state_->fill = std::make_unique<TradeFill>();
    filling_.push_back(instrument_);
  }
  TradeFill& fill = *state_->fill;
  if (fill.holes.empty() || fill.broker != stream_->source.broker) fill.ask_from = 0;
  while (fill.holes.size() >= limits.holes_max) give_up(broker_->counters, fill.holes.close_oldest());
  const MonoTime now = clock_.mono();
  fill.holes.open(update.trade_id - lost, lost, stream_->seq + 1 - lost, now + limits.timeout);
  fill.broker = stream_->source.broker;
  fill.aggregated = has(update.flags, Flags::Aggregated);
  fill.ask_at = now;
  fill.wait = kAskAgain;
}

/// Of an answer to request_trades, or of a recording of one. It says nothing of the stream's state or source.
void Normalizer::on_fetched_trade(const TradeUpdate& update) {
  const InstrumentId instrument = instruments_.find(frame_->broker, update.instrument);
  if (instrument == kNoInstrument) return count(broker_->counters.messages_unresolved);
  select(instrument, Channel::Trade);
  const bool awaited = state_->fill != nullptr && state_->fill->broker == frame_->broker;
  if (!awaited || !fill_hole(update)) count(broker_->counters.trades_unneeded);
}

/// Emits the trade at hand if a hole of its stream misses it.
bool Normalizer::fill_hole(const TradeUpdate& update) {
  TradeFill* const fill = state_->fill.get();
  if (fill == nullptr || fill->aggregated != has(update.flags, Flags::Aggregated)) return false;
  const auto filled = fill->holes.fill(update.trade_id);
  if (!filled) return false;
  fill->ask_at = clock_.mono();
  fill->wait = kAskAgain;
  count(broker_->counters.trades_filled);
  if (filled->whole) count(broker_->counters.holes_filled);

  Trade trade = trade_of(update, instrument_);
  trade.header.source = frame_->broker;
  trade.header.flags = update.flags | Flags::Replayed;
  trade.header.seq = filled->seq;
  trade.header.ts_event = update.ts_event;
  trade.header.ts_received = frame_->received;
  count(telemetry_.gateway.records_emitted);
  out_.on_record(trade.header);
  return true;
}

void Normalizer::give_up(BrokerCounters& counters, const OpenHoles::Ended& hole) {
  count(hole.missing == hole.size ? counters.holes_given_up : counters.holes_filled_partly);
}

/// What the instrument at hand misses stays missing.
void Normalizer::give_up_holes() {
  if (state_->fill == nullptr) return;
  TradeFill& fill = *state_->fill;
  while (!fill.holes.empty()) give_up(brokers_[fill.broker.value()]->counters, fill.holes.close_oldest());
}

/// Asks for what is missing, part by part: for the next one as soon as something of the last has come, and anew from the start after a while.
void Normalizer::work_fills(MonoTime now) {
  std::erase_if(filling_, [&](InstrumentId instrument) {
    select(instrument, Channel::Trade);
    TradeFill& fill = *state_->fill;
    BrokerCounters& counters = brokers_[fill.broker.value()]->counters;
    while (!fill.holes.empty() && fill.holes.first_deadline() <= now) give_up(counters, fill.holes.close_oldest());
    if (fill.holes.empty()) {
      state_->fill.reset();
      return true;
    }
    if (now < fill.ask_at) return false;
    fill.broker = stream_->source.broker;
    const std::uint64_t page = fill_limits_[fill.broker.value()].page;
    auto ids = fill.holes.missing(fill.ask_from, page);
    if (!ids) ids = fill.holes.missing(0, page);
    fill.ask_from = ids->last + 1;
    fill.ask_at = now + fill.wait;
    fill.wait = std::min(fill.wait * 2, kAskAgainMax);
    count(counters.trade_requests);
    if (request_trades && catalog_ != nullptr) request_trades(fill.broker, catalog_->find(instrument)->symbol, ids->first, ids->last);
    return false;
  });
}

}  // namespace tidegate
