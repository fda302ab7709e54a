// Time, a broker that takes commands by the rules of docs/protocols/ibkr.md#streams, and the stream keeper between them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/streams.hpp"

namespace tidegate::test {

using namespace std::chrono_literals;

/// The texts in the array under "fields".
inline std::set<std::string> fields_in(std::string_view body) {
  std::set<std::string> fields;
  const std::size_t begin = body.find('['), end = body.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos) return fields;
  body = body.substr(begin + 1, end - begin - 1);
  while (!body.empty()) {
    const std::size_t close = body.find('"', 1);
    fields.emplace(body.substr(1, close - 1));
    body.remove_prefix(std::min(close + 2, body.size()));
  }
  return fields;
}

/// What runs at the broker, and what was asked of it.
class StreamBroker {
 public:
  struct Running {
    std::set<std::string> fields;
    MonoTime asked_at{};
  };

  explicit StreamBroker(Duration life) : life_(life) {}

  void take(const std::string& command, MonoTime now) {
    expire(now);
    commands.push_back(command);
    times.push_back(now);
    const std::string_view text = command;
    const std::string_view code = text.substr(0, 4), rest = text.substr(4);
    const std::size_t body = rest.find("+{");
    if (code == "smd+") {
      Running& stream = streams[std::string{rest.substr(0, body)}];
      stream.asked_at = now;
      stream.fields.merge(fields_in(rest.substr(body)));
      lines_max = std::max(lines_max, streams.size());
    } else if (code == "umd+") {
      CHECK(rest.substr(body) == "+{}");
      ended_in_vain += 1 - streams.erase(std::string{rest.substr(0, body)});
    } else if (code == "sbd+") {
      ladders.insert(std::string{rest});
      ladders_max = std::max(ladders_max, ladders.size());
    } else if (code == "ubd+") {
      ladders.clear();
    } else {
      FAIL("unknown command: " << command);
    }
  }
  /// Streams that nobody renewed in time end without a word.
  void expire(MonoTime now) {
    expired += std::erase_if(streams, [&](const auto& item) { return now - item.second.asked_at >= life_; });
  }
  void forget() {
    streams.clear();
    ladders.clear();
  }
  /// Most commands in any second.
  [[nodiscard]] std::size_t busiest_second() const {
    std::size_t most = 0, first = 0;
    for (std::size_t last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] > 1s) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }

  std::map<std::string, Running> streams;
  std::set<std::string> ladders;
  std::vector<std::string> commands;
  std::vector<MonoTime> times;
  std::size_t lines_max = 0;
  std::size_t ladders_max = 0;
  std::size_t expired = 0;
  std::size_t ended_in_vain = 0;  // did not run

 private:
  Duration life_;
};

/// Drives the keeper as a session does: after each change, and when it says that it is due.
struct StreamsFixture {
  explicit StreamsFixture(const ibkr::StreamSettings& settings = {}) : streams(settings), broker(settings.life) {}

  static ibkr::StreamWish wish(std::uint32_t instrument, Channel channel, InstrumentKind kind = InstrumentKind::Cash) {
    return {.key = {InstrumentId{instrument}, channel},
            .symbol = "NASDAQ:S" + std::to_string(instrument),
            .kind = kind,
            .conid = 1'000 + std::uint64_t{instrument}};
  }
  static std::string target(std::uint32_t instrument) { return std::to_string(1'000 + instrument); }

  void want(std::uint32_t instrument, Channel channel = Channel::Ticker) { streams.want(wish(instrument, channel)); }
  void unwant(std::uint32_t instrument, Channel channel = Channel::Ticker) { streams.unwant({InstrumentId{instrument}, channel}); }
  void ready() {
    streams.ready("DU1", now);
    pump();
  }
  void lost() {
    streams.lost();
    broker.forget();
  }

  void pump() {
    while (const auto command = streams.next(now)) broker.take(*command, now);
    for (ibkr::StreamEvent& event : streams.take_events()) events.push_back(std::move(event));
    verdicts += streams.all_silent(now) ? 1 : 0;
  }
  /// Time goes on, in the steps the keeper asks for.
  void run(Duration duration) {
    const MonoTime end = now + duration;
    pump();
    while (now < end) {
      const Duration due = streams.due_in(now);
      REQUIRE(due > Duration::zero());
      now = now + std::min(due, end - now);
      broker.expire(now);
      pump();
    }
  }
  /// The same, while data of these instruments comes every half second.
  void run_with_data(Duration duration, const std::vector<std::uint32_t>& instruments, std::string_view frame = R"({"31":"1.5","topic":"x"})") {
    for (const MonoTime end = now + duration; now < end; run(500ms)) {
      for (const std::uint32_t instrument : instruments) data(instrument, frame);
    }
  }
  void data(std::uint32_t instrument, std::string_view frame = R"({"31":"1.5"})") { streams.on_data("smd+" + target(instrument), frame, now); }

  std::vector<std::string> take_commands() { return std::exchange(broker.commands, {}); }
  std::size_t count_of(ibkr::StreamEvent::Kind kind) const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [kind](const auto& event) { return event.kind == kind; }));
  }

  MonoTime now{1'000'000'000'000};
  ibkr::Streams streams;
  StreamBroker broker;
  std::vector<ibkr::StreamEvent> events;
  int verdicts = 0;
};

}  // namespace tidegate::test
