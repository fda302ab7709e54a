// What is told of a stream that the broker accepted, or was asked for, and that brings nothing, or nothing any more: is its instrument quiet, or its
// market closed, or has the broker lost it?
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "normalizer/log_sample.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// How often a silent stream is looked at, whether its market has opened or closed since.
constexpr Duration kLookInterval = std::chrono::minutes{1};
constexpr Duration kRhythmInterval = std::chrono::seconds{1};
/// Streams that fell silent are logged up to this many for each broker; all are counted.
constexpr std::uint64_t kSilentSamplesMax = 20;

/// "250 ms", "75 s"
std::string words_of(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return milliseconds < 10'000 ? std::to_string(milliseconds) + " ms" : std::to_string(milliseconds / 1'000) + " s";
}

bool waits_for_data(const Stream& stream) {
  return stream.state == StreamState::Pending || stream.state == StreamState::Silent || (stream.state == StreamState::Stale && stream.disconnected);
}

}  // namespace

/// The calendar of the stream's venue; null: it has none.
const Calendar* Normalizer::calendar_of_stream() const {
  if (calendars_->empty() || catalog_ == nullptr) return nullptr;
  const CatalogEntry* const entry = catalog_->find(instrument_);
  return entry == nullptr ? nullptr : calendars_->find(entry->instrument.venue);
}

/// True: something was told.
bool Normalizer::tell_silence(MonoTime now) {
  Stream& stream = *stream_;
  if (!waits_for_data(stream) || !stream.accepted || now - stream.accepted_at < options_.first_data_timeout) return false;
  if (now < stream.silence.look_again) return false;
  stream.silence.look_again = now + kLookInterval;
  const UtcTime utc = clock_.utc();
  const Calendar* const calendar = calendar_of_stream();
  if (calendar != nullptr && !calendar->is_open(utc)) return tell_market_closed(calendar->next_change(utc));
  return tell_quiet(calendar == nullptr || calendar->expects_data(UtcTime{utc.ns - options_.first_data_timeout.count()}));
}

/// A closed market may bring nothing for days, so a stream whose connection was lost and is there again is not stale all that time. What was missed
/// is announced by the next record, as ever.
bool Normalizer::tell_market_closed(UtcTime until) {
  Stream& stream = *stream_;
  if (stream.state == StreamState::Silent && stream.silence.market_closed && stream.silence.closed_until == until) return false;
  std::string words = closed_words(until);
  if (stream.state == StreamState::Stale) words += "; the last values are from before the connection was lost";
  stream.silence.market_closed = true;
  stream.silence.closed_until = until;
  stream.state = StreamState::Silent;
  tell_state(words, 0);
  return true;
}

/// `expected`: the market has been open for long enough.
bool Normalizer::tell_quiet(bool expected) {
  Stream& stream = *stream_;
  const bool reopened = stream.silence.market_closed && expected;
  if (stream.state != StreamState::Pending && !(stream.state == StreamState::Silent && reopened)) return false;
  stream.silence.market_closed = false;
  stream.state = StreamState::Silent;
  std::string words = reopened ? "the market has opened: " : "";
  words += stream.acknowledged ? "the broker accepted the subscription and has sent no data yet"
                               : "the broker was asked and has sent no data yet; it acknowledges nothing";
  tell_state(words, 0);
  return true;
}

// ---- streams that were lively ----

/// Looks once a second for live streams that have been silent for far longer than they ever were lately, while others of the same connection went on:
/// where all are silent, the connection's own clocks judge. Returns how many were found.
std::size_t Normalizer::watch_rhythms(MonoTime now) {
  if (now < next_rhythm_check_ || options_.quiet_after == Duration{}) return 0;
  next_rhythm_check_ = now + kRhythmInterval;
  last_beats_.clear();
  for_each_stream([&](Channel, const Stream& stream) {
    if (!stream.wanted || !stream.has_source) return;
    MonoTime& last = last_beat(stream.source);
    last = std::max(last, stream.rhythm.last());
  });
  std::size_t found = 0;
  for_each_stream([&](Channel, const Stream& stream) {
    if (stream.wanted && stream.state == StreamState::Live && tell_broken_rhythm(now)) ++found;
  });
  return found;
}

MonoTime& Normalizer::last_beat(SourceKey source) {
  for (ConnectionBeat& beat : last_beats_) {
    if (beat.broker == source.broker && beat.connection == source.connection) return beat.at;
  }
  return last_beats_.emplace_back(ConnectionBeat{source.broker, source.connection, {}}).at;
}

/// Of the stream at hand. True: it was told.
bool Normalizer::tell_broken_rhythm(MonoTime now) {
  Stream& stream = *stream_;
  if (!stream.has_source || !stream.rhythm.broken(now, options_.quiet_after)) return false;
  const Duration silent = now - stream.rhythm.last();
  if (now - last_beat(stream.source) > silent / 2) return false;
  if (const Calendar* const calendar = calendar_of_stream(); calendar != nullptr) {
    const UtcTime utc = clock_.utc();
    const UtcTime change = calendar->next_change(UtcTime{utc.ns - silent.count()});
    if (!calendar->expects_data(utc) || (change.known() && change <= utc)) {
      stream.rhythm.interrupt();  // its market was closed meanwhile
      return false;
    }
  }
  const std::string words = "nothing for " + words_of(silent) + "; it had not paused for more than " + words_of(stream.rhythm.longest_pause()) +
                            ", and others of its connection go on";
  if (stream.sources != nullptr) stream.sources->select.on_fell_silent(stream.source, stream.rhythm.last());
  BrokerTelemetry& broker = *brokers_[stream.source.broker.value()];
  if (broker.counters.streams_fell_silent.fetch_add(1, std::memory_order_relaxed) < kSilentSamplesMax) {
    spdlog::warn("{}: {} {}: {}", broker.name, sample_of(catalog_->find(instrument_)->symbol), to_text(channel_), words);
  }
  set_state(StreamState::Silent, words);
  return true;
}

}  // namespace tidegate
