#include "distributor/subscription_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

using namespace tidegate;
using namespace tidegate::distributor;

namespace {

constexpr MonoTime at(std::int64_t ns) { return MonoTime{ns}; }

std::vector<StreamSlot> expire(SubscriptionTable& table, MonoTime now) {
  std::vector<StreamSlot> closed;
  table.expire(now, closed);
  return closed;
}

}  // namespace

TEST_CASE("subscription table: the first subscriber brings a stream into demand, the last leaves it lingering") {
  SubscriptionTable table;
  const auto first = table.add(0, InstrumentId{5}, Channel::Trade, 20);
  CHECK(first.opened);
  CHECK(first.joined);
  CHECK(table.take_demand_change());
  const auto second = table.add(1, InstrumentId{5}, Channel::Trade, 20);
  CHECK_FALSE(second.opened);
  CHECK(second.stream == first.stream);
  CHECK_FALSE(table.take_demand_change());

  CHECK_FALSE(table.remove(0, first.stream));
  CHECK(table.remove(1, first.stream));
  table.linger(first.stream, at(100));
  CHECK_FALSE(table.take_demand_change());
  CHECK(expire(table, at(99)).empty());
  CHECK(table.stream_count() == 1);
  CHECK(expire(table, at(100)) == std::vector<StreamSlot>{first.stream});
  CHECK(table.stream_count() == 0);
  CHECK(table.take_demand_change());
}

TEST_CASE("subscription table: who comes back during the linger keeps the stream in demand") {
  SubscriptionTable table;
  const StreamSlot stream = table.add(0, InstrumentId{5}, Channel::Trade, 20).stream;
  CHECK(table.take_demand_change());
  for (int i = 0; i < 3; ++i) {
    CHECK(table.remove(0, stream));
    table.linger(stream, at(100 + i));
    CHECK(table.add(0, InstrumentId{5}, Channel::Trade, 20).stream == stream);
  }
  CHECK(expire(table, at(1'000)).empty());
  CHECK_FALSE(table.take_demand_change());
}

TEST_CASE("subscription table: subscribing again replaces the depth and counts once") {
  SubscriptionTable table;
  const StreamSlot stream = table.add(0, InstrumentId{5}, Channel::OrderBook, 100).stream;
  CHECK(table.take_demand_change());
  CHECK_FALSE(table.add(0, InstrumentId{5}, Channel::OrderBook, 10).joined);
  CHECK(table.subscription_count() == 1);
  CHECK(table.stream(stream).members.size() == 1);
  CHECK(table.member(0, stream)->depth == 10);
  CHECK(table.take_demand_change());
  CHECK(table.stream(stream).depth == 10);
}

TEST_CASE("subscription table: demand carries the deepest wish, of subscribers and of what is held") {
  SubscriptionTable table;
  const StreamSlot stream = table.add(0, InstrumentId{5}, Channel::OrderBook, 10).stream;
  table.add(1, InstrumentId{5}, Channel::OrderBook, kFullDepth);
  CHECK_FALSE(table.hold(InstrumentId{5}, Channel::OrderBook, 20));
  CHECK(table.take_demand_change());
  CHECK(table.stream(stream).depth == kFullDepth);
  CHECK_FALSE(table.remove(1, stream));
  CHECK(table.take_demand_change());
  CHECK(table.stream(stream).depth == 20);
  CHECK_FALSE(table.remove(0, stream));  // held: nothing to linger
  CHECK_FALSE(table.take_demand_change());
}

TEST_CASE("subscription table: removing what is not there changes nothing") {
  SubscriptionTable table;
  const StreamSlot stream = table.add(0, InstrumentId{5}, Channel::Trade, 20).stream;
  CHECK_FALSE(table.remove(7, stream));
  CHECK_FALSE(table.remove(0, stream + 1));
  std::vector<StreamSlot> orphans;
  table.remove_all(9, orphans);
  CHECK(orphans.empty());
  CHECK(table.subscription_count() == 1);
}

TEST_CASE("subscription table: agrees with a naive model under random use") {
  struct Model {
    std::map<std::pair<std::uint32_t, int>, std::map<SubscriberSlot, std::uint16_t>> members;  // a key is there while in demand
    std::map<std::pair<std::uint32_t, int>, std::int64_t> lingering;
    std::set<std::pair<std::uint32_t, int>> standing;
  };
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&random](unsigned n) { return static_cast<std::uint32_t>(random() % n); };
    SubscriptionTable table;
    Model model;
    std::int64_t now = 0;
    const Channel channels[] = {Channel::Trade, Channel::OrderBook, Channel::Quote};
    const auto orphan = [&](StreamSlot slot) {
      const Stream& stream = table.stream(slot);
      table.linger(slot, at(now + 50));
      model.lingering[{stream.instrument.value(), static_cast<int>(stream.channel)}] = now + 50;
    };
    for (int step = 0; step < 3'000; ++step) {
      const SubscriberSlot subscriber = pick(12);
      const InstrumentId instrument{pick(6)};
      const Channel channel = channels[pick(3)];
      const std::pair<std::uint32_t, int> key{instrument.value(), static_cast<int>(channel)};
      const auto depth = static_cast<std::uint16_t>(1 + pick(5));
      switch (pick(8)) {
        case 0:
        case 1:
        case 2: {
          const bool opened = !model.members.contains(key);
          const bool joined = !model.members[key].contains(subscriber);
          const auto added = table.add(subscriber, instrument, channel, depth);
          REQUIRE(added.opened == opened);
          REQUIRE(added.joined == joined);
          model.members[key][subscriber] = depth;
          model.lingering.erase(key);
          break;
        }
        case 3:
        case 4: {
          const StreamSlot slot = table.find(instrument, channel);
          REQUIRE((slot != kNoStream) == model.members.contains(key));
          if (slot == kNoStream) break;
          const bool was_there = model.members[key].erase(subscriber) != 0;
          const bool orphaned = table.remove(subscriber, slot);
          REQUIRE(orphaned == (was_there && model.members[key].empty() && !model.standing.contains(key)));
          if (orphaned) orphan(slot);
          break;
        }
        case 5: {
          std::vector<StreamSlot> orphans;
          table.remove_all(subscriber, orphans);
          for (auto& [there, members] : model.members) members.erase(subscriber);
          for (const StreamSlot slot : orphans) orphan(slot);
          break;
        }
        case 6: {
          now += pick(30);
          expire(table, at(now));
          for (auto it = model.lingering.begin(); it != model.lingering.end();) {
            if (it->second <= now) {
              model.members.erase(it->first);
              it = model.lingering.erase(it);
            } else {
              ++it;
            }
          }
          break;
        }
        default:
          if (pick(40) == 0) {
            table.hold(instrument, channel, 3);
            model.members[key];
            model.standing.insert(key);
            model.lingering.erase(key);
          }
      }
      static_cast<void>(table.take_demand_change());
      REQUIRE(table.stream_count() == model.members.size());
      std::size_t total = 0;
      for (const auto& [there, members] : model.members) {
        total += members.size();
        const StreamSlot slot = table.find(InstrumentId{there.first}, static_cast<Channel>(there.second));
        REQUIRE(slot != kNoStream);
        const Stream& stream = table.stream(slot);
        std::map<SubscriberSlot, std::uint16_t> seen;
        for (const Member& member : stream.members) REQUIRE(seen.emplace(member.subscriber, member.depth).second);
        REQUIRE(seen == members);
        for (const auto& [who, how_deep] : members) REQUIRE(table.member(who, slot)->subscriber == who);
        REQUIRE(stream.lingering == model.lingering.contains(there));
        if (stream.lingering || stream.channel != Channel::OrderBook) continue;
        std::uint16_t deepest = model.standing.contains(there) ? 3 : 0;
        for (const auto& [who, how_deep] : members) deepest = std::max(deepest, how_deep);
        REQUIRE(stream.depth == deepest);
      }
      REQUIRE(table.subscription_count() == total);
      for (SubscriberSlot who = 0; who < 12; ++who) {
        const auto holds = [who](const auto& entry) { return entry.second.contains(who); };
        REQUIRE(table.subscriptions_of(who) == static_cast<std::size_t>(std::count_if(model.members.begin(), model.members.end(), holds)));
      }
    }
  }
}
