#include "distributor/completeness.hpp"

#include <algorithm>

#include "distributor/encoder.hpp"
#include "distributor/json_writer.hpp"

namespace tidegate::distributor {
namespace {

void sort(std::vector<NumberRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const NumberRange& a, const NumberRange& b) { return a.first < b.first; });
}

/// Numbers in `merged`, each once, that are in none of `holes`. Both sorted; holes do not overlap.
std::uint64_t count_merged(const std::vector<NumberRange>& merged, const std::vector<Hole>& holes) {
  std::uint64_t total = 0, counted_to = 0;
  for (const NumberRange& range : merged) {
    const std::uint64_t first = std::max(range.first, counted_to + 1);
    if (first > range.last) continue;
    total += range.last + 1 - first;
    counted_to = range.last;
    for (const Hole& hole : holes) {
      const std::uint64_t from = std::max(hole.first, first), to = std::min(hole.last, range.last);
      if (from <= to) total -= to + 1 - from;
    }
  }
  return total;
}

}  // namespace

Completeness::StreamPast& Completeness::past(StreamSlot stream) {
  if (stream >= streams_.size()) streams_.resize(stream + std::size_t{1});
  return streams_[stream];
}

void Completeness::begins(StreamSlot stream, std::uint64_t first) { past(stream).first = first; }

void Completeness::lost(StreamSlot stream, std::uint64_t first, std::uint64_t last, GapCause cause) {
  past(stream).log.add({first, last, false, cause});
}

void Completeness::merged(StreamSlot stream, std::uint64_t first, std::uint64_t last) { past(stream).log.add({first, last, true, {}}); }

void Completeness::filled(StreamSlot stream, std::uint64_t number) {
  past(stream).log.take_out(number);
  past(stream).filled = true;
}

void Completeness::forget(StreamSlot stream) {
  if (stream < streams_.size()) streams_[stream] = StreamPast{};
}

void Completeness::lost(Member& member, StreamSlot stream, std::uint64_t first, std::uint64_t last, GapCause cause) {
  add(member, stream, {first, last, false, cause});
}

void Completeness::merged(Member& member, StreamSlot stream, std::uint64_t first, std::uint64_t last) {
  add(member, stream, {first, last, true, {}});
}

void Completeness::add(Member& member, StreamSlot stream, const NumberRange& range) {
  const auto found = members_.find(key(member.subscriber, stream));
  if (found != members_.end()) return found->second.add(range);
  if (members_.size() < logs_max_) return members_[key(member.subscriber, stream)].add(range);
  member.first_seq = range.last + 1;
}

void Completeness::filled(const Member& member, StreamSlot stream, std::uint64_t number) {
  if (const auto found = members_.find(key(member.subscriber, stream)); found != members_.end()) found->second.take_out(number);
}

void Completeness::lost_late(Member& member, StreamSlot stream, std::uint64_t number, GapCause cause) {
  const auto found = members_.find(key(member.subscriber, stream));
  if (found != members_.end()) return found->second.add_late(number, cause);
  if (members_.size() < logs_max_) return members_[key(member.subscriber, stream)].add_late(number, cause);
  member.first_seq = std::max(member.first_seq, number + 1);
}

void Completeness::resumes(Member& member, StreamSlot stream, std::uint64_t since) {
  if (const auto found = members_.find(key(member.subscriber, stream)); found != members_.end()) found->second.cut_behind(since);
  member.first_seq = std::min(member.first_seq, since + 1);
}

void Completeness::forget(SubscriberSlot subscriber, StreamSlot stream) { members_.erase(key(subscriber, stream)); }

CompletenessReport Completeness::report(StreamSlot stream, const Member* member, std::uint64_t first, std::uint64_t last,
                                        std::uint64_t newest) const {
  std::vector<Hole> lost;
  std::vector<NumberRange> merged;
  std::uint64_t known_from = 1;
  const auto take = [&](const RangeLog& log) {
    known_from = std::max(known_from, log.forgotten_to() + 1);
    log.visit(first, last, [&](const NumberRange& range) {
      if (range.merged) return merged.push_back(range);
      lost.push_back({range.first, range.last, name_of(range.cause)});
    });
  };
  if (stream < streams_.size()) {
    known_from = std::max(known_from, streams_[stream].first);
    take(streams_[stream].log);
  }
  std::uint64_t sent_to = newest;
  if (member != nullptr) {
    known_from = std::max(known_from, member->first_seq);
    if (const auto found = members_.find(key(member->subscriber, stream)); found != members_.end()) take(found->second);
    const bool waits = member->delivery != Delivery::Live || member->withheld;
    if (waits && member->next_seq != 0) sent_to = std::min(sent_to, member->next_seq - 1);
  }
  if (first < known_from) lost.push_back({first, std::min(last, known_from - 1), kHoleUnknown});
  if (last > sent_to) lost.push_back({std::max(first, sent_to + 1), last, kHolePending});

  CompletenessReport report;
  std::stable_sort(lost.begin(), lost.end(), [](const Hole& a, const Hole& b) { return a.first < b.first; });
  for (Hole hole : lost) {
    if (!report.holes.empty()) hole.first = std::max(hole.first, report.holes.back().last + 1);
    if (hole.first <= hole.last) report.holes.push_back(hole);
  }
  sort(merged);
  report.merged = count_merged(merged, report.holes);
  return report;
}

std::string completeness_message(std::string_view id, std::string_view symbol, std::string_view channel, std::uint64_t first, std::uint64_t last,
                                 bool subscribed, const CompletenessReport& report) {
  JsonWriter json;
  json.begin_object().text("type", "completeness");
  if (!id.empty()) json.raw("id", id);
  json.text("symbol", symbol).text("channel", channel).number("from_seq", first).number("to_seq", last);
  json.text("scope", subscribed ? "connection" : "gateway");
  json.text("state", !report.holes.empty() ? "holes" : report.merged != 0 ? "merged" : "complete").number("merged", report.merged);
  json.key("holes").begin_array();
  for (const Hole& hole : report.holes) {
    json.begin_object().number("from_seq", hole.first).number("to_seq", hole.last).text("cause", hole.cause).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace tidegate::distributor
