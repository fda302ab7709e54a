#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>

#include "brokers/common/request_ledger.hpp"

using namespace tidegate::common;
using State = RequestLedger::State;

namespace {

/// The broker's side of the model: acts on requests in order, answers late, or loses one on the way in or out.
struct Venue {
  std::set<std::string> carried;
  std::deque<std::uint64_t> answers;

  void act(const Batch& batch) {
    for (const std::string& stream : batch.streams) {
      if (batch.subscribe) {
        carried.insert(stream);
      } else {
        carried.erase(stream);
      }
    }
  }
};

}  // namespace

TEST_CASE("request ledger: wishes become one batch, and what is accepted is confirmed") {
  RequestLedger ledger;
  ledger.want("b");
  ledger.want("a");
  CHECK_FALSE(ledger.next({}).has_value());  // no connection
  ledger.session_opened();
  const auto batch = ledger.next({});
  REQUIRE(batch);
  CHECK(batch->subscribe);
  CHECK(batch->streams == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(ledger.next({}).has_value());
  CHECK(ledger.accepted(batch->id) == batch->streams);
  CHECK(ledger.confirmed_count() == 2);
  CHECK_FALSE(ledger.work_left());
}

TEST_CASE("request ledger: batches keep the limits of count and bytes, and a single long name still goes") {
  RequestLedger ledger;
  const std::string long_name(300, 'x');
  ledger.want(long_name);
  for (int i = 0; i < 500; ++i) ledger.want("stream_with_a_long_name_" + std::to_string(i) + "@depth@100ms");
  ledger.session_opened();
  std::size_t streams = 0;
  while (const auto batch = ledger.next({.streams_max = 40, .bytes_max = 1'000, .bytes_per_stream = 3})) {
    std::size_t bytes = 0;
    for (const std::string& name : batch->streams) bytes += name.size() + 3;
    CHECK(bytes <= 1'000);
    CHECK(batch->streams.size() <= 40);
    streams += batch->streams.size();
  }
  CHECK(streams == 501);
  RequestLedger narrow;
  narrow.want(long_name);
  narrow.session_opened();
  const auto alone = narrow.next({.streams_max = 40, .bytes_max = 100, .bytes_per_stream = 3});
  REQUIRE(alone);
  CHECK(alone->streams.size() == 1);
}

TEST_CASE("request ledger: a late answer to an unsubscription does not undo a newer subscription") {
  RequestLedger ledger;
  ledger.want("a");
  ledger.session_opened();
  const auto first = ledger.next({});
  ledger.accepted(first->id);
  ledger.unwant("a");
  const auto drop = ledger.next({});
  REQUIRE(drop);
  CHECK_FALSE(drop->subscribe);
  CHECK(ledger.timed_out(drop->id));
  ledger.want("a");
  const auto again = ledger.next({});
  REQUIRE(again);  // whether it was dropped is unknown
  CHECK(again->subscribe);
  CHECK(ledger.accepted(drop->id).empty());  // late
  CHECK(ledger.state("a") == State::Subscribing);
  CHECK(ledger.accepted(again->id).size() == 1);
  CHECK(ledger.state("a") == State::Present);
}

TEST_CASE("request ledger: answers of an earlier session change nothing") {
  RequestLedger ledger;
  ledger.want("a");
  ledger.session_opened();
  const auto old = ledger.next({});
  ledger.session_lost();
  CHECK_FALSE(ledger.next({}).has_value());
  ledger.session_opened();
  CHECK(ledger.accepted(old->id).empty());
  CHECK(ledger.refused(old->id).empty());
  CHECK(ledger.state("a") == State::Absent);
  const auto fresh = ledger.next({});
  REQUIRE(fresh);
  CHECK(fresh->id > old->id);
  CHECK(ledger.accepted(fresh->id).size() == 1);
}

TEST_CASE("request ledger: a stream dropped while its subscription is under way is dropped after the answer") {
  RequestLedger ledger;
  ledger.want("a");
  ledger.session_opened();
  const auto add = ledger.next({});
  ledger.unwant("a");
  CHECK_FALSE(ledger.next({}).has_value());
  CHECK(ledger.accepted(add->id).empty());
  const auto drop = ledger.next({});
  REQUIRE(drop);
  CHECK_FALSE(drop->subscribe);
  ledger.accepted(drop->id);
  CHECK(ledger.occupied() == 0);
}

TEST_CASE("request ledger: of a refused batch the one bad stream is found, the others are subscribed") {
  RequestLedger ledger;
  for (int i = 0; i < 100; ++i) ledger.want("s" + std::to_string(i));
  ledger.session_opened();
  std::vector<std::string> bad;
  int requests = 0;
  while (const auto batch = ledger.next({})) {
    ++requests;
    if (std::find(batch->streams.begin(), batch->streams.end(), "s42") != batch->streams.end()) {
      const auto blamed = ledger.refused(batch->id);
      bad.insert(bad.end(), blamed.begin(), blamed.end());
    } else {
      ledger.accepted(batch->id);
    }
  }
  CHECK(bad == std::vector<std::string>{"s42"});
  CHECK(ledger.confirmed_count() == 99);
  CHECK(ledger.state("s42") == State::Refused);
  CHECK(requests < 30);
  // Asked again when it is wished anew.
  ledger.unwant("s42");
  ledger.want("s42");
  CHECK(ledger.next({}).has_value());
}

TEST_CASE("request ledger: a request unanswered twice in a row means that the connection cannot be trusted") {
  RequestLedger ledger;
  ledger.want("a");
  ledger.session_opened();
  CHECK(ledger.timed_out(ledger.next({})->id));
  CHECK_FALSE(ledger.timed_out(ledger.next({})->id));
  ledger.session_opened();
  CHECK(ledger.timed_out(ledger.next({})->id));
  ledger.accepted(ledger.next({})->id);
  CHECK(ledger.confirmed_count() == 1);
}

TEST_CASE("request ledger: an audit asks again for what is missing, drops what is surplus and leaves newer requests alone") {
  RequestLedger ledger;
  for (const char* name : {"a", "b", "c"}) ledger.want(name);
  ledger.session_opened();
  ledger.accepted(ledger.next({})->id);
  const std::uint64_t audit = ledger.take_id();
  ledger.want("d");
  const auto newer = ledger.next({});
  ledger.accepted(newer->id);
  CHECK(ledger.reconcile(audit, {"a", "c", "stray"}) == 2);
  CHECK(ledger.state("d") == State::Present);
  const auto ask = ledger.next({});
  CHECK(ask->streams == std::vector<std::string>{"b"});
  const auto drop = ledger.next({});
  CHECK_FALSE(drop->subscribe);
  CHECK(drop->streams == std::vector<std::string>{"stray"});
}

TEST_CASE("request ledger: whatever is delayed, lost or repeated, the confirmed set ends as the desired one") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random{seed};
    const auto pick = [&random](int n) { return std::uniform_int_distribution<int>{0, n - 1}(random); };
    RequestLedger ledger;
    Venue venue;
    std::set<std::string> desired;
    std::vector<std::uint64_t> old_ids;
    std::deque<Batch> under_way;  // sent, fate undecided
    const auto reconnect = [&] {
      venue = {};
      for (const Batch& batch : under_way) old_ids.push_back(batch.id);
      under_way.clear();
      ledger.session_lost();
      ledger.session_opened();
    };
    ledger.session_opened();
    for (int step = 0; step < 400; ++step) {
      const std::string stream = "s" + std::to_string(pick(12));
      switch (pick(9)) {
        case 0:
        case 1:
          desired.insert(stream);
          ledger.want(stream);
          break;
        case 2:
        case 3:
          desired.erase(stream);
          ledger.unwant(stream);
          break;
        case 4:
        case 5:
          if (auto batch = ledger.next({.streams_max = 3})) {
            if (pick(5) != 0) venue.act(*batch);  // otherwise lost on the way in
            under_way.push_back(*batch);
          }
          break;
        case 6:
          if (!under_way.empty()) {  // its answer comes, late or not
            ledger.accepted(under_way.front().id);
            old_ids.push_back(under_way.front().id);
            // A request lost on the way in has no answer: repair the model by acting now, as an answered request was acted on.
            venue.act(under_way.front());
            under_way.pop_front();
          }
          break;
        case 7:
          if (!under_way.empty()) {
            const std::uint64_t id = under_way.front().id;
            under_way.pop_front();
            old_ids.push_back(id);
            if (!ledger.timed_out(id)) reconnect();
          }
          break;
        default:
          if (pick(10) == 0) reconnect();
          if (!old_ids.empty()) CHECK(ledger.accepted(old_ids[static_cast<std::size_t>(pick(static_cast<int>(old_ids.size())))]).empty());
      }
    }
    // Calm: everything is acted on and answered.
    for (const Batch& batch : under_way) {
      venue.act(batch);
      ledger.accepted(batch.id);
    }
    while (const auto batch = ledger.next({.streams_max = 3})) {
      venue.act(*batch);
      ledger.accepted(batch->id);
    }
    CHECK(venue.carried == desired);
    CHECK(ledger.confirmed_count() == desired.size());
    CHECK(ledger.occupied() == desired.size());
  }
}
