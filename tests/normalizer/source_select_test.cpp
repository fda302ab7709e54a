#include "normalizer/source_select.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using Cause = SourceSelect::Cause;

constexpr BrokerId kA{0}, kB{1}, kC{2};

/// Brokers a, b and c, best first, of one stream; c only where a test says so.
struct Fixture {
  explicit Fixture(FailoverRule failover = {Standby::Hot, 2s, 60s, {}}, std::size_t brokers = 2) : rule(failover) {
    for (std::size_t i = 0; i < brokers; ++i) {
      asked.push_back(i == 0 || rule.standby == Standby::Hot);
      views.push_back({kNames[i], BrokerState::Live, MonoTime{1}, ""});
    }
    select.emplace(plan(), std::nullopt, now);
    for (std::size_t i = 0; i < brokers; ++i) {
      if (asked[i]) accept(BrokerId{static_cast<std::uint16_t>(i)});
    }
  }
  [[nodiscard]] SourcePlan plan(std::uint32_t order = 0) const {
    SourcePlan plan{InstrumentId{7}, Channel::Quote, rule, {}, order, false};
    for (std::size_t i = 0; i < asked.size(); ++i) plan.ranked.push_back({BrokerId{static_cast<std::uint16_t>(i)}, asked[i]});
    return plan;
  }
  [[nodiscard]] SourceKey key(BrokerId broker) const { return {broker, ConnectionId{0}, sessions[broker.value()]}; }
  void accept(BrokerId broker) { select->on_accepted(key(broker), true, "", now); }
  void close(BrokerId broker) {
    select->on_closed(key(broker), "cut", now);
    ++sessions[broker.value()];
  }
  void status(BrokerId broker, BrokerState state) {
    views[broker.value()].state = state;
    views[broker.value()].since = now;
  }
  /// A new price of `broker` that is news in every way; takes the stream over if that is due. Returns "from>to cause".
  std::string price(BrokerId broker, std::int64_t value = 0) {
    if (value == 0) value = 1000 + ++last;
    const std::uint64_t digest = static_cast<std::uint64_t>(value) * 3 + broker.value();
    const auto heard = select->on_data(key(broker), {Decimal{value, -1}, digest, digest}, now);
    if (heard == SourceSelect::Heard::NotAsked) return "not asked";
    if (heard == SourceSelect::Heard::News) views[broker.value()].heard_at = now;
    if (select->serving() == broker) return "serves";
    const auto move = select->due(broker, views, now);
    if (!move) return "waits";
    select->move(*move, now);
    why = move->why;
    return std::string{kNames[move->from.value()]} + ">" + std::string{kNames[move->to.value()]} +
           (move->cause == Cause::Failover ? " failover"
            : move->cause == Cause::Return ? " return"
                                           : " order");
  }
  void pass(Duration time) {
    for (Duration done{}; done < time; done += 100ms) {
      now = now + 100ms;
      select->watch(views, now);
      if (const auto wish = select->wish(views, now)) {
        for (std::size_t i = 0; i < asked.size(); ++i) {
          asked[i] = std::find(wish->brokers.begin(), wish->brokers.end(), BrokerId{static_cast<std::uint16_t>(i)}) != wish->brokers.end();
        }
        select->set_plan(plan(), now);
      }
    }
  }
  /// Both give new prices for so long; the first verdict of b's that is not "waits".
  std::string both(Duration time) {
    for (Duration done{}; done < time; done += 500ms) {
      pass(500ms);
      for (const BrokerId broker : {kA, kB}) {
        if (const std::string verdict = price(broker); verdict != "serves" && verdict != "waits") return verdict;
      }
    }
    return "nothing";
  }

  static constexpr std::string_view kNames[] = {"a", "b", "c"};
  FailoverRule rule;
  MonoTime now{1'000'000'000'000};
  std::vector<BrokerView> views;
  std::vector<bool> asked;
  std::uint32_t sessions[3] = {1, 1, 1};
  std::int64_t last = 0;
  std::string why;
  std::optional<SourceSelect> select;
};

}  // namespace

TEST_CASE("sources: the best one serves, and the standby's records go nowhere while it is well") {
  Fixture f;
  CHECK(f.price(kA) == "serves");
  CHECK(f.price(kB) == "waits");
  CHECK(f.both(300s) == "nothing");
}

TEST_CASE("sources: a lost connection moves the stream with the standby's first record after failover_after") {
  Fixture f;
  f.both(1s);
  f.close(kA);
  f.status(kA, BrokerState::Reconnecting);
  f.views[0].reason = "closed by peer (1006)";
  f.pass(1900ms);
  CHECK(f.price(kB) == "waits");
  f.pass(100ms);
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a is reconnecting: closed by peer (1006)");
}

TEST_CASE("sources: what a connection was silent before it was found dead counts") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.price(kA);
  f.pass(5s);
  f.close(kA);
  f.pass(100ms);
  f.accept(kB);
  CHECK(f.price(kB) == "a>b failover");
}

TEST_CASE("sources: a quiet stream of a lively broker has been silent only since the connection was lost") {
  Fixture f;
  f.both(1s);
  f.pass(5s);
  f.views[0].heard_at = f.now;  // on another stream
  f.close(kA);
  f.pass(1900ms);
  CHECK(f.price(kB) == "waits");
  f.pass(100ms);
  CHECK(f.price(kB) == "a>b failover");
}

TEST_CASE("sources: a connection that is back within failover_after moves nothing") {
  Fixture f;
  f.both(1s);
  f.close(kA);
  f.pass(1s);
  f.accept(kA);
  CHECK(f.price(kA) == "serves");
  f.pass(1500ms);
  CHECK(f.price(kB) == "waits");
  CHECK(f.price(kA) == "serves");
}

TEST_CASE("sources: a connection that is back and brings nothing, on this stream or another, is none") {
  Fixture f;
  f.both(1s);
  f.close(kA);
  f.pass(1s);
  f.accept(kA);
  f.pass(500ms);
  CHECK(f.price(kB) == "waits");
  f.pass(500ms);
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a lost its connection, and nothing new has come since");

  Fixture quiet;
  quiet.both(1s);
  quiet.close(kA);
  quiet.pass(1s);
  quiet.accept(kA);
  quiet.pass(500ms);
  quiet.views[0].heard_at = quiet.now;  // on another stream
  quiet.pass(10s);
  CHECK(quiet.price(kB) == "waits");
}

TEST_CASE("sources: failover_after of nothing moves with the standby's next record") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}};
  f.both(1s);
  f.close(kA);
  CHECK(f.price(kB) == "a>b failover");
}

TEST_CASE("sources: a refusal moves at once, since nothing is to be waited for") {
  Fixture f;
  f.select->on_refused(kA, "no such token", 4031, f.now);
  CHECK_FALSE(f.select->all_refused());
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a refused it: no such token");
  f.select->on_refused(kB, "nor here", 4031, f.now);
  CHECK(f.select->all_refused());
}

TEST_CASE("sources: one that never connects is given up, whether it is connecting, waits for a login or is down") {
  for (const BrokerState state : {BrokerState::Connecting, BrokerState::AuthRequired, BrokerState::Down, BrokerState::Reconnecting}) {
    Fixture f;
    f.select.emplace(f.plan(), std::nullopt, f.now);
    f.status(kA, state);
    f.accept(kB);
    f.pass(1s);
    CHECK(f.price(kB) == "waits");
    f.pass(1s);
    CHECK(f.price(kB) == "a>b failover");
  }
}

TEST_CASE("sources: an open connection of a broker that gives nothing any more is given up") {
  Fixture f;
  f.both(1s);
  f.pass(100ms);
  f.status(kA, BrokerState::AuthRequired);
  f.pass(2s);
  CHECK(f.price(kB) == "a>b failover");
}

TEST_CASE("sources: another connection's trouble at the serving broker moves nothing as long as its data comes") {
  Fixture f;
  f.both(1s);
  f.status(kA, BrokerState::Reconnecting);
  CHECK(f.both(10s) == "nothing");
}

TEST_CASE("sources: silence moves the stream only if the standby's prices move all the time") {
  Fixture f;
  f.both(1s);
  f.pass(100ms);
  CHECK(f.price(kB) == "waits");
  f.pass(1900ms);
  CHECK(f.price(kB) == "waits");
  f.pass(100ms);
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a is silent while b goes on");
}

TEST_CASE("sources: in a quiet market nothing moves, however long") {
  Fixture f;
  f.both(1s);
  f.pass(300s);
  CHECK(f.price(kB) == "waits");  // the first price in five minutes: a's is on its way
  CHECK(f.price(kA) == "serves");
  f.pass(300s);
  CHECK(f.price(kB) == "waits");
  CHECK(f.price(kA) == "serves");
}

TEST_CASE("sources: the same values again are no movement of a standby and no sign of life of the serving one") {
  Fixture f;
  f.price(kA, 100);
  f.price(kB, 101);
  for (int i = 0; i < 20; ++i) {
    f.pass(500ms);
    CHECK(f.price(kB, 101) == "waits");
  }
  f.pass(100ms);
  std::string verdict = "waits";
  for (int i = 0; i < 6 && verdict == "waits"; ++i) {
    f.price(kA, 100);  // frozen, and repeating itself
    verdict = f.price(kB);
    f.pass(500ms);
  }
  CHECK(verdict == "a>b failover");
}

TEST_CASE("sources: a connection that comes back again and again without anything new counts as lost all the time") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.price(kA, 100);
  f.pass(1s);
  for (int i = 0; i < 2; ++i) {
    f.close(kA);
    f.pass(200ms);
    f.accept(kB);
    f.accept(kA);
    f.price(kA, 100);  // the broker repeats its last value to whoever subscribes
    f.pass(1s);
  }
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a lost its connection, and nothing new has come since");
}

TEST_CASE("sources: the preferred one has its stream back after it has been well for return_after, with its own record") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}};
  f.both(1s);
  f.close(kA);
  REQUIRE(f.price(kB) == "a>b failover");
  f.pass(10s);
  f.accept(kA);
  f.price(kA);
  f.price(kB);
  const MonoTime well = f.now;
  CHECK(f.both(59s) == "nothing");
  CHECK(f.both(5s) == "b>a return");
  CHECK(f.now - well >= 60s);
  CHECK(f.now - well <= 61s);
}

TEST_CASE("sources: the preferred one is not well while it gives nothing and the standby's prices move") {
  Fixture f{{Standby::Hot, 0s, 60s, {}}};
  f.both(1s);
  f.close(kA);
  REQUIRE(f.price(kB) == "a>b failover");
  f.accept(kA);
  for (int i = 0; i < 200; ++i) {
    f.pass(500ms);
    f.price(kB);
  }
  CHECK(f.price(kA) == "waits");  // connected and accepted for 100 s
  CHECK(f.both(58s) == "nothing");
  CHECK(f.both(5s) == "b>a return");
}

TEST_CASE("sources: after a silence the preferred one has to give something new before its time begins to count") {
  Fixture f{{Standby::Hot, 1s, 3s, {}}};
  f.both(1s);
  std::string verdict;
  for (int i = 0; i < 10 && verdict != "a>b failover"; ++i) {
    f.pass(500ms);
    verdict = f.price(kB);
  }
  REQUIRE(verdict == "a>b failover");
  f.pass(600s);  // a quiet market: both connected, nobody says anything
  CHECK(f.price(kA) == "waits");
  CHECK(f.both(2500ms) == "nothing");
  CHECK(f.both(2s) == "b>a return");
}

TEST_CASE("sources: a flapping broker has to be well for twice as long each time, and once it holds, as long as at first") {
  Fixture f{{Standby::Hot, 0s, 10s, {}}};
  f.both(1s);
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 7; ++i) {
    f.close(kA);
    REQUIRE(f.price(kB) == "a>b failover");
    f.accept(kA);
    f.price(kA);
    const MonoTime well = f.now;
    REQUIRE(f.both(400s) == "b>a return");
    waits.push_back((f.now - well) / 10s);
    if (i == 5) f.both(150s);  // it holds
  }
  CHECK(waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 16, 1});
}

TEST_CASE("sources: a loss while it is being watched begins the time anew") {
  Fixture f{{Standby::Hot, 0s, 10s, {}}};
  f.both(1s);
  f.close(kA);
  REQUIRE(f.price(kB) == "a>b failover");
  f.accept(kA);
  CHECK(f.both(9s) == "nothing");
  f.close(kA);
  f.accept(kA);  // between two looks
  CHECK(f.both(9s) == "nothing");
  CHECK(f.both(3s) == "b>a return");
}

TEST_CASE("sources: of three the next well one takes over, and each better one has the stream back") {
  Fixture f{{Standby::Hot, 0s, 10s, {}}, 3};
  f.price(kA);
  f.price(kB);
  f.price(kC);
  f.close(kA);
  CHECK(f.price(kC) == "waits");  // b has just spoken and is better
  CHECK(f.price(kB) == "a>b failover");
  f.close(kB);
  CHECK(f.price(kC) == "b>c failover");
  f.accept(kB);
  f.price(kB);
  f.pass(5s);
  f.accept(kA);
  f.price(kA);
  std::vector<std::string> moves;
  for (int i = 0; i < 60; ++i) {
    f.pass(500ms);
    for (const BrokerId broker : {kC, kB, kA}) {
      if (const std::string verdict = f.price(broker); verdict.find('>') != std::string::npos) moves.push_back(verdict);
    }
  }
  CHECK(moves == std::vector<std::string>{"c>b return", "b>a return"});
}

TEST_CASE("sources: a warm standby takes the subscription when the serving one fails, and keeps it for a while") {
  Fixture f{{Standby::Warm, 2s, 10s, {}}};
  f.price(kA);
  f.pass(1s);
  CHECK(f.asked == std::vector<bool>{true, false});
  CHECK(f.price(kB) == "not asked");
  f.close(kA);
  f.pass(100ms);
  CHECK(f.asked == std::vector<bool>{true, true});
  f.accept(kA);
  f.price(kA);
  f.pass(9s);
  CHECK(f.asked == std::vector<bool>{true, true});
  f.pass(2s);
  CHECK(f.asked == std::vector<bool>{true, false});
}

TEST_CASE("sources: while a warm standby serves, the preferred one holds the subscription too, and the standby's ends after the return") {
  Fixture f{{Standby::Warm, 0s, 5s, {}}};
  f.price(kA);
  f.close(kA);
  f.pass(100ms);
  f.accept(kB);
  REQUIRE(f.price(kB) == "a>b failover");
  f.pass(60s);
  CHECK(f.asked == std::vector<bool>{true, true});
  f.accept(kA);
  f.price(kA);
  REQUIRE(f.both(20s) == "b>a return");
  f.pass(6s);
  CHECK(f.asked == std::vector<bool>{true, false});
}

TEST_CASE("sources: of warm standbys the first that can help takes the subscription") {
  Fixture f{{Standby::Warm, 2s, 10s, {}}, 3};
  f.price(kA);
  f.status(kB, BrokerState::AuthRequired);
  f.close(kA);
  f.pass(200ms);
  CHECK(f.asked == std::vector<bool>{true, true, true});  // b is of no help now, and may be later
  Fixture g{{Standby::Warm, 2s, 10s, {}}, 3};
  g.price(kA);
  g.close(kA);
  g.pass(200ms);
  CHECK(g.asked == std::vector<bool>{true, true, false});
  g.select->on_refused(kB, "no", 0, g.now);
  g.pass(200ms);
  CHECK(g.asked == std::vector<bool>{true, true, true});
}

TEST_CASE("sources: a standby whose price is too far away does not take over, and is reported once") {
  Fixture f{{Standby::Hot, 2s, 60s, Decimal{5, -1}}};  // 0.5 %
  for (int i = 0; i < 10; ++i) {
    f.pass(500ms);
    f.price(kA, 10'000 + i);
    f.price(kB, 20'000 + i);
  }
  const auto told = f.select->take_disagreement(f.now);
  REQUIRE(told.has_value());
  CHECK(told->broker == kB);
  CHECK(to_text(told->price) == "2000.9");
  CHECK(to_text(told->serving_price) == "1000.9");
  CHECK_FALSE(f.select->take_disagreement(f.now).has_value());
  f.close(kA);
  for (int i = 0; i < 30; ++i) {
    f.pass(1s);
    CHECK(f.price(kB, 20'100 + i) == "waits");
  }
  CHECK(f.price(kB, 10'010) == "a>b failover");  // now it agrees
}

TEST_CASE("sources: a market that has moved away since the serving one's last price is no disagreement") {
  Fixture f{{Standby::Hot, 2s, 60s, Decimal{5, -1}}};
  f.price(kA, 10'000);
  f.price(kB, 10'010);
  f.close(kA);
  for (int i = 1; i < 4; ++i) {
    f.pass(500ms);
    f.price(kB, 10'010 + i * 40);
  }
  f.pass(1s);
  CHECK(f.price(kB, 10'500) == "a>b failover");
}

TEST_CASE("sources: a price that is minutes old is compared with nothing") {
  Fixture f{{Standby::Hot, 2s, 60s, Decimal{5, -1}}};
  f.price(kA, 10'000);
  f.price(kB, 10'000);
  f.price(kA, 10'100);  // b had no time to follow
  f.close(kA);
  f.pass(61s);
  CHECK(f.price(kB, 12'000) == "a>b failover");
}

TEST_CASE("sources: a preferred one whose price is too far away does not come back") {
  Fixture f{{Standby::Hot, 0s, 10s, Decimal{5, -1}}};
  f.price(kA, 10'000);
  f.price(kB, 10'000);
  f.close(kA);
  REQUIRE(f.price(kB, 10'001) == "a>b failover");
  f.accept(kA);
  std::string verdict;
  for (int i = 0; i < 60; ++i) {
    f.pass(500ms);
    f.price(kB, 10'001 + i % 2);
    verdict = f.price(kA, 9'000 + i % 2);
    CHECK(verdict == "waits");
  }
  f.pass(500ms);
  f.price(kB, 10'005);
  CHECK(f.price(kA, 10'004) == "b>a return");
}

TEST_CASE("sources: an administrator's order moves with the next record, against rank, time and tolerance, and never comes back by itself") {
  Fixture f{{Standby::Hot, 2s, 10s, Decimal{5, -1}}};
  f.price(kA, 10'000);
  f.price(kB, 20'000);
  SourcePlan ordered = f.plan(1);
  std::swap(ordered.ranked[0], ordered.ranked[1]);
  f.select->set_plan(ordered, f.now);
  CHECK(f.price(kA, 10'001) == "serves");  // until the other one speaks
  CHECK(f.price(kB, 20'001) == "a>b order");
  for (int i = 0; i < 100; ++i) {
    f.now = f.now + 500ms;
    f.select->watch(f.views, f.now);
    CHECK(f.price(kA, 10'002 + i) == "waits");
    CHECK(f.price(kB, 20'002 + i) == "serves");
  }
}

TEST_CASE("sources: a broker that lists the instrument no more gives it up to the next record of another") {
  Fixture f;
  f.both(1s);
  SourcePlan plan = f.plan();
  plan.ranked.erase(plan.ranked.begin());
  f.select->set_plan(plan, f.now);
  CHECK(f.price(kA) == "not asked");
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a lists it no more");
  CHECK(f.select->candidates().size() == 1);
}

TEST_CASE("sources: a better one that appears later has the stream only after return_after") {
  Fixture f{{Standby::Warm, 2s, 10s, {}}, 1};
  f.rule.standby = Standby::Warm;
  SourcePlan plan = f.plan();
  plan.ranked = {{kB, true}};
  f.views.push_back({"b", BrokerState::Live, MonoTime{1}, ""});
  f.asked = {true, true};
  f.select.emplace(plan, std::nullopt, f.now);
  f.accept(kB);
  REQUIRE(f.price(kB) == "serves");
  f.select->set_plan(f.plan(), f.now);
  f.accept(kA);
  f.price(kA);
  CHECK(f.both(9s) == "nothing");
  CHECK(f.both(3s) == "b>a return");
}

TEST_CASE("sources: what a connection says after its successor has spoken ends nothing") {
  Fixture f;
  const SourceKey old = f.key(kA);
  f.price(kA);
  ++f.sessions[0];
  f.price(kA);
  CHECK_FALSE(f.select->on_closed(old, "the old one", f.now));
  f.pass(5s);
  CHECK(f.price(kB) == "waits");
}

TEST_CASE("sources: a stream that fell silent alone moves to a warm standby that has data, and comes back once it has been well") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.price(kA);
  f.select->on_fell_silent(f.key(kA), f.now);
  f.pass(1s);
  CHECK(f.asked == std::vector{true, true});
  f.accept(kB);
  CHECK(f.price(kB) == "waits");
  f.pass(1s);
  CHECK(f.price(kB) == "a>b failover");
  CHECK(f.why == "a has fallen silent on it while its other streams go on");
  f.pass(120s);
  CHECK(f.price(kB) == "serves");
  CHECK(f.both(120s) == "b>a return");
}

TEST_CASE("sources: a stream that speaks again in time stays where it is") {
  Fixture f{{Standby::Warm, 2s, 60s, {}}};
  f.price(kA);
  f.select->on_fell_silent(f.key(kA), f.now);
  f.pass(1s);
  f.accept(kB);
  CHECK(f.price(kA) == "serves");
  f.pass(5s);
  CHECK(f.price(kB) == "waits");
}

}  // namespace tidegate
