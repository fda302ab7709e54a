// What is subscribed, what waits, and what takes over from what: the pure part of XTS subscriptions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>

#include "brokers/xts/subscription_ledger.hpp"

using namespace tidegate;
using namespace tidegate::xts;

namespace {

CodeSet codes(std::initializer_list<std::uint32_t> wanted) {
  CodeSet set;
  for (const std::uint32_t code : wanted) set.add(code);
  return set;
}

SubscriptionRequest take(SubscriptionLedger& ledger, std::size_t batch = 50) {
  const auto request = ledger.next(batch);
  REQUIRE(request);
  return *request;
}

}  // namespace

TEST_CASE("xts ledger: nothing is asked without a login, and everything again after the next one") {
  SubscriptionLedger ledger{0};
  ledger.want("1_1", codes({1501}));
  CHECK_FALSE(ledger.next(50));
  ledger.login_opened();
  const auto first = take(ledger);
  CHECK(first.subscribe);
  CHECK(first.code == 1501);
  CHECK(ledger.accepted(first, {}) == std::vector<CodeOf>{{1501, "1_1"}});
  CHECK(ledger.carried_count() == 1);
  CHECK_FALSE(ledger.next(50));
  ledger.login_opened();
  CHECK(ledger.carried_count() == 0);
  const auto again = take(ledger);
  CHECK(again.instruments == std::vector<std::string>{"1_1"});
  CHECK(ledger.accepted(first, {}).empty());  // late
  CHECK(ledger.state(1501, "1_1") == SubscriptionLedger::State::Subscribing);
}

TEST_CASE("xts ledger: a code is replaced only once its successor is there") {
  SubscriptionLedger ledger{0};
  ledger.login_opened();
  ledger.want("1_1", codes({1501}));
  static_cast<void>(ledger.accepted(take(ledger), {}));
  ledger.want("1_1", codes({1502}));
  const auto book = take(ledger);
  CHECK(book.code == 1502);
  CHECK(ledger.carries(1501, "1_1"));
  SUBCASE("accepted") {
    static_cast<void>(ledger.accepted(book, {}));
    const auto old = take(ledger);
    CHECK_FALSE(old.subscribe);
    CHECK(old.code == 1501);
  }
  SUBCASE("refused: the old one goes, nothing needs it") {
    CHECK(ledger.refused(book) == std::vector<CodeOf>{{1502, "1_1"}});
    CHECK(take(ledger).code == 1501);
  }
  SUBCASE("without room: the old one goes and makes it, which is no news") {
    ledger.over_limit(book);
    CHECK(ledger.take_without_room().empty());
    const auto old = take(ledger);
    CHECK_FALSE(old.subscribe);
    static_cast<void>(ledger.accepted(old, {}));
    CHECK(take(ledger).code == 1502);
    CHECK(ledger.take_without_room().empty());
  }
  SUBCASE("wanted back meanwhile: the old one stays") {
    ledger.want("1_1", codes({1501}));
    static_cast<void>(ledger.accepted(book, {}));
    const auto drop = take(ledger);
    CHECK_FALSE(drop.subscribe);
    CHECK(drop.code == 1502);
    CHECK(ledger.carries(1501, "1_1"));
  }
}

TEST_CASE("xts ledger: the limit is found by halves, and what waits is not asked for until there is room") {
  SubscriptionLedger ledger{0};
  ledger.login_opened();
  for (const char* name : {"1_1", "1_2", "1_3", "1_4"}) ledger.want(name, codes({1501}));
  const auto all = take(ledger);
  ledger.over_limit(all);
  CHECK(ledger.take_without_room().empty());
  const auto two = take(ledger);
  CHECK(two.instruments.size() == 2);
  static_cast<void>(ledger.accepted(two, {}));
  const auto more = take(ledger);
  ledger.over_limit(more);
  const auto one = take(ledger);
  CHECK(one.instruments.size() == 1);
  ledger.over_limit(one);
  CHECK_FALSE(ledger.next(50));
  CHECK(ledger.take_without_room().size() == 2);
  CHECK(ledger.wanted_count() == 4);
  ledger.want("1_1", {});
  const auto drop = take(ledger);
  CHECK_FALSE(drop.subscribe);
  static_cast<void>(ledger.accepted(drop, {}));
  CHECK(take(ledger).instruments.size() == 1);
  CHECK(ledger.take_without_room().size() == 1);
}

TEST_CASE("xts ledger: the broker's remaining count and our own maximum are kept to without asking") {
  SUBCASE("its count") {
    SubscriptionLedger ledger{0};
    ledger.login_opened();
    ledger.want("1_1", codes({1501}));
    static_cast<void>(ledger.accepted(take(ledger), 1));
    for (const char* name : {"1_2", "1_3", "1_4"}) ledger.want(name, codes({1501}));
    const auto next = take(ledger);
    CHECK(next.instruments.size() == 1);
    CHECK(ledger.take_without_room().size() == 2);
    static_cast<void>(ledger.accepted(next, 2));  // it was raised
    CHECK(take(ledger).instruments.size() == 2);
  }
  SUBCASE("our maximum counts every code") {
    SubscriptionLedger ledger{2};
    ledger.login_opened();
    ledger.want("1_1", codes({1501, 1505}));
    ledger.want("1_2", codes({1501}));
    const auto touchlines = take(ledger);
    CHECK(touchlines.instruments.size() == 2);
    CHECK(ledger.take_without_room() == std::vector<CodeOf>{{1505, "1_1"}});
    static_cast<void>(ledger.accepted(touchlines, {}));
    CHECK_FALSE(ledger.next(50));
    ledger.want("1_2", {});
    static_cast<void>(ledger.accepted(take(ledger), {}));
    CHECK(take(ledger).code == 1505);
  }
}

TEST_CASE("xts ledger: what had no answer is asked for again") {
  SubscriptionLedger ledger{0};
  ledger.login_opened();
  ledger.want("1_1", codes({1501}));
  ledger.unanswered(take(ledger));
  ledger.unanswered(take(ledger));
  const auto third = take(ledger);
  CHECK(third.subscribe);
  ledger.want("1_1", {});
  ledger.unanswered(third);
  const auto drop = take(ledger);  // it may be subscribed
  CHECK_FALSE(drop.subscribe);
  static_cast<void>(ledger.accepted(drop, {}));
  CHECK_FALSE(ledger.work_left());
  CHECK(ledger.wanted_count() == 0);
}

TEST_CASE("xts ledger: whatever the broker answers, in the end it carries what is wanted and has room") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto chance = [&](unsigned in) { return random() % in == 0; };
    const std::size_t limit = 1 + random() % 12;
    const bool counts = chance(2);
    SubscriptionLedger ledger{chance(3) ? limit : 0};
    std::set<std::pair<std::uint32_t, std::string>> broker;
    const auto remaining = [&]() -> std::optional<std::int64_t> {
      if (!counts) return std::nullopt;
      return static_cast<std::int64_t>(limit) - static_cast<std::int64_t>(broker.size());
    };
    std::map<std::string, CodeSet> wanted;
    const auto answer = [&](const SubscriptionRequest& request, bool faults) {
      if (faults && chance(6)) return ledger.unanswered(request);
      if (!request.subscribe) {
        for (const auto& name : request.instruments) broker.erase({request.code, name});
        if (faults && chance(8)) return ledger.unanswered(request);
        return static_cast<void>(ledger.accepted(request, remaining()));
      }
      const bool already = std::any_of(request.instruments.begin(), request.instruments.end(), [&](const std::string& name) {
        return broker.contains({request.code, name});
      });
      if (already) {
        if (request.instruments.size() == 1) return static_cast<void>(ledger.found_subscribed(request, remaining()));
        return static_cast<void>(ledger.refused(request));
      }
      if (broker.size() + request.instruments.size() > limit) return ledger.over_limit(request);
      for (const auto& name : request.instruments) broker.insert({request.code, name});
      if (faults && chance(8)) return ledger.unanswered(request);
      static_cast<void>(ledger.accepted(request, remaining()));
    };
    ledger.login_opened();
    for (int step = 0; step < 120; ++step) {
      const std::string name = "1_" + std::to_string(random() % 8);
      CodeSet set;
      if (chance(2)) set.add(chance(2) ? 1501U : 1502U);
      if (chance(5)) set.add(1505);
      ledger.want(name, set);
      wanted[name] = set;
      if (chance(40)) {
        broker.clear();
        ledger.login_opened();
      }
      if (const auto request = ledger.next(1 + random() % 5)) answer(*request, true);
    }
    int rounds = 0;
    while (const auto request = ledger.next(4)) {
      answer(*request, false);
      REQUIRE(++rounds < 500);
    }
    std::size_t asked = 0;
    for (const auto& [name, set] : wanted) {
      for (const std::uint32_t code : kSubscribedCodes) {
        asked += set.has(code) ? 1 : 0;
        if (!set.has(code)) CHECK_FALSE(broker.contains({code, name}));
        CHECK(ledger.carries(code, name) == broker.contains({code, name}));
      }
    }
    CHECK(broker.size() == std::min(asked, limit));
  }
}
