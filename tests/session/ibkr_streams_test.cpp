// What wishes become: contracts looked up, commands sent, refusals told, limits kept, silence found out.
#include <doctest/doctest.h>

#include "tests/session/ibkr_fixture.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::IbkrFixture;
using test::run_on;
using test::set_ibkr;

namespace {

constexpr InstrumentId kFirst{1};
constexpr InstrumentId kSecond{2};

}  // namespace

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: names are looked up once somebody is logged in, and wishes for them become commands, byte for byte") {
  open_one();
  REQUIRE(host.found.size() == 1);
  CHECK(host.found[0].text == "NASDAQ:AAPL");
  REQUIRE(host.found[0].instruments.size() == 1);
  CHECK(host.found[0].instruments[0].symbol() == "NASDAQ:AAPL");
  CHECK(host.found[0].instruments[0].native.token == 265598);
  CHECK(host.found[0].instruments[0].native.text.empty());
  CHECK(ibkr.peer().texts ==
        Texts{R"(smd+265598+{"fields":["31","7059","84","88","86","85","70","71","7295","7741","7762","87","82","83","6509","55"]})"});
  wish({want(1, Channel::Quote, "NASDAQ:AAPL"), want(1, Channel::OrderBook, "NASDAQ:AAPL")});
  REQUIRE(until([&] { return ibkr.commands_of("sbd+DU0000001+265598") == 1 && ibkr.commands_of("smd+265598") == 2; }));
  CHECK(host.asked(kFirst, Channel::OrderBook) == 1);
  wish({});
  REQUIRE(until([&] { return ibkr.commands_of("umd+265598") == 1 && ibkr.commands_of("ubd+DU0000001") == 1; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: what it cannot serve is refused with its code") {
  open_one();
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(1, Channel::Trade, "NASDAQ:AAPL"), want(2, Channel::Quote, "NASDAQ:NOBODY")});
  CHECK(host.refused(kFirst, Channel::Trade) == 1);
  CHECK(host.refused(kSecond, Channel::Quote) == 1);
  std::map<std::uint16_t, std::string> words;
  for (const RawFrame& frame : host.frames) {
    if (frame.kind == FrameKind::Refused) words[frame.code] = frame.bytes;
  }
  CHECK(words == std::map<std::uint16_t, std::string>{{4011, "the instrument was not looked up, or is gone"},
                                                      {4012, "Interactive Brokers sends no such data"}});
  SUBCASE("books where they are switched off") {
    wish({want(1, Channel::OrderBook, "NASDAQ:AAPL")});
    REQUIRE(until([&] { return ibkr.commands_of("sbd") == 1; }));
  }
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: without depth a book is no channel of it") {
  set_ibkr(config, "depth", "false");
  open_one();
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(1, Channel::OrderBook, "NASDAQ:AAPL")});
  CHECK(host.refused(kFirst, Channel::OrderBook) == 1);
  CHECK(host.last(FrameKind::Refused)->code == 4012);
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: instruments of the configuration need no look-up") {
  host.configure = [](std::vector<Instrument>& list) {
    Instrument instrument;
    instrument.venue = "ARCA";
    instrument.name = "SPY";
    instrument.native = {.segment = 0, .token = 756733, .text = "ARCA"};
    list.push_back(instrument);
  };
  start();
  wish({want(1, Channel::Quote, "ARCA:SPY")});
  REQUIRE(until([&] { return ibkr.commands_of("smd+756733@ARCA") == 1; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: over the lines a wish is refused with 4015 naming the holders, and taken up when one is free") {
  set_ibkr(config, "lines_max", "1");
  open_one();
  find({"NYSE:IBM"});
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(2, Channel::Ticker, "NYSE:IBM")});
  REQUIRE(until([&] { return host.refused(kSecond, Channel::Ticker) == 1; }));
  CHECK(host.last(FrameKind::Refused)->code == 4015);
  CHECK(host.last(FrameKind::Refused)->bytes.find("NASDAQ:AAPL") != std::string::npos);
  CHECK(ibkr.commands_of("smd+8314") == 0);
  wish({want(2, Channel::Ticker, "NYSE:IBM")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Ticker) == 1 && ibkr.commands_of("smd+8314") == 1; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: the line of a contract that does not exist is free for another") {
  set_ibkr(config, "lines_max", "1");
  ibkr.unknown = {"8314"};
  start();
  find({"NYSE:IBM", "NASDAQ:AAPL"});
  wish({want(2, Channel::Ticker, "NYSE:IBM")});
  REQUIRE(until([&] { return host.asked(kSecond, Channel::Ticker) == 1; }));
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL"), want(2, Channel::Ticker, "NYSE:IBM")});
  REQUIRE(until([&] { return host.asked(kFirst, Channel::Ticker) == 1; }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: names asked for before a login wait, and one the broker knows nothing of is answered with nothing") {
  ibkr.logged_in = false;
  start();
  session->look_up({"NASDAQ:AAPL", "NASDAQ:NOBODY"});
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(host.found.empty());
  ibkr.logged_in = true;
  REQUIRE(until([&] { return host.found.size() == 2; }));
  std::map<std::string, std::size_t> found;
  for (const SymbolAnswer& answer : host.found) found[answer.text] = answer.instruments.size();
  CHECK(found == std::map<std::string, std::size_t>{{"NASDAQ:AAPL", 1}, {"NASDAQ:NOBODY", 0}});
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: streams are asked for again before they end, without a word to subscribers") {
  set_ibkr(config, "stream_renewal", "30ms");
  set_ibkr(config, "stream_life", "20s");
  open_one();
  REQUIRE(until([&] { return ibkr.commands_of("smd+265598") >= 4; }));
  CHECK(host.asked(kFirst, Channel::Ticker) == 1);
  CHECK(host.count_of(FrameKind::Closed) == 0);
}

TEST_CASE_FIXTURE(IbkrFixture,
                  "ibkr session: data that stops while heartbeats go on is probed, and the socket replaced when even that brings nothing") {
  set_ibkr(config, "data_timeout", "40ms");
  set_ibkr(config, "stream_timeout", "60ms");
  set_ibkr(config, "probe_timeout", "40ms");
  open_one();
  const auto feed_until = [&](std::size_t frames) {
    return until([&] {
      ibkr.send_all(test::ibkr_snapshot("265598", std::to_string(data_frames())));
      run_on(loop, 5ms);
      return data_frames() >= frames;
    });
  };
  REQUIRE(feed_until(12));
  SUBCASE("it is dead") {
    ibkr.gives_data = false;
    REQUIRE(until([&] {
      ibkr.send_all(R"({"topic":"system","hb":1})");
      return ibkr.upgrades.size() == 2;
    }));
    ibkr.gives_data = true;
  }
  SUBCASE("the market is quiet") {
    REQUIRE(until([&] { return ibkr.commands_of("umd+265598") == 1; }));
    const std::size_t before = data_frames();
    REQUIRE(until([&] { return data_frames() >= before + 2; }));
    run_on(loop);
    CHECK(ibkr.upgrades.size() == 1);
  }
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: frames that were lost in a full queue are made good by asking for everything again") {
  open_one();
  const std::size_t asked = ibkr.commands_of("smd+265598");
  host.queue_full = true;
  ibkr.send_all(test::ibkr_snapshot("265598"));
  REQUIRE(until([&] { return host.frames_refused > 0; }));
  host.queue_full = false;
  REQUIRE(until([&] {
    ibkr.send_all(test::ibkr_snapshot("265598"));
    run_on(loop, 20ms);
    return ibkr.commands_of("smd+265598") > asked;
  }));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: nothing is pushed after stop, and a stopped one stays stopped") {
  open_one();
  session->stop();
  const std::size_t frames = host.frames.size();
  ibkr.send_all(test::ibkr_snapshot("265598"));
  session->look_up({"NYSE:IBM"});
  wish({want(1, Channel::Quote, "NASDAQ:AAPL")});
  run_on(loop);
  CHECK(host.frames.size() == frames);
  CHECK(ibkr.peers.empty());
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr session: its report names the feed, what is wanted and what is alive") {
  ibkr.gives_data = false;
  start();
  find({"NASDAQ:AAPL"});
  wish({want(1, Channel::Ticker, "NASDAQ:AAPL")});
  const auto reports = [&](std::uint32_t alive) {
    return until([&] {
      return host.report.connections.size() == 1 && host.report.connections[0].wanted == 1 && host.report.connections[0].streams == alive &&
             host.report.connections[0].state == BrokerState::Live && host.report.state == BrokerState::Live;
    });
  };
  REQUIRE(until([&] { return host.asked(InstrumentId{1}, Channel::Ticker) == 1; }));
  REQUIRE(reports(0));
  ibkr.send_all(test::ibkr_snapshot("265598"));
  REQUIRE(reports(1));
  CHECK(host.report.connections[0].name == "feed");
  CHECK(host.report.instruments == 1);
  CHECK(host.sinks == std::vector{ConnectionId{0}});
}
