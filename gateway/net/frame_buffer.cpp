#include "gateway/net/frame_buffer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "gateway/net/deflate.hpp"

namespace tidegate::net {
namespace {

// Four sizes cover a quote, a handful of levels, a full book and a long list; larger frames are rare and go back to the heap at once.
constexpr std::array<std::size_t, 4> kClassBytes{256, 1024, 4096, 16384};
constexpr std::size_t kClasses = kClassBytes.size();
// What a free list may keep, so that a burst does not hold its peak for ever.
constexpr std::size_t kRetainedBytesMax = 4U << 20U;

constexpr std::size_t kHeaderBytesMax = 10;

// Of a payload that is compressed, so that one message keeps the others waiting for milliseconds at most.
constexpr std::size_t kCompressedPayloadMax = 1U << 20U;
constexpr std::uint8_t kCompressedBit = 0x40;  // RSV1 (RFC 7692, 6)
constexpr std::uint8_t kControlBit = 0x08;     // of the opcode (RFC 6455, 5.5)

std::size_t header_bytes(std::size_t payload_bytes) {
  if (payload_bytes < 126) return 2;
  return payload_bytes <= 0xFFFF ? 4 : kHeaderBytesMax;
}

// RFC 6455, section 5.2: FIN and opcode, then the length in 7, 16 or 64 bits, big endian; no mask from a server.
void write_header(char* to, std::size_t payload_bytes, std::uint8_t opcode) {
  to[0] = static_cast<char>(0x80U | opcode);
  const std::size_t size = header_bytes(payload_bytes);
  if (size == 2) {
    to[1] = static_cast<char>(payload_bytes);
    return;
  }
  to[1] = static_cast<char>(size == 4 ? 126 : 127);
  for (std::size_t i = size; i > 2; --i) {
    to[i - 1] = static_cast<char>(payload_bytes & 0xFFU);
    payload_bytes >>= 8U;
  }
}

}  // namespace

struct FramePoolImpl {
  using Block = FrameRef::Block;

  Block* take(std::size_t bytes) {
    std::size_t size_class = 0;
    while (size_class < kClasses && kClassBytes[size_class] < bytes) ++size_class;
    Block* block = nullptr;
    if (size_class < kClasses && free[size_class] != nullptr) {
      block = std::exchange(free[size_class], free[size_class]->next);
      retained_bytes -= kClassBytes[size_class];
    } else {
      const std::size_t room = size_class < kClasses ? kClassBytes[size_class] : bytes;
      block = new (::operator new(sizeof(Block) + room)) Block;
      block->size_class = static_cast<std::uint8_t>(size_class);
    }
    block->pool = this;
    block->next = nullptr;
    block->compression_tried = false;
    block->references = 1;
    block->parts_count = 0;
    block->size = bytes;
    block->label = FrameLabel{};
    ++live;
    return block;
  }

  void give_back(Block* block) {
    std::destroy_n(block->parts(), block->parts_count);
    --live;
    if (block->size_class == kClasses || retained_bytes + kClassBytes[block->size_class] > kRetainedBytesMax) {
      ::operator delete(block);
      return;
    }
    block->next = std::exchange(free[block->size_class], block);
    retained_bytes += kClassBytes[block->size_class];
  }

  /// A final frame; the first byte of its header without the FIN bit is given.
  Block* make(std::string_view payload, std::uint8_t first) {
    const std::size_t header = header_bytes(payload.size());
    Block* const block = take(header + payload.size());
    block->header = static_cast<std::uint8_t>(header);
    write_header(block->data(), payload.size(), first);
    if (!payload.empty()) std::memcpy(block->data() + header, payload.data(), payload.size());
    return block;
  }

  /// Null: there is none that is smaller.
  Block* make_compressed(Block& plain, int level, CompressionTotals& totals) {
    const std::string_view payload(plain.data() + plain.header, plain.size - plain.header);
    const std::string_view smaller = deflater.deflate(payload, level);
    if (smaller.empty()) {
      ++totals.frames_as_before;
      return nullptr;
    }
    Block* const block = make(smaller, static_cast<std::uint8_t>(static_cast<std::uint8_t>(plain.data()[0]) | kCompressedBit));
    block->compression_tried = true;
    block->label = plain.label;
    ++totals.frames;
    totals.bytes_before += plain.size;
    totals.bytes_after += block->size;
    return block;
  }

  ~FramePoolImpl() {
    assert(live == 0 && "a frame outlives its pool");
    for (Block* block : free) {
      while (block != nullptr) ::operator delete(std::exchange(block, block->next));
    }
  }

  std::array<Block*, kClasses> free{};
  std::size_t retained_bytes = 0;
  std::size_t live = 0;  // frames still referenced
  Deflater deflater;
};

void FrameRef::give_back() {
  const FrameRef sibling(std::exchange(block_->next, nullptr));
  block_->pool->give_back(block_);
}

std::string_view FrameRef::payload() const { return block_ == nullptr ? std::string_view() : bytes().substr(block_->header); }

FrameLabel FrameRef::label() const { return block_ == nullptr ? FrameLabel{} : block_->label; }

void FrameRef::set_label(const FrameLabel& label) {
  if (block_ == nullptr) return;
  block_->label = label;
  if (block_->next != nullptr) block_->next->label = label;
}

FrameRef FrameRef::compressed(const FrameCompression& how, CompressionTotals& totals) const {
  if (block_ == nullptr) return {};
  if (!block_->compression_tried) {
    const std::size_t size = block_->size - block_->header;
    const bool control = (static_cast<std::uint8_t>(block_->data()[0]) & kControlBit) != 0;
    if (control || size < how.payload_bytes_min || size > kCompressedPayloadMax) return *this;
    block_->compression_tried = true;
    block_->next = block_->pool->make_compressed(*block_, how.level, totals);
  }
  if (block_->next == nullptr) return *this;
  ++block_->next->references;
  return FrameRef(block_->next);
}

FramePool::FramePool() : impl_(new FramePoolImpl) {}
FramePool::~FramePool() { delete impl_; }

FrameRef FramePool::make(std::string_view payload, WsOpcode opcode) { return FrameRef(impl_->make(payload, static_cast<std::uint8_t>(opcode))); }

FrameRef FramePool::join(const FrameList& frames) {
  std::size_t bytes = 0;
  for (const FrameRef* frame : frames) bytes += frame->bytes().size();
  const std::size_t room = bytes + frames.size() * sizeof(FrameRef);
  if (room > kClassBytes.back() || frames.size() > std::numeric_limits<std::uint8_t>::max()) return {};
  FrameRef::Block* block = impl_->take(room);
  block->size = bytes;
  block->header = 0;
  block->parts_count = static_cast<std::uint8_t>(frames.size());
  char* to = block->data();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    new (block->parts() + i) FrameRef(*frames[i]);
    const std::string_view from = frames[i]->bytes();
    to = std::copy(from.begin(), from.end(), to);
  }
  return FrameRef(block);
}

}  // namespace tidegate::net
