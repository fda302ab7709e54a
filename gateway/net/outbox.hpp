// What waits to leave through one socket, in order: shared frames, and bytes that websocketpp owns until it is told they are gone.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "gateway/net/frame_buffer.hpp"

namespace tidegate::net {

/// Its entries lie in blocks that all outboxes of a thread share: an empty one holds no memory, and one that fills and empties allocates none.
class Outbox {
 public:
  using Done = std::function<void(const std::error_code&)>;
  using Dropped = std::function<void(const FrameRef&)>;

  Outbox() = default;
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void push(const FrameRef& frame);
  /// Bytes that stay valid until `done`; without one, until a later push that has one.
  void push(std::string_view bytes, Done done);

  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// A place among the bytes that wait, for reading on without dropping anything; good until the queue changes.
  class Place;
  [[nodiscard]] Place begin() const;
  /// Describes what waits from there on in at most `limit` pieces; returns how many, and their sum in `total`.
  static std::size_t gather(const Place& from, iovec* pieces, std::size_t limit, std::size_t& total);
  /// The bytes from there on, `limit` at most, in one piece: where they stand when the first entry has so many, else gathered in `room`.
  [[nodiscard]] static std::string_view front(const Place& from, char* room, std::size_t limit);
  /// The place `count` bytes further on; there are so many.
  [[nodiscard]] static Place beyond(const Place& from, std::size_t count);
  /// Drops `count` bytes from the front, and appends the completions that became due. The caller calls them.
  void consume(std::size_t count, std::vector<Done>& due);
  /// Drops the shared frames that have not begun to leave, and shows each; of a joined one each part counts for itself. Frames of which a part lies
  /// in the first `begun` bytes of the queue have begun, as has one of which a part is gone; websocketpp's bytes stay.
  void drop_unsent(std::size_t begun, const Dropped& dropped);
  /// Bytes that have left so far.
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  /// Drops everything, and appends every completion.
  void clear(std::vector<Done>& due);
  /// Has the processor fetch what the next gather() reads first.
  void prefetch() const { __builtin_prefetch(head_); }

 private:
  /// websocketpp's.
  struct Foreign {
    std::string_view bytes;
    Done done;
  };
  /// One of the two; small, since thousands of connections hold some of them each turn.
  struct Entry {
    FrameRef frame;
    std::unique_ptr<Foreign> foreign;

    [[nodiscard]] std::string_view bytes() const { return foreign ? foreign->bytes : frame.bytes(); }
  };
  struct Block;
  class Blocks;

  [[nodiscard]] static Blocks& blocks();
  template <class Visit>
  static void for_each_piece(const Place& from, Visit visit);
  Entry& append();
  void take_apart();
  void drop_first_block();

  Block* head_ = nullptr;   // null: nothing waits
  Block* tail_ = nullptr;   // where entries are added
  std::size_t offset_ = 0;  // bytes of the first entry that have left
  std::size_t bytes_ = 0;
  std::uint64_t taken_ = 0;
};

class Outbox::Place {
 private:
  friend class Outbox;
  Place(const Block* block, std::uint32_t entry, std::size_t offset) : block_(block), entry_(entry), offset_(offset) {}

  const Block* block_;  // null: the end
  std::uint32_t entry_;
  std::size_t offset_;  // bytes of the entry that lie before it
};

}  // namespace tidegate::net
