// The instrument list against a scripted REST server: its parts, the day's file, and when it is asked for again.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "brokers/common/trading_day.hpp"
#include "brokers/xts/instrument_list.hpp"
#include "brokers/xts/options.hpp"
#include "gateway/net/ws_server.hpp"
#include "tests/session/test_host.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/xts_list/rows.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::test::xts;
using tidegate::xts::InstrumentList;
using tidegate::xts::Settings;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr common::TradingDay kDay{std::chrono::year{2026} / std::chrono::November / 20};
constexpr std::string_view kHeader = "tidegate xts instruments 1: NSECM NSEFO\n";

net::HttpResponse answer_of(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

net::HttpResponse master(std::string_view rows) {
  std::string body = R"({"type":"success","code":"s-instrument-0001","description":"ok","result":")";
  for (const char c : rows) {
    if (c == '\n') {
      body += "\\n";
    } else {
      body += c;
    }
  }
  return answer_of(200, body + "\"}");
}
net::HttpResponse index_list(const std::string& entries) {
  return answer_of(200,
                   R"({"type":"success","code":"s-instrument-0001","description":"ok","result":{"exchangeSegment":1,"indexList":)" + entries + "}}");
}
net::HttpResponse refusal(int status, const std::string& words) {
  return answer_of(status, R"({"type":"error","code":"e-session-0007","description":")" + words + "\"}");
}

/// Answers by part: "NSECM" is the master of that segment, "indices 1" an index list.
class ScriptedRest final : public net::WsServerHandler {
 public:
  explicit ScriptedRest(net::EventLoop& loop) : server_(loop, *this, net::WsServerOptions{}) {
    const std::string problem = server_.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] std::string root() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/apimarketdata"; }
  [[nodiscard]] std::size_t count_of(std::string_view part) const { return static_cast<std::size_t>(std::count(parts.begin(), parts.end(), part)); }

  std::map<std::string, net::HttpResponse> answers;  // a part without one is never answered
  Names parts;                                       // as they were asked for
  std::vector<net::HttpRequest> requests;

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override {
    requests.push_back(request);
    parts.push_back(part_of(request));
    const auto it = answers.find(parts.back());
    if (it == answers.end()) return unanswered_.push_back(std::move(reply));
    reply(it->second);
  }
  static std::string part_of(const net::HttpRequest& request) {
    if (request.method == "GET" && request.path() == "/apimarketdata/instruments/indexlist") return "indices " + request.query("exchangeSegment");
    CHECK(request.method == "POST");
    CHECK(request.target == "/apimarketdata/instruments/master");
    CHECK(request.header("content-type") == "application/json");
    const std::string begin = R"({"exchangeSegmentList":[")";
    const std::string end = R"("]})";
    REQUIRE(request.body.starts_with(begin));
    REQUIRE(request.body.ends_with(end));
    return request.body.substr(begin.size(), request.body.size() - begin.size() - end.size());
  }
  void on_open(net::WsConnection&) override {}
  void on_message(net::WsConnection&, std::string_view, bool) override {}
  void on_closed(net::WsConnection&, int, std::string_view) override {}

  std::vector<net::HttpReply> unanswered_;
  net::WsServer server_;
};

BrokerConfig xts_config() {
  BrokerConfig config;
  config.name = "xts";
  config.adapter = "xts";
  config.id = BrokerId{3};
  config.reconnect_initial = 5ms;
  config.reconnect_maximum = 40ms;
  for (const OptionSpec& option : tidegate::xts::kOptions) {
    const bool is_flag = option.type == OptionType::Boolean;
    config.options.emplace(option.key, is_flag ? OptionValue{option.default_text == "true"} : option_value(option.type, option.default_text));
  }
  return config;
}

struct ListFixture {
  ListFixture() {
    settings.rest_root = rest.root();
    settings.segments = "NSECM,NSEFO";
    settings.instruments_cache = (folder.path() / "a" / "b").string();
    settings.instruments_at = 8h + 30min;
    settings.instruments_recheck = 10min;
    settings.rest_timeout = 30s;
    settings.rate_limit_wait = 1h;
    rest.answers = {{"indices 1", index_list(kIndexEntries)}, {"NSECM", master(kNseShares)}, {"NSEFO", master(kNseContracts)}};
    // Half past nine in India.
    host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() + 4h}.count()});
  }

  void start() {
    list = std::make_unique<InstrumentList>(
        host, config, settings, [this] { return token; },
        [this](std::vector<Instrument>&& instruments) {
          symbols.clear();
          for (const Instrument& instrument : instruments) symbols.push_back(instrument.symbol());
          ++list_count;
        },
        [this](bool refused, std::string_view words) { failures.emplace_back(refused, words); });
    list->start();
  }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }
  [[nodiscard]] bool until_listed(int times = 1) {
    return until([&] { return list_count >= times; });
  }
  [[nodiscard]] bool until_kept() {
    return until([&] { return fs::exists(file("2026-11-20")); });
  }
  [[nodiscard]] bool lists(std::string_view symbol) const { return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end(); }
  [[nodiscard]] fs::path file(std::string_view date) const { return folder.path() / "a" / "b" / ("xts-instruments-" + std::string{date} + ".txt"); }
  void put(std::string_view date, const std::string& text) const {
    fs::create_directories(file(date).parent_path());
    std::ofstream{file(date), std::ios::binary} << text;
  }
  [[nodiscard]] std::string text_of(std::string_view date) const {
    std::ifstream stream{file(date), std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  /// A list that has one share only.
  [[nodiscard]] static std::string old_list() { return std::string{kHeader} + kShares; }

  net::EventLoop loop;
  ScriptedRest rest{loop};
  TestHost host{loop};
  TemporaryFolder folder;
  BrokerConfig config = xts_config();
  Settings settings{config};
  std::string token;
  std::unique_ptr<InstrumentList> list;
  Names symbols;
  int list_count = 0;
  std::vector<std::pair<bool, std::string>> failures;
};

}  // namespace

TEST_CASE_FIXTURE(ListFixture, "xts list: without a file every part is asked for once, and the whole is kept in one file") {
  put("2026-11-18", "old");
  start();
  REQUIRE(until_listed());
  CHECK(rest.parts == Names{"indices 1", "NSECM", "NSEFO"});
  CHECK(symbols == Names{"NSE:NIFTY 50", "NSE:NIFTY BANK", "NSE:INDIA_VIX", "NSE:RELIANCE", "NSE:771KL43-SG", "NSE:ACME&CO-BE", "NFO:NIFTY26JANFUT",
                         "NFO:NIFTY26JAN25000CE", "NFO:ACME26JAN102.5PE", "NFO:NIFTY26JANFEBSPD"});
  REQUIRE(until_kept());
  CHECK(text_of("2026-11-20") == std::string{kHeader} + "NSECM|26000|INDEX|NIFTY 50\nNSECM|26001|INDEX|NIFTY BANK\nNSECM|26002|INDEX|INDIA_VIX\n" +
                                     kNseShares + kNseContracts);
  CHECK_FALSE(fs::exists(file("2026-11-18")));
  CHECK(list_count == 1);
  CHECK(failures.empty());
  CHECK(host.counters().rest_requests == 3);
  CHECK(host.counters().rest_failures == 0);
}

TEST_CASE_FIXTURE(ListFixture, "xts list: the token goes with every request where there is one, and no header where there is none") {
  SUBCASE("none") {}
  SUBCASE("one") { token = "t0ken"; }
  start();
  REQUIRE(until_listed());
  REQUIRE(rest.requests.size() == 3);
  for (const net::HttpRequest& request : rest.requests) {
    CHECK(request.header("authorization") == token);
    CHECK(std::none_of(request.headers.begin(), request.headers.end(),
                       [&](const auto& header) { return token.empty() && (header.first == "authorization" || header.first == "Authorization"); }));
  }
}

TEST_CASE_FIXTURE(ListFixture, "xts list: today's file is used without a request, until a wish names what it lacks, once") {
  put("2026-11-20", old_list());
  start();
  REQUIRE(until_listed());
  run_on(loop);
  CHECK(symbols == Names{"NSE:ACME&CO-BE"});
  CHECK(rest.requests.empty());
  list->missed();
  list->missed();
  REQUIRE(until_listed(2));
  CHECK(lists("NSE:RELIANCE"));
  list->missed();
  run_on(loop);
  CHECK(rest.requests.size() == 3);
  CHECK(list_count == 2);
}

TEST_CASE_FIXTURE(ListFixture, "xts list: a file of other segments, or that is no list, is passed over and replaced") {
  SUBCASE("other segments") { put("2026-11-20", "tidegate xts instruments 1: NSECM\n" + kShares); }
  SUBCASE("another form") { put("2026-11-20", "tidegate xts instruments 2: NSECM NSEFO\n" + kShares); }
  SUBCASE("no rows") { put("2026-11-20", std::string{kHeader}); }
  SUBCASE("cut short") { put("2026-11-20", old_list().substr(0, 50)); }
  SUBCASE("noise") { put("2026-11-20", std::string("\x00\xFF|\n|||", 7)); }
  start();
  REQUIRE(until_listed());
  CHECK(lists("NSE:RELIANCE"));
  REQUIRE(until([&] { return text_of("2026-11-20").size() > 1000; }));
}

TEST_CASE_FIXTURE(ListFixture, "xts list: a segment that fails costs itself alone, and is asked for again until it comes") {
  std::string words;
  SUBCASE("503") {
    rest.answers["NSEFO"] = answer_of(503, "busy");
    words = "NSEFO: HTTP 503";
  }
  SUBCASE("a page") {
    rest.answers["NSEFO"] = answer_of(404, "<html>Cannot POST</html>");
    words = "NSEFO: HTTP 404";
  }
  SUBCASE("no envelope") {
    rest.answers["NSEFO"] = answer_of(200, "<html></html>");
    words = "NSEFO: the answer cannot be read";
  }
  SUBCASE("an error behind 200") {
    rest.answers["NSEFO"] = refusal(200, "Not entitled");
    words = "NSEFO: Not entitled";
  }
  SUBCASE("no rows") {
    rest.answers["NSEFO"] = master("");
    words = "NSEFO: the answer is empty";
  }
  start();
  REQUIRE(until([&] { return rest.count_of("NSEFO") >= 3; }));
  CHECK(rest.count_of("NSECM") == 1);
  CHECK(rest.count_of("indices 1") == 1);
  CHECK(list_count == 1);
  CHECK(lists("NSE:RELIANCE"));
  CHECK(lists("NSE:NIFTY 50"));
  CHECK_FALSE(lists("NFO:NIFTY26JANFUT"));
  CHECK_FALSE(fs::exists(file("2026-11-20")));
  REQUIRE_FALSE(failures.empty());
  CHECK(failures[0].second == words);

  rest.answers["NSEFO"] = master(kNseContracts);
  REQUIRE(until_listed(2));
  CHECK(lists("NSE:RELIANCE"));
  CHECK(lists("NFO:NIFTY26JANFUT"));
  REQUIRE(until_kept());
  CHECK(text_of("2026-11-20").ends_with(kNseShares + kNseContracts));
  const std::size_t asked = rest.requests.size();
  run_on(loop);
  CHECK(rest.requests.size() == asked);
}

TEST_CASE_FIXTURE(ListFixture, "xts list: indices that come late still have their names before shares") {
  rest.answers["NSECM"] = master("NSECM|26000|8|NIFTY 50|NIFTY 50|EQ|NIFTY 50-EQ|1|0|0|0|0.05|1|1\n" + kReliance);
  rest.answers["indices 1"] = answer_of(500, "");
  start();
  REQUIRE(until_listed());
  CHECK(lists("NSE:NIFTY 50"));
  rest.answers["indices 1"] = index_list(R"(["NIFTY 50_26000","no entry"])");
  REQUIRE(until_kept());
  CHECK(text_of("2026-11-20").starts_with(std::string{kHeader} + "NSECM|26000|INDEX|NIFTY 50\nNSECM|26000|8|"));
  CHECK(symbols ==
        Names{"NSE:NIFTY 50", "NSE:RELIANCE", "NFO:NIFTY26JANFUT", "NFO:NIFTY26JAN25000CE", "NFO:ACME26JAN102.5PE", "NFO:NIFTY26JANFEBSPD"});
}

TEST_CASE_FIXTURE(ListFixture, "xts list: while nothing comes, an older file serves, and the requests go on") {
  put("2026-11-17", std::string{kHeader} + kBond);
  put("2026-11-19", old_list());
  for (auto& [part, answer] : rest.answers) answer = answer_of(503, "");
  start();
  REQUIRE(until_listed());
  CHECK(symbols == Names{"NSE:ACME&CO-BE"});
  REQUIRE(until([&] { return rest.count_of("NSEFO") >= 3; }));
  CHECK(list_count == 1);
  CHECK(failures.at(0) == std::pair{false, std::string{"indices of NSECM: HTTP 503; NSECM: HTTP 503; NSEFO: HTTP 503"}});
  rest.answers = {{"indices 1", index_list(kIndexEntries)}, {"NSECM", master(kNseShares)}, {"NSEFO", master(kNseContracts)}};
  REQUIRE(until_kept());
  CHECK(lists("NSE:RELIANCE"));
  CHECK(lists("NFO:NIFTY26JANFUT"));
  REQUIRE(until([&] { return !fs::exists(file("2026-11-19")); }));
}

TEST_CASE_FIXTURE(ListFixture, "xts list: a refused token is told without its text, and the next attempt takes the new one") {
  token = "s3cret.token";
  for (auto& [part, answer] : rest.answers) answer = refusal(400, "Invalid Token s3cret.token");
  start();
  REQUIRE(until([&] { return failures.size() >= 2; }));
  CHECK(failures[0].first);
  CHECK(failures[0].second.find("NSECM: HTTP 400: Invalid Token ***") != std::string::npos);
  CHECK(failures[0].second.find("s3cret") == std::string::npos);
  CHECK(list_count == 0);
  token = "second";
  rest.answers = {{"indices 1", index_list(kIndexEntries)}, {"NSECM", master(kNseShares)}, {"NSEFO", master(kNseContracts)}};
  REQUIRE(until_kept());
  CHECK(rest.requests.back().header("authorization") == "second");
  CHECK(lists("NSE:RELIANCE"));
}

TEST_CASE_FIXTURE(ListFixture, "xts list: too many requests end the attempt, and the next one waits as long as asked") {
  net::HttpResponse slow_down = answer_of(429, R"({"type":"error","code":"e-apirl-0004","description":"Rate limit exceeded"})");
  SUBCASE("with Retry-After") {
    settings.rate_limit_wait = 1ms;
    slow_down.headers.emplace_back("Retry-After", "3600");
  }
  SUBCASE("without") {}
  rest.answers["NSECM"] = slow_down;
  start();
  REQUIRE(until([&] { return !failures.empty(); }));
  run_on(loop, 100ms);
  CHECK(rest.parts == Names{"indices 1", "NSECM"});
  CHECK(failures == std::vector{std::pair{false, std::string{"NSECM: HTTP 429: Rate limit exceeded"}}});
  CHECK(host.counters().rate_limited == 1);
  CHECK(symbols == Names{"NSE:NIFTY 50", "NSE:NIFTY BANK", "NSE:INDIA_VIX"});
}

TEST_CASE_FIXTURE(ListFixture, "xts list: a part that is never answered holds up no other") {
  settings.rest_timeout = 100ms;
  rest.answers.erase("indices 1");
  start();
  REQUIRE(until_listed());
  CHECK(rest.parts.at(0) == "indices 1");
  CHECK(rest.parts.at(1) == "NSECM");
  REQUIRE(until([&] { return lists("NFO:NIFTY26JANFUT"); }));
  REQUIRE(until([&] { return rest.count_of("indices 1") >= 3; }));
}

TEST_CASE_FIXTURE(ListFixture, "xts list: before the day's hour yesterday's file is today's, and the list is read when the day begins") {
  put("2026-11-19", old_list());
  // Shortly before 08:30 in India, which is 03:00 UTC.
  host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() + 3h - 300ms}.count()});
  start();
  REQUIRE(until_listed());
  CHECK(symbols == Names{"NSE:ACME&CO-BE"});
  CHECK(rest.requests.empty());
  REQUIRE(until_listed(2));
  CHECK(lists("NSE:RELIANCE"));
  REQUIRE(until_kept());
}

TEST_CASE_FIXTURE(ListFixture, "xts list: parts of yesterday are not joined to today's") {
  host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() - 21h}.count()});
  rest.answers["NSEFO"] = answer_of(503, "");
  start();
  REQUIRE(until([&] { return rest.count_of("NSEFO") >= 2; }));
  CHECK(rest.count_of("NSECM") == 1);
  rest.answers["NSECM"] = master(kBond);
  host.shifted_clock.set(UtcTime{Duration{kDay.time_since_epoch() + 4h}.count()});
  REQUIRE(until_listed(2));
  CHECK(rest.count_of("NSECM") == 2);
  CHECK(rest.count_of("indices 1") == 2);
  CHECK(lists("NSE:771KL43-SG"));
  CHECK_FALSE(lists("NSE:RELIANCE"));
}

TEST_CASE_FIXTURE(ListFixture, "xts list: segments without a cash market have no index list, and one with its own number is asked by it") {
  settings.segments = "MCXFO,BSECM";
  rest.answers = {{"indices 11", index_list(R"(["SENSEX_1"])")}, {"MCXFO", master(kCrude)}, {"BSECM", master(kBseShare)}};
  start();
  REQUIRE(until_listed());
  CHECK(rest.parts == Names{"indices 11", "MCXFO", "BSECM"});
  CHECK(symbols == Names{"BSE:SENSEX", "MCX:CRUDEOIL26JANFUT", "BSE:RELIANCE"});
}

TEST_CASE_FIXTURE(ListFixture, "xts list: nothing comes after it was stopped") {
  rest.answers.erase("NSEFO");
  start();
  REQUIRE(until([&] { return rest.count_of("NSEFO") == 1; }));
  list->stop();
  run_on(loop);
  CHECK(list_count == 0);
  CHECK(failures.empty());
  CHECK(rest.requests.size() == 3);
  list.reset();
}
