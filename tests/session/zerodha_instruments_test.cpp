// The instrument list: the day's file, REST, and when it is read again.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "brokers/common/instrument_cache.hpp"
#include "brokers/common/trading_day.hpp"
#include "tests/session/zerodha_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using common::InstrumentCache;
using common::TradingDay;
using test::KiteFixture;
using test::run_on;
using test::ScriptedKite;
using test::set_kite;

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr TradingDay kDay{std::chrono::year{2026} / std::chrono::November / 20};

struct CacheFixture : KiteFixture {
  CacheFixture() {
    set_kite(config, "instruments_cache", (folder.path() / "a" / "b").string());
    // Half past nine in India.
    host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() + 4h}.count()});
  }
  [[nodiscard]] fs::path file(std::string_view date, std::string_view broker = "zerodha") const {
    return folder.path() / "a" / "b" / (std::string{broker} + "-instruments-" + std::string{date} + ".csv");
  }
  void put(const fs::path& path, std::string_view text) const {
    fs::create_directories(path.parent_path());
    std::ofstream{path} << text;
  }
  [[nodiscard]] static std::string text_of(const fs::path& path) {
    std::ifstream stream{path};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  [[nodiscard]] bool until_listed() {
    return until([&] { return host.list_count > 0; });
  }

  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: without a file the list is requested, kept, and older files go") {
  put(file("2026-11-18"), kite.list);
  put(file("2026-11-19", "other"), "of another broker");
  start();
  REQUIRE(until_listed());
  CHECK(host.instruments.size() == 7);
  REQUIRE(until([&] { return fs::exists(file("2026-11-20")); }));
  CHECK(text_of(file("2026-11-20")) == kite.list);
  REQUIRE(until([&] { return !fs::exists(file("2026-11-18")); }));
  CHECK(fs::exists(file("2026-11-19", "other")));
  CHECK(std::distance(fs::directory_iterator{file("2026-11-20").parent_path()}, {}) == 2);
  CHECK(host.counters().rest_requests == 1);
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: today's file is used without a request") {
  put(file("2026-11-20"), ScriptedKite::csv({ScriptedKite::row(408065, "INFY")}));
  open_one();
  run_on(loop);
  CHECK(host.instruments.size() == 1);
  CHECK(kite.http_requests.empty());
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: a name that today's file lacks is looked for at the broker, once") {
  put(file("2026-11-20"), ScriptedKite::csv({ScriptedKite::row(408065, "INFY")}));
  start();
  wish({want(1, Channel::Ticker, "NSE:TCS"), want(2, Channel::Ticker, "NSE:NOSUCH")});
  REQUIRE(until_carried({{2953217, "quote"}}));
  CHECK(host.refused(InstrumentId{1}, Channel::Ticker) == 1);
  run_on(loop);
  CHECK(kite.http_requests.size() == 1);
  CHECK(host.list_count == 2);
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: while REST fails, an older file serves, and the requests go on") {
  put(file("2026-11-17"), ScriptedKite::csv({ScriptedKite::row(1, "OLD")}));
  put(file("2026-11-19"), ScriptedKite::csv({ScriptedKite::row(408065, "INFY")}));
  SUBCASE("503") { kite.list_status = 503; }
  SUBCASE("403") { kite.list_status = 403; }
  SUBCASE("no list at all") { kite.list = "<html>login</html>"; }
  SUBCASE("a header without rows") { kite.list = ScriptedKite::csv({}); }
  open_one();
  CHECK(host.instruments.size() == 1);
  REQUIRE(until([&] { return kite.http_requests.size() >= 3; }));
  CHECK(host.list_count == 1);
  kite.list_status = 200;
  kite.list = ScriptedKite::csv({ScriptedKite::row(408065, "INFY"), ScriptedKite::row(738561, "RELIANCE")});
  REQUIRE(until([&] { return host.list_count == 2; }));
  CHECK(host.instruments.size() == 2);
  REQUIRE(until([&] { return fs::exists(file("2026-11-20")); }));
  REQUIRE(until([&] { return !fs::exists(file("2026-11-19")); }));
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: a file that is no list is passed over and replaced") {
  SUBCASE("noise") { put(file("2026-11-20"), std::string("\x00\xFF\"\n,,,", 7)); }
  SUBCASE("empty") { put(file("2026-11-20"), ""); }
  SUBCASE("a folder") { fs::create_directories(file("2026-11-20") / "x"); }
  const bool replaceable = !fs::is_directory(file("2026-11-20"));
  start();
  REQUIRE(until_listed());
  CHECK(host.instruments.size() == 7);
  if (replaceable) REQUIRE(until([&] { return text_of(file("2026-11-20")) == kite.list; }));
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: a folder that cannot be made costs the cache, not the list") {
  put(folder.path() / "file", "in the way");
  set_kite(config, "instruments_cache", (folder.path() / "file" / "cache").string());
  open_one();
  CHECK(host.instruments.size() == 7);
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: without a list the broker is not live, and says why") {
  kite.list_status = 503;
  start();
  REQUIRE(until_state(BrokerState::Reconnecting));
  CHECK(reason() == "the instrument list does not come: HTTP 503");
  kite.list_status = 200;
  REQUIRE(until_state(BrokerState::Live));
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: before the day's hour yesterday's file is today's, and the list is read when the day begins") {
  put(file("2026-11-19"), ScriptedKite::csv({ScriptedKite::row(408065, "INFY")}));
  // Shortly before 08:30 in India, which is 03:00 UTC.
  host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() + 3h - 300ms}.count()});
  start();
  REQUIRE(until_listed());
  CHECK(host.instruments.size() == 1);
  CHECK(kite.http_requests.empty());
  REQUIRE(until([&] { return host.list_count == 2; }));
  CHECK(host.instruments.size() == 7);
  REQUIRE(until([&] { return fs::exists(file("2026-11-20")); }));
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: the list is given again on demand, from today's file, and what is subscribed stays") {
  open_one();
  REQUIRE(until([&] { return fs::exists(file("2026-11-20")); }));
  const std::size_t commands = kite.peer().commands.size();
  session->relist();
  REQUIRE(until([&] { return host.list_count == 2; }));
  run_on(loop);
  CHECK(kite.http_requests.size() == 1);
  CHECK(kite.peer().commands.size() == commands);
  session->stop();
  session->relist();
  run_on(loop, 40ms);
  CHECK(host.list_count == 2);
  CHECK(kite.http_requests.size() == 1);
}

TEST_CASE_FIXTURE(CacheFixture, "zerodha instruments: another etag than before has the list read again, at most so often") {
  const auto announce = [this](std::string_view etag) {
    kite.send_all_text(R"({"type":"instruments_meta","data":{"count":7,"etag":")" + std::string{etag} + "\"}}");
  };
  set_kite(config, "instruments_recheck", "1ms");
  open_one();
  announce("one");
  announce("one");
  run_on(loop, 40ms);
  CHECK(kite.http_requests.size() == 1);
  kite.list_status = 503;
  announce("two");
  REQUIRE(until([&] { return kite.http_requests.size() >= 3; }));
  kite.list_status = 200;
  REQUIRE(until([&] { return host.list_count == 2; }));
  const std::size_t requests = kite.http_requests.size();
  run_on(loop, 40ms);
  CHECK(kite.http_requests.size() == requests);
  session.reset();

  set_kite(config, "instruments_recheck", "1h");
  fs::remove(file("2026-11-20"));
  kite.http_requests.clear();
  host.list_count = 0;
  start();
  wish({want(1, Channel::Ticker, "NSE:INFY")});
  REQUIRE(until([&] { return kite.peers.size() == 1 && host.in_state(BrokerState::Live); }));
  announce("three");
  announce("four");
  announce("five");
  run_on(loop, 40ms);
  CHECK(kite.http_requests.size() == 1);
}

TEST_CASE("zerodha cache: without a folder nothing is kept, and foreign names are not its own") {
  const InstrumentCache none{"", "zerodha", ".csv"};
  CHECK(none.days().empty());
  CHECK_FALSE(none.read(kDay));
  CHECK(none.write(kDay, "text").empty());

  const test::TemporaryFolder folder;
  const InstrumentCache cache{folder.path().string(), "zerodha", ".csv"};
  for (const auto* name : {"zerodha-instruments-2026-11-20.csv.partial", "zerodha-instruments-2026-11-31.csv", "zerodha-instruments-.csv",
                           "zerodha-instruments-2026-11-20", "zerodha2-instruments-2026-11-20.csv", "zerodha-instruments-x2026-11-20.csv"}) {
    std::ofstream{folder.path() / name} << "x";
  }
  CHECK(cache.days().empty());
  CHECK(cache.write(kDay, "first").empty());
  CHECK(cache.write(kDay, "second").empty());
  CHECK(cache.days() == std::vector<TradingDay>{kDay});
  CHECK(cache.read(kDay) == std::optional<std::string>{"second"});
  CHECK(cache.write(kDay + std::chrono::days{1}, "third").empty());
  CHECK(cache.days() == std::vector<TradingDay>{kDay + std::chrono::days{1}});
}
