// What one connection should carry, what was asked for, and what the broker confirmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::common {

/// Bounds of one subscription request.
struct BatchLimits {
  std::size_t streams_max = SIZE_MAX;
  std::size_t bytes_max = SIZE_MAX;  // of the names with their overhead; the caller subtracts the request's frame
  std::size_t bytes_per_stream = 3;  // quotes and comma around each name
};

/// A request to send: its id is unique over all sessions of the ledger.
struct Batch {
  std::uint64_t id = 0;
  bool subscribe = true;
  std::vector<std::string> streams;
};

/// Desired, requested and confirmed streams of one connection. A stream with a request under way is not touched before its answer, each
/// answer is matched to its request by id, and ids of earlier sessions are unknown: so a late answer never undoes a newer wish. Pure.
class RequestLedger {
 public:
  enum class State : std::uint8_t { Absent, Subscribing, Present, Unsubscribing, Refused };

  void want(std::string_view stream);
  void unwant(std::string_view stream);

  /// The connection is open and carries nothing; what was under way is void.
  void session_opened();
  /// Nothing is carried any more, and nothing can be asked.
  void session_lost();

  /// The next request to send, now counted as under way. Subscriptions first.
  std::optional<Batch> next(const BatchLimits& limits);
  [[nodiscard]] bool work_left() const { return open_ && work_ > 0; }
  /// The connection is open, nothing is left to be asked, and every answer has come.
  [[nodiscard]] bool settled() const { return open_ && work_ == 0 && requests_.empty(); }

  /// The broker accepted request `id`: the wanted streams it made live. Unknown ids change nothing.
  std::vector<std::string> accepted(std::uint64_t id);
  /// The broker refused it: the streams refused for good. Of several streams none is blamed yet; they are asked again in halves.
  std::vector<std::string> refused(std::uint64_t id);
  /// No answer came. False: it had been asked before, so the connection cannot be trusted; otherwise it is asked again under a new id.
  [[nodiscard]] bool timed_out(std::uint64_t id);
  /// An id for a request that is no subscription; ordered among the others.
  std::uint64_t take_id() { return next_id_++; }
  /// Compares with the broker's own list, asked for under `id`: a missing stream is asked for again, a surplus one is dropped. Returns how
  /// many differed. Streams that a later request touched are left alone.
  std::size_t reconcile(std::uint64_t id, const std::vector<std::string>& carried);

  [[nodiscard]] State state(std::string_view stream) const;
  [[nodiscard]] bool wanted(std::string_view stream) const;
  [[nodiscard]] std::size_t wanted_count() const { return wanted_; }
  [[nodiscard]] std::size_t confirmed_count() const { return confirmed_; }  // Present and wanted
  /// Streams that take up room: wanted, or still carried.
  [[nodiscard]] std::size_t occupied() const { return entries_.size(); }

 private:
  struct Entry {
    bool wanted = false;
    State state = State::Absent;
    bool uncertain = false;            // a request had no answer: Present and Absent are only guesses
    std::uint64_t request = 0;         // the last request that named it
    std::uint32_t timeouts = 0;        // in a row
    std::size_t batch_max = SIZE_MAX;  // halved when a batch with it was refused
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] static bool needs_subscribe(const Entry& e) { return e.wanted && e.state == State::Absent; }
  [[nodiscard]] static bool needs_unsubscribe(const Entry& e) { return !e.wanted && e.state == State::Present; }
  [[nodiscard]] Batch collect(bool subscribe, const BatchLimits& limits) const;
  /// Applies `change` to an entry, keeps the counts, and drops the entry when nothing holds it.
  template <class Change>
  void change(Entries::iterator it, Change&& apply);

  Entries entries_;
  std::map<std::uint64_t, Batch> requests_;  // under way, by id
  std::uint64_t next_id_ = 1;
  std::size_t work_ = 0;
  std::size_t wanted_ = 0;
  std::size_t confirmed_ = 0;
  bool open_ = false;
};

}  // namespace tidegate::common
