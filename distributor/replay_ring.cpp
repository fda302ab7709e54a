#include "distributor/replay_ring.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tidegate::distributor {
namespace {

constexpr std::uint64_t kWrap = ~std::uint64_t{0};
constexpr std::size_t kWordsMin = 128;  // a ring begins with 1 KiB
constexpr std::size_t kRecordsMin = 8;  // a ring that holds fewer is of no use
constexpr Duration kTrimInterval{5'000'000'000};

}  // namespace

std::size_t ReplayRings::start_of(const Ring& ring, std::size_t at) { return at == ring.words.size() || ring.words[at] == kWrap ? 0 : at; }

const RecordHeader& ReplayRings::record_at(const Ring& ring, std::size_t at) { return reinterpret_cast<const RecordHeader&>(ring.words[at + 1]); }

void ReplayRings::clear(Ring& ring) { ring.head = ring.tail = ring.used = ring.entries = 0; }

void ReplayRings::evict(Ring& ring) {
  const std::size_t at = start_of(ring, ring.head);
  if (at != ring.head) ring.used -= ring.words.size() - ring.head;
  const RecordHeader& record = record_at(ring, at);
  const std::size_t words = 1 + std::size_t{record.size_words};
  if (!is_fill(record)) ring.first = last_number(record) + 1;
  ring.head = at + words;
  ring.used -= words;
  if (--ring.entries == 0) clear(ring);
}

void ReplayRings::evict_old(Ring& ring, MonoTime now) const {
  while (ring.entries > 0) {
    const MonoTime came{static_cast<std::int64_t>(ring.words[start_of(ring, ring.head)])};
    if (now - came <= limits_.window) return;
    evict(ring);
  }
}

/// Finds room for `need` words behind the last entry.
bool ReplayRings::place(Ring& ring, std::size_t need, std::size_t& at) {
  const std::size_t size = ring.words.size();
  const bool wrapped = ring.entries > 0 && ring.tail <= ring.head;
  if (need <= (wrapped ? ring.head : size) - ring.tail) {
    at = ring.tail;
    return true;
  }
  if (wrapped || need > ring.head) return false;
  if (ring.tail < size) ring.words[ring.tail] = kWrap;
  ring.used += size - ring.tail;
  at = 0;
  return true;
}

/// The entries move to a new piece of memory, in order.
void ReplayRings::resize(Ring& ring, std::size_t words) {
  std::vector<std::uint64_t> larger(words);
  std::size_t end = 0;
  std::size_t at = ring.head;
  for (std::size_t i = 0; i < ring.entries; ++i) {
    at = start_of(ring, at);
    const std::size_t count = 1 + std::size_t{record_at(ring, at).size_words};
    std::memcpy(larger.data() + end, ring.words.data() + at, count * 8);
    end += count;
    at += count;
  }
  total_words_ += words - ring.words.size();
  ring.words = std::move(larger);
  ring.head = 0;
  ring.tail = ring.used = end;
}

bool ReplayRings::grow(Ring& ring) {
  const std::size_t most = limits_.stream_bytes / 8;
  const std::size_t words = std::min(most, std::max(kWordsMin, ring.words.size() * 2));
  if (words <= ring.words.size() || total_words_ + words - ring.words.size() > limits_.total_bytes / 8) return false;
  resize(ring, words);
  return true;
}

void ReplayRings::set_limits(const ReplayLimits& limits) {
  limits_ = limits;
  const bool all = bytes() > limits_.total_bytes;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (all || rings_[i].words.size() > limits_.stream_bytes / 8) forget(static_cast<StreamSlot>(i));
  }
}

std::size_t ReplayRings::keep(StreamSlot stream, const RecordHeader& record, MonoTime now) {
  if (limits_.stream_bytes == 0) return 0;
  if (stream >= rings_.size()) rings_.resize(stream + std::size_t{1});
  Ring& ring = rings_[stream];
  if (ring.entries > 0 && record.seq != ring.last + 1 && !has(record.flags, Flags::Conflated)) clear(ring);  // another count, or out of order
  evict_old(ring, now);
  bool kept = false;
  const std::size_t dropped = append(ring, record, now, kept);
  if (!kept) return dropped;
  if (ring.entries == 1) ring.first = record.seq;
  ring.last = last_number(record);
  return dropped;
}

std::size_t ReplayRings::keep_fill(StreamSlot stream, const RecordHeader& record, MonoTime now) {
  if (stream >= rings_.size()) return 0;
  Ring& ring = rings_[stream];
  evict_old(ring, now);
  if (ring.entries == 0) return 0;
  bool kept = false;
  const std::size_t dropped = append(ring, record, now, kept);
  if (kept && ring.entries == 1) clear(ring);  // all that it came behind has gone to make room
  return dropped;
}

/// Makes room and writes the entry. Returns how many records were dropped for want of room.
std::size_t ReplayRings::append(Ring& ring, const RecordHeader& record, MonoTime now, bool& kept) {
  std::size_t dropped = 0;
  const std::size_t need = 1 + std::size_t{record.size_words};
  if (need * kRecordsMin > limits_.stream_bytes / 8) {
    dropped = ring.entries + 1;
    clear(ring);
    return dropped;
  }
  std::size_t at = 0;
  while (!place(ring, need, at)) {
    if (grow(ring)) continue;
    if (ring.entries == 0) return 1;  // the streams together have no room for another ring
    ++dropped;
    evict(ring);
  }
  ++ring.entries;
  ring.words[at] = static_cast<std::uint64_t>(now.ns);
  std::memcpy(ring.words.data() + at + 1, &record, record.size_bytes());
  ring.tail = at + need;
  ring.used += need;
  kept = true;
  return dropped;
}

void ReplayRings::forget(StreamSlot stream) {
  if (stream >= rings_.size()) return;
  total_words_ -= rings_[stream].words.size();
  rings_[stream] = Ring{};
}

void ReplayRings::trim(MonoTime now) {
  if (now < next_trim_) return;
  next_trim_ = now + kTrimInterval;
  for (Ring& ring : rings_) {
    if (ring.words.empty()) continue;
    evict_old(ring, now);
    if (ring.entries == 0) {
      total_words_ -= ring.words.size();
      ring = Ring{};
    } else if (ring.words.size() > kWordsMin && ring.used * 4 < ring.words.size()) {
      resize(ring, ring.words.size() / 2);
    }
  }
}

std::uint64_t ReplayRings::first_seq(StreamSlot stream, MonoTime now) {
  if (stream >= rings_.size()) return 0;
  evict_old(rings_[stream], now);
  return rings_[stream].entries == 0 ? 0 : rings_[stream].first;
}

const RecordHeader* ReplayRings::find(StreamSlot stream, std::uint64_t seq, Cursor& cursor) const {
  if (stream >= rings_.size() || rings_[stream].entries == 0) return nullptr;
  cursor = {rings_[stream].head, rings_[stream].entries};
  const RecordHeader* record = next(stream, cursor);
  while (record != nullptr && last_number(*record) < seq) record = next(stream, cursor);
  return record;
}

const RecordHeader* ReplayRings::next(StreamSlot stream, Cursor& cursor) const {
  if (cursor.left == 0) return nullptr;
  const Ring& ring = rings_[stream];
  const std::size_t at = start_of(ring, cursor.at);
  const RecordHeader& record = record_at(ring, at);
  cursor = {at + 1 + record.size_words, cursor.left - 1};
  return &record;
}

}  // namespace tidegate::distributor
