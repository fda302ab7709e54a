// The normalizer's part for planned ends: a connection's successor takes its place, and what both carried is emitted once.
#include <algorithm>
#include <chrono>

#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// After a change of sockets the successor may be behind the old one for so long; then what a stream remembers is dropped.
constexpr Duration kOverlapGrace = std::chrono::seconds{10};

}  // namespace

void Normalizer::on_succeeding(const RawFrame& frame) {
  on_put_off(frame);
  succeeded_.push_back({frame.broker, frame.connection, frame.session});
}

void Normalizer::on_put_off(const RawFrame& frame) {
  std::erase_if(succeeded_, [&](const SourceKey& key) { return key.broker == frame.broker && key.connection == frame.connection; });
  for_each_stream([&](Channel, Stream& stream) {
    const bool here = stream.source.broker == frame.broker && stream.source.connection == frame.connection;
    if (here && stream.overlap != nullptr && !stream.overlap->taken_over()) stream.overlap.reset();
  });
}

// Nothing is stale: the streams go on, their numbers and books too. What proves the joint is in the data: a number or a content that came before.
// Where that may be missing, the stream's next record announces an unknown hole unless such a proof comes first.
void Normalizer::on_taken_over(const RawFrame& frame) {
  std::erase_if(succeeded_, [&](const SourceKey& key) { return key.broker == frame.broker && key.connection == frame.connection; });
  const bool proven = frame.code == kJointProven;
  for_each_stream([&](Channel channel, Stream& stream) {
    if (stream.sources != nullptr) stream.sources->select.on_taken_over({frame.broker, frame.connection, frame.session});
    SourceKey& source = stream.source;
    if (source.broker != frame.broker || source.connection != frame.connection || source.session >= frame.session) return;
    if (stream.overlap == nullptr || stream.overlap->taken_over()) stream.overlap = std::make_unique<StreamOverlap>(stream.last_content);
    stream.overlap->take_over();
    if (state_->access.source == source) state_->access.source.session = frame.session;
    if (state_->status_source == source) state_->status_source.session = frame.session;
    if (channel == Channel::OrderBook && state_->book.top_session == source.session) state_->book.top_session = frame.session;
    source.session = frame.session;
    if (channel == Channel::Quote) state_->quote_ids.carry_on(numbering_of(source));
    const bool numbered = (channel == Channel::Trade && state_->trade_ids.begun()) || (channel == Channel::OrderBook && state_->book.chained.valid());
    if (!proven && !numbered && stream.seq != 0 && stream.gap == PendingGap::None) stream.gap = PendingGap::Joint;
  });
  overlaps_end_ = clock_.mono() + kOverlapGrace;
}

/// The stream's first update since its old socket got a successor.
void Normalizer::begin_overlap() {
  const bool succeeded = std::find(succeeded_.begin(), succeeded_.end(), stream_->source) != succeeded_.end();
  const bool remembers = stream_->overlap != nullptr && !stream_->overlap->taken_over();  // not of an earlier renewal
  if (succeeded && !remembers) stream_->overlap = std::make_unique<StreamOverlap>(stream_->last_content);
}

/// Whether the unnumbered update at hand came before on a socket that this one has taken over from; if not, it is remembered as need be.
bool Normalizer::repeats(std::uint64_t content, UtcTime ts) {
  if (StreamOverlap* const overlap = stream_->overlap.get(); overlap != nullptr) {
    if (!overlap->taken_over()) {
      overlap->remember(content, ts, frame_->received_mono);
    } else if (overlap->repeats(content, ts, frame_->received_mono)) {
      on_repeated();
      return true;
    }
  }
  stream_->last_content = content;
  return false;
}

/// Something that came before. From a successor, it proves that this one began no later than the old socket ended.
void Normalizer::on_repeated() {
  count(broker_->counters.duplicates);
  StreamOverlap* const overlap = stream_->overlap.get();
  if (overlap == nullptr || !overlap->taken_over()) return;
  overlap->repeated(frame_->received_mono);
  if (stream_->gap == PendingGap::Joint) stream_->gap = PendingGap::None;
}

void Normalizer::end_overlaps(MonoTime now) {
  overlaps_end_ = MonoTime{INT64_MAX};
  for_each_stream([&](Channel channel, Stream& stream) {
    if (stream.overlap == nullptr || !stream.overlap->taken_over()) return;
    // A successor cannot be behind for so long: the broker counts anew.
    if (channel == Channel::Quote && stream.overlap->has_repeated_since(now + -kOverlapGrace / 2)) {
      state_->quote_ids.forget();
      stream.gap = PendingGap::Unknown;
    }
    stream.overlap.reset();
  });
}

}  // namespace tidegate
