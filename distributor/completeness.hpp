// Which numbers of a stream a client has got one by one, which a later message stood for, and which are lost: what `completeness` answers. Kept only
// where something did not simply come: a reader that keeps up costs nothing here. No sockets, no clock; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "distributor/range_log.hpp"
#include "distributor/subscription_table.hpp"

namespace tidegate::distributor {

/// A hole in what was asked about. `cause` is that of a gap, or one of those below.
struct Hole {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string_view cause;
};
inline constexpr std::string_view kHoleUnknown = "unknown";  // before the subscription, or too long ago to tell
inline constexpr std::string_view kHolePending = "pending";  // not sent yet

struct CompletenessReport {
  std::uint64_t merged = 0;  // numbers that a later message stood for
  std::vector<Hole> holes;   // ascending
};

class Completeness {
 public:
  /// `logs_max`: of clients' deviations from their streams; where there is no room for one more, that client's past of the stream is unknown.
  explicit Completeness(std::size_t logs_max) : logs_max_(logs_max) {}
  /// For logs to come.
  void set_limit(std::size_t logs_max) { logs_max_ = logs_max; }

  // What happened to a stream for all who have it.
  void begins(StreamSlot stream, std::uint64_t first);
  void lost(StreamSlot stream, std::uint64_t first, std::uint64_t last, GapCause cause);
  void merged(StreamSlot stream, std::uint64_t first, std::uint64_t last);
  /// A lost number has come after all; members who did not get it have to be told apart.
  void filled(StreamSlot stream, std::uint64_t number);
  [[nodiscard]] bool has_fills(StreamSlot stream) const { return stream < streams_.size() && streams_[stream].filled; }
  void forget(StreamSlot stream);

  // What happened to one member of it alone.
  void lost(Member& member, StreamSlot stream, std::uint64_t first, std::uint64_t last, GapCause cause);
  void merged(Member& member, StreamSlot stream, std::uint64_t first, std::uint64_t last);
  void filled(const Member& member, StreamSlot stream, std::uint64_t number);
  /// The number came to the gateway after all, but not to this member.
  void lost_late(Member& member, StreamSlot stream, std::uint64_t number, GapCause cause);
  /// It has everything up to `since` by its own word, and gets what follows again.
  void resumes(Member& member, StreamSlot stream, std::uint64_t since);
  void forget(SubscriberSlot subscriber, StreamSlot stream);
  /// No member has anything to forget.
  [[nodiscard]] bool empty() const { return members_.empty(); }

  /// About numbers `first` to `last` of a stream whose newest is `newest`; as `member` has got them, or, null, as they came to the gateway.
  [[nodiscard]] CompletenessReport report(StreamSlot stream, const Member* member, std::uint64_t first, std::uint64_t last,
                                          std::uint64_t newest) const;

 private:
  struct StreamPast {
    std::uint64_t first = 0;  // the first number since the stream is in demand; 0: none came
    RangeLog log;
    bool filled = false;  // something lost has come later
  };
  [[nodiscard]] static std::uint64_t key(SubscriberSlot subscriber, StreamSlot stream) { return std::uint64_t{subscriber} << 32U | stream; }
  [[nodiscard]] StreamPast& past(StreamSlot stream);
  void add(Member& member, StreamSlot stream, const NumberRange& range);

  std::size_t logs_max_;
  std::vector<StreamPast> streams_;  // by StreamSlot
  std::unordered_map<std::uint64_t, RangeLog> members_;
};

/// One answer; `id` is JSON text, empty: none.
[[nodiscard]] std::string completeness_message(std::string_view id, std::string_view symbol, std::string_view channel, std::uint64_t first,
                                               std::uint64_t last, bool subscribed, const CompletenessReport& report);

}  // namespace tidegate::distributor
