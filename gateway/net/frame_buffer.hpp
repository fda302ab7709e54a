// Bytes that are written once and shared by many sockets: one WebSocket frame, header included (server frames are unmasked).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::net {

enum class WsOpcode : std::uint8_t { Text = 1, Binary = 2 };

class FramePool;
struct FramePoolImpl;

/// What a frame stands for, in its owner's numbers: `first` to `last` of `subject`. `last` 0: nothing.
struct FrameLabel {
  std::uint64_t subject = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// How frames are compressed for the peers that agreed to it (RFC 7692).
struct FrameCompression {
  bool on = false;                      // agreed to with peers to come
  int level = 1;                        // zlib's, 1 to 9
  std::size_t payload_bytes_min = 200;  // a smaller payload stays as it is
};

/// What compressing has come to: once a frame, however many peers get it.
struct CompressionTotals {
  std::uint64_t frames = 0;        // that became smaller
  std::uint64_t bytes_before = 0;  // of those, headers included
  std::uint64_t bytes_after = 0;
  std::uint64_t frames_as_before = 0;  // tried, and not smaller
};

class FrameRef;

/// Frames that are shared, one behind the other.
using FrameList = std::vector<const FrameRef*>;

/// The parts of a joined frame, while that lives.
class FrameParts {
 public:
  FrameParts(const FrameRef* first, std::size_t count) : first_(first), count_(count) {}
  [[nodiscard]] const FrameRef* begin() const { return first_; }
  [[nodiscard]] const FrameRef* end() const;
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  const FrameRef* first_;
  std::size_t count_;
};

/// Shares one immutable frame; the last reference gives its memory back to the pool. Copies count without atomics: all references of a
/// frame live on the thread of its pool.
class FrameRef {
 public:
  FrameRef() = default;
  FrameRef(const FrameRef& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) ++block_->references;
  }
  FrameRef(FrameRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~FrameRef() {
    if (block_ != nullptr && --block_->references == 0) give_back();
  }

  explicit operator bool() const { return block_ != nullptr; }
  /// Header and payload.
  [[nodiscard]] std::string_view bytes() const { return block_ == nullptr ? std::string_view() : std::string_view(block_->data(), block_->size); }
  [[nodiscard]] std::string_view payload() const;
  /// What FramePool::join() made this of; empty: it is a frame of its own.
  [[nodiscard]] FrameParts parts() const;
  /// Of an empty reference: nothing. All references of a frame share one label.
  [[nodiscard]] FrameLabel label() const;
  void set_label(const FrameLabel& label);
  /// The same message as one compressed frame of the same label, made at the first call and shared by all later ones; or the frame itself where that
  /// would not be smaller, where it is small or very large, and of control frames.
  [[nodiscard]] FrameRef compressed(const FrameCompression& how, CompressionTotals& totals) const;

 private:
  friend class FramePool;
  friend struct FramePoolImpl;
  /// The parts, then the bytes, follow the block in the same allocation.
  struct Block {
    std::uint32_t references;
    std::uint8_t size_class;   // where its memory comes from
    std::uint8_t header;       // bytes of the frame header
    std::uint8_t parts_count;  // 0: not joined
    bool compression_tried;
    std::size_t size;  // header and payload
    FramePoolImpl* pool;
    Block* next;  // in a free list; before that the compressed frame, if there is one, which this one holds
    FrameLabel label;

    [[nodiscard]] FrameRef* parts() { return reinterpret_cast<FrameRef*>(this + 1); }
    [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1) + parts_count * sizeof(FrameRef); }
  };
  void give_back();

  explicit FrameRef(Block* block) : block_(block) {}
  Block* block_ = nullptr;
};

inline const FrameRef* FrameParts::end() const { return first_ + count_; }

inline FrameParts FrameRef::parts() const { return block_ == nullptr ? FrameParts(nullptr, 0) : FrameParts(block_->parts(), block_->parts_count); }

/// Makes frames in recycled memory of a few sizes; allocates nothing in steady state. Outlives its frames. One thread.
class FramePool {
 public:
  FramePool();
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  /// One final frame holding `payload`.
  [[nodiscard]] FrameRef make(std::string_view payload, WsOpcode opcode = WsOpcode::Text);
  /// The bytes of several frames in one piece, one behind the other, so that whoever gets all of them is served with one reference. It keeps them.
  /// Empty where they are more than the largest recycled piece of memory holds. None is joined itself.
  [[nodiscard]] FrameRef join(const FrameList& frames);

 private:
  FramePoolImpl* impl_;
};

}  // namespace tidegate::net
