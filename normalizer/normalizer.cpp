#include "normalizer/normalizer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "normalizer/log_sample.hpp"

namespace tidegate {
namespace {

/// A jump of a broker's numbering beyond this is a new numbering, not so many losses.
constexpr std::uint64_t kLostMax = 1'000'000;
/// Bad frames are logged up to this many for each broker; all are counted.
constexpr std::uint64_t kBadSamplesMax = 20;
/// The same for prices between ticks.
constexpr std::uint64_t kOffTickSamplesMax = 20;

/// Change since the previous close, and in percent of it, rounded to four decimals, unless the broker sent its own percentage with this update.
/// A close of zero is that of a new listing: no change then.
void derive_change(Ticker& ticker, bool percent_sent) {
  const Decimal price = ticker.value(TickerField::Price);
  const Decimal close = ticker.value(TickerField::ClosePrice);
  ticker.forget(TickerField::PriceChange);
  if (!percent_sent) ticker.forget(TickerField::PriceChangePercent);
  if (!price.present() || !close.present() || close.is_zero()) return;
  const Decimal change = difference(price, close);
  if (!change.present()) return;
  ticker.set(TickerField::PriceChange, change);
  if (percent_sent) return;
  if (const Decimal percent = percent_of(change, close); percent.present()) ticker.set(TickerField::PriceChangePercent, percent);
}

}  // namespace

Normalizer::Normalizer(const Clock& clock, Telemetry& telemetry, RecordSink& out, NormalizerOptions options)
    : clock_(clock), telemetry_(telemetry), out_(out), options_(options) {}

Normalizer::~Normalizer() = default;

void Normalizer::add_broker(std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills) {
  add_broker(std::move(decoder), fills, telemetry_.brokers[decoders_.size()]);
}

void Normalizer::add_broker(std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills, BrokerTelemetry& telemetry) {
  decoders_.push_back(std::move(decoder));
  fill_limits_.push_back(fills);
  brokers_.push_back(&telemetry);
}

// ---- one frame ----

void Normalizer::on_frame(const RawFrame& frame) {
  frame_ = &frame;
  broker_ = brokers_[frame.broker.value()];
  switch (frame.kind) {
    case FrameKind::Text:
    case FrameKind::Binary:
    case FrameKind::Rest:
      decode(frame);
      break;  // calls on_trade, on_quote, ... below: resolve, check, apply, emit
    case FrameKind::Opened:
      break;
    case FrameKind::Closed:
      on_closed(frame);
      break;
    case FrameKind::Accepted:
    case FrameKind::Asked:
      on_accepted(frame);
      break;
    case FrameKind::Refused:
      on_refused(frame);
      break;
    case FrameKind::Status:
      on_broker_status(frame);
      break;
    case FrameKind::Overflow:
      on_overflow(frame);
      break;
    case FrameKind::Succeeding:
      on_succeeding(frame);
      break;
    case FrameKind::PutOff:
      on_put_off(frame);
      break;
    case FrameKind::TakenOver:
      on_taken_over(frame);
      break;
  }
  frame_ = nullptr;
}

void Normalizer::decode(const RawFrame& frame) {
  const Decoded decoded = decoders_[frame.broker.value()]->decode(frame, *this);
  BrokerCounters& counters = broker_->counters;
  if (decoded.ignored != 0) count(counters.frames_ignored, decoded.ignored);
  if (decoded.control != 0) count(counters.control_messages, decoded.control);
  if (decoded.clock_guesses != 0) count(counters.clock_guesses, decoded.clock_guesses);
  if (decoded.bad != 0) {
    count_bad(decoded.error, decoded.confidential);
    count(counters.frames_bad, decoded.bad - 1);
  }
  broker_->receive_to_normalized.record(clock_.mono() - frame.received_mono);
}

void Normalizer::on_trade(const TradeUpdate& update) {
  if (has(update.flags, Flags::Replayed)) return on_fetched_trade(update);
  if (!resolve(update.instrument, Channel::Trade) || !serves(update)) return;
  if (!update.numbered && repeats(content_of(update), update.ts_event)) return;
  if (update.derived) {
    // The snapshot itself shows that the stream is alive; only a trade that it proves is published.
    const bool traded = state_->trade_evidence.moved(update.evidence);
    go_live("data");
    if (!traded) return;
  }
  const std::uint64_t repeat_distance = stream_->overlap == nullptr ? ConsecutiveCheck::kRepeatDistanceMax : UINT64_MAX;
  const Checked checked = update.numbered ? state_->trade_ids.check(update.trade_id, repeat_distance)
                                          : Checked{stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0};
  if (checked.order == Order::Duplicate && fill_hole(update)) return;  // late, not a repetition
  if (!check(checked)) return;
  if (checked.order == Order::Gap && update.numbered) remember_hole(update, checked.lost);
  check_tick_size(update.flags, {update.price});
  Trade trade = trade_of(update, instrument_);
  emit(trade, update.derived ? update.flags | Flags::Derived : update.flags, update.ts_event);
}

void Normalizer::on_quote(const QuoteUpdate& update) {
  if (!resolve(update.instrument, Channel::Quote) || !serves(update)) return;
  if (update.book_id == 0 && repeats(content_of(update), update.ts_event)) return;
  const Order order = state_->quote_ids.check(update.book_id, numbering_of(stream_->source));
  if (!check({order == Order::Next && stream_->gap != PendingGap::None ? Order::Gap : order, 0})) return;
  Decimal bid = update.bid_price, ask = update.ask_price;
  Decimal bid_size = update.bid_size, ask_size = update.ask_size;
  if (bid_size.is_zero()) bid = bid_size = kAbsent;  // nothing is bid: the price beside it means nothing
  if (ask_size.is_zero()) ask = ask_size = kAbsent;
  check_tick_size(update.flags, {bid, ask});
  if (!align(bid, ask) || !align(bid_size, ask_size)) return count_bad({Reason::Overflow, "quote"});
  auto quote = make_record<Quote>(instrument_, Channel::Quote);
  quote.header.price_exponent = bid.present() ? bid.exponent : ask.exponent;
  quote.header.quantity_exponent = bid_size.present() ? bid_size.exponent : ask_size.exponent;
  quote.bid = {bid.mantissa, bid_size.mantissa};
  quote.ask = {ask.mantissa, ask_size.mantissa};
  quote.book_id = update.book_id;
  emit(quote, update.flags, update.ts_event);
}

void Normalizer::on_depth(const DepthUpdate& update) {
  if (!resolve(update.instrument, Channel::OrderBook) || !serves(update)) return;
  check_tick_size(update.flags, update.bids);
  check_tick_size(update.flags, update.asks);
  switch (update.kind) {
    case DepthKind::Delta:
      on_delta(update);
      break;
    case DepthKind::Snapshot:
      on_snapshot(update);
      break;
    case DepthKind::TopLevels:
      on_top_levels(update);
      break;
  }
}

void Normalizer::on_ticker(const TickerUpdate& update) {
  if (!resolve(update.instrument, Channel::Ticker) || !serves(update) || repeats(content_of(update), update.ts_event)) return;
  if (!check({stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0})) return;
  Ticker& merged = state_->ticker;  // keeps what earlier messages said: partial updates are normal
  merged.changed = 0;
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    const auto field = static_cast<TickerField>(i);
    if ((update.present >> i & 1U) != 0) merged.set(field, update.values[i]);
    if ((update.standing >> i & 1U) != 0 && !merged.knows(field)) merged.set(field, update.values[i]);
    if ((update.cleared >> i & 1U) != 0) merged.forget(field);
  }
  if (update.last_trade_time.known()) merged.last_trade_time = update.last_trade_time;
  if (update.derive_change) derive_change(merged, update.sends(TickerField::PriceChangePercent));
  merged.header.instrument = instrument_;
  Ticker ticker = merged;
  emit(ticker, update.flags, update.ts_event);
}

void Normalizer::on_candle(const CandleUpdate& update) {
  if (!resolve(update.instrument, update.channel) || !serves(update) || repeats(content_of(update), update.ts_event)) return;
  if (!check({stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0})) return;
  const std::int8_t exponent = std::min({update.open.exponent, update.high.exponent, update.low.exponent, update.close.exponent});
  auto candle = make_record<Candle>(instrument_, update.channel);
  candle.header.price_exponent = exponent;
  candle.header.quantity_exponent = update.volume.exponent;
  candle.open_time = update.open_time;
  candle.open = rescale(update.open, exponent).mantissa;
  candle.high = rescale(update.high, exponent).mantissa;
  candle.low = rescale(update.low, exponent).mantissa;
  candle.close = rescale(update.close, exponent).mantissa;
  candle.volume = update.volume.mantissa;
  candle.closed = update.closed ? 1 : 0;
  emit(candle, update.flags, update.ts_event);
}

void Normalizer::on_account(const AccountUpdate& update) {
  count(broker_->counters.account_events);
  if (account_events_.size() == kAccountEventsMax) account_events_.pop_front();
  account_events_.push_back({frame_->broker, frame_->received, std::string{update.kind}, std::string{update.body}});
}

void Normalizer::on_market_status(const MarketStatusUpdate& update) {
  auto status = make_record<MarketStatus>(kNoInstrument, Channel::Status);
  status.header.source = frame_->broker;
  status.header.ts_event = update.ts_event;
  status.header.ts_received = frame_->received;
  set_text(status.venue, update.venue);
  set_text(status.message, update.message);
  out_.on_record(status.header);
}

bool Normalizer::resolve(const NativeRef& native, Channel channel) {
  InstrumentId instrument = instruments_.find(frame_->broker, native);
  if (instrument == kNoInstrument && resolve_unlisted) {
    instrument = resolve_unlisted(frame_->broker, native);
    if (instrument != kNoInstrument) instruments_.add(frame_->broker, {native.segment, native.token, std::string{native.text}}, instrument);
  }
  if (instrument == kNoInstrument) {
    count(broker_->counters.messages_unresolved);
    return false;
  }
  select(instrument, channel);
  if (!stream_->wanted && !options_.everything_wanted) return false;  // in flight when the last subscriber left
  if (stream_->sources != nullptr) return true;                       // `serves` decides
  stream_->source = {frame_->broker, frame_->connection, frame_->session};
  stream_->has_source = true;
  if (!succeeded_.empty()) begin_overlap();
  return true;
}

bool Normalizer::check(const Checked& checked) {
  if (checked.order == Order::Duplicate) {
    on_repeated();
    return false;
  }
  go_live("data");
  if (checked.order == Order::Gap) announce_gap(checked.lost);
  stream_->gap = PendingGap::None;  // proven whole, or announced
  return true;
}

template <MarketDataRecord Record>
void Normalizer::emit(Record& record, Flags flags, UtcTime ts_event) {
  record.header.ts_event = ts_event;
  record.header.ts_received = frame_->received;
  if (ts_event.known() && frame_->received.known()) broker_->exchange_to_receive.record(Duration{frame_->received.ns - ts_event.ns});
  emit_stamped(record.header, flags);
}

void Normalizer::emit_stamped(RecordHeader& header, Flags flags) {
  header.source = stream_->source.broker;
  header.flags = flags;
  if (std::exchange(stream_->gap_before, false)) header.flags |= Flags::GapBefore;
  header.seq = ++stream_->seq;
  if (frame_ != nullptr) stream_->rhythm.beat(frame_->received_mono);
  count(telemetry_.gateway.records_emitted);
  out_.on_record(header);
}

void Normalizer::set_state(StreamState state, std::string_view reason, std::uint16_t code) {
  if (stream_->state == state && state != StreamState::Failed) return;
  stream_->state = state;
  if (state == StreamState::Live) stream_->disconnected = stream_->silence.market_closed = false;
  tell_state(reason, code);
}

void Normalizer::tell_state(std::string_view reason, std::uint16_t code) {
  const StreamState state = stream_->state;
  auto record = make_record<State>(instrument_, channel_);
  record.header.source = stream_->source.broker;
  record.header.ts_received = frame_ != nullptr ? frame_->received : clock_.utc();
  if (state == StreamState::Live && state_->access.source == stream_->source && is_delayed(state_->access.access))
    record.header.flags = Flags::Delayed;
  record.state = state;
  record.code = code;
  const bool noted = !stream_->note.empty() && (state == StreamState::Live || state == StreamState::Silent);
  set_text(record.reason, noted ? std::string{reason} + "; " + stream_->note : std::string{reason});
  out_.on_record(record.header);
}

void Normalizer::announce_gap(std::uint64_t lost) {
  stream_->gap_before = true;
  if (lost == 0 || lost > kLostMax) lost = 1;  // unknown: one number stands for the hole
  if (broker_ != nullptr && stream_->gap != PendingGap::Failover) count(broker_->counters.gaps);
  auto gap = make_record<Gap>(instrument_, channel_);
  gap.header.source = stream_->source.broker;
  gap.header.seq = stream_->seq + 1;
  gap.header.ts_received = frame_ != nullptr ? frame_->received : clock_.utc();
  gap.to_seq = stream_->seq + lost;
  gap.cause = stream_->gap == PendingGap::Failover ? GapCause::Failover : GapCause::Upstream;
  stream_->seq = gap.to_seq;
  out_.on_record(gap.header);
}

void Normalizer::check_tick_size(Flags flags, std::initializer_list<Decimal> prices) {
  if (!has(flags, Flags::Float)) return;
  for (const Decimal price : prices) {
    if (!state_->tick.holds(price)) count_off_tick(price);
  }
}

void Normalizer::check_tick_size(Flags flags, std::span<const LevelUpdate> levels) {
  if (!has(flags, Flags::Float)) return;
  for (const LevelUpdate& level : levels) {
    if (!state_->tick.holds(level.price)) count_off_tick(level.price);
  }
}

void Normalizer::count_off_tick(Decimal price) {
  if (broker_->counters.prices_off_tick.fetch_add(1, std::memory_order_relaxed) >= kOffTickSamplesMax) return;
  const CatalogEntry* const entry = catalog_->find(instrument_);
  spdlog::warn("{}: {}: a price of {} is no multiple of the tick size {}", broker_->name, sample_of(entry->symbol), to_text(price),
               to_text(entry->instrument.tick_size));
}

void Normalizer::count_bad(const Error& error, bool confidential) {
  BrokerCounters& counters = broker_->counters;
  const std::uint64_t before = counters.frames_bad.fetch_add(1, std::memory_order_relaxed);
  count(counters.bad_by_reason[static_cast<std::size_t>(error.reason)]);
  if (before < kBadSamplesMax) {
    spdlog::warn("{}: bad frame dropped: {} {}: {}", broker_->name, to_text(error.reason), sample_of(error.field),
                 confidential ? "(not shown)" : sample_of(frame_->bytes));
  }
}

void Normalizer::select(InstrumentId instrument, Channel channel) {
  instrument_ = instrument;
  channel_ = channel;
  state_ = &state_of(instrument);
  stream_ = &state_->stream(channel);
}

TickGrid Normalizer::tick_of(InstrumentId instrument) const {
  const CatalogEntry* const entry = catalog_ == nullptr ? nullptr : catalog_->find(instrument);
  return entry == nullptr ? TickGrid{} : TickGrid{entry->instrument.tick_size};
}

InstrumentState& Normalizer::state_of(InstrumentId instrument) {
  const std::size_t i = instrument.value();
  if (i >= states_.size()) states_.resize(i + 1);
  if (states_[i] == nullptr) {
    states_[i] = std::make_unique<InstrumentState>();
    states_[i]->tick = tick_of(instrument);
  }
  return *states_[i];
}

}  // namespace tidegate
