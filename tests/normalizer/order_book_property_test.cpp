// Random markets, with loss, duplicates, reordering and late snapshots, against a reference that saw everything.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "normalizer/order_book.hpp"

namespace tidegate {
namespace {

using Side = std::map<std::int64_t, std::int64_t>;

struct Delta {
  std::int64_t first, last, previous;
  std::vector<LevelUpdate> bids, asks;
};

/// A market with every state it ever had.
struct Reference {
  std::vector<Delta> deltas;
  std::map<std::int64_t, std::pair<Side, Side>> states;  // by last id

  Reference(std::mt19937_64& random, ChainRule chain, int events) {
    Side bids, asks;
    std::int64_t id = 1000;
    states[id] = {bids, asks};
    for (int i = 0; i < events; ++i) {
      // On futures other symbols use up ids in between.
      const std::int64_t first = id + 1 + (chain == ChainRule::PreviousEqualsLast ? static_cast<std::int64_t>(random() % 5) : 0);
      Delta delta{first, first + static_cast<std::int64_t>(random() % 4), id, {}, {}};
      for (std::uint64_t n = random() % 6; n > 0; --n) {
        const bool bid = random() % 2 == 0;
        const std::int64_t price = bid ? 1000 - static_cast<std::int64_t>(random() % 40) : 1001 + static_cast<std::int64_t>(random() % 40);
        const auto quantity = static_cast<std::int64_t>(random() % 3);
        auto& levels = bid ? delta.bids : delta.asks;
        if (std::any_of(levels.begin(), levels.end(), [&](const LevelUpdate& l) { return l.price.mantissa == price; })) continue;
        levels.push_back({{price, -2}, {quantity, 0}, kNoOrders});
        Side& side = bid ? bids : asks;
        if (quantity == 0) {
          side.erase(price);
        } else {
          side[price] = quantity;
        }
      }
      id = delta.last;
      states[id] = {bids, asks};
      deltas.push_back(std::move(delta));
    }
  }

  /// A REST snapshot between the events: the id of a state, or of one inside a later event (whose levels it then holds in part; the venue
  /// promises only that applying that event again is harmless).
  [[nodiscard]] std::pair<std::int64_t, std::pair<Side, Side>> snapshot_after(std::size_t event) const {
    const std::int64_t id = deltas[event].last;
    return {id, states.at(id)};
  }
};

std::vector<LevelUpdate> levels_of(const Side& side) {
  std::vector<LevelUpdate> levels;
  for (const auto& [price, quantity] : side) levels.push_back({{price, -2}, {quantity, 0}, kNoOrders});
  return levels;
}

bool same(const BookSide& side, const Side& expected, const OrderBook& book) {
  if (side.size() != expected.size()) return false;
  for (std::size_t i = 0; i < side.size(); ++i) {
    const Decimal price = rescale({side.at(i).price, book.price_exponent()}, -2);
    const auto it = expected.find(price.mantissa);
    if (it == expected.end() || it->second != side.at(i).quantity) return false;
  }
  return true;
}

void run(ChainRule chain, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const Reference market{random, chain, 400};
  OrderBook book;
  std::size_t losses = 0, joins = 0, checked = 0;

  const auto check_book = [&] {
    if (!book.valid()) return;
    const auto state = market.states.find(book.last_id());
    REQUIRE(state != market.states.end());
    REQUIRE(same(book.bids(), state->second.first, book));
    REQUIRE(same(book.asks(), state->second.second, book));
    ++checked;
  };
  const auto deliver = [&](const Delta& delta) {
    DepthUpdate update;
    update.kind = DepthKind::Delta;
    update.chain = chain;
    update.first_id = delta.first;
    update.last_id = delta.last;
    update.previous_id = delta.previous;
    update.bids = delta.bids;
    update.asks = delta.asks;
    static_cast<void>(book.apply_delta(update, kNoTime));
    check_book();
  };

  for (std::size_t i = 0; i < market.deltas.size(); ++i) {
    const auto dice = random() % 100;
    if (dice < 3) {
      ++losses;
    } else if (dice < 8) {
      deliver(market.deltas[i]);
      deliver(market.deltas[i]);
    } else if (dice < 11 && i + 1 < market.deltas.size()) {
      deliver(market.deltas[i + 1]);
      deliver(market.deltas[i]);
      ++i;
    } else {
      deliver(market.deltas[i]);
    }
    if (!book.valid() && random() % 4 == 0) {
      const std::size_t lag = random() % 6;  // REST lags behind the stream
      const auto [id, sides] = market.snapshot_after(i >= lag ? i - lag : 0);
      const auto bids = levels_of(sides.first), asks = levels_of(sides.second);
      DepthUpdate update;
      update.kind = DepthKind::Snapshot;
      update.last_id = id;
      update.bids = bids;
      update.asks = asks;
      if (book.apply_snapshot(update, kNoTime) == OrderBook::Verdict::Joined) {
        ++joins;
        check_book();
        while (book.next_buffered()) check_book();
      }
    }
  }
  CHECK(checked > 50);
  CHECK(joins > 0);
  CHECK(losses > 0);
}

}  // namespace

TEST_CASE("order book: whatever is lost, repeated or swapped, a book that calls itself valid equals the reference (spot chain)") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    run(ChainRule::FirstFollowsLast, seed);
  }
}

TEST_CASE("order book: whatever is lost, repeated or swapped, a book that calls itself valid equals the reference (futures chain)") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    run(ChainRule::PreviousEqualsLast, seed);
  }
}

}  // namespace tidegate
