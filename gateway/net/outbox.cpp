#include "gateway/net/outbox.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::net {
namespace {

// An empty outbox keeps this much room, enough for an ordinary turn; what a burst needed is given back.
constexpr std::size_t kEntriesKept = 8;
// The entries that have left are moved out of the way once there are so many, and more than half.
constexpr std::size_t kCompactFrom = 64;

}  // namespace

void Outbox::push(const FrameRef& frame) {
  if (!frame) return;
  const std::string_view bytes = frame.bytes();
  bytes_ += bytes.size();
  entries_.push_back({bytes, frame, nullptr});
}

void Outbox::push(std::string_view bytes, Done done) {
  bytes_ += bytes.size();
  entries_.push_back({bytes, {}, done ? std::make_unique<Done>(std::move(done)) : nullptr});
}

std::size_t Outbox::gather(iovec* pieces, std::size_t limit, std::size_t& total) const {
  std::size_t count = 0;
  std::size_t skip = offset_;
  total = 0;
  for (std::size_t i = head_; i < entries_.size() && count < limit; ++i) {
    const std::string_view rest = entries_[i].bytes.substr(skip);
    skip = 0;
    if (rest.empty()) continue;
    pieces[count++] = {const_cast<char*>(rest.data()), rest.size()};
    total += rest.size();
  }
  return count;
}

std::string_view Outbox::front(char* room, std::size_t limit) const {
  std::size_t count = 0;
  std::size_t skip = offset_;
  for (std::size_t i = head_; i < entries_.size() && count < limit; ++i) {
    const std::string_view rest = entries_[i].bytes.substr(skip, limit - count);
    skip = 0;
    if (count == 0 && (rest.size() == limit || i + 1 == entries_.size())) return rest;
    std::copy(rest.begin(), rest.end(), room + count);
    count += rest.size();
  }
  return {room, count};
}

void Outbox::consume(std::size_t count, std::vector<Done>& due) {
  bytes_ -= count;
  taken_ += count;
  count += offset_;
  while (head_ < entries_.size() && count >= entries_[head_].bytes.size()) {
    Entry& entry = entries_[head_++];
    count -= entry.bytes.size();
    if (entry.done) due.push_back(std::move(*entry.done));
    entry = Entry{};
  }
  offset_ = count;
  tidy();
}

void Outbox::drop_unsent(std::size_t begun, const Dropped& dropped) {
  std::size_t before = 0;  // bytes of the queue in front of the entry at hand
  std::size_t kept = head_;
  for (std::size_t i = head_; i < entries_.size(); ++i) {
    const bool has_begun = before < begun || (i == head_ && offset_ > 0);
    before += entries_[i].bytes.size() - (i == head_ ? offset_ : 0);
    if (entries_[i].frame && !has_begun) {
      bytes_ -= entries_[i].bytes.size();
      dropped(entries_[i].frame);
      continue;
    }
    if (kept != i) entries_[kept] = std::move(entries_[i]);
    ++kept;
  }
  entries_.resize(kept);
  tidy();
}

void Outbox::tidy() {
  if (empty()) {
    entries_.clear();
    head_ = 0;
    if (entries_.capacity() > kEntriesKept) std::vector<Entry>().swap(entries_);
  } else if (head_ >= kCompactFrom && head_ * 2 > entries_.size()) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Outbox::clear(std::vector<Done>& due) { consume(bytes_, due); }

}  // namespace tidegate::net
