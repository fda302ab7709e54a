// What two sockets of one connection say at the same time, while the second one waits to take the first one's place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "gateway/core/frame.hpp"

namespace tidegate::common {

/// Holds back the successor's frames, in order, and compares them with what the old socket delivers. Frames with the same bytes are the same message:
/// such a pair is dropped here, and it proves that the old socket has delivered at least up to where the successor began. Pure; one thread.
class Overlap {
 public:
  /// The stream that a data frame belongs to, where a frame belongs to one and both sockets are sent the same bytes; null: neither holds here.
  using StreamOf = std::string_view (*)(const RawFrame& frame);

  Overlap(StreamOf stream_of, std::size_t bytes_max) : stream_of_(stream_of), bytes_max_(bytes_max) {}

  /// A frame of the old socket, on its way.
  void observe(const RawFrame& frame);
  /// A frame of the successor.
  void hold(RawFrame&& frame);
  /// From now on the successor carries everything that is wanted: only what it sends after this proves anything.
  void confirmed();

  /// So much is held back that more may not be.
  [[nodiscard]] bool full() const { return bytes_ > bytes_max_; }
  /// Of each stream that has sent anything since confirmed(), the same message has come on both sockets; there was at least one.
  [[nodiscard]] bool joined() const { return joined_ > 0 && joined_ == active_; }
  /// Each stream that the old socket has delivered since confirmed() has come on the successor.
  [[nodiscard]] bool flows() const { return missing_ == 0; }
  [[nodiscard]] std::size_t held_bytes() const { return bytes_; }

  /// Where messages cannot be compared: those of the successor from before `time` came on the old socket too.
  void settle(MonoTime time);
  /// The frames that were held back and not seen on the old socket, in order.
  [[nodiscard]] std::deque<RawFrame> take();

 private:
  /// The old socket's newest messages that are remembered; the successor is never that far behind and still worth waiting for.
  static constexpr std::size_t kRememberedMax = 1U << 16U;

  struct Stream {
    bool old_sent = false;  // since confirmed()
    bool new_sent = false;
    bool joined = false;  // by a message that the successor sent after confirmed()
  };
  struct Held {
    std::optional<RawFrame> frame;  // none: dropped
    bool after_confirmed = false;
  };
  static bool is_data(const RawFrame& frame) { return frame.kind == FrameKind::Text || frame.kind == FrameKind::Binary; }
  static std::size_t cost(const RawFrame& frame) { return sizeof(Held) + frame.bytes.size() + frame.request.size(); }

  Stream& stream_of(const RawFrame& frame);
  void mark(Stream& stream, bool Stream::*flag);
  void remember(std::uint64_t hash);
  void drop(std::uint64_t number);

  StreamOf stream_of_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<Held> held_;
  std::uint64_t first_held_ = 0;                                   // number of held_.front()
  std::unordered_multimap<std::uint64_t, std::uint64_t> waiting_;  // hash of a held frame to its number
  std::unordered_multiset<std::uint64_t> remembered_;              // hashes of old frames that the successor has not sent yet
  std::deque<std::uint64_t> remembered_order_;
  std::unordered_map<std::string, Stream> streams_;
  bool confirmed_ = false;
  std::size_t active_ = 0;
  std::size_t joined_ = 0;
  std::size_t missing_ = 0;
};

}  // namespace tidegate::common
