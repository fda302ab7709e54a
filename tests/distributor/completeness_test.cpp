// `completeness`: what became of a stream's numbers, exactly, for one client or as they came to the gateway.
#include <doctest/doctest.h>

#include "distributor/range_log.hpp"
#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using distributor::NumberRange;
using distributor::RangeLog;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// One client of BINANCE:BTCUSDT that reads as far as a test lets it.
struct Asking : HubFixture {
  explicit Asking(DistributorOptions options = test_options()) : HubFixture(std::move(options)) { join(client); }
  ~Asking() override { leave(client); }

  void want(std::string_view channel, std::string_view options = "") {
    ask(client, R"({"op":"subscribe","channels":[")" + std::string(channel) + R"("],"symbols":["BINANCE:BTCUSDT"],"options":{)" +
                    std::string(options) + "}}");
    read();
  }
  void trades(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) emit(trade(kBtc, seq));
  }
  void read() {
    client.queued = 0;
    static_cast<void>(client.left_count());
  }
  std::string query(std::string_view channel, std::string_view numbers) {
    client.queued = 0;
    ask(client, R"({"op":"completeness","id":7,"symbol":"BINANCE:BTCUSDT","channel":")" + std::string(channel) + "\"," + std::string(numbers) + "}");
    return client.messages.back();
  }
  /// "STATE MERGED: HOLES" of numbers `first` to `last`.
  std::string stand(std::string_view channel, std::uint64_t first, std::uint64_t last) {
    const std::string answer = query(channel, "\"from_seq\":" + std::to_string(first) + ",\"to_seq\":" + std::to_string(last));
    return field(answer, "state") + " " + field(answer, "merged") + ": " +
           answer.substr(answer.find("\"holes\":") + 8, answer.rfind('}') - answer.find("\"holes\":") - 8);
  }
  FakeConnection client;
};

std::string hole(std::uint64_t first, std::uint64_t last, std::string_view cause) {
  return "{\"from_seq\":" + std::to_string(first) + ",\"to_seq\":" + std::to_string(last) + ",\"cause\":\"" + std::string(cause) + "\"}";
}

DistributorOptions outbox(std::size_t bytes) {
  DistributorOptions options = test_options();
  options.outbox_bytes = bytes;
  return options;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> shown(const RangeLog& log, std::uint64_t first, std::uint64_t last) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  log.visit(first, last, [&](const NumberRange& range) { ranges.emplace_back(range.first, range.last); });
  return ranges;
}

}  // namespace

TEST_CASE_FIXTURE(Asking, "completeness: a reader that keeps up has everything, and the answer has every field") {
  want("trade");
  trades(1, 20);
  CHECK(query("trade", R"("from_seq":1,"to_seq":20)") ==
        R"({"type":"completeness","id":7,"symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":1,"to_seq":20,"scope":"connection",)"
        R"("state":"complete","merged":0,"holes":[]})");
  const std::string to_newest = query("trade", R"("from_seq":5,"epoch":"e1")");
  CHECK(field(to_newest, "to_seq") == "20");
  CHECK(field(to_newest, "state") == "complete");
}

TEST_CASE_FIXTURE(Asking, "completeness: what the broker's side lost is named with its cause, cut to what was asked about") {
  want("trade");
  trades(1, 4);
  emit(gap(kBtc, Channel::Trade, 5, 9));
  trades(10, 12);
  Gap moved = gap(kBtc, Channel::Trade, 13, 13);
  moved.cause = GapCause::Failover;
  emit(moved);
  trades(14, 14);
  CHECK(stand("trade", 1, 14) == "holes 0: [" + hole(5, 9, "upstream") + "," + hole(13, 13, "failover") + "]");
  CHECK(stand("trade", 7, 12) == "holes 0: [" + hole(7, 9, "upstream") + "]");
  CHECK(stand("trade", 10, 12) == "complete 0: []");
}

TEST_CASE_FIXTURE(Asking, "completeness: numbers that a conflated message stood for are counted, and none is a hole") {
  want("quote", R"("conflate":"1s")");
  for (std::uint64_t seq = 1; seq <= 10; ++seq) emit(quote(kBtc, seq));
  read();
  turn(seconds{1});
  CHECK(stand("quote", 1, 10) == "merged 8: []");  // 1 came, 10 stands for 2 to 9
  CHECK(stand("quote", 4, 6) == "merged 3: []");
  CHECK(stand("quote", 10, 10) == "complete 0: []");
  emit(quote(kBtc, 11));
  CHECK(stand("quote", 1, 11) == "holes 8: [" + hole(11, 11, "pending") + "]");  // its interval is not over
}

TEST_CASE("completeness: what a slow reader lost is its own hole, and coming back with since fills it") {
  Asking slow(outbox(4'000));
  FakeConnection other;
  slow.join(other);
  slow.ask(other, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  slow.want("trade");
  std::uint64_t seq = 0;
  for (std::size_t before = 0; before != slow.client.messages.size();) {
    before = slow.client.messages.size();
    slow.trades(seq + 1, seq + 1);
    ++seq;
    other.queued = 0;
  }
  const std::uint64_t first_lost = seq;
  CHECK(slow.stand("trade", 1, seq) == "holes 0: [" + hole(first_lost, seq, "pending") + "]");
  slow.trades(seq + 1, seq + 3);
  seq += 3;
  slow.read();
  slow.turn(milliseconds{10});
  slow.trades(seq + 1, seq + 1);
  ++seq;
  CHECK(slow.stand("trade", 1, seq) == "holes 0: [" + hole(first_lost, seq - 1, "slow_client") + "]");

  slow.read();
  slow.want("trade", R"("snapshot":false,"epoch":"e1","since":)" + std::to_string(first_lost - 1));
  slow.turn();
  CHECK(slow.stand("trade", 1, seq) == "complete 0: []");
  slow.leave(other);
}

TEST_CASE_FIXTURE(Asking, "completeness: before the subscription nothing is known, and what has not come is pending") {
  FakeConnection other;
  join(other);
  ask(other, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  trades(1, 10);
  want("trade");
  turn();
  trades(11, 12);
  CHECK(stand("trade", 1, 20) == "holes 0: [" + hole(1, 9, "unknown") + "," + hole(13, 20, "pending") + "]");  // 10 came as the snapshot
  CHECK(stand("trade", 10, 12) == "complete 0: []");
  CHECK(stand("trade", 1, 3) == "holes 0: [" + hole(1, 3, "unknown") + "]");
  leave(other);
}

TEST_CASE_FIXTURE(Asking, "completeness: more is missing than is kept for a return: the gap is the hole") {
  FakeConnection other;
  join(other);
  ask(other, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  trades(1, 5);
  clock.advance(seconds{3'600});  // longer than anything is kept
  trades(6, 8);
  want("trade", R"("epoch":"e1","since":2)");
  turn();
  CHECK(stand("trade", 3, 8) == "holes 0: [" + hole(3, 7, "resume_window") + "]");
  leave(other);
}

TEST_CASE_FIXTURE(Asking, "completeness: without a subscription the answer is the gateway's own") {
  FakeConnection other;
  join(other);
  ask(other, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  trades(41, 42);
  emit(gap(kBtc, Channel::Trade, 43, 44));
  trades(45, 46);
  const std::string answer = query("trade", R"("from_seq":40,"to_seq":46)");
  CHECK(field(answer, "scope") == "gateway");
  CHECK(answer.find("[" + hole(40, 40, "unknown") + "," + hole(43, 44, "upstream") + "]") != std::string::npos);
  leave(other);
}

TEST_CASE_FIXTURE(Asking, "completeness: what cannot be answered says why, with a code") {
  want("trade");
  CHECK(field(query("quote", R"("from_seq":1)"), "code") == "4040");
  CHECK(field(query("trade", R"("from_seq":1,"epoch":"e0")"), "code") == "4040");
  CHECK(field(query("depth", R"("from_seq":1)"), "code") == "4012");
  for (const char* const numbers : {R"("from_seq":0)", R"("from_seq":5,"to_seq":4)", R"("from_seq":"1")", R"("to_seq":4)",
                                    R"("from_seq":1,"epoch":1)", R"("from_seq":1,"to_seq":-1)"}) {
    CAPTURE(numbers);
    CHECK(field(query("trade", numbers), "code") == "4004");
    CHECK_FALSE(field(client.messages.back(), "hint").empty());
  }
  ask(client, R"({"op":"completeness","symbol":"X:NOTHING","channel":"trade","from_seq":1})");
  CHECK(field(client.messages.back(), "code") == "4011");
  CHECK(stand("trade", 18'446'744'073'709'551'615U, 18'446'744'073'709'551'615U) ==
        "holes 0: [" + hole(18'446'744'073'709'551'615U, 18'446'744'073'709'551'615U, "pending") + "]");
}

TEST_CASE("completeness: where there is no room for one more account, the past is unknown, not whole") {
  DistributorOptions options = test_options();
  options.completeness_logs = 0;
  Asking room(options);
  room.want("quote", R"("conflate":"1s")");
  for (std::uint64_t seq = 1; seq <= 10; ++seq) room.emit(quote(kBtc, seq));
  room.read();
  room.turn(seconds{1});
  CHECK(room.stand("quote", 1, 10) == "holes 0: [" + hole(1, 9, "unknown") + "]");
}

TEST_CASE("range log: neighbours of one kind join, the oldest goes, and what is behind a number can be cut off") {
  RangeLog log;
  log.add({5, 6, false, GapCause::Upstream});
  log.add({7, 9, false, GapCause::Upstream});
  log.add({10, 12, true, {}});
  CHECK(shown(log, 1, 100) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{5, 9}, {10, 12}});
  CHECK(shown(log, 8, 11) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{8, 9}, {10, 11}});
  log.cut_behind(10);
  CHECK(shown(log, 1, 100) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{5, 9}, {10, 10}});
  for (std::uint64_t i = 0; i < RangeLog::kRangesMax; ++i) log.add({100 + 2 * i, 100 + 2 * i, false, GapCause::SlowClient});
  CHECK(log.forgotten_to() == 10);
  CHECK(shown(log, 1, 101) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{100, 100}});
  log.add({500, 500, false, GapCause::SlowClient});
  CHECK(log.forgotten_to() == 100);
  CHECK(shown(log, 400, 600) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{500, 500}});
  log.cut_behind(103);
  CHECK(shown(log, 1, 600) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{102, 102}});
  CHECK(log.forgotten_to() == 100);
}
