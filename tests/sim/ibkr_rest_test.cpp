// REST: the session, the gates in front of the brokerage session, contracts and snapshots.
#include "tests/sim/ibkr_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

rapidjson::Document json(const net::HttpAnswer& answer) {
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::string error_of(const net::HttpAnswer& answer) { return sim::ibkr::read_member(answer.body, "error"); }

constexpr const char* kInit = R"({"publish":true,"compete":false})";
constexpr const char* kInitCompete = R"({"publish":true,"compete":true})";

}  // namespace

TEST_CASE("ibkr sim rest: tickle gives the session and the state of the brokerage session, and sets a cookie") {
  IbkrFixture sim;
  const auto answer = sim.post("tickle");
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type").find("application/json") == 0);
  CHECK(answer.header("set-cookie").find("x-sess-uuid=") == 0);
  const auto body = json(answer);
  CHECK(body["session"].GetString() == sim.server.session());
  CHECK(body["session"].GetStringLength() == 32);
  CHECK(body["iserver"]["authStatus"]["authenticated"].GetBool());
  CHECK_FALSE(body["iserver"]["authStatus"]["competing"].GetBool());
  CHECK(std::string{body["hmds"]["error"].GetString()} == "no bridge");
}

TEST_CASE("ibkr sim rest: outside of /v1/api there are pages") {
  IbkrFixture sim;
  for (const char* path : {"/", "/sso/Login", "/v1/portal/tickle"}) {
    const auto answer = sim.call("GET", path);
    CHECK(answer.status == 404);
    CHECK(answer.header("content-type").find("text/html") == 0);
  }
  CHECK(sim.get("no/such/path").status == 404);
}

TEST_CASE("ibkr sim rest: the brokerage session opens with publish alone, and says established") {
  auto options = still_ibkr();
  options.needs_init = true;
  IbkrFixture sim{options};
  const auto before = json(sim.post("iserver/auth/status"));
  CHECK_FALSE(before["authenticated"].GetBool());
  CHECK_FALSE(before.HasMember("established"));
  CHECK(sim.get("iserver/accounts").status == 401);
  CHECK(sim.post("iserver/auth/ssodh/init", "{}").status == 500);
  CHECK(sim.post("iserver/auth/ssodh/init", R"({"publish":"true"})").status == 500);
  CHECK_FALSE(json(sim.post("iserver/auth/status"))["authenticated"].GetBool());
  CHECK(json(sim.post("iserver/auth/ssodh/init", kInit))["authenticated"].GetBool());
  CHECK(json(sim.post("iserver/auth/status"))["established"].GetBool());
  CHECK(sim.get("iserver/accounts").status == 200);
}

TEST_CASE("ibkr sim rest: with a delay the brokerage session opens later than its answer") {
  auto options = still_ibkr();
  options.needs_init = true;
  options.init_delay = std::chrono::milliseconds{60};
  IbkrFixture sim{options};
  CHECK_FALSE(json(sim.post("iserver/auth/ssodh/init", kInit))["authenticated"].GetBool());
  sim.until([&] { return json(sim.post("iserver/auth/status"))["authenticated"].GetBool(); });
}

TEST_CASE("ibkr sim rest: a competing program keeps the brokerage session, unless it is taken back") {
  IbkrFixture sim;
  sim.inject("competing");
  CHECK(json(sim.post("iserver/auth/status"))["competing"].GetBool());
  CHECK(json(sim.post("iserver/auth/ssodh/init", kInit))["competing"].GetBool());
  CHECK(sim.get("iserver/accounts").status == 401);
  const auto after = json(sim.post("iserver/auth/ssodh/init", kInitCompete));
  CHECK_FALSE(after["competing"].GetBool());
  CHECK(after["authenticated"].GetBool());
}

TEST_CASE("ibkr sim rest: without a login there is no session, until somebody logs in") {
  auto options = still_ibkr();
  options.logged_in = false;
  options.login_after = std::chrono::milliseconds{80};
  IbkrFixture sim{options};
  const auto answer = sim.post("tickle");
  CHECK(answer.status == 200);
  CHECK(error_of(answer) == "no session");
  CHECK(sim.post("iserver/auth/status").status == 401);
  CHECK(sim.get("trsrv/stocks?symbols=AAPL").status == 401);
  sim.until([&] { return error_of(sim.post("tickle")).empty(); });
  CHECK(sim.server.session().size() == 32);

  options.login_after = Duration{0};
  options.no_session_401 = true;
  IbkrFixture other{options};
  CHECK(other.post("tickle").status == 401);
}

TEST_CASE("ibkr sim rest: logout ends the session and closes the sockets") {
  IbkrFixture sim;
  const auto client = sim.connect();
  CHECK(sim.post("logout").body == R"({"status":true})");
  sim.until([&] { return client->closed.has_value(); });
  CHECK(client->closed->code == 1000);
  CHECK(error_of(sim.post("tickle")) == "no session");
}

TEST_CASE("ibkr sim rest: the brokerage session ends without requests, and nobody says so") {
  auto options = lively_ibkr();
  options.session_timeout = std::chrono::milliseconds{150};
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return sim.server.counters().streams_lost == 1; });
  sim.pass(*client);
  CHECK(client->count("sts") == 1);
  CHECK(client->count("smd+265598") > 2);
  CHECK_FALSE(json(sim.post("iserver/auth/status"))["authenticated"].GetBool());
  CHECK(error_of(sim.post("tickle")).empty());
}

TEST_CASE("ibkr sim rest: accounts come before snapshots, and the first snapshot of a contract has no values") {
  IbkrFixture sim;
  const std::string path = "iserver/marketdata/snapshot?conids=265598,8595,265598%40ARCA&fields=31,84,86,83";
  const auto early = sim.get(path);
  CHECK(early.status == 500);
  CHECK(error_of(early) == "Please query /accounts first");
  sim.prime();
  CHECK(sim.get(path).body == R"([{"conid":265598,"conidEx":"265598"},{"conid":8595,"conidEx":"8595"},{"conid":265598,"conidEx":"265598@ARCA"}])");
  const auto rows = json(sim.get(path));
  REQUIRE(rows.Size() == 3);
  CHECK(std::string{rows[0]["31"].GetString()} == "271.70");
  CHECK(std::string{rows[0]["84"].GetString()} == "271.69");
  CHECK(std::string{rows[0]["6509"].GetString()} == "RpB");
  CHECK(rows[0]["83"].IsNumber());
  CHECK(std::string{rows[1]["31"].GetString()} == "N/A");
  CHECK(std::string{rows[1]["55"].GetString()} == "-");
  CHECK(std::string{rows[2]["conidEx"].GetString()} == "265598@ARCA");
  CHECK(sim.get("iserver/marketdata/snapshot?conids=abc").status == 400);
  sim.inject("unauthenticated");
  CHECK(sim.get(path).status == 401);
}

TEST_CASE("ibkr sim rest: more requests a second than allowed are answered 429, and some paths are slower still") {
  auto options = still_ibkr();
  options.rest_rate = 10;
  IbkrFixture sim{options};
  CHECK(sim.post("tickle").status == 200);
  CHECK(sim.post("tickle").status == 429);
  int refused = 0;
  for (int i = 0; i < 30; ++i) refused += sim.get("iserver/accounts").status == 429 ? 1 : 0;
  CHECK(refused >= 10);
  CHECK(sim.server.counters().refused_for_rate == static_cast<std::uint64_t>(refused) + 1);
  sim.until([&] { return sim.get("iserver/account/orders").status == 200; });
  sim.until([&] { return sim.get("trsrv/futures?symbols=ES").status == 200; });
  CHECK(sim.get("iserver/account/orders").status == 429);
}

TEST_CASE("ibkr sim rest: stocks are listed by company and exchange, ambiguous ones more than once") {
  IbkrFixture sim;
  const auto body = json(sim.get("trsrv/stocks?symbols=AAPL,TWIN,SAME,NONE"));
  REQUIRE(body["AAPL"].Size() == 1);
  const auto& apple = body["AAPL"][0]["contracts"];
  REQUIRE(apple.Size() == 3);
  CHECK(apple[0]["conid"].GetInt64() == 265598);
  CHECK(std::string{apple[0]["exchange"].GetString()} == "NASDAQ");
  CHECK(apple[0]["isUS"].GetBool());
  CHECK_FALSE(apple[1]["isUS"].GetBool());
  REQUIRE(body["TWIN"].Size() == 1);
  CHECK(body["TWIN"][0]["contracts"].Size() == 2);
  CHECK(body["SAME"].Size() == 2);
  CHECK(body["NONE"].Size() == 0);
}

TEST_CASE("ibkr sim rest: futures run until December 2030, and none that has expired is listed") {
  IbkrFixture sim;
  const auto body = json(sim.get("trsrv/futures?symbols=ES,AAPL"));
  CHECK_FALSE(body.HasMember("AAPL"));
  const auto& rows = body["ES"];
  REQUIRE(rows.Size() > 0);
  CHECK(rows[rows.Size() - 1]["expirationDate"].GetInt64() == 20301220);
  CHECK(rows[0]["underlyingConid"].GetInt64() == 11004968);
  for (const auto& row : rows.GetArray()) {
    const auto contracts = sim.server.contracts();
    CHECK(std::any_of(contracts.begin(), contracts.end(), [&row](const auto& each) { return each.conid == row["conid"].GetInt64(); }));
  }
}

TEST_CASE("ibkr sim rest: a search gives conids as texts, with sections, for shares, indices and currencies") {
  IbkrFixture sim;
  CHECK(sim.get("iserver/secdef/search").status == 400);
  const auto apple = json(sim.get("iserver/secdef/search?symbol=AAPL"));
  REQUIRE(apple.Size() == 3);
  CHECK(std::string{apple[0]["conid"].GetString()} == "265598");
  CHECK(std::string{apple[0]["sections"][0]["secType"].GetString()} == "STK");
  const auto spx = json(sim.post("iserver/secdef/search", R"({"symbol":"SPX","secType":"IND"})"));
  REQUIRE(spx.Size() == 1);
  CHECK(std::string{spx[0]["conid"].GetString()} == "416904");
  const auto euro = json(sim.get("iserver/secdef/search?symbol=EUR.USD&secType=CASH"));
  CHECK(std::string{euro[0]["conid"].GetString()} == "12087792");
  const auto es = json(sim.get("iserver/secdef/search?symbol=ES"));
  CHECK(std::string{es[0]["sections"][1]["months"].GetString()}.ends_with(";DEC30"));
  CHECK(json(sim.get("iserver/secdef/search?symbol=NONE")).Size() == 0);
  const auto info = json(sim.get("iserver/secdef/info?conid=11004968&sectype=FUT&month=DEC30"));
  REQUIRE(info.Size() == 1);
  CHECK(std::string{info[0]["maturityDate"].GetString()} == "20301220");
  CHECK(json(sim.get("iserver/secdef/strikes?conid=265598&sectype=OPT&month=DEC30"))["call"].Size() == 11);
}

TEST_CASE("ibkr sim rest: streams are ended one by one or together") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  for (const char* target : {"265598", "265598@ARCA", "272093", "8314"}) client->subscribe(target);
  sim.until([&] { return sim.server.counters().smd_commands == 4; });
  CHECK(sim.post("iserver/marketdata/unsubscribe", R"({"conid":265598})").body == R"({"success":true})");
  CHECK(sim.server.connections()[0].streams == std::vector<std::string>{"272093", "8314"});
  CHECK(sim.post("iserver/marketdata/unsubscribe", R"({"conid":265598})").status == 500);
  CHECK(sim.get("iserver/marketdata/unsubscribeall").body == R"({"unsubscribed":true})");
  CHECK(sim.server.connections()[0].streams.empty());
}

TEST_CASE("ibkr sim rest: bad options are said, not thrown") {
  net::EventLoop loop;
  const auto problem = [&loop](const std::function<void(sim::IbkrOptions&)>& change) {
    sim::IbkrOptions options;
    change(options);
    sim::IbkrServer server{loop, options};
    return server.listen("127.0.0.1", 0);
  };
  CHECK(problem([](auto& options) { options.frames_path = "/nonexistent.jsonl"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.faults = {"nonsense@3"}; }) == "unknown fault: nonsense");
  CHECK(problem([](auto& options) { options.certificate_file = "/a.pem"; }) == "a certificate and its private key go together");
  CHECK(problem([](auto& options) { options.write_certificate = "/a.pem"; }) == "a certificate needs --tls");
  CHECK(problem([](auto& options) { options.oauth.consumer_key = "KEY"; }) == "OAuth needs an access token");
  CHECK_FALSE(problem([](auto& options) { options.symbols = 0; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.rate = -1; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.grid = Duration{0}; }).empty());
}
