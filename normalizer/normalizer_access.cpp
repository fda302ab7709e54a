// The normalizer's part for what brokers say about an instrument besides its data: whether they give it at all, and whether it is traded.
#include "gateway/core/codes.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

constexpr std::uint16_t refusal_code(DataAccess access) { return access == DataAccess::NotEntitled ? code::kNotEntitled : code::kUnknownSymbol; }

}  // namespace

/// An instrument that no list resolves has no subscriber to tell.
void Normalizer::on_availability(const AvailabilityUpdate& update) {
  const InstrumentId instrument = instruments_.find(frame_->broker, update.instrument);
  if (instrument == kNoInstrument) return;
  InstrumentState& state = state_of(instrument);
  state.access.access = update.access;
  state.access.source = {frame_->broker, frame_->connection, frame_->session};
  set_text(state.access.words, update.words);
  if (!gives_nothing(update.access)) return;  // streams come back with their data
  for (std::uint32_t left = state.used; left != 0; left &= left - 1) {
    select(instrument, static_cast<Channel>(std::countr_zero(left)));
    const bool wanted = stream_->wanted || options_.everything_wanted;
    if (wanted && stream_->sources != nullptr) {
      source_refused(frame_->broker, update.words, refusal_code(update.access));
      continue;
    }
    if (wanted && stream_->has_source && stream_->source.broker == frame_->broker) fail_without_access();
  }
}

/// The stream at hand gets nothing, if that is what its broker said; otherwise nothing changes.
void Normalizer::fail_without_access() {
  const InstrumentAccess& access = state_->access;
  if (!gives_nothing(access.access)) return;
  if (stream_->sources != nullptr) return source_refused(stream_->source.broker, access.words, refusal_code(access.access));
  set_state(StreamState::Failed, access.words, refusal_code(access.access));
}

/// Kept whether somebody wants it or not: a broker says it once, and who asks later is told what was said.
void Normalizer::on_instrument_status(const InstrumentStatusUpdate& update) {
  const bool wanted = resolve(update.instrument, Channel::Status);
  const InstrumentId instrument = instruments_.find(frame_->broker, update.instrument);
  if (instrument == kNoInstrument || (wanted && !serves(update))) return;
  InstrumentState& state = state_of(instrument);
  state.status_source = {frame_->broker, frame_->connection, frame_->session};
  InstrumentStatus& status = state.status;
  status.header.instrument = instrument;
  status.header.flags = update.flags;
  status.header.ts_event = update.ts_event;
  status.header.ts_received = frame_->received;
  status.state = update.state;
  set_text(status.reason, update.reason);
  if (!wanted || !check({stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0})) return;
  InstrumentStatus record = status;
  emit_stamped(record.header, update.flags);
}

/// For a stream that was asked for just now, on a connection that has told the status before.
void Normalizer::repeat_status() {
  const bool told = state_->status.header.instrument != kNoInstrument && state_->status_source == stream_->source;
  if (!told || stream_->state == StreamState::Live) return;
  if (!check({stream_->gap == PendingGap::None ? Order::Next : Order::Gap, 0})) return;
  InstrumentStatus record = state_->status;
  emit_stamped(record.header, record.header.flags | Flags::Snapshot);
}

}  // namespace tidegate
