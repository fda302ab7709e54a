// The normalizer's part for streams that several brokers could serve: records of those who do not serve one now are looked at and go no further.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "normalizer/log_sample.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {
namespace {

using Cause = SourceSelect::Cause;

/// Disagreements are logged up to this many for each broker; all are counted.
constexpr std::uint64_t kDisagreementSamplesMax = 20;

std::string text_of(const SourceSelect::Move& move, std::string_view from, std::string_view to) {
  return "moved from " + std::string{from} + " to " + std::string{to} + ": " + move.why;
}

}  // namespace

// ---- plans ----

BrokerView& Normalizer::view_of(BrokerId broker) {
  while (views_.size() <= broker.value() || views_.size() < brokers_.size()) {
    views_.push_back({.name = brokers_[views_.size()]->name, .since = clock_.mono(), .reason = {}});
  }
  return views_[broker.value()];
}

void Normalizer::set_sources(const std::vector<SourcePlan>& plans) {
  const MonoTime now = clock_.mono();
  for (const SourcePlan& plan : plans) {
    if (plan.ranked.empty()) continue;
    select(plan.instrument, plan.channel);
    if (!stream_->wanted) continue;
    if (stream_->sources != nullptr) {
      stream_->sources->select.set_plan(plan, now);
      continue;
    }
    for (const RankedSource& source : plan.ranked) view_of(source.broker);
    const auto serving = stream_->has_source ? std::optional{stream_->source} : std::nullopt;
    stream_->sources = std::make_unique<StreamSources>(StreamSources{SourceSelect{plan, serving, now}, {}});
  }
  reports_.resize(views_.size());
  disagreements_.resize(views_.size());
}

// ---- frames ----

/// Whether the record at hand goes on to subscribers: its broker serves the stream, or takes it over with this record.
bool Normalizer::admit(const PriceSample& sample) {
  SourceSelect& sources = stream_->sources->select;
  const SourceKey key{frame_->broker, frame_->connection, frame_->session};
  const SourceSelect::Heard heard = sources.on_data(key, sample, frame_->received_mono);
  if (heard == SourceSelect::Heard::NotAsked) return false;
  if (heard == SourceSelect::Heard::News) views_[key.broker.value()].heard_at = frame_->received_mono;
  if (sources.serving() != key.broker) {
    const auto move = sources.due(key.broker, views_, frame_->received_mono);
    if (!move) return false;
    move_stream(*move, frame_->received_mono);
  }
  stream_->source = key;
  stream_->has_source = true;
  if (!succeeded_.empty()) begin_overlap();
  return true;
}

/// Whether the stream at hand hears of it: a standby's acceptance changes nothing for subscribers.
bool Normalizer::source_accepted(const RawFrame& frame) {
  if (stream_->sources == nullptr) return true;
  SourceSelect& sources = stream_->sources->select;
  const bool known =
      sources.on_accepted({frame.broker, frame.connection, frame.session}, frame.kind == FrameKind::Accepted, frame.bytes, frame.received_mono);
  return known && sources.serving() == frame.broker;
}

/// As long as another broker may give it, a refusal is no failure.
void Normalizer::source_refused(BrokerId broker, std::string_view words, std::uint16_t code) {
  SourceSelect& sources = stream_->sources->select;
  if (!sources.on_refused(broker, words, code, frame_->received_mono)) return;
  const SourceCandidate& serving = sources.source();
  if (sources.all_refused()) {
    stream_->source.broker = serving.broker;
    return set_state(StreamState::Failed, serving.words, serving.code != 0 ? serving.code : code);
  }
  if (serving.broker != broker) return;
  stream_->accepted = false;
  if (stream_->state != StreamState::Live && stream_->state != StreamState::Silent) return;
  if (stream_->seq != 0) stream_->gap = PendingGap::Unknown;
  set_state(StreamState::Stale, words, code);
}

// ---- moving ----

/// One assignment between two records. Everything that was merged from the old source is forgotten, so that no field of it goes on as the new one's.
void Normalizer::move_stream(const SourceSelect::Move& move, MonoTime now) {
  SourceSelect& sources = stream_->sources->select;
  sources.move(move, now);
  const std::uint16_t depth = state_->book.depth;
  const ConsecutiveCheck trade_ids = state_->trade_ids;
  const bool numbers_go_on = channel_ == Channel::Trade && sources.numbered_alike();
  std::unique_ptr<TradeFill> fill = numbers_go_on ? std::move(state_->fill) : nullptr;
  forget_merged(channel_);
  state_->book.depth = depth;
  if (channel_ == Channel::Status) state_->status.header.instrument = kNoInstrument;
  if (numbers_go_on) {
    state_->trade_ids = trade_ids;  // the venue's own numbers prove the joint
    state_->fill = std::move(fill);
  } else if (channel_ == Channel::Trade && stream_->seq != 0) {
    state_->trade_ids.renumber();
  }

  const SourceCandidate& source = sources.source();
  stream_->overlap.reset();
  stream_->disconnected = false;
  stream_->silence = {};
  stream_->rhythm.interrupt();
  stream_->last_content = 0;
  stream_->source = source.key;
  stream_->has_source = true;
  stream_->accepted = true;
  stream_->acknowledged = source.acknowledged;
  stream_->accepted_at = source.since;
  stream_->note = source.words;
  stream_->gap = stream_->seq != 0 ? PendingGap::Failover : PendingGap::None;
  stream_->sources->untold = text_of(move, views_[move.from.value()].name, views_[move.to.value()].name);

  const bool failed = move.cause == Cause::Failover;
  const BrokerId counted = failed ? move.from : move.to;
  BrokerCounters& counters = brokers_[counted.value()]->counters;
  count(failed ? counters.failovers : move.cause == Cause::Return ? counters.returns : counters.ordered_moves);
  const auto alike = std::find_if(moved_.begin(), moved_.end(), [&](const MovedStreams& other) {
    return other.move.from == move.from && other.move.to == move.to && other.move.cause == move.cause;
  });
  if (alike == moved_.end()) {
    moved_.push_back({move, catalog_->find(instrument_)->symbol + " " + std::string{to_text(channel_)}, 1});
  } else {
    ++alike->count;
  }
}

/// Data has come, of a new source perhaps: then that is told whatever the state was.
void Normalizer::go_live(std::string_view reason) {
  if (stream_->sources != nullptr && !stream_->sources->untold.empty()) {
    stream_->state = StreamState::Pending;
    return set_state(StreamState::Live, std::exchange(stream_->sources->untold, {}));
  }
  if (stream_->state != StreamState::Live) set_state(StreamState::Live, reason);
}

// ---- time ----

/// The stream at hand. Returns how many moved.
std::size_t Normalizer::work_sources(MonoTime now) {
  SourceSelect& sources = stream_->sources->select;
  sources.watch(views_, now);
  std::size_t moved = 0;
  if (stream_->state == StreamState::Pending) {
    if (const auto move = sources.due(views_, now)) {
      move_stream(*move, now);
      if (stream_->acknowledged && channel_ == Channel::OrderBook) ask_snapshot();
      ++moved;
    }
  }
  if (auto wish = sources.wish(views_, now)) wishes_.push_back(std::move(*wish));

  const BrokerId serving = sources.serving();
  const BrokerId first = sources.candidates().front().broker;
  ++reports_[serving.value()].serving;
  if (first != serving) ++reports_[first.value()].served_elsewhere;
  while (const auto disagreement = sources.take_disagreement(now)) {
    const std::size_t broker = disagreement->broker.value();
    const std::string words = catalog_->find(instrument_)->symbol + " " + std::string{to_text(channel_)} + ": " + std::string{views_[broker].name} +
                              " " + to_text(disagreement->price) + ", " + std::string{views_[serving.value()].name} + " " +
                              to_text(disagreement->serving_price);
    disagreements_[broker] = words;
    if (brokers_[broker]->counters.disagreements.fetch_add(1, std::memory_order_relaxed) < kDisagreementSamplesMax) {
      spdlog::warn("{}: prices are too far apart for it to take over: {}", views_[broker].name, sample_of(words));
    }
  }
  for (const SourceCandidate& candidate : sources.candidates()) reports_[candidate.broker.value()].disagreeing += candidate.told ? 1 : 0;
  return moved;
}

/// Many streams move at once: one line of the log for all of them.
void Normalizer::report_sources() {
  for (const MovedStreams& moved : moved_) {
    const auto level = moved.move.cause == Cause::Failover ? spdlog::level::warn : spdlog::level::info;
    const std::string more = moved.count == 1 ? std::string{} : " and " + std::to_string(moved.count - 1) + " more streams";
    spdlog::log(level, "{}{}: {}", sample_of(moved.stream), more,
                sample_of(text_of(moved.move, views_[moved.move.from.value()].name, views_[moved.move.to.value()].name)));
  }
  moved_.clear();
  if (!wishes_.empty() && on_source_wishes) on_source_wishes(std::exchange(wishes_, {}));
  wishes_.clear();
  for (std::size_t i = 0; i < reports_.size(); ++i) reports_[i].disagreement = disagreements_[i];
  if (reports_ == reports_sent_) return;
  reports_sent_ = reports_;
  if (on_source_reports) on_source_reports(reports_);
}

}  // namespace tidegate
