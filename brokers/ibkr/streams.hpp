// What should be streamed on the one socket, what was asked for, and what to send next. Pure: neither I/O nor a clock nor a timer.
// docs/protocols/ibkr.md#streams
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "brokers/common/liveness.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/common/wants.hpp"
#include "brokers/ibkr/fields.hpp"
#include "brokers/ibkr/line_budget.hpp"
#include "brokers/ibkr/stream_watch.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

struct StreamSettings {
  std::size_t lines_max = 100;    // targets of market data at a time
  std::size_t depth_max = 3;      // ladders at a time
  std::size_t commands_max = 10;  // in any `commands_window`
  Duration commands_window = std::chrono::seconds{1};
  Duration renewal = std::chrono::seconds{570};       // a stream is asked for again so long after it was asked for, at the latest
  Duration life = std::chrono::minutes{15};           // when it dies at the broker otherwise
  Duration stream_timeout = std::chrono::minutes{3};  // a stream silent for so long is asked for again
  Duration data_timeout = std::chrono::seconds{90};   // all that were lively are silent for so long: all_silent()
  std::uint64_t seed = 0;                             // of the spread of renewals
};

/// One wish of the session: a channel of an instrument, and what the broker calls it.
struct StreamWish {
  common::WantKey key;
  std::string symbol;  // canonical; names a holder of a line to others
  InstrumentKind kind{};
  std::uint64_t conid = 0;
  std::string exchange;  // empty: smart-routed
};

/// What the session has to pass on.
struct StreamEvent {
  enum class Kind : std::uint8_t {
    Asked,        // the command that serves the wish was handed out; once per wish and connection
    WithoutRoom,  // it waits for a line; `words` name the holders. Once per wish; Asked follows when there is room
  };
  Kind kind{};
  common::WantKey key;
  std::string words;
};

struct StreamCounts {
  std::uint32_t wanted = 0;        // streams and ladders that somebody wants
  std::uint32_t asked = 0;         // of these, asked for on this connection
  std::uint32_t alive = 0;         // of these, something came since
  std::uint32_t waiting = 0;       // wanted, and no line is free
  std::uint64_t renewals = 0;      // commands sent to keep a stream alive, ever
  std::uint64_t asked_silent = 0;  // commands sent because a stream was silent, ever
};

/// Use: after every call that changes something, and when due_in() is over, take next() until it gives nothing, send each, take_events(), and set
/// the timer to due_in(). The loop's thread.
class Streams {
 public:
  explicit Streams(const StreamSettings& settings);

  // ---- wishes ----

  /// Wanted from now on. A wish whose target or kind changed is a new wish; an equal one changes nothing. Channels served here: Ticker, Quote,
  /// Status, OrderBook; others are not for this class.
  void want(StreamWish wish);
  void unwant(const common::WantKey& key);
  /// The broker said that there is no such contract: nothing is asked for its target before the next ready(), and its line is free.
  void refuse(std::uint64_t conid, std::string_view exchange);

  // ---- the connection ----

  /// The broker can be asked: the socket is open and the brokerage session authenticated. Everything is asked for again. `account` of ladders; empty:
  /// not known, and ladders wait for it.
  void ready(std::string_view account, MonoTime now);
  /// The brokerage session is lost, the socket is not: nothing is asked before the next ready(). What was running may run on, or not.
  void hold();
  /// The socket is gone, and all that ran on it.
  void lost();
  /// A command of the session's own went out on the same socket; it counts for the pace.
  void other_sent(MonoTime now) { pace_.take(now); }

  // ---- what to do ----

  /// The next command, now counted as sent; nothing: none is due, or the pace forbids it.
  [[nodiscard]] std::optional<std::string> next(MonoTime now);
  [[nodiscard]] std::vector<StreamEvent> take_events() { return std::exchange(events_, {}); }
  /// When to call next() and all_silent() again. Zero: at once.
  [[nodiscard]] Duration due_in(MonoTime now) const;

  // ---- what comes ----

  /// A frame with a topic "smd+..." or "sbd+...", as it came. Others, and those of streams that nobody wants, change nothing. No allocation.
  void on_data(std::string_view topic, std::string_view frame, MonoTime now);
  /// True: all streams that were lively have been silent for `data_timeout`, or none of those asked for ever answered; the session should find out
  /// whether the feed is dead. Patience doubles with each verdict and returns with steady data, so a true answer is given once per silence and limit.
  [[nodiscard]] bool all_silent(MonoTime now);
  /// The lively stream, if any, that spoke last: what a probe should ask for. Target of its topic; empty: none.
  [[nodiscard]] std::string probe_target() const;

  [[nodiscard]] StreamCounts counts() const;

 private:
  enum class Form : std::uint8_t { MarketData, Ladder };

  struct Wish {
    StreamWish wish;
    bool told_asked = false;  // on this connection
    bool told_waiting = false;
  };
  struct Stream {
    Form form{};
    std::string target;
    std::uint64_t arrival = 0;            // order of coming to be wanted
    std::vector<common::WantKey> wishes;  // none: to be ended
    bool refused = false;
    bool asked = false;    // it may be running at the broker
    bool current = false;  // asked for since the last ready(), for all its wishes
    MonoTime asked_at{};
    MonoTime renew_at{};
    StreamWatch watch;
  };
};

}  // namespace tidegate::ibkr
