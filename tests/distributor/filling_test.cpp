// Trades that were missing and come later: to whoever was told of the hole, once, without touching anything else.
#include <doctest/doctest.h>

#include "distributor/range_log.hpp"
#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using distributor::NumberRange;
using distributor::RangeLog;
using Lines = std::vector<std::string>;
using std::chrono::seconds;

namespace {

/// A reader that is there from the start, and a client that a test plays.
struct Filling : HubFixture {
  explicit Filling(DistributorOptions options = test_options()) : HubFixture(std::move(options)) {
    join(steady);
    want(steady);
    join(client);
  }
  ~Filling() override {
    leave(client);
    leave(steady);
  }
  void want(FakeConnection& connection, std::string_view options = "") {
    ask(connection, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{)" + std::string(options) + "}}");
  }
  void trades(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) emit(trade(kBtc, seq));
    read();
  }
  void hole(std::uint64_t first, std::uint64_t last) { emit(gap(kBtc, Channel::Trade, first, last)); }
  void fills(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      Trade late = trade(kBtc, seq);
      late.header.flags = Flags::Replayed;
      emit(late);
    }
  }
  void read() { steady.queued = client.queued = 0; }
  static Lines take(FakeConnection& connection) {
    Lines lines = outline(connection.messages);
    connection.messages.clear();
    return lines;
  }
  /// The holes among the numbers, as a client is told them.
  std::string holes(FakeConnection& connection, std::uint64_t first, std::uint64_t last) {
    read();
    ask(connection, R"({"op":"completeness","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":)" + std::to_string(first) +
                        ",\"to_seq\":" + std::to_string(last) + "}");
    const std::string answer = connection.messages.back();
    connection.messages.pop_back();
    return answer.substr(answer.find("\"holes\":") + 8, answer.rfind('}') - answer.find("\"holes\":") - 8);
  }
  FakeConnection steady, client;
};

std::string one_hole(std::uint64_t first, std::uint64_t last, std::string_view cause) {
  return "{\"from_seq\":" + std::to_string(first) + ",\"to_seq\":" + std::to_string(last) + ",\"cause\":\"" + std::string(cause) + "\"}";
}

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
Ranges shown(const RangeLog& log) {
  Ranges ranges;
  log.visit(0, UINT64_MAX, [&](const NumberRange& range) { ranges.emplace_back(range.first, range.last); });
  return ranges;
}

}  // namespace

TEST_CASE("range log: numbers are taken out of lost ranges one by one, from the ends and from the middle, and of no others") {
  RangeLog log;
  log.add({5, 9, false, GapCause::Upstream});
  log.add({20, 22, true, {}});
  CHECK(log.take_out(5));
  CHECK_FALSE(log.take_out(5));
  CHECK(log.take_out(9));
  CHECK(log.take_out(7));
  CHECK_FALSE(log.take_out(10));
  CHECK_FALSE(log.take_out(21));
  CHECK(shown(log) == Ranges{{6, 6}, {8, 8}, {20, 22}});
  CHECK(log.take_out(6));
  CHECK(log.take_out(8));
  CHECK(shown(log) == Ranges{{20, 22}});
  log.add({30, 30, false, GapCause::Upstream});
  CHECK(shown(log) == Ranges{{20, 22}, {30, 30}});
}

TEST_CASE("range log: a number that is lost late finds its place, joins its neighbour, and is kept once") {
  RangeLog log;
  log.add({20, 22, false, GapCause::SlowClient});
  log.add_late(5, GapCause::Upstream);
  log.add_late(6, GapCause::Upstream);
  log.add_late(21, GapCause::Upstream);
  log.add_late(23, GapCause::Upstream);
  CHECK(shown(log) == Ranges{{5, 6}, {20, 22}, {23, 23}});
}

TEST_CASE("range log: a full one forgets its oldest range for one in the middle, and takes nothing older") {
  RangeLog log;
  for (std::uint64_t i = 1; i <= RangeLog::kRangesMax + 3; ++i) log.add({i * 10, i * 10 + 4, false, GapCause::Upstream});
  CHECK(log.forgotten_to() == 34);
  CHECK(log.take_out(102));
  CHECK(log.forgotten_to() == 44);
  log.add_late(47, GapCause::Upstream);
  CHECK(log.forgotten_to() == 47);
  log.add_late(7, GapCause::Upstream);
  const Ranges ranges = shown(log);
  CHECK(ranges.size() == RangeLog::kRangesMax);
  CHECK(ranges[0] == std::pair<std::uint64_t, std::uint64_t>{50, 54});
  CHECK(ranges[5] == std::pair<std::uint64_t, std::uint64_t>{100, 101});
  CHECK(ranges[6] == std::pair<std::uint64_t, std::uint64_t>{103, 104});
}

TEST_CASE_FIXTURE(Filling, "filling: who was told of a hole gets what fills it, flagged, and holes shrink by it") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 15);
  CHECK(holes(steady, 1, 15) == "[" + one_hole(11, 13, "upstream") + "]");
  take(steady);
  fills(11, 12);
  CHECK(steady.messages[0].find(R"("flags":["replayed"])") != std::string::npos);
  CHECK(take(steady) == Lines{"trade 11", "trade 12"});
  CHECK(holes(steady, 1, 15) == "[" + one_hole(13, 13, "upstream") + "]");
  CHECK(holes(client, 1, 15) == "[" + one_hole(13, 13, "upstream") + "]");
  fills(13, 13);
  CHECK(holes(steady, 1, 15) == "[]");
  CHECK(holes(client, 1, 15) == "[]");
}

TEST_CASE_FIXTURE(Filling, "filling: last values and what comes next are as if nothing had been filled") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 14);
  fills(11, 13);
  take(steady);
  want(client);
  turn();
  CHECK(take(client) == Lines{"result", "trade 14 snapshot"});
  trades(15, 15);
  CHECK(steady.messages.back().find("flags") == std::string::npos);
  CHECK(take(steady) == Lines{"trade 15"});
  CHECK(take(client) == Lines{"trade 15"});
}

TEST_CASE_FIXTURE(Filling, "filling: who came behind the hole gets nothing of it") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 14);
  want(client);
  trades(15, 15);
  take(client);
  fills(11, 13);
  CHECK(take(client).empty());
  CHECK(holes(client, 11, 15) == "[" + one_hole(11, 13, "unknown") + "]");
}

TEST_CASE_FIXTURE(Filling, "filling: who was told of the hole on an earlier connection gets what comes after it returned") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 16);
  want(client, R"("epoch":"e1","since":15)");
  CHECK(take(client) == Lines{"result", "trade 16"});
  fills(11, 13);
  CHECK(take(client) == Lines{"trade 11", "trade 12", "trade 13"});
}

TEST_CASE_FIXTURE(Filling, "filling: a return brings gaps and what filled them in the order in which they came") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 16);
  fills(11, 12);
  trades(17, 17);
  fills(13, 13);
  want(client, R"("epoch":"e1","since":9)");
  CHECK(take(client) == Lines{"result", "trade 10", "gap 11-13", "trade 14", "trade 15", "trade 16", "trade 11", "trade 12", "trade 17", "trade 13"});
  CHECK(holes(client, 10, 17) == "[]");
  trades(18, 18);
  CHECK(take(client) == Lines{"trade 18"});
}

TEST_CASE_FIXTURE(Filling, "filling: a return behind the hole brings what filled it since, and nothing that may have come before") {
  trades(1, 10);
  hole(11, 13);
  trades(14, 16);
  fills(11, 11);
  trades(17, 17);
  fills(12, 12);
  want(client, R"("epoch":"e1","since":15)");
  CHECK(take(client) == Lines{"result", "trade 16", "trade 11", "trade 17", "trade 12"});
  CHECK(holes(client, 11, 17) == "[" + one_hole(11, 15, "unknown") + "]");
  want(client, R"("epoch":"e1","since":17)");
  CHECK(take(client) == Lines{"result"});
  CHECK(holes(client, 11, 17) == "[" + one_hole(11, 17, "unknown") + "]");
}

TEST_CASE_FIXTURE(Filling, "filling: who conflates keeps its gap, and is told so") {
  want(client, R"("conflate":"1s")");
  trades(1, 1);
  turn(seconds{1});
  hole(2, 3);
  trades(4, 4);
  turn(seconds{2});
  take(client);
  fills(2, 3);
  turn(seconds{1});
  CHECK(take(client).empty());
  CHECK(holes(client, 1, 4) == "[" + one_hole(2, 3, "upstream") + "]");
  CHECK(holes(steady, 1, 4) == "[]");
  CHECK(telemetry.gateway.fills_not_delivered == 2);
}

TEST_CASE_FIXTURE(Filling, "filling: who has no room keeps its gap, and loses nothing else for it") {
  want(client);
  trades(1, 1);
  hole(2, 3);
  trades(4, 4);
  take(client);
  client.queued = test_options().outbox_bytes / 3;  // more than what waits may take
  fills(2, 2);
  CHECK(take(client).empty());
  client.queued = 0;
  fills(3, 3);
  trades(5, 5);
  CHECK(take(client) == Lines{"trade 3", "trade 5"});
  CHECK(holes(client, 1, 5) == "[" + one_hole(2, 2, "upstream") + "]");
  CHECK(holes(steady, 1, 5) == "[]");
}

TEST_CASE_FIXTURE(Filling, "filling: what a reader that loses is still to be told is not filled for it") {
  want(client);
  trades(1, 1);
  client.queued = test_options().outbox_bytes + 1;
  emit(trade(kBtc, 2));
  hole(3, 4);
  emit(trade(kBtc, 5));
  fills(3, 4);
  take(client);
  read();
  turn(seconds{1});
  CHECK(take(client) == Lines{"gap 2-5"});
  CHECK(holes(client, 1, 5) == "[" + one_hole(2, 5, "slow_client") + "]");
}

TEST_CASE_FIXTURE(Filling, "filling: a stream that nobody has, or whose newest number is older, takes nothing") {
  emit(trade(kEth, 1));
  trades(1, 3);
  take(steady);
  fills(4, 5);
  CHECK(take(steady).empty());
  Trade elsewhere = trade(kEth, 1);
  elsewhere.header.flags = Flags::Replayed;
  emit(elsewhere);
  trades(4, 4);
  CHECK(take(steady) == Lines{"trade 4"});
}

TEST_CASE("filling: what the ring has no room for any more is no part of a return, and the return is exact") {
  DistributorOptions options = test_options();
  options.replay.stream_bytes = 2'048;
  Filling small(options);
  small.trades(1, 20);
  small.hole(21, 24);
  small.trades(25, 40);
  small.fills(21, 24);
  small.trades(41, 60);
  Filling::take(small.client);
  for (std::uint64_t since = 30; since <= 60; ++since) {
    CAPTURE(since);
    small.want(small.client, R"("epoch":"e1","snapshot":false,"since":)" + std::to_string(since));
    small.turn();
    std::uint64_t next = since + 1;
    std::size_t filled = 0;
    for (const std::string& line : Filling::take(small.client)) {
      if (line == "result") continue;
      const bool is_gap = line.starts_with("gap ");
      const std::uint64_t first = std::stoull(line.substr(line.find(' ') + 1));
      if (!is_gap && first >= 21 && first <= 24) {
        ++filled;
        continue;
      }
      CHECK(first == next);
      next = 1 + (is_gap ? std::stoull(line.substr(line.find('-') + 1)) : first);
    }
    CHECK(next == 61);
    CHECK((filled == 0 || filled == 4));
    small.read();
  }
}
