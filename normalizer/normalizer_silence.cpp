// What is told of a stream that the broker accepted, or was asked for, and that brings nothing: is its instrument quiet, or its market closed?
#include <chrono>
#include <string>

#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

/// How often a silent stream is looked at, whether its market has opened or closed since.
constexpr Duration kLookInterval = std::chrono::minutes{1};

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

}  // namespace tidegate
