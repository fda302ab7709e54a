#include "normalizer/normalizer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace tidegate {
namespace {

/// A jump of a broker's numbering beyond this is a new numbering, not so many losses.
constexpr std::uint64_t kLostMax = 1'000'000;
/// Bad frames are logged up to this many for each broker; all are counted.
constexpr std::uint64_t kBadSamplesMax = 20;
/// The client protocol's code for "broker refused".
constexpr std::uint16_t kBrokerRefused = 4031;
constexpr std::size_t kSampleBytes = 160;
/// How often time-outs are looked for.
constexpr Duration kCheckInterval = std::chrono::milliseconds{100};

/// Change since the previous close, and in percent of it, rounded to four decimals. A close of zero is that of a new listing: no change then.
void derive_change(Ticker& ticker) {
  const Decimal price = ticker.value(TickerField::Price);
  const Decimal close = ticker.value(TickerField::ClosePrice);
  ticker.forget(TickerField::PriceChange);
  ticker.forget(TickerField::PriceChangePercent);
  if (!price.present() || !close.present() || close.is_zero()) return;
  const Decimal change = difference(price, close);
  if (!change.present()) return;
  ticker.set(TickerField::PriceChange, change);
  if (const Decimal percent = percent_of(change, close); percent.present()) ticker.set(TickerField::PriceChangePercent, percent);
}

/// The beginning of hostile bytes, fit for a log line.
std::string sample_of(std::string_view bytes) {
  std::string sample;
  for (const char c : bytes.substr(0, kSampleBytes)) sample += c >= ' ' && c <= '~' ? c : '.';
  return sample;
}

}  // namespace

Normalizer::Normalizer(const Clock& clock, Telemetry& telemetry, RecordSink& out, NormalizerOptions options)
    : clock_(clock), telemetry_(telemetry), out_(out), options_(options) {}

Normalizer::~Normalizer() = default;

void Normalizer::add_broker(std::unique_ptr<Decoder> decoder) { decoders_.push_back(std::move(decoder)); }

// ---- one frame ----

void Normalizer::on_frame(const RawFrame& frame) {
  frame_ = &frame;
  broker_ = &telemetry_.brokers[frame.broker.value()];
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
  }
  frame_ = nullptr;
}

void Normalizer::decode(const RawFrame& frame) {
  const Decoded decoded = decoders_[frame.broker.value()]->decode(frame, *this);
  BrokerCounters& counters = broker_->counters;
  if (decoded.ignored != 0) count(counters.frames_ignored, decoded.ignored);
  if (decoded.control != 0) count(counters.control_messages, decoded.control);
  if (decoded.bad != 0) {
    count_bad(decoded.error, decoded.confidential);
    count(counters.frames_bad, decoded.bad - 1);
  }
  broker_->receive_to_normalized.record(clock_.mono() - frame.received_mono);
}

void Normalizer::on_trade(const TradeUpdate& update) {
  if (!resolve(update.instrument, Channel::Trade)) return;
  if (update.derived) {
    // The snapshot itself shows that the stream is alive; only a trade that it proves is published.
    const bool traded = state_->trade_evidence.moved(update.evidence);
    if (stream_->state != StreamState::Live) set_state(StreamState::Live, "data");
    if (!traded) return;
  }
  if (!check(update.numbered ? state_->trade_ids.check(update.trade_id) : Checked{stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0}))
    return;
  auto trade = make_record<Trade>(instrument_, Channel::Trade);
  trade.header.price_exponent = update.price.exponent;
  trade.header.quantity_exponent = update.quantity.exponent;
  trade.price = update.price.mantissa;
  trade.quantity = update.quantity.mantissa;
  trade.trade_id = update.trade_id & 0x00FF'FFFF'FFFF'FFFFU;
  trade.side = static_cast<std::uint8_t>(update.side);
  emit(trade, update.derived ? update.flags | Flags::Derived : update.flags, update.ts_event);
}

void Normalizer::on_quote(const QuoteUpdate& update) {
  if (!resolve(update.instrument, Channel::Quote)) return;
  const std::uint64_t session = (std::uint64_t{frame_->connection.value()} << 32U) | frame_->session;
  const Order order = state_->quote_ids.check(update.book_id, session);
  if (!check({order == Order::Next && stream_->gap != PendingGap::None ? Order::Gap : order, 0})) return;
  Decimal bid = update.bid_price, ask = update.ask_price;
  Decimal bid_size = update.bid_size, ask_size = update.ask_size;
  if (bid_size.is_zero()) bid = bid_size = kAbsent;  // nothing is bid: the price beside it means nothing
  if (ask_size.is_zero()) ask = ask_size = kAbsent;
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
  if (!resolve(update.instrument, Channel::OrderBook)) return;
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
  if (!resolve(update.instrument, Channel::Ticker)) return;
  if (!check({stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0})) return;
  Ticker& merged = state_->ticker;  // keeps what earlier messages said: partial updates are normal
  merged.changed = 0;
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    const auto field = static_cast<TickerField>(i);
    if ((update.present >> i & 1U) != 0) merged.set(field, update.values[i]);
    if ((update.cleared >> i & 1U) != 0) merged.forget(field);
  }
  if (update.last_trade_time.known()) merged.last_trade_time = update.last_trade_time;
  if (update.derive_change) derive_change(merged);
  merged.header.instrument = instrument_;
  Ticker ticker = merged;
  emit(ticker, update.flags, update.ts_event);
}

void Normalizer::on_candle(const CandleUpdate& update) {
  if (!resolve(update.instrument, update.channel)) return;
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
  stream_->source = {frame_->broker, frame_->connection, frame_->session};
  stream_->has_source = true;
  return true;
}

bool Normalizer::check(const Checked& checked) {
  if (checked.order == Order::Duplicate) {
    count(broker_->counters.duplicates);
    return false;
  }
  if (stream_->state != StreamState::Live) set_state(StreamState::Live, "data");
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
  count(telemetry_.gateway.records_emitted);
  out_.on_record(header);
}

// ---- connection events ----

void Normalizer::on_closed(const RawFrame& frame) {
  for_each_stream([&](Channel channel, Stream& stream) {
    if (!stream.has_source || stream.source.broker != frame.broker || stream.source.connection != frame.connection) return;
    if (stream.source.session > frame.session) return;  // its successor already speaks
    stream.has_source = false;
    stream.accepted = false;
    if (channel == Channel::OrderBook) {
      state_->book.chained.reset();
      state_->book.top.reset();
      state_->book.snapshot_asked = false;
    }
    if (stream.state != StreamState::Live && stream.state != StreamState::Silent) return;
    if (stream.seq != 0) stream.gap = PendingGap::Unknown;
    set_state(StreamState::Stale, frame.bytes.empty() ? "connection to the broker lost" : frame.bytes);
  });
}

void Normalizer::on_overflow(const RawFrame& frame) {
  for_each_stream([&](Channel channel, Stream& stream) {
    if (!stream.has_source || stream.source.broker != frame.broker || stream.source.connection != frame.connection) return;
    if (channel == Channel::OrderBook) {
      state_->book.chained.reset();
      on_book_lost("book updates were lost in a full queue; rebuilding");
    } else if (stream.seq != 0) {
      stream.gap = PendingGap::Unknown;
    }
  });
}

void Normalizer::on_accepted(const RawFrame& frame) {
  if (frame.instrument == kNoInstrument) return;
  select(frame.instrument, frame.channel);
  if (!stream_->wanted) return;
  stream_->source = {frame.broker, frame.connection, frame.session};
  stream_->has_source = true;
  stream_->accepted = true;
  stream_->acknowledged = frame.kind == FrameKind::Accepted;
  stream_->accepted_at = frame.received_mono;
  // A quiet symbol may send no book update for long: its book is the snapshot meanwhile.
  if (stream_->acknowledged && frame.channel == Channel::OrderBook && !state_->book.chained.valid()) ask_snapshot();
}

void Normalizer::on_refused(const RawFrame& frame) {
  if (frame.instrument == kNoInstrument) return;
  select(frame.instrument, frame.channel);
  if (!stream_->wanted) return;
  stream_->source.broker = frame.broker;
  set_state(StreamState::Failed, frame.bytes, frame.code != 0 ? frame.code : kBrokerRefused);
}

void Normalizer::on_broker_status(const RawFrame& frame) {
  auto status = make_record<BrokerStatus>(kNoInstrument, Channel::Status);
  status.header.source = frame.broker;
  status.header.ts_received = frame.received;
  status.state = frame.broker_state;
  set_text(status.reason, frame.bytes);
  const auto level =
      frame.broker_state == BrokerState::Live || frame.broker_state == BrokerState::Connecting ? spdlog::level::info : spdlog::level::warn;
  spdlog::log(level, "{}: {}{}{}", broker_->name, to_text(frame.broker_state), frame.bytes.empty() ? "" : ", ", sample_of(frame.bytes));
  out_.on_record(status.header);
}

// ---- demand and time ----

void Normalizer::set_catalog(std::shared_ptr<const Catalog> catalog) {
  catalog_ = std::move(catalog);
  instruments_.load(*catalog_);
}

void Normalizer::set_wanted(const std::vector<Want>& wants) {
  for_each_stream([](Channel, Stream& stream) { stream.still_wanted = false; });
  for (const Want& want : wants) {
    select(want.instrument, want.channel);
    stream_->still_wanted = true;
    if (!std::exchange(stream_->wanted, true)) stream_->state = StreamState::Pending;
    if (want.channel != Channel::OrderBook) continue;
    const bool deeper = want.depth > state_->book.depth;
    state_->book.depth = want.depth;
    if (!deeper || stream_->state != StreamState::Live) continue;
    broker_ = nullptr;
    if (state_->book.chained.valid()) emit_book(state_->book.chained, Flags::Snapshot);
  }
  for_each_stream([this](Channel channel, Stream& stream) {
    if (!stream.wanted || stream.still_wanted) return;
    const std::uint64_t seq = stream.seq;
    stream = Stream{};
    stream.seq = seq;
    if (channel == Channel::Trade) {
      state_->trade_ids.forget();
      state_->trade_evidence.forget();
    }
    if (channel == Channel::Quote) state_->quote_ids.forget();
    if (channel == Channel::Ticker) state_->ticker = make_record<Ticker>(kNoInstrument, Channel::Ticker);
    if (channel == Channel::OrderBook) state_->book = KeptBook{};
  });
}

std::size_t Normalizer::do_work(MonoTime now) {
  if (now < next_check_) return 0;
  next_check_ = now + kCheckInterval;
  std::size_t changed = 0;
  for_each_stream([&](Channel channel, Stream& stream) {
    if (!stream.wanted) return;
    if (stream.state == StreamState::Pending && stream.accepted && now - stream.accepted_at >= options_.first_data_timeout) {
      set_state(StreamState::Silent, stream.acknowledged ? "the broker accepted the subscription and has sent no data yet"
                                                         : "the broker was asked and has sent no data yet; it acknowledges nothing");
      ++changed;
    }
    KeptBook& book = state_->book;
    if (channel == Channel::OrderBook && book.snapshot_asked && stream.has_source && now - book.snapshot_asked_at >= options_.snapshot_retry) {
      book.snapshot_asked = false;
      if (!book.chained.valid() && !book.top.valid()) ask_snapshot();
    }
  });
  return changed;
}

void Normalizer::set_state(StreamState state, std::string_view reason, std::uint16_t code) {
  if (stream_->state == state && state != StreamState::Failed) return;
  stream_->state = state;
  auto record = make_record<State>(instrument_, channel_);
  record.header.source = stream_->source.broker;
  record.header.ts_received = frame_ != nullptr ? frame_->received : clock_.utc();
  record.state = state;
  record.code = code;
  set_text(record.reason, reason);
  out_.on_record(record.header);
}

void Normalizer::announce_gap(std::uint64_t lost) {
  stream_->gap_before = true;
  if (lost == 0 || lost > kLostMax) lost = 1;  // unknown: one number stands for the hole
  if (broker_ != nullptr) count(broker_->counters.gaps);
  auto gap = make_record<Gap>(instrument_, channel_);
  gap.header.source = stream_->source.broker;
  gap.header.seq = stream_->seq + 1;
  gap.header.ts_received = frame_ != nullptr ? frame_->received : clock_.utc();
  gap.to_seq = stream_->seq + lost;
  gap.cause = GapCause::Upstream;
  stream_->seq = gap.to_seq;
  out_.on_record(gap.header);
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

InstrumentState& Normalizer::state_of(InstrumentId instrument) {
  const std::size_t i = instrument.value();
  if (i >= states_.size()) states_.resize(i + 1);
  if (states_[i] == nullptr) states_[i] = std::make_unique<InstrumentState>();
  return *states_[i];
}

template <class Visit>
void Normalizer::for_each_stream(Visit visit) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == nullptr) continue;
    for (std::uint32_t left = states_[i]->used; left != 0; left &= left - 1) {
      const auto c = static_cast<std::size_t>(std::countr_zero(left));
      select(InstrumentId{static_cast<std::uint32_t>(i)}, static_cast<Channel>(c));
      visit(channel_, *stream_);
    }
  }
}

}  // namespace tidegate
