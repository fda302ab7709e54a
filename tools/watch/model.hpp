// What a watcher knows: one row per symbol, the brokers, what was lost. Messages in, state out; no I/O and no clock of its own.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate::watch {

/// Both clocks at one moment.
struct Moment {
  MonoTime mono;
  UtcTime utc;
};

/// A number on the screen and how it moved.
struct Cell {
  std::string text;   // empty: not known
  int direction = 0;  // of the last change: 1 up, -1 down
  MonoTime changed;

  void set(std::string_view value, MonoTime now);
};

/// Messages a second over the last five seconds.
class RateMeter {
 public:
  void count(MonoTime now);
  [[nodiscard]] double per_second(MonoTime now) const;

 private:
  static constexpr std::int64_t kSeconds = 5;
  void advance(std::int64_t second);
  std::array<std::uint32_t, kSeconds + 1> counts_{};  // ring by second; the current one fills
  std::int64_t second_ = -1;
  std::int64_t first_ = -1;
};

/// The median of the last durations; those below zero (clocks that disagree) are left out.
class LatencyWindow {
 public:
  void record(Duration duration);
  [[nodiscard]] bool known() const { return count_ > 0; }
  [[nodiscard]] Duration median() const;

 private:
  static constexpr std::size_t kSize = 256;
  std::array<std::int64_t, kSize> samples_{};
  std::size_t count_ = 0;  // ever
};

/// One channel of one symbol.
struct Stream {
  std::string channel;
  std::string state = "pending";
  int code = 0;  // why it failed
  std::string message, hint;
  std::uint64_t seq = 0;  // of the last message; 0: none yet
};

struct Row {
  std::string asked;   // as the user typed it
  std::string symbol;  // full, once the gateway has told it
  Cell bid, ask, last, change_percent;
  std::size_t decimals = 0;  // most that a price had so far: all are shown with as many, so that they stand in line
  RateMeter rate;
  MonoTime updated;
  bool has_data = false;
  std::vector<Stream> streams;

  /// The worst of the streams' states.
  [[nodiscard]] std::string_view state() const;
};

struct Totals {
  std::uint64_t messages = 0;  // data messages
  std::uint64_t gaps = 0;      // said by the gateway
  std::uint64_t lost = 0;      // messages in those gaps
  std::uint64_t holes = 0;     // jumps of `seq` that nobody explained
  std::uint64_t reconnects = 0;
};

class Model {
 public:
  /// No channels: ticker, quote and trade, and none of those is missed where a symbol has no such channel.
  Model(std::string url, const std::vector<std::string>& symbols, const std::vector<std::string>& channels, MonoTime start);

  /// One message as received. Anything that is not understood is ignored.
  void on_message(std::string_view json, Moment now);
  void on_open();
  /// `retry_in` below zero: no further attempt.
  void on_closed(std::string_view why, Duration retry_in);

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] const std::map<std::string, std::string>& brokers() const { return brokers_; }
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& version() const { return version_; }  // empty until the gateway has said it
  [[nodiscard]] const std::string& connection() const { return connection_; }
  [[nodiscard]] bool connected() const { return connected_; }
  /// The gateway sends something at least so often; zero until it has said so.
  [[nodiscard]] Duration heartbeat() const { return heartbeat_; }
  [[nodiscard]] MonoTime start() const { return start_; }
  [[nodiscard]] const LatencyWindow& inside() const { return inside_; }      // received to published
  [[nodiscard]] const LatencyWindow& delivery() const { return delivery_; }  // published to here
  /// The latest things worth a line of text, oldest first; failures of streams stand in their rows instead.
  [[nodiscard]] const std::deque<std::string>& events() const { return events_; }
  /// Events and failures since the last call, for those who have no screen.
  std::vector<std::string> take_new_events();

 private:
  struct Message;
  void on_result(const Message& message);
  void learn_symbol(const Message& message);
  void on_data(const Message& message, Moment now);
  void on_gap(const Message& message);
  Row* find(std::string_view symbol);
  Stream* find(std::string_view symbol, std::string_view channel);
  void set_state(const Message& message, const char* reason_key);
  [[nodiscard]] bool dispensable(const Row& row, const Message& message) const;
  void event(std::string text);

  std::string url_, version_, epoch_;
  std::string connection_ = "connecting";
  bool connected_ = false;
  bool ever_connected_ = false;
  MonoTime start_;
  bool channels_chosen_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t, std::less<>> row_of_;  // by symbol, full and as asked
  Duration heartbeat_{0};
  std::map<std::string, std::string> brokers_;  // name to state
  Totals totals_;
  LatencyWindow inside_, delivery_;
  std::deque<std::string> events_;
  std::vector<std::string> new_events_;
};

}  // namespace tidegate::watch
