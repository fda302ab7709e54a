// What should be streamed on the one socket, what was asked for, and what to send next. Pure: neither I/O nor a clock nor a timer.
// docs/protocols/ibkr.md#streams
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  std::size_t lines_max = 100;                   // streams of market data at a time
  std::size_t depth_max = 3;                     // ladders at a time
  std::size_t commands_per_second = 10;          // in any second; at least 1
  Duration renewal = std::chrono::seconds{570};  // a stream is asked for again so long after it was asked for, at the latest when nothing presses
  Duration life = std::chrono::minutes{15};      // and dies at the broker after so long; more than `renewal`
  Duration stream_timeout = std::chrono::minutes{3};  // a lively stream that is silent for so long is asked for again; zero: never
  Duration data_timeout = std::chrono::seconds{90};   // everything lively is silent for so long: all_silent(); zero: never
  std::uint64_t seed = 0;                             // of the spread of renewals
};

/// One wish of the session: a channel of an instrument, and what the broker calls it.
struct StreamWish {
  common::WantKey key;  // Ticker, Quote and Status are market data, OrderBook is a ladder; other channels are never asked for
  std::string symbol;   // names a holder of a line to others
  InstrumentKind kind{};
  std::uint64_t conid = 0;
  std::string exchange{};  // empty: smart-routed
};

/// What the session has to pass on.
struct StreamEvent {
  enum class Kind : std::uint8_t {
    Asked,        // the command that serves the wish was handed out; once per wish and ready()
    WithoutRoom,  // it waits for a line; once per wish, and Asked follows when there is room
  };
  Kind kind{};
  common::WantKey key;
  std::string words{};  // WithoutRoom: who holds the lines
};

struct StreamCounts {
  std::uint32_t wanted = 0;      // streams and ladders that somebody wants
  std::uint32_t waiting = 0;     // of these, without a line
  std::uint32_t asked = 0;       // asked for since the broker can be asked
  std::uint32_t alive = 0;       // of these, something came
  std::uint64_t renewals = 0;    // commands to keep a stream alive, ever
  std::uint64_t suspicions = 0;  // commands because a stream was silent, ever
};

/// After each call that changes something, and when due_in() is over: take next() until it gives nothing, send each, then take_events(), ask
/// all_silent(), and set the timer to due_in(). The loop's thread.
class Streams {
 public:
  explicit Streams(const StreamSettings& settings);

  /// Wanted from now on. An equal wish changes nothing; one whose target or kind differs takes the place of the older one of its key.
  void want(const StreamWish& wish);
  void unwant(const common::WantKey& key);
  /// The answer said that there is no such contract: what runs of it is ended, and its line goes to others. It is asked for once more with the next
  /// ready(), with a new wish for it, or when a renewal would have been due: the answer may have been a passing one.
  void refuse(std::uint64_t conid, std::string_view exchange);

  /// `closed` says of a wish's symbol whether its market is closed by its calendar: silence means nothing then, nor for so long as it would have to
  /// last after the opening. To be told at every chance; until it is, all markets are open.
  void look_at_hours(const std::function<bool(std::string_view symbol)>& closed, MonoTime now);
  /// The socket is open and the brokerage session authenticated: everything is asked for again. `account`: of ladders; empty: they wait.
  void ready(std::string_view account, MonoTime now);
  /// The brokerage session is lost, the socket is not. Nothing is asked before the next ready(); what was running may run on, or not.
  void hold();
  /// The socket is gone, and everything that ran on it.
  void lost();
  /// A command of somebody else went over the same socket: it counts for the pace.
  void other_sent(MonoTime now) { pace_.take(now); }

  /// The next command, counted as sent. Nothing: none is due, or the pace forbids it.
  [[nodiscard]] std::optional<std::string> next(MonoTime now);
  [[nodiscard]] std::vector<StreamEvent> take_events();
  /// True: everything that was lively has been silent for `data_timeout`, or nothing that was asked for ever answered. The session should find out
  /// whether the feed is dead. Each time this takes twice as long, until data has been steady.
  [[nodiscard]] bool all_silent(MonoTime now);
  /// When to come back, at the latest; zero: at once.
  [[nodiscard]] Duration due_in(MonoTime now) const;

  /// A frame whose topic is "smd+..." or "sbd+...". Others, and those of streams that nobody wants, change nothing. No allocation.
  /// True: the stream is alive from now on, and the counts changed.
  bool on_data(std::string_view topic, std::string_view frame, MonoTime now);
  /// Two commands that end one stream and ask for it anew, with the fields it has: the lively stream that spoke last, else any that was asked for.
  /// Empty: there is none.
  [[nodiscard]] std::vector<std::string> probe_commands() const;

  [[nodiscard]] StreamCounts counts() const;

 private:
  enum class Form : std::uint8_t { MarketData, Ladder };
  static constexpr Duration kLookAgain = std::chrono::hours{1};  // when nothing is due
  static constexpr std::array kForms = {Form::MarketData, Form::Ladder};

  struct Wish {
    common::WantKey key;
    InstrumentKind kind{};
    std::uint64_t order = 0;  // in which wishes came
    bool told_asked = false;
    bool told_waiting = false;
  };
  struct Stream {
    Stream(Form form_of, std::string target_of, Duration timeout) : form(form_of), target(std::move(target_of)), watch(timeout) {}

    Form form;
    std::string target;
    std::string symbol;         // of the first wish
    std::uint64_t arrival = 0;  // when it came to be wanted, among all
    std::vector<Wish> wishes;   // none: it is to be ended
    bool refused = false;
    bool closed = false;   // its market, by the calendar
    bool asked = false;    // it may be running at the broker
    bool current = false;  // asked for since the last ready(), and not ended since
    MonoTime asked_at{};
    MonoTime renew_at{};  // refused: when it may be asked for once more
    StreamWatch watch;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Table = std::unordered_map<std::string, std::unique_ptr<Stream>, Hash, std::equal_to<>>;  // by target

  /// In order of precedence.
  enum class Work : std::uint8_t { UrgentRenewal, End, Ask, Suspicion, Renewal, None };
  struct Plan {
    Work work = Work::None;
    std::int64_t rank = 0;     // among works of the same kind, least first
    Stream* stream = nullptr;  // what it is about
    MonoTime later = kNever;   // when something else may be due
  };

  [[nodiscard]] Table& table(Form form) { return tables_[static_cast<std::size_t>(form)]; }
  [[nodiscard]] const Table& table(Form form) const { return tables_[static_cast<std::size_t>(form)]; }
  [[nodiscard]] LineBudget& budget(Form form) { return form == Form::Ladder ? depth_ : lines_; }
  [[nodiscard]] const LineBudget& budget(Form form) const { return form == Form::Ladder ? depth_ : lines_; }
  [[nodiscard]] Stream* find(std::string_view topic) const;
  [[nodiscard]] bool served(const Stream& stream) const;
  [[nodiscard]] bool to_be_asked(const Stream& stream) const;
  void enter(Stream& stream);
  void readmit(MonoTime now);
  void drop_unwanted(Form form);

  [[nodiscard]] Plan plan(MonoTime now) const;
  void consider(Plan& plan, Stream& stream, MonoTime now) const;
  [[nodiscard]] std::string ask(Stream& stream, MonoTime now);
  [[nodiscard]] static ValueSet fields_of_wishes(const Stream& stream);
  [[nodiscard]] std::string end(Stream& stream, MonoTime now);
  [[nodiscard]] Duration jitter();

  StreamSettings settings_;
  Duration urgency_;  // a renewal goes before everything else so long before the stream dies
  common::SlidingWindow pace_;
  common::Liveness feed_;  // of all streams together
  LineBudget lines_;
  LineBudget depth_;
  std::array<Table, kForms.size()> tables_;
  std::map<common::WantKey, Stream*> wishes_;
  std::vector<StreamEvent> events_;
  std::string account_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t renewals_ = 0;
  std::uint64_t suspicions_ = 0;
  std::uint64_t random_ = 0;
  MonoTime feed_due_{};  // when all_silent() is to be asked again
  bool open_ = false;
};

}  // namespace tidegate::ibkr
