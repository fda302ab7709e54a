#include <doctest/doctest.h>

#include "tests/ibkr/streams_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;
using Kind = ibkr::StreamEvent::Kind;
using Commands = std::vector<std::string>;

namespace {

constexpr std::string_view kQuoteCommand = R"(smd+1001+{"fields":["31","84","88","86","85","6509","55"]})";

}  // namespace

TEST_CASE("ibkr streams: nothing is asked for before the broker can be asked, and everything once it can") {
  StreamsFixture f;
  f.want(1, Channel::Quote);
  f.want(2, Channel::Status);
  f.want(3, Channel::OrderBook);
  f.run(1min);
  CHECK(f.broker.commands.empty());
  CHECK(f.events.empty());
  f.ready();
  CHECK(f.take_commands() == Commands{std::string{kQuoteCommand}, R"(smd+1002+{"fields":["31","6509","55"]})", "sbd+DU1+1003"});
  REQUIRE(f.events.size() == 3);
  CHECK(f.events[0].key == common::WantKey{InstrumentId{1}, Channel::Quote});
  CHECK(f.count_of(Kind::Asked) == 3);
  f.run(1min);
  CHECK(f.broker.commands.empty());
}

TEST_CASE("ibkr streams: a routed stream and the smart-routed one are two, for market data as for ladders") {
  StreamsFixture f;
  for (const Channel channel : {Channel::Status, Channel::OrderBook}) {
    f.want(1, channel);
    ibkr::StreamWish routed = f.wish(2, channel);
    routed.conid = 1001;
    routed.exchange = "ARCA";
    f.streams.want(routed);
  }
  f.ready();
  CHECK(f.broker.commands ==
        Commands{R"(smd+1001+{"fields":["31","6509","55"]})", R"(smd+1001@ARCA+{"fields":["31","6509","55"]})", "sbd+DU1+1001", "sbd+DU1+1001+ARCA"});
}

TEST_CASE("ibkr streams: everything is asked for again after a loss, be the socket gone or the brokerage session alone") {
  StreamsFixture f;
  for (const std::uint32_t i : {1, 2, 3}) f.want(i);
  f.want(4, Channel::OrderBook);
  f.ready();
  const Commands first = f.take_commands();
  CHECK(first.size() == 4);
  f.lost();
  f.run(1min);
  CHECK(f.broker.commands.empty());
  f.ready();
  CHECK(f.take_commands() == first);
  f.streams.hold();
  f.run(1min);
  CHECK(f.broker.commands.empty());
  f.ready();
  CHECK(f.take_commands() == first);
  CHECK(f.count_of(Kind::Asked) == 12);
  CHECK(f.streams.counts().asked == 4);
}

TEST_CASE("ibkr streams: a channel that joins a running stream has it asked for again with the fields of all, and is told alone") {
  StreamsFixture f;
  f.want(1, Channel::Status);
  f.ready();
  f.take_commands();
  f.events.clear();
  f.want(1, Channel::Quote);
  f.run(10s);
  CHECK(f.take_commands() == Commands{std::string{kQuoteCommand}});
  REQUIRE(f.events.size() == 1);
  CHECK(f.events[0].kind == Kind::Asked);
  CHECK(f.events[0].key.second == Channel::Quote);
  SUBCASE("even where it brings no field, since it needs the snapshot") {
    f.unwant(1, Channel::Status);
    f.run(10s);
    CHECK(f.take_commands().empty());
    f.want(1, Channel::Status);
    f.run(10s);
    CHECK(f.take_commands() == Commands{std::string{kQuoteCommand}});
    CHECK(f.events.size() == 2);
  }
  SUBCASE("the same wish again is nothing new") {
    f.want(1, Channel::Quote);
    f.run(10s);
    CHECK(f.take_commands().empty());
  }
}

TEST_CASE("ibkr streams: a wish whose contract changed is asked for under the new one, and the old one ends") {
  StreamsFixture f;
  f.want(1, Channel::Status);
  f.ready();
  f.take_commands();
  ibkr::StreamWish moved = f.wish(1, Channel::Status);
  moved.conid = 7;
  f.streams.want(moved);
  f.pump();
  CHECK(f.broker.commands == Commands{"umd+1001+{}", R"(smd+7+{"fields":["31","6509","55"]})"});
  CHECK(f.streams.counts().wanted == 1);
}

TEST_CASE("ibkr streams: a stream ends with its last wish") {
  StreamsFixture f;
  f.want(1, Channel::Quote);
  f.want(1, Channel::Ticker);
  f.ready();
  f.take_commands();
  f.unwant(1, Channel::Quote);
  f.run(1s);
  CHECK(f.take_commands().empty());
  f.unwant(1, Channel::Ticker);
  f.run(1s);
  CHECK(f.take_commands() == Commands{"umd+1001+{}"});
  f.run(20min);
  CHECK(f.take_commands().empty());
  CHECK(f.streams.counts().wanted == 0);
}

TEST_CASE("ibkr streams: a wish that returns before its stream was ended keeps the stream") {
  StreamsFixture f({.commands_per_second = 2});
  f.want(1, Channel::Status);
  f.want(2, Channel::Status);
  f.ready();  // uses up this second
  f.take_commands();
  f.unwant(1, Channel::Status);
  f.pump();
  f.want(1, Channel::Status);
  f.run(5s);
  CHECK(f.take_commands() == Commands{R"(smd+1001+{"fields":["31","6509","55"]})"});  // for its snapshot
  SUBCASE("one that was never asked for leaves no trace") {
    f.want(3);
    f.unwant(3);
    f.run(5s);
    CHECK(f.take_commands().empty());
  }
}

TEST_CASE("ibkr streams: ending one ladder ends all, so those that stay are asked for again and not told anew") {
  StreamsFixture f;
  for (const std::uint32_t i : {1, 2, 3}) f.want(i, Channel::OrderBook);
  f.ready();
  CHECK(f.take_commands() == Commands{"sbd+DU1+1001", "sbd+DU1+1002", "sbd+DU1+1003"});
  f.unwant(2, Channel::OrderBook);
  f.run(1s);
  CHECK(f.take_commands() == Commands{"ubd+DU1", "sbd+DU1+1001", "sbd+DU1+1003"});
  CHECK(f.events.size() == 3);
  f.unwant(1, Channel::OrderBook);
  f.unwant(3, Channel::OrderBook);
  f.run(1s);
  CHECK(f.take_commands() == Commands{"ubd+DU1"});
}

TEST_CASE("ibkr streams: ladders wait for the account") {
  StreamsFixture f;
  f.want(1, Channel::OrderBook);
  f.want(1, Channel::Status);
  f.streams.ready("", f.now);
  f.run(1min);
  CHECK(f.take_commands().size() == 1);
  f.ready();
  CHECK(f.take_commands().front() == "sbd+DU1+1001");
}

TEST_CASE("ibkr streams: commands keep the pace, those of others on the same socket included") {
  StreamsFixture f({.commands_per_second = 10});
  for (std::uint32_t i = 0; i < 35; ++i) f.want(i);
  for (int i = 0; i < 4; ++i) f.streams.other_sent(f.now);
  f.ready();
  CHECK(f.broker.commands.size() == 6);
  f.run(10s);
  CHECK(f.broker.commands.size() == 35);
  CHECK(f.broker.busiest_second() == 10);
  CHECK(f.broker.times.back() - f.broker.times.front() < 4s);
}

TEST_CASE("ibkr streams: above the limit a wish is told who holds the lines, and takes the first that becomes free") {
  StreamsFixture f({.lines_max = 3});
  for (std::uint32_t i = 1; i <= 5; ++i) f.want(i, Channel::Status);
  f.ready();
  CHECK(f.take_commands().size() == 3);
  REQUIRE(f.count_of(Kind::WithoutRoom) == 2);
  const auto refused = std::find_if(f.events.begin(), f.events.end(), [](const auto& event) { return event.kind == Kind::WithoutRoom; });
  CHECK(refused->key.first == InstrumentId{4});
  CHECK(refused->words == "lines_max (3) is reached; held by NASDAQ:S1, NASDAQ:S2, NASDAQ:S3");
  CHECK(f.streams.counts().waiting == 2);
  SUBCASE("another channel of a holder needs no line") {
    f.want(2, Channel::Quote);
    f.run(1s);
    CHECK(f.take_commands().size() == 1);
    CHECK(f.count_of(Kind::WithoutRoom) == 2);
  }
  SUBCASE("the oldest first, once the line is really free") {
    f.unwant(2, Channel::Status);
    f.run(1s);
    CHECK(f.take_commands() == Commands{"umd+1002+{}", R"(smd+1004+{"fields":["31","6509","55"]})"});
    CHECK(f.events.back().kind == Kind::Asked);
    CHECK(f.events.back().key.first == InstrumentId{4});
    CHECK(f.count_of(Kind::WithoutRoom) == 2);
  }
  SUBCASE("the order survives a new connection, and nobody is told twice") {
    f.lost();
    f.ready();
    CHECK(f.take_commands().back() == R"(smd+1003+{"fields":["31","6509","55"]})");
    CHECK(f.count_of(Kind::WithoutRoom) == 2);
  }
  SUBCASE("ladders have lines of their own") {
    for (std::uint32_t i = 1; i <= 4; ++i) f.want(i, Channel::OrderBook);
    f.run(1s);
    CHECK(f.broker.ladders.size() == 3);
    CHECK(f.events.back().words == "depth_max (3) is reached; held by NASDAQ:S1, NASDAQ:S2, NASDAQ:S3");
  }
}

TEST_CASE("ibkr streams: a place that becomes free within the same set of wishes is nobody's refusal") {
  StreamsFixture f({.lines_max = 1});
  f.want(1);
  f.ready();
  f.want(2);
  f.unwant(1);
  f.run(1s);
  CHECK(f.count_of(Kind::WithoutRoom) == 0);
  CHECK(f.broker.streams.contains(f.target(2)));
  CHECK(f.broker.lines_max == 1);
}

TEST_CASE("ibkr streams: a contract that does not exist gives its line away, and is asked for again now and then") {
  StreamsFixture f({.lines_max = 1});
  f.want(1, Channel::Status);
  f.want(2, Channel::Status);
  f.ready();
  f.take_commands();
  f.streams.refuse(1001, "");
  f.streams.refuse(77, "ARCA");  // nobody asked for it
  f.run(1min);
  CHECK(f.take_commands() == Commands{"umd+1001+{}", R"(smd+1002+{"fields":["31","6509","55"]})"});
  f.unwant(2, Channel::Status);
  f.run(8min);
  CHECK(f.broker.streams.empty());
  SUBCASE("after the time of a renewal") { f.run(1min); }
  SUBCASE("a new connection") {
    f.lost();
    f.ready();
  }
  SUBCASE("a new wish") {
    f.want(1, Channel::Quote);
    f.run(1s);
  }
  CHECK(f.broker.streams.contains(f.target(1)));
}

TEST_CASE("ibkr streams: a hundred streams are kept alive for forty minutes, never in a burst") {
  StreamsFixture f;
  for (std::uint32_t i = 0; i < 100; ++i) f.want(i);
  f.ready();
  f.run(15s);
  CHECK(f.broker.streams.size() == 100);
  for (std::uint32_t i = 0; i < 100; ++i) f.data(i);
  f.broker.times.clear();
  f.run(40min);
  CHECK(f.broker.expired == 0);
  CHECK(f.broker.streams.size() == 100);
  CHECK(f.broker.busiest_second() <= 7);  // 100 in the 57 s by which they may come earlier
  const ibkr::StreamCounts counts = f.streams.counts();
  CHECK(counts.renewals >= 400);
  CHECK(counts.renewals <= 500);
  CHECK(counts.suspicions == 0);
  CHECK(counts.alive == 100);
}

TEST_CASE("ibkr streams: renewals wait for new wishes, but not until the stream dies") {
  StreamsFixture f({.lines_max = 60});
  for (std::uint32_t i = 0; i < 50; ++i) f.want(i, Channel::Status);
  f.ready();
  f.run(10s);
  // More is wished and withdrawn than the pace allows for, without end.
  std::uint32_t next = 1'000;
  for (const MonoTime end = f.now + 31min; f.now < end; f.run(500ms)) {
    for (int i = 0; i < 8; ++i, ++next) {
      f.want(next, Channel::Status);
      f.unwant(next - 8, Channel::Status);
    }
  }
  CHECK(f.broker.expired == 0);
  CHECK(f.broker.lines_max <= 60);
  CHECK(f.broker.busiest_second() <= 10);
  CHECK(f.streams.counts().renewals >= 100);
}
