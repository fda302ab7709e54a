// What a stream remembers while two sockets of its connection carry the same data: what it emitted from the old one, so that the successor's
// messages, which come behind, repeat nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"

namespace tidegate {

class StreamOverlap {
 public:
  /// `last_content`: of what the stream emitted last before the successor was open; zero: nothing. Some brokers send it again to each new subscriber.
  explicit StreamOverlap(std::uint64_t last_content) : last_content_(last_content) {}

  /// An update of the old socket that carries no number.
  void remember(std::uint64_t content, UtcTime ts, MonoTime received);
  /// From here on updates are the successor's.
  void take_over() { taken_over_ = true; }
  [[nodiscard]] bool taken_over() const { return taken_over_; }
  /// Whether an unnumbered update of the successor came before: the old socket brought the same at about the same time, or a later one by the
  /// exchange's clock. Both sockets keep their order, so what was remembered before a match matches no more.
  [[nodiscard]] bool repeats(std::uint64_t content, UtcTime ts, MonoTime received);
  /// An update of the successor had come before.
  void repeated(MonoTime received) { repeated_at_ = received; }
  [[nodiscard]] bool has_repeated_since(MonoTime time) const { return repeated_at_ > time; }

 private:
  /// The two sockets bring the same message within so long, or it is not the same.
  static constexpr Duration kSkewMax = std::chrono::seconds{2};
  /// Updates of one stream while both sockets are open; beyond, the oldest are forgotten, and only their times speak for them.
  static constexpr std::size_t kRememberedMax = 4'096;

  struct Remembered {
    std::uint64_t content;
    MonoTime received;
  };
  std::deque<Remembered> remembered_;  // oldest first
  std::uint64_t last_content_;
  UtcTime newest_ = kNoTime;
  bool taken_over_ = false;
  MonoTime repeated_at_{INT64_MIN};
};

/// Equal contents have equal hashes, zero is none's. Only what the broker sent counts, not when it came.
[[nodiscard]] std::uint64_t content_of(const TradeUpdate& update);
[[nodiscard]] std::uint64_t content_of(const QuoteUpdate& update);
[[nodiscard]] std::uint64_t content_of(const DepthUpdate& update);
[[nodiscard]] std::uint64_t content_of(const TickerUpdate& update);
[[nodiscard]] std::uint64_t content_of(const CandleUpdate& update);

}  // namespace tidegate
