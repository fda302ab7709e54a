#include "normalizer/order_book.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/paths.hpp"

namespace tidegate {
namespace {

using Levels = std::vector<std::pair<std::string, std::string>>;

Decimal decimal(std::string_view text) { return parse_decimal(text).value(); }

std::vector<LevelUpdate> level_updates(const Levels& levels) {
  std::vector<LevelUpdate> updates;
  for (const auto& [price, quantity] : levels) updates.push_back({decimal(price), decimal(quantity), kNoOrders});
  return updates;
}

struct Event {
  DepthKind kind;
  ChainRule chain;
  std::int64_t first, last, previous;
  Levels bids, asks;
};

OrderBook::Verdict feed(OrderBook& book, const Event& event) {
  const auto bids = level_updates(event.bids);
  const auto asks = level_updates(event.asks);
  DepthUpdate update;
  update.kind = event.kind;
  update.chain = event.chain;
  update.first_id = event.first;
  update.last_id = event.last;
  update.previous_id = event.previous;
  update.bids = bids;
  update.asks = asks;
  return event.kind == DepthKind::Snapshot ? book.apply_snapshot(update, kNoTime) : book.apply_delta(update, kNoTime);
}

Levels levels_of(const BookSide& side, const OrderBook& book) {
  Levels levels;
  for (std::size_t i = 0; i < side.size(); ++i) {
    levels.emplace_back(to_text(Decimal{side.at(i).price, book.price_exponent()}), to_text(Decimal{side.at(i).quantity, book.quantity_exponent()}));
  }
  return levels;
}

Event delta(std::int64_t first, std::int64_t last, Levels bids, Levels asks) {
  return {DepthKind::Delta, ChainRule::FirstFollowsLast, first, last, 0, std::move(bids), std::move(asks)};
}
Event snapshot(std::int64_t id, Levels bids, Levels asks) { return {DepthKind::Snapshot, {}, 0, id, 0, std::move(bids), std::move(asks)}; }

/// The verdict in the words of the shared scenarios; drains the buffer after a join.
std::string verdict_of(OrderBook& book, const Event& event) {
  const OrderBook::Verdict verdict = feed(book, event);
  switch (verdict) {
    case OrderBook::Verdict::Buffered:
      return "buffer";
    case OrderBook::Verdict::Applied:
      return "apply";
    case OrderBook::Verdict::Duplicate:
      return "duplicate";
    case OrderBook::Verdict::Gap:
      return "gap";
    case OrderBook::Verdict::Rejected:
      return "snapshot:reject";
    case OrderBook::Verdict::Broken:
      return "broken";
    case OrderBook::Verdict::Joined:
      break;
  }
  int applied = 0;
  while (const auto next = book.next_buffered()) {
    if (*next != OrderBook::Verdict::Applied) return "broken after join";
    ++applied;
  }
  return "snapshot:drop " + std::to_string(book.dropped_at_join()) + ",apply " + std::to_string(applied);
}

Levels levels_of(const rapidjson::Value& array) {
  Levels levels;
  for (const auto& level : array.GetArray()) levels.emplace_back(level[0].GetString(), level[1].GetString());
  return levels;
}

}  // namespace

TEST_CASE("order book: the venue's joining scenarios end in the verdicts and books they say") {
  const auto path = test::shared_fixture("binance/vectors/sync_cases.jsonl");
  if (test::skipped_without(path)) return;
  std::ifstream file{path};
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    rapidjson::Document scenario;
    scenario.Parse(line.c_str());
    REQUIRE_FALSE(scenario.HasParseError());
    const std::string name = scenario["case"].GetString();
    CAPTURE(name);
    const bool futures = std::string_view{scenario["market"].GetString()} == "usdm";
    OrderBook book;
    for (const auto& step : scenario["steps"].GetArray()) {
      const std::string op = step["op"].GetString();
      if (op == "reconnect") {
        book.reset();
        continue;
      }
      const auto& frame = step["frame"];
      Event event = op == "snapshot" ? snapshot(frame["lastUpdateId"].GetInt64(), levels_of(frame["bids"]), levels_of(frame["asks"]))
                                     : delta(frame["U"].GetInt64(), frame["u"].GetInt64(), levels_of(frame["b"]), levels_of(frame["a"]));
      if (op == "diff" && futures) {
        event.chain = ChainRule::PreviousEqualsLast;
        event.previous = frame["pu"].GetInt64();
      }
      CHECK(verdict_of(book, event) == step["expect"].GetString());
    }
    const auto& final = scenario["final"];
    CHECK(book.valid() == final["synced"].GetBool());
    CHECK(book.last_id() == final["last"].GetInt64());
    CHECK(levels_of(book.bids(), book) == levels_of(final["bids"]));
    CHECK(levels_of(book.asks(), book) == levels_of(final["asks"]));
  }
  CHECK(cases == 17);
}

TEST_CASE("order book: deltas before the snapshot are kept, those inside it dropped") {
  OrderBook book;
  CHECK(verdict_of(book, delta(95, 99, {{"10", "9"}}, {})) == "buffer");
  CHECK(verdict_of(book, delta(100, 105, {{"10.0", "0.7"}}, {{"10.01", "0"}})) == "buffer");
  CHECK(verdict_of(book, snapshot(102, {{"10.00", "1"}, {"9.99", "2"}}, {{"10.01", "1"}, {"10.02", "3"}})) == "snapshot:drop 1,apply 1");
  CHECK(levels_of(book.bids(), book) == Levels{{"10", "0.7"}, {"9.99", "2"}});
  CHECK(levels_of(book.asks(), book) == Levels{{"10.02", "3"}});
}

TEST_CASE("order book: a finer price arriving later keeps every level exact") {
  OrderBook book;
  REQUIRE(verdict_of(book, snapshot(1, {{"10", "1"}}, {{"12", "5"}})) == "snapshot:drop 0,apply 0");
  CHECK(verdict_of(book, delta(2, 2, {{"10.00000001", "0.00000002"}}, {{"11.5", "0.1"}})) == "apply");
  CHECK(levels_of(book.bids(), book) == Levels{{"10.00000001", "0.00000002"}, {"10", "1"}});
  CHECK(levels_of(book.asks(), book) == Levels{{"11.5", "0.1"}, {"12", "5"}});
}

TEST_CASE("order book: a crossed state is not believed") {
  OrderBook book;
  REQUIRE(verdict_of(book, snapshot(1, {{"10", "1"}}, {{"12", "5"}})) == "snapshot:drop 0,apply 0");
  CHECK(verdict_of(book, delta(2, 2, {{"12", "1"}}, {})) == "broken");
  CHECK(book.broken_reason() == Reason::CrossedBook);
  CHECK_FALSE(book.valid());
  CHECK(verdict_of(book, delta(3, 3, {}, {})) == "buffer");
  CHECK(verdict_of(book, snapshot(3, {{"13", "1"}}, {{"13", "5"}})) == "broken");
}

TEST_CASE("order book: scales that fit no int64 void the book") {
  OrderBook book;
  REQUIRE(verdict_of(book, snapshot(1, {{"9000000000000000000", "1"}}, {})) == "snapshot:drop 0,apply 0");
  CHECK(verdict_of(book, delta(2, 2, {{"0.5", "1"}}, {})) == "broken");
  CHECK(book.broken_reason() == Reason::Overflow);
}

TEST_CASE("order book: a hole inside the buffer is found after the join, and what follows it is kept for the next") {
  OrderBook book;
  CHECK(verdict_of(book, delta(10, 12, {{"1", "1"}}, {})) == "buffer");
  CHECK(verdict_of(book, delta(15, 16, {{"2", "1"}}, {})) == "buffer");
  CHECK(verdict_of(book, snapshot(10, {}, {})) == "broken after join");
  CHECK_FALSE(book.valid());
  CHECK(verdict_of(book, snapshot(14, {{"1", "1"}}, {})) == "snapshot:drop 0,apply 1");
  CHECK(book.last_id() == 16);
}

TEST_CASE("order book: an endless wait for a snapshot keeps the newest deltas only") {
  OrderBook book;
  const auto count = static_cast<std::int64_t>(OrderBook::kBufferedMax) + 5;
  for (std::int64_t i = 1; i <= count; ++i) REQUIRE(verdict_of(book, delta(i, i, {}, {})) == "buffer");
  CHECK(verdict_of(book, snapshot(2, {}, {})) == "snapshot:reject");
  CHECK(verdict_of(book, snapshot(count, {}, {})) == "snapshot:drop 2000,apply 0");
}

TEST_CASE("order book: complete states replace each other") {
  OrderBook book;
  const auto bids = level_updates({{"9.9", "1"}, {"10", "2"}});
  DepthUpdate update;
  update.kind = DepthKind::TopLevels;
  update.last_id = 7;
  update.bids = bids;
  CHECK(book.replace(update, UtcTime{5}) == OrderBook::Verdict::Applied);
  CHECK(levels_of(book.bids(), book) == Levels{{"10", "2"}, {"9.9", "1"}});
  update.bids = {};
  CHECK(book.replace(update, UtcTime{6}) == OrderBook::Verdict::Applied);
  CHECK(book.bids().empty());
  CHECK(book.ts_received() == UtcTime{6});
}

}  // namespace tidegate
