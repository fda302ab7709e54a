// The normalizer's part that is not data: connections that come and go, what subscribers want, and time running out.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "gateway/core/codes.hpp"
#include "normalizer/log_sample.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// How often time-outs are looked for.
constexpr Duration kCheckInterval = std::chrono::milliseconds{100};

}  // namespace

// ---- connection events ----

void Normalizer::on_closed(const RawFrame& frame) {
  for_each_stream([&](Channel channel, Stream& stream) {
    if (stream.sources != nullptr) {
      stream.sources->select.on_closed({frame.broker, frame.connection, frame.session}, frame.bytes, frame.received_mono);
    }
    if (!stream.has_source || stream.source.broker != frame.broker || stream.source.connection != frame.connection) return;
    if (stream.source.session > frame.session) return;  // its successor already speaks
    lose_source(channel, frame.bytes);
  });
}

/// The connection that the stream at hand had its data from is gone.
void Normalizer::lose_source(Channel channel, std::string_view why) {
  stream_->has_source = false;
  stream_->accepted = false;
  stream_->rhythm.interrupt();
  if (channel == Channel::OrderBook) {
    state_->book.chained.reset();
    state_->book.top.reset();
    state_->book.snapshot_asked = false;
  }
  if (stream_->state != StreamState::Live && stream_->state != StreamState::Silent) return;
  if (stream_->seq != 0) stream_->gap = PendingGap::Unknown;
  stream_->disconnected = true;
  set_state(StreamState::Stale, why.empty() ? "connection to the broker lost" : why, code::kBrokerNotConnected);
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
  if (!stream_->wanted || !source_accepted(frame)) return;
  stream_->source = {frame.broker, frame.connection, frame.session};
  stream_->has_source = true;
  stream_->accepted = true;
  stream_->acknowledged = frame.kind == FrameKind::Accepted;
  stream_->accepted_at = frame.received_mono;
  stream_->silence.look_again = {};
  stream_->note = frame.bytes;
  if (stream_->state == StreamState::Pending && state_->access.source == stream_->source) fail_without_access();
  if (frame.channel == Channel::Status) repeat_status();
  // A quiet symbol may send no book update for long: its book is the snapshot meanwhile.
  if (stream_->acknowledged && frame.channel == Channel::OrderBook && !state_->book.chained.valid()) ask_snapshot();
}

void Normalizer::on_refused(const RawFrame& frame) {
  if (frame.instrument == kNoInstrument) return;
  select(frame.instrument, frame.channel);
  if (!stream_->wanted) return;
  const std::uint16_t told = frame.code != 0 ? frame.code : code::kBrokerRefused;
  if (stream_->sources != nullptr) return source_refused(frame.broker, frame.bytes, told);
  stream_->source.broker = frame.broker;
  set_state(StreamState::Failed, frame.bytes, told);
}

void Normalizer::on_broker_status(const RawFrame& frame) {
  BrokerView& view = view_of(frame.broker);
  view.state = frame.broker_state;
  view.since = frame.received_mono;
  view.reason = frame.bytes;
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
  instruments_.load(*catalog, catalog_.get());
  catalog_ = std::move(catalog);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != nullptr) states_[i]->tick = tick_of(InstrumentId{static_cast<std::uint32_t>(i)});
  }
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
    forget_merged(channel);
  });
}

/// What the stream at hand is made of, besides its count.
void Normalizer::forget_merged(Channel channel) {
  if (channel == Channel::Trade) {
    state_->trade_ids.forget();
    state_->trade_evidence.forget();
    give_up_holes();
  }
  if (channel == Channel::Quote) state_->quote_ids.forget();
  if (channel == Channel::Ticker) state_->ticker = make_record<Ticker>(kNoInstrument, Channel::Ticker);
  if (channel == Channel::OrderBook) state_->book = KeptBook{};
}

std::size_t Normalizer::do_work(MonoTime now) {
  if (now < next_check_) return 0;
  if (now >= overlaps_end_) end_overlaps(now);
  std::fill(reports_.begin(), reports_.end(), SourceReport{});
  next_check_ = now + kCheckInterval;
  std::size_t changed = 0;
  for_each_stream([&](Channel channel, Stream& stream) {
    if (!stream.wanted) return;
    if (stream.sources != nullptr) changed += work_sources(now);
    if (tell_silence(now)) ++changed;
    KeptBook& book = state_->book;
    if (channel == Channel::OrderBook && book.snapshot_asked && stream.has_source && now - book.snapshot_asked_at >= options_.snapshot_retry) {
      book.snapshot_asked = false;
      if (!book.chained.valid() && !book.top.valid()) ask_snapshot();
    }
  });
  changed += watch_rhythms(now);
  work_fills(now);
  report_sources();
  return changed;
}
}  // namespace tidegate
