#include "gateway/net/outbox.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::size_t kCacheLine = 64;
// So that a block is four cache lines, of which a turn with one record touches the first.
constexpr std::uint32_t kEntries = 15;
// What a thread keeps for its outboxes, 4 MiB, so that a burst does not hold its peak for ever.
constexpr std::size_t kBlocksKeptMax = 16'384;

}  // namespace

struct alignas(kCacheLine) Outbox::Block {
  Block* next = nullptr;
  std::uint32_t first = 0;  // entry that still waits
  std::uint32_t end = 0;    // entries before this one are filled
  std::array<Entry, kEntries> entries;
};

/// Blocks that no outbox of this thread needs at the moment; the last one that was given back goes out first, while the processor still has it.
class Outbox::Blocks {
 public:
  Blocks() = default;
  ~Blocks() {
    while (free_ != nullptr) delete std::exchange(free_, free_->next);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  Block* take() {
    if (free_ == nullptr) return new Block;
    --count_;
    Block* const block = std::exchange(free_, free_->next);
    block->next = nullptr;
    block->first = block->end = 0;
    return block;
  }
  /// Its entries are empty.
  void give_back(Block* block) {
    if (count_ == kBlocksKeptMax) {
      delete block;
      return;
    }
    ++count_;
    block->next = std::exchange(free_, block);
  }

 private:
  Block* free_ = nullptr;
  std::size_t count_ = 0;
};

Outbox::Blocks& Outbox::blocks() {
  thread_local Blocks blocks;
  return blocks;
}

Outbox::~Outbox() {
  while (head_ != nullptr) delete std::exchange(head_, head_->next);
}

Outbox::Entry& Outbox::append() {
  if (tail_ == nullptr) {
    head_ = tail_ = blocks().take();
  } else if (tail_->end == kEntries) {
    tail_->next = blocks().take();
    tail_ = tail_->next;
  }
  return tail_->entries[tail_->end++];
}

void Outbox::drop_first_block() {
  Block* const block = std::exchange(head_, head_->next);
  if (head_ == nullptr) tail_ = nullptr;
  blocks().give_back(block);
}

void Outbox::push(const FrameRef& frame) {
  if (!frame) return;
  append().frame = frame;
  bytes_ += frame.bytes().size();
}

void Outbox::push(std::string_view bytes, Done done) {
  append().foreign = std::make_unique<Foreign>(Foreign{bytes, std::move(done)});
  bytes_ += bytes.size();
}

Outbox::Place Outbox::begin() const { return {head_, head_ == nullptr ? 0 : head_->first, offset_}; }

/// Calls visit(bytes, is_last) for each piece that is not empty until it returns false.
template <class Visit>
void Outbox::for_each_piece(const Place& from, Visit visit) {
  std::size_t skip = from.offset_;
  std::uint32_t i = from.entry_;
  for (const Block* block = from.block_; block != nullptr; block = block->next) {
    for (; i < block->end; ++i) {
      const std::string_view rest = block->entries[i].bytes().substr(std::exchange(skip, 0));
      if (!rest.empty() && !visit(rest, i + 1 == block->end && block->next == nullptr)) return;
    }
    if (block->next != nullptr) i = block->next->first;
  }
}

std::size_t Outbox::gather(const Place& from, iovec* pieces, std::size_t limit, std::size_t& total) {
  std::size_t count = 0;
  total = 0;
  for_each_piece(from, [&](std::string_view piece, bool) {
    if (count == limit) return false;
    pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
    total += piece.size();
    return true;
  });
  return count;
}

std::string_view Outbox::front(const Place& from, char* room, std::size_t limit) {
  std::string_view whole;
  std::size_t count = 0;
  for_each_piece(from, [&](std::string_view piece, bool last) {
    piece = piece.substr(0, limit - count);
    if (count == 0 && (piece.size() == limit || last)) {
      whole = piece;
      return false;
    }
    std::copy(piece.begin(), piece.end(), room + count);
    count += piece.size();
    return count < limit;
  });
  return whole.empty() ? std::string_view{room, count} : whole;
}

Outbox::Place Outbox::beyond(const Place& from, std::size_t count) {
  Place place = from;
  count += std::exchange(place.offset_, 0);
  while (place.block_ != nullptr) {
    for (; place.entry_ < place.block_->end; ++place.entry_) {
      const std::size_t size = place.block_->entries[place.entry_].bytes().size();
      if (count < size) {
        place.offset_ = count;
        return place;
      }
      count -= size;
    }
    place.block_ = place.block_->next;
    place.entry_ = place.block_ == nullptr ? 0 : place.block_->first;
  }
  return place;
}

void Outbox::consume(std::size_t count, std::vector<Done>& due) {
  bytes_ -= count;
  taken_ += count;
  count += offset_;
  while (head_ != nullptr) {
    while (head_->first < head_->end) {
      Entry& entry = head_->entries[head_->first];
      const std::size_t size = entry.bytes().size();
      if (count < size) {
        offset_ = count;
        return;
      }
      count -= size;
      if (entry.foreign && entry.foreign->done) due.push_back(std::move(entry.foreign->done));
      entry = Entry{};
      ++head_->first;
    }
    drop_first_block();
  }
  offset_ = 0;
}

/// Puts the parts of each joined frame into its place, without those that have left whole.
void Outbox::take_apart() {
  Block* old = std::exchange(head_, nullptr);
  tail_ = nullptr;
  while (old != nullptr) {
    for (std::uint32_t i = old->first; i < old->end; ++i) {
      Entry entry = std::move(old->entries[i]);
      if (entry.frame.parts().empty()) {
        append() = std::move(entry);
        continue;
      }
      for (const FrameRef& part : entry.frame.parts()) {
        const std::size_t size = part.bytes().size();
        if (head_ == nullptr && offset_ >= size) {
          offset_ -= size;
        } else {
          append().frame = part;
        }
      }
    }
    blocks().give_back(std::exchange(old, old->next));
  }
}

void Outbox::drop_unsent(std::size_t begun, const Dropped& dropped) {
  take_apart();
  std::size_t before = 0;  // bytes of the queue in front of the entry at hand
  bool in_part = offset_ > 0;
  Block* old = std::exchange(head_, nullptr);
  tail_ = nullptr;
  while (old != nullptr) {
    for (std::uint32_t i = old->first; i < old->end; ++i) {
      Entry& entry = old->entries[i];
      const bool partly_gone = std::exchange(in_part, false);
      const bool has_begun = before < begun || partly_gone;
      before += entry.bytes().size() - (partly_gone ? offset_ : 0);
      if (entry.frame && !has_begun) {
        bytes_ -= entry.bytes().size();
        dropped(entry.frame);
        entry.frame = FrameRef{};
      } else {
        append() = std::move(entry);
      }
    }
    blocks().give_back(std::exchange(old, old->next));
  }
}

void Outbox::clear(std::vector<Done>& due) { consume(bytes_, due); }

}  // namespace tidegate::net
